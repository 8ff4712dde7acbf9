"""Streaks: steps (days, weeks, months) in a row that have an event, in whatever order the events come.

Steps are numbers. Those with an event are kept as runs from one step to another, both included; a frozen step joins two
runs without counting.
"""

from bisect import insort
from collections.abc import Collection, Sequence

Runs = list[list[int]]


def add_step(runs: Runs, step: int) -> None:
    """The step has an event. ``runs`` stay apart from each other, and in order."""
    for place in range(len(runs) - 1, -1, -1):
        first, last = runs[place]
        if first <= step <= last:
            return
        if step == last + 1:
            runs[place][1] = step
            if place + 1 < len(runs) and runs[place + 1][0] == step + 1:
                runs[place][1] = runs.pop(place + 1)[1]
            return
        if step == first - 1 and (place == 0 or runs[place - 1][1] != step - 1):
            runs[place][0] = step
            return
        if step > last:
            runs.insert(place + 1, [step, step])
            return
    insort(runs, [step, step])


def length_at(runs: Sequence[Sequence[int]], frozen: Collection[int], step: int) -> int:
    """How many steps with an event are in a row around this one, over frozen ones; 0 if it has neither."""
    bridges = set(frozen)
    place = next((place for place, (first, last) in enumerate(runs) if first <= step <= last), None)
    if place is None:
        if step not in bridges:
            return 0
        before = [place for place, (_, last) in enumerate(runs) if last < step]
        after = len(before)
        length = 0
        if before and _bridged(runs[before[-1]][1] + 1, step, bridges):
            length += _length_back(runs, bridges, before[-1])
        if after < len(runs) and _bridged(step + 1, runs[after][0], bridges):
            length += _length_on(runs, bridges, after)
        return length
    first, last = runs[place]
    return _length_back(runs, bridges, place) + _length_on(runs, bridges, place) - (last - first + 1)


def recent(runs: Runs, frozen: Collection[int], step: int) -> Runs:
    """The runs that this step, or a later one, is or may yet be in a row with."""
    bridges = set(frozen)
    first = step
    for place in range(len(runs) - 1, -1, -1):
        if not _bridged(runs[place][1] + 1, first, bridges):
            return runs[place + 1 :]
        first = min(first, runs[place][0])
    return runs


def _length_back(runs: Sequence[Sequence[int]], bridges: Collection[int], place: int) -> int:
    length = runs[place][1] - runs[place][0] + 1
    while place and _bridged(runs[place - 1][1] + 1, runs[place][0], bridges):
        place -= 1
        length += runs[place][1] - runs[place][0] + 1
    return length


def _length_on(runs: Sequence[Sequence[int]], bridges: Collection[int], place: int) -> int:
    length = runs[place][1] - runs[place][0] + 1
    while place + 1 < len(runs) and _bridged(runs[place][1] + 1, runs[place + 1][0], bridges):
        place += 1
        length += runs[place][1] - runs[place][0] + 1
    return length


def _bridged(first: int, end: int, bridges: Collection[int]) -> bool:
    return all(step in bridges for step in range(first, end))
