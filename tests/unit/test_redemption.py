"""How many points may pay for a receipt."""

import pytest

from coalition.domain.programme import Programme
from coalition.domain.purchase import Line
from coalition.domain.reckoning import reckon
from coalition.domain.redemption import NOTHING, AsMuchAsPossible, Exactly, max_points, points_to_redeem
from coalition.errors import InsufficientPoints, RedemptionAboveMaximum

DOLLARS = Programme()
HALF = Programme(max_share_bps=5000)
ROUBLES = Programme(currency="RUB", point_price_minor=100, max_share_bps=5000)


@pytest.mark.parametrize(
    ("programme", "total_minor", "available", "most"),
    [
        (DOLLARS, 1000, 5000, 1000),
        (DOLLARS, 1000, 400, 400),
        (HALF, 1000, 5000, 500),
        (HALF, 1001, 5000, 500),
        (ROUBLES, 1000_00, 5000, 500),
        (ROUBLES, 199, 5000, 0),
        (Programme(max_share_bps=0), 1000, 5000, 0),
        (DOLLARS, 0, 5000, 0),
    ],
)
def test_max_points__is_the_programmes_share_of_the_receipt_or_all_that_there_is(
    programme, total_minor, available, most
):
    assert max_points(total_minor, available, programme) == most


def test_exactly__up_to_the_maximum__is_what_was_wished():
    assert points_to_redeem(Exactly(500), 1000, 500, HALF) == 500


def test_exactly__more_than_available__refused_with_both_numbers():
    with pytest.raises(InsufficientPoints) as refusal:
        points_to_redeem(Exactly(101), 1000, 100, DOLLARS)
    assert refusal.value.values == {"available": 100, "required": 101}


def test_exactly__more_than_the_programme_allows__refused_with_the_maximum():
    with pytest.raises(RedemptionAboveMaximum) as refusal:
        points_to_redeem(Exactly(501), 1000, 2000, HALF)
    assert refusal.value.values == {"max_points": 500, "required": 501}


def test_nothing__from_a_member_with_nothing__is_nothing():
    assert points_to_redeem(NOTHING, 0, 0, DOLLARS) == 0


@pytest.mark.parametrize(
    ("available", "once_available", "share_bps", "redeemed"),
    [
        (300, 301, 10_000, 0),
        (300, 300, 10_000, 300),
        (3000, 300, 10_000, 500),
        (3000, 300, 2500, 250),
        (0, 0, 10_000, 0),
    ],
)
def test_as_much_as_possible__waits_for_enough_then_takes_the_smallest_of_all_bounds(
    available, once_available, share_bps, redeemed
):
    assert points_to_redeem(AsMuchAsPossible(once_available, share_bps), 1000, available, HALF) == redeemed


def test_reckoning__points_pay_money_is_left_and_only_the_money_earns():
    reckoning = reckon([Line("1", "s", "c", 1, 1000_00)], Exactly(300), 300, 1000, ROUBLES)
    assert (reckoning.points_redeemed, reckoning.discount_minor, reckoning.payable_minor) == (300, 300_00, 700_00)
    assert reckoning.accrual.points == 70
