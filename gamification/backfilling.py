"""Back-filling: what members had deserved before a rule was published."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from coalition import events
from coalition.store.database import chunks
from gamification.awarding import Awarding
from gamification.badges import move_badges
from gamification.benefits import draw_surprises
from gamification.fold.catalogue import Eras
from gamification.fold.history import play_history
from gamification.fold.player import Move, Outcome, Player, Win, ZoneAt
from gamification.fold.state import MemberState
from gamification.folding import histories
from gamification.giving import give
from gamification.grants import GrantState, insert_grants, standing_grants
from gamification.rulebook import eras, zones
from gamification.store.progress import load_states, save_states
from gamification.teams import keep_teams

Tell = Callable[[int], None]


def fill(versions: Collection[int], up_to: int, *, now: datetime, progress: Tell | None = None) -> int:
    """Let these versions judge all that happened up to this place of the stream, for every member.

    In the caller's transaction, in which they were published. Grants are dated by the events that won them, nobody is
    told of them, but of what they give, and points live from now on. ``progress`` is told how many members were looked
    at. Returns the grants.
    """
    rules, zone_at = eras(), zones()
    wins: list[Win] = []
    moves: list[Move] = []
    of_teams = {goal.key for goal in rules.latest().goals if goal.in_team and goal.version_id in versions}
    levels = rules.latest().levels
    falls = levels is None or levels.levels.fall
    for members in chunks(events.all_members(up_to)):
        states = {}
        have, before = standing_grants(members), {} if falls else load_states(members)
        for member, outcome, state in play_everybody(members, up_to, rules, zone_at):
            had = {grant.key for grant in have.get(member, ())}
            wins += [win for win in outcome.wins if win.goal.version_id in versions and win.key not in had]
            moves += [move for move in outcome.moves if move.goal in of_teams]
            if member in before:
                # Such a level stays, whatever has become of what led to it.
                state.peak = max(state.peak, MemberState.from_json(before[member]).peak)
            state.forget(rules.latest().by_key)
            states[member] = state.to_json()
        save_states(states)
        if progress:
            progress(len(members))
    awarding = Awarding(wins, now=now, rewards=True)
    keep_teams(moves, (), awarding, rules.latest())
    won = [grant for grant, _ in awarding.won]
    draw_surprises(won, now=now)
    give(won, now=now, dated=now)
    standing = [each for each in awarding.won if each.grant.state is not GrantState.REVOKED]
    move_badges([(grant, event.id) for grant, event in standing], [], now=now)
    insert_grants(won, now=now)
    return len(standing)


def play_everybody(
    members: Collection[int], up_to: int, rules: Eras, zone_at: ZoneAt
) -> Iterator[tuple[int, Outcome, MemberState]]:
    """What the history of each of the members comes to by these rules."""
    for member, history in histories(members, up_to):
        player = Player(MemberState(), zone_at)
        play_history(player, history, rules)
        yield member, player.outcome, player.state
