"""Prizes by rank: which places of a leaderboard win what. The ranges ascend and share no rank; gaps win nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalition.domain.places import Place

LAST_RANK = 10_000
"""As many places as one period of a leaderboard can give prizes to."""

Ranks = tuple[int, int]
"""The first and the last rank of a prize, both included."""


@dataclass(frozen=True)
class RankPrize:
    """Whoever ends at a rank from ``first`` to ``last`` is given ``reward``, such as ``{"points": 500}``."""

    first: int
    last: int
    reward: Mapping[str, Any]


def prize_at(prizes: Sequence[RankPrize], rank: int) -> int | None:
    """The index of the prize that the rank wins, None if it wins none."""
    return next((index for index, prize in enumerate(prizes) if prize.first <= rank <= prize.last), None)


def last_rank(prizes: Iterable[RankPrize]) -> int:
    """The last rank that wins anything; 0 if none does."""
    return max((prize.last for prize in prizes), default=0)


def read_ranks(place: Place) -> Ranks | None:
    """What stands under ``ranks``, ``[first, last]``; None, and a mistake, where that is no range of ranks."""
    ends = list(place.items()) if place.is_list() else []
    if len(ends) != 2:
        place.mistake("must be the first and the last rank, such as [1, 3]")
        return None
    first, last = (end.integer(1, LAST_RANK) for end in ends)
    if first is None or last is None:
        return None
    if last < first:
        place.mistake(f"ends at {last}, before it begins at {first}")
        return None
    return first, last
