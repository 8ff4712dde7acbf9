"""Which thresholds the counters cross in a batch, and at which event: pure reckoning over what was counted."""

from collections.abc import Iterator
from typing import NamedTuple

from gamification.catalogue import Catalogue, Goal
from gamification.counting import Counted
from gamification.store.counters import Key, Standing


class Reached(NamedTuple):
    """The event of this position sees the counter at the threshold of this tier (from 0), or beyond."""

    position: int
    goal: Goal
    member: int
    period: str
    tier: int


class Fallen(NamedTuple):
    """The event of this position lowered the counter to ``reached``."""

    position: int
    goal: Goal
    member: int
    period: str
    reached: int


Crossing = Reached | Fallen


def counter_of(crossing: Crossing) -> Key:
    """The counter that crosses."""
    return crossing.member, crossing.goal.id, crossing.period


def crossings(counted: Counted, catalogue: Catalogue) -> list[Crossing]:
    """In the order of the events, then down before up, then in the order of the rules.

    Every tier above what was granted is there with the first event that sees it reached; where a counter has fallen,
    with every event that does. Whether the prerequisites are there is not asked here.
    """
    found: list[Crossing] = []
    for key, standing in counted.standings.items():
        goal = catalogue.by_id[key[1]]
        if key in counted.undone:
            found += _ups_and_downs(counted, key, goal)
        elif standing.reached >= goal.rule.tiers[0] and open_tiers(goal, standing):
            found += _ups(counted, key, goal)
    return sorted(found, key=_order)


def open_tiers(goal: Goal, standing: Standing) -> list[int]:
    """The tiers above what is granted, up to what is reached."""
    return [tier for tier, at in enumerate(goal.rule.tiers) if standing.granted < at <= standing.reached]


def _ups(counted: Counted, key: Key, goal: Goal) -> Iterator[Crossing]:
    member, _, period = key
    waiting = open_tiers(goal, counted.standings[key])
    running = counted.before(key, counted.standings[key]).reached
    for position, amount in sorted(counted.moves[key]):
        running += amount
        while waiting and goal.rule.tiers[waiting[0]] <= running:
            yield Reached(position, goal, member, period, waiting.pop(0))


def _ups_and_downs(counted: Counted, key: Key, goal: Goal) -> Iterator[Crossing]:
    member, _, period = key
    running = counted.before(key, counted.standings[key]).reached
    for position, amount in counted.moves[key]:
        running += amount
        if amount < 0:
            yield Fallen(position, goal, member, period, running)
        for tier, threshold in enumerate(goal.rule.tiers):
            if threshold <= running:
                yield Reached(position, goal, member, period, tier)


def _order(crossing: Crossing) -> tuple[int, bool, int, str, int]:
    position, goal, _, period, tier_or_reached = crossing
    return position, isinstance(crossing, Reached), goal.order, period, tier_or_reached
