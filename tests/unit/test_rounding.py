"""Dividing a whole into whole parts: nothing is lost, nothing is invented, and the order of ties is fixed."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.rounding import allot

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
