"""Rebuilding: what is kept of members' progress must be what their history comes to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from coalition import events
from coalition.services.members import public_ids
from coalition.store.database import chunks, transaction
from gamification.backfilling import play_everybody
from gamification.fold.catalogue import Catalogue
from gamification.fold.state import MemberState
from gamification.grants import FINAL, standing_grants
from gamification.rulebook import eras, zones
from gamification.store.progress import load_states
from gamification.stream import CONSUMER


@dataclass(frozen=True, slots=True)
class Difference:
    """Of a member: ``what`` differs between what is kept and what the history was folded to."""

    member: str
    what: str
    kept: Any
    folded: Any


def check(*, progress: Callable[[int], None] | None = None) -> list[Difference]:
    """Fold every member's history anew, and compare experience, counters and grants; nothing is changed."""
    with transaction():
        up_to = events.lock_cursor(CONSUMER)
        rules, zone_at = eras(), zones()
        found: list[Difference] = []
        for members in chunks(events.all_members(up_to)):
            kept, grants, names = load_states(members), standing_grants(members), public_ids(members)
            for member, outcome, folded in play_everybody(members, up_to, rules, zone_at):
                state = MemberState.from_json(kept[member]) if member in kept else MemberState()
                folded.forget(rules.latest().by_key)
                won = {win.key for win in outcome.wins if not win.goal.scoring}
                have = {grant.key for grant in grants.get(member, ()) if grant.folded}
                final = {grant.key for grant in grants.get(member, ()) if grant.revoked_because in FINAL}
                pairs = {"grants": (sorted(have - final), sorted(won - final))}
                if member in kept:
                    pairs["experience"] = (state.experience, folded.experience)  # type: ignore[assignment]
                    pairs |= dict(_counters(state, folded, rules.latest()))
                found += [Difference(names[member], what, a, b) for what, (a, b) in pairs.items() if a != b]
            if progress:
                progress(len(members))
        return found


def _counters(kept: MemberState, folded: MemberState, catalogue: Catalogue) -> Iterator[tuple[str, Any]]:
    """Each counter of both; one that is not there is at nothing."""
    for goal in catalogue.goals:
        both = [{period: counter[0] for period, counter in state.counters_of(goal).items()} for state in (kept, folded)]
        for period in sorted(both[0].keys() & both[1].keys()):
            yield f"{goal.rule.id} {period}".strip(), (both[0][period], both[1][period])
