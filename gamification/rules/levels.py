"""Levels by experience: whole numbers only, so that everyone computes the same."""

from bisect import bisect_right
from itertools import accumulate

from gamification.rules.document import Levels


def thresholds(levels: Levels) -> tuple[int, ...]:
    """The experience that each level takes, from level 1, which takes none."""
    steps = [levels.first_step]
    while len(steps) < levels.highest - 1:
        steps.append(steps[-1] * levels.percent // 100 + levels.add)
    return tuple(accumulate([0, *steps[: levels.highest - 1]]))


def level_of(experience: int, taken: tuple[int, ...]) -> int:
    """The level that this much experience is enough for, given the ``thresholds``; level 1 takes none, nor does debt
    take it away."""
    return max(1, bisect_right(taken, experience))
