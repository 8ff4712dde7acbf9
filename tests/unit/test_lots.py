"""Lots are spent earliest expiry first, and never more than they hold."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.lots import Lot, LotUse, spend

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
CINEMA, CAFE = 2, 3


def lot(id_: int, issuer: int, remaining: int, days: int = 0) -> Lot:
    return Lot(id_, issuer, remaining, NEW_YEAR + timedelta(days=days))


def test_spend__lots_of_several_expiries__the_earliest_goes_first():
    lots = [lot(1, CINEMA, 50, days=30), lot(2, CAFE, 50, days=10), lot(3, CINEMA, 50, days=20)]
    assert spend(lots, 120) == [LotUse(2, CAFE, 50), LotUse(3, CINEMA, 50), LotUse(1, CINEMA, 20)]
    assert [each.remaining for each in lots] == [30, 0, 0]


def test_spend__equal_expiries__the_older_lot_goes_first():
    assert spend([lot(8, CAFE, 10), lot(7, CINEMA, 10)], 15) == [LotUse(7, CINEMA, 10), LotUse(8, CAFE, 5)]


def test_spend__the_same_moment_in_another_zone__is_an_equal_expiry():
    elsewhere = Lot(9, CAFE, 10, NEW_YEAR.astimezone(timezone(timedelta(hours=-5))))
    assert [use.lot for use in spend([elsewhere, lot(4, CINEMA, 10)], 20)] == [4, 9]


def test_spend__empty_lots__are_not_named():
    assert spend([lot(1, CINEMA, 0), lot(2, CAFE, 5, days=1)], 5) == [LotUse(2, CAFE, 5)]


def test_spend__nothing__touches_nothing():
    lots = [lot(1, CINEMA, 10)]
    assert spend(lots, 0) == []
    assert lots[0].remaining == 10


def test_spend__more_than_there_is__is_the_callers_mistake():
    with pytest.raises(ValueError, match="lack 1 of 11"):
        spend([lot(1, CINEMA, 10)], 11)


@given(
    held=st.lists(st.tuples(st.integers(1, 100), st.integers(0, 5)), min_size=1, max_size=12), share=st.fractions(0, 1)
)
def test_spend__any_lots__takes_exactly_the_points_and_leaves_no_earlier_lot_open(held, share):
    lots = [lot(id_, CINEMA, remaining, days) for id_, (remaining, days) in enumerate(held, 1)]
    before = sum(each.remaining for each in lots)
    points = int(before * share)
    uses = spend(lots, points)
    assert sum(use.points for use in uses) == points
    assert sum(each.remaining for each in lots) == before - points
    touched = [next(each for each in lots if each.id == use.lot) for use in uses]
    assert touched == sorted(touched, key=lambda each: (each.expires_at, each.id))
    open_after = [each for each in lots if each.remaining]
    for used in touched[:-1]:
        assert all((used.expires_at, used.id) < (each.expires_at, each.id) for each in open_after)
