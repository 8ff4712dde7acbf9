"""Lots are spent earliest expiry first, and never more than is free."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.lots import Lot, LotUse, choose, first, spendable

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CINEMA, CAFE = 2, 3


def lot(id_: int, issuer: int, remaining: int, days: int = 0, **other) -> Lot:
    return Lot(id_, issuer, remaining, NEW_YEAR + timedelta(days=days), **other)


def test_choose__lots_of_several_expiries__the_earliest_goes_first_and_all_stay_as_they_are():
    lots = [lot(1, CINEMA, 50, days=30), lot(2, CAFE, 50, days=10), lot(3, CINEMA, 50, days=20)]
    assert choose(lots, 120) == [LotUse(2, CAFE, 50), LotUse(3, CINEMA, 50), LotUse(1, CINEMA, 20)]
    assert [each.remaining for each in lots] == [50, 50, 50]


def test_choose__equal_expiries__the_older_lot_goes_first():
    assert choose([lot(8, CAFE, 10), lot(7, CINEMA, 10)], 15) == [LotUse(7, CINEMA, 10), LotUse(8, CAFE, 5)]


def test_choose__the_same_moment_in_another_zone__is_an_equal_expiry():
    elsewhere = Lot(9, CAFE, 10, NEW_YEAR.astimezone(timezone(timedelta(hours=-5))))
    assert [use.lot for use in choose([elsewhere, lot(4, CINEMA, 10)], 20)] == [4, 9]


def test_choose__points_that_a_hold_sets_aside__are_left_there():
    assert choose([lot(1, CINEMA, 10, held=7), lot(2, CAFE, 5, days=1)], 6) == [
        LotUse(1, CINEMA, 3),
        LotUse(2, CAFE, 3),
    ]


def test_choose__empty_lots__are_not_named():
    held = lot(3, CAFE, 5, held=5)
    assert choose([lot(1, CINEMA, 0), held, lot(2, CAFE, 5, days=1)], 5) == [LotUse(2, CAFE, 5)]


def test_choose__nothing__is_no_use():
    assert choose([lot(1, CINEMA, 10)], 0) == []


def test_choose__more_than_is_free__is_the_callers_mistake():
    with pytest.raises(ValueError, match="lack 1 of 4"):
        choose([lot(1, CINEMA, 10, held=7)], 4)


@pytest.mark.parametrize(
    "each, can_be",
    [
        (lot(1, CINEMA, 10), True),
        (lot(1, CINEMA, 10, held=9), True),
        (lot(1, CINEMA, 10, held=10), False),
        (lot(1, CINEMA, 0), False),
        (lot(1, CINEMA, 10, pending_until=NEW_YEAR), False),
        (Lot(1, CINEMA, 10, NEW_YEAR - SECOND), False),
        (Lot(1, CINEMA, 10, NEW_YEAR - 2 * SECOND), False),
    ],
    ids=["free", "held in part", "held", "empty", "pending", "expires at this moment", "expired"],
)
def test_spendable__neither_pending_nor_expired_nor_held(each, can_be):
    assert spendable([each], NEW_YEAR - SECOND) == ([each] if can_be else [])


def test_first__of_several_uses__are_cut_in_their_order():
    uses = [LotUse(5, CAFE, 10), LotUse(1, CINEMA, 10), LotUse(3, CAFE, 10)]
    assert first(uses, 15) == [LotUse(5, CAFE, 10), LotUse(1, CINEMA, 5)]
    assert first(uses, 30) == uses
    assert first(uses, 0) == []


def test_first__more_than_there_is__is_the_callers_mistake():
    with pytest.raises(ValueError, match="lack 1 of 11"):
        first([LotUse(1, CINEMA, 10)], 11)


LOTS = st.lists(st.tuples(st.integers(1, 100), st.integers(0, 100), st.integers(0, 5)), min_size=1, max_size=12)


@given(held=LOTS, share=st.fractions(0, 1))
def test_choose__any_lots__is_exactly_the_points_and_passes_no_earlier_free_point_by(held, share):
    lots = [
        lot(id_, CINEMA, remaining, days, held=min(aside, remaining))
        for id_, (remaining, aside, days) in enumerate(held, 1)
    ]
    points = int(sum(each.free for each in lots) * share)
    uses = choose(lots, points)
    assert sum(use.points for use in uses) == points
    taken = {use.lot: use.points for use in uses}
    assert all(0 < taken[each.id] <= each.free for each in lots if each.id in taken)
    in_order = sorted(lots, key=lambda each: each.spending_order)
    assert [use.lot for use in uses] == [each.id for each in in_order if each.id in taken]
    last = max((each.spending_order for each in lots if each.id in taken), default=None)
    assert all(taken.get(each.id, 0) == each.free for each in lots if last and each.spending_order < last)
