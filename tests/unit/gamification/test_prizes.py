"""Prizes by rank: which rank wins what, and which ranges can be."""

import pytest

from coalition.domain.places import RuleText
from gamification.rules.prizes import RankPrize, last_rank, prize_at, read_ranks

PRIZES = (RankPrize(1, 1, {}), RankPrize(2, 3, {}), RankPrize(10, 20, {}))


@pytest.mark.parametrize(
    ("rank", "prize"), [(1, 0), (2, 1), (3, 1), (4, None), (9, None), (10, 2), (20, 2), (21, None)]
)
def test_prize__of_a_rank__is_that_of_its_range(rank, prize):
    assert prize_at(PRIZES, rank) == prize


def test_prizes__last_rank__is_the_last_that_wins():
    assert (last_rank(PRIZES), last_rank(())) == (20, 0)


def read(*ranges: str) -> tuple[list[tuple[int, int] | None], list[str]]:
    file = RuleText("file.yaml")
    root = file.root("prizes:\n" + "".join(f"  - ranks: {each}\n" for each in ranges))
    assert root
    places = [item.mapping()["ranks"] for item in root.mapping()["prizes"].items()]
    found = [read_ranks(place) for place in places]
    return found, [f"{mistake.key}: {mistake.problem}" for mistake in file.mistakes]


def test_read__ranges_that_ascend__are_understood_with_gaps_between():
    assert read("[1, 1]", "[2, 10]", "[50, 10000]") == ([(1, 1), (2, 10), (50, 10_000)], [])


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        (["[0, 3]"], "prizes[0].ranks[0]: 0 is not from 1 to 10000"),
        (["[1, 10001]"], "prizes[0].ranks[1]: 10001 is not from 1 to 10000"),
        (["[3, 2]"], "prizes[0].ranks: ends at 2, before it begins at 3"),
        (["[1]"], "prizes[0].ranks: must be the first and the last rank, such as [1, 3]"),
        (["[1, 2, 3]"], "prizes[0].ranks: must be the first and the last rank, such as [1, 3]"),
        (["5"], "prizes[0].ranks: must be the first and the last rank, such as [1, 3]"),
        (["[1, two]"], "prizes[0].ranks[1]: must be a whole number"),
    ],
)
def test_read__ranges_that_cannot_be__are_named(ranges, expected):
    _, mistakes = read(*ranges)
    assert mistakes[-1].startswith(expected)
