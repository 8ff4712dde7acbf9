"""Dividing a whole into whole parts: nothing is lost, nothing is invented, and the order of ties is fixed."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.rounding import allot, allot_table

WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=30).filter(any)


@given(total=st.integers(0, 10**15), weights=WEIGHTS)
def test_allot__any_weights__parts_sum_to_the_total(total, weights):
    assert sum(allot(total, weights)) == total


@given(total=st.integers(0, 10**15), weights=WEIGHTS)
def test_allot__any_weights__each_part_is_less_than_one_from_its_exact_share(total, weights):
    for part, weight in zip(allot(total, weights), weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


@given(total=st.integers(0, 10**15), weights=WEIGHTS)
def test_allot__a_weight_of_zero__gets_nothing(total, weights):
    assert all(part == 0 for part, weight in zip(allot(total, weights), weights, strict=True) if weight == 0)


@given(weights=WEIGHTS)
def test_allot__the_sum_of_the_weights__gives_the_weights_back(weights):
    assert allot(sum(weights), weights) == weights


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (2, [1, 1, 1], [1, 1, 0]),
        (10, [55, 25, 20], [6, 2, 2]),
        (7, [0, 5, 0], [0, 7, 0]),
        # Hamilton's own example of 1791 in small: the larger remainders get the two seats that are left.
        (10, [6, 6, 2], [4, 4, 2]),
        (5, [13, 26, 61], [1, 1, 3]),
    ],
    ids=str,
)
def test_allot__larger_remainder_first_then_earlier_part(total, weights, parts):
    assert allot(total, weights) == parts


def test_allot__nothing_to_nobody__is_nothing():
    assert allot(0, []) == []
    assert allot(0, [0, 0]) == [0, 0]


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, []), (1, [0, 0]), (1, [2, -1])], ids=str)
def test_allot__what_cannot_be_divided__refused(total, weights):
    with pytest.raises(ValueError, match="cannot allot"):
        allot(total, weights)


ROWS = st.lists(st.integers(0, 10**9), max_size=12)
SHARES = st.lists(st.integers(0, 1000), min_size=1, max_size=5).filter(any)


@given(rows=ROWS, shares=SHARES)
def test_allot_table__rows_and_columns__are_both_exact(rows, shares):
    table = allot_table(rows, shares)
    assert [sum(cells) for cells in table] == rows
    assert [sum(cells[i] for cells in table) for i in range(len(shares))] == allot(sum(rows), shares)


@given(rows=st.lists(st.integers(0, 100), max_size=12), shares=SHARES)
def test_allot_table__each_cell__is_its_exact_share_rounded_down_or_one_more(rows, shares):
    for row, cells in zip(rows, allot_table(rows, shares), strict=True):
        for share, cell in zip(shares, cells, strict=True):
            assert 0 <= cell - row * share // sum(shares) <= 1


@pytest.mark.parametrize(
    ("rows", "shares", "table"),
    [
        ([5, 3], [1], [[5], [3]]),
        ([1] * 4, [1, 1], [[1, 0], [0, 1], [1, 0], [0, 1]]),
        ([1, 1, 1], [1, 0, 2], [[0, 0, 1], [0, 0, 1], [1, 0, 0]]),
        ([3, 0, 3], [1, 1], [[2, 1], [0, 0], [1, 2]]),
        ([], [1, 1], []),
        ([0], [0], [[0]]),
    ],
    ids=str,
)
def test_allot_table__leftovers__go_where_most_is_lacking(rows, shares, table):
    assert allot_table(rows, shares) == table


def test_allot_table__many_lines_of_one_point__favour_nobody():
    table = allot_table([1] * 10, [1, 1])
    assert [sum(column) for column in zip(*table, strict=True)] == [5, 5]


@pytest.mark.parametrize(("rows", "shares"), [([-1], [1]), ([1], []), ([1], [0]), ([1], [2, -1])], ids=str)
def test_allot_table__what_cannot_be_divided__refused(rows, shares):
    with pytest.raises(ValueError, match="cannot allot"):
        allot_table(rows, shares)
