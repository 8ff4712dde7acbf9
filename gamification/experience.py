"""Experience, and the levels that follow from it: each change of level is an event, at the moment it came about."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gamification.folding import Move
from gamification.rules.levels import level_of
from gamification.store.counters import add_experience


class LevelChange(NamedTuple):
    """At the event of this position the member came to another level."""

    position: int
    member: int
    previous_level: int
    level: int
    experience: int


def gain(moves: Mapping[int, Sequence[Move]], taken: tuple[int, ...]) -> list[LevelChange]:
    """Add to the members' experience, and tell which event brought whom to which level."""
    gains = {member: sum(amount for _, amount in found) for member, found in moves.items()}
    changes: list[LevelChange] = []
    for member, after in add_experience(gains).items():
        before = after - gains[member]
        if level_of(before, taken) != level_of(after, taken):
            changes += _changes(member, before, moves[member], taken)
    return changes


def _changes(member: int, experience: int, moves: Iterable[Move], taken: tuple[int, ...]) -> list[LevelChange]:
    by_event: dict[int, int] = {}
    for position, amount in sorted(moves):
        by_event[position] = by_event.get(position, 0) + amount
    changes: list[LevelChange] = []
    for position, amount in by_event.items():
        level, previous = level_of(experience + amount, taken), level_of(experience, taken)
        experience += amount
        if level != previous:
            changes.append(LevelChange(position, member, previous, level, experience))
    return changes
