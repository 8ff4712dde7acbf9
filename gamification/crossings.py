"""Which tiers a batch wins for whom, and at which event: pure reckoning over what was folded.

Counting never waits for a prerequisite, granting does: a tier that is reached earlier is won by the very event that
wins the prerequisite. The order is that of the events, then that of the rules, so it does not depend on how the stream
was cut into batches.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gamification.catalogue import Catalogue, Goal
from gamification.folding import Move
from gamification.store.counters import Key, Standing


class Award(NamedTuple):
    """A tier (from 0) won at the event of this position."""

    position: int
    goal: Goal
    member: int
    period: str
    tier: int


def tiers_reached(
    moves: Mapping[Key, Sequence[Move]], standings: Mapping[Key, Standing], catalogue: Catalogue
) -> list[Award]:
    """Every tier above what is granted that a counter stands at or beyond, at the first event of the batch that sees
    it so; ``standings`` are those after the batch. Whether the prerequisites are there is not asked here."""
    found: list[Award] = []
    for key, (reached, granted) in standings.items():
        member, goal_id, period = key
        goal = catalogue.by_id[goal_id]
        open_tiers = _open_tiers(goal, granted, reached)
        if not open_tiers:
            continue
        running = reached - sum(amount for _, amount in moves[key])
        for position, amount in moves[key]:
            running += amount
            while open_tiers and goal.rule.tiers[open_tiers[0]] <= running:
                found.append(Award(position, goal, member, period, open_tiers.pop(0)))
    return sorted(found, key=_order)


class Awarding:
    """Turns reached tiers into won ones, event by event, as prerequisites come.

    ``held`` names the achievements that each member already has; ``before`` are the counters, as they stood before the
    batch, of the goals that may wait for a prerequisite.
    """

    def __init__(self, catalogue: Catalogue, held: Mapping[int, Iterable[str]], before: Mapping[Key, Standing]) -> None:
        self.won: list[Award] = []
        self._catalogue = catalogue
        self._held = {member: set(achievements) for member, achievements in held.items()}
        self._waiting: dict[tuple[int, int], set[tuple[str, int]]] = {}
        for (member, goal_id, period), (reached, granted) in before.items():
            for tier in _open_tiers(catalogue.by_id[goal_id], granted, reached):
                self._waiting.setdefault((member, goal_id), set()).add((period, tier))
        self._done: set[tuple[int, int, str, int]] = set()

    def reach(self, award: Award) -> None:
        """The member has reached the tier: it is won now if nothing is missing, or else with what is missing."""
        if self._ready(award.member, award.goal):
            self._win(award)
        else:
            waiting = self._waiting.setdefault((award.member, award.goal.id), set())
            waiting.add((award.period, award.tier))

    def _win(self, award: Award) -> None:
        position, goal, member, period, tier = award
        identity = (member, goal.id, period, tier)
        # A tier that waited and was released may be reached once more by a later event of the batch.
        if identity in self._done:
            return
        self._done.add(identity)
        self.won.append(award)
        held = self._held.setdefault(member, set())
        if goal.rule.id in held:
            return
        held.add(goal.rule.id)
        for dependant in self._catalogue.dependants.get(goal.rule.id, ()):
            if self._ready(member, dependant):
                for waiting_period, waiting_tier in sorted(self._waiting.pop((member, dependant.id), ())):
                    self._win(Award(position, dependant, member, waiting_period, waiting_tier))

    def _ready(self, member: int, goal: Goal) -> bool:
        return self._held.get(member, set()).issuperset(goal.rule.requires)


def _open_tiers(goal: Goal, granted: int, reached: int) -> list[int]:
    """The tiers above what is granted, up to what is reached."""
    return [tier for tier, threshold in enumerate(goal.rule.tiers) if granted < threshold <= reached]


def _order(award: Award) -> tuple[int, int, str, int]:
    return award.position, award.goal.order, award.period, award.tier
