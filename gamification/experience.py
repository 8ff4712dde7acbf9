"""Experience, and the levels that follow from it: each change of level is an event, at the moment it came about."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from gamification.moves import Move, settle
from gamification.rules.levels import level_of
from gamification.store.counters import add_experience, set_experience


class LevelChange(NamedTuple):
    """At the event of this position the member came to another level."""

    position: int
    member: int
    previous_level: int
    level: int
    experience: int


def gain(moves: Mapping[int, Sequence[Move]], taken: tuple[int, ...]) -> list[LevelChange]:
    """Add to the members' experience, and tell which event brought whom to which level. None has less than nothing."""
    gains = {member: sum(amount for _, amount in found) for member, found in moves.items()}
    changes: list[LevelChange] = []
    corrected: dict[int, int] = {}
    for member, after in add_experience(gains).items():
        before = after - gains[member]
        loses = any(amount < 0 for _, amount in moves[member])
        if not loses and level_of(before, taken) == level_of(after, taken):
            continue
        settled = settle(before, moves[member])
        changes += _changes(member, before, settled, taken)
        if (left := before + sum(amount for _, amount in settled)) != after:
            corrected[member] = left
    set_experience(corrected)
    return changes


def _changes(member: int, experience: int, moves: Iterable[Move], taken: tuple[int, ...]) -> Iterator[LevelChange]:
    for position, amount in moves:
        previous, level = level_of(experience, taken), level_of(experience + amount, taken)
        experience += amount
        if level != previous:
            yield LevelChange(position, member, previous, level, experience)
