"""How many points may pay for a receipt, and for which lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.caps import CapKey
from coalition.domain.programme import AccrualTerms, Cap, CapPeriod, Programme, RedemptionTerms
from coalition.domain.reckoning import reckon
from coalition.domain.redemption import (
    NOTHING,
    AsMuchAsPossible,
    Exactly,
    allot_discount,
    max_points,
    points_to_redeem,
)
from coalition.errors import (
    InsufficientPoints,
    RedemptionAboveMaximum,
    RedemptionBelowMinimum,
    RedemptionOffStep,
)
from tests.unit.receipts import CAFE, by_line, line, lines


def programme(point_price_minor: int = 1, **terms) -> Programme:
    return Programme(point_price_minor=point_price_minor, redemption=RedemptionTerms(**terms))


DOLLARS = programme()
HALF = programme(max_share_bps=5000)
ROUBLES = programme(100, max_share_bps=5000)
STEPS = programme(minimum_points=100, step_points=30)
NO_GIFT_CARDS = programme(excluded_categories=frozenset({"GIFT CARDS"}))
THOUSAND = lines(1000)


@pytest.mark.parametrize(
    ("programme", "total_minor", "available", "most"),
    [
        (DOLLARS, 1000, 5000, 1000),
        (DOLLARS, 1000, 400, 400),
        (DOLLARS, 1000, -5, 0),
        (HALF, 1000, 5000, 500),
        (HALF, 1001, 5000, 500),
        (ROUBLES, 1000_00, 5000, 500),
        (ROUBLES, 199, 5000, 0),
        (programme(max_share_bps=0), 1000, 5000, 0),
        (DOLLARS, 0, 5000, 0),
        (STEPS, 1000, 5000, 990),
        (STEPS, 1000, 149, 120),
        (STEPS, 1000, 119, 0),
        (STEPS, 1000, 90, 0),
    ],
)
def test_max_points__is_the_programmes_share_of_the_receipt_or_all_that_there_is(
    programme, total_minor, available, most
):
    assert max_points(lines(total_minor), available, programme) == most


def test_max_points__excluded_categories_and_rebates__cannot_be_paid():
    receipt = [line(300), line(700, "GIFT CARDS"), line(-100)]
    assert max_points(receipt, 5000, NO_GIFT_CARDS) == 300
    assert max_points([line(300), line(-100)], 5000, NO_GIFT_CARDS) == 200


def test_exactly__up_to_the_maximum__is_what_was_wished():
    assert points_to_redeem(Exactly(500), THOUSAND, 500, HALF) == 500


def test_exactly__more_than_available__refused_with_both_numbers():
    with pytest.raises(InsufficientPoints) as refusal:
        points_to_redeem(Exactly(101), THOUSAND, 100, DOLLARS)
    assert refusal.value.values == {"available": 100, "required": 101}


def test_exactly__more_than_the_programme_allows__refused_with_the_maximum():
    with pytest.raises(RedemptionAboveMaximum) as refusal:
        points_to_redeem(Exactly(501), THOUSAND, 2000, HALF)
    assert refusal.value.values == {"max_points": 500, "required": 501}


def test_exactly__fewer_than_the_minimum__refused_with_the_minimum():
    with pytest.raises(RedemptionBelowMinimum) as refusal:
        points_to_redeem(Exactly(90), THOUSAND, 2000, STEPS)
    assert refusal.value.values == {"minimum_points": 100, "required": 90}


def test_exactly__off_the_step__refused_with_the_step():
    with pytest.raises(RedemptionOffStep) as refusal:
        points_to_redeem(Exactly(130), THOUSAND, 2000, STEPS)
    assert refusal.value.values == {"step_points": 30, "required": 130}


@pytest.mark.parametrize("available", [0, -7])
def test_nothing__from_a_member_with_nothing_or_a_debt__is_nothing(available):
    assert points_to_redeem(NOTHING, [], available, STEPS) == 0


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
    assert points_to_redeem(AsMuchAsPossible(once_available, share_bps), THOUSAND, available, HALF) == redeemed


@pytest.mark.parametrize(("share_bps", "redeemed"), [(10_000, 990), (5000, 480), (1200, 120), (1100, 0)])
def test_as_much_as_possible__is_rounded_down_to_the_step_and_nothing_below_the_minimum(share_bps, redeemed):
    assert points_to_redeem(AsMuchAsPossible(0, share_bps), THOUSAND, 2000, STEPS) == redeemed


def test_discount__is_allotted_to_the_lines_that_points_may_pay():
    receipt = [line(300), line(700, "GIFT CARDS"), line(-100), line(100)]
    assert allot_discount(201, receipt, NO_GIFT_CARDS) == [151, 0, 0, 50]
    assert allot_discount(0, receipt, NO_GIFT_CARDS) == [0, 0, 0, 0]


def test_reckoning__points_pay_money_is_left_and_only_the_money_earns():
    reckoning = reckon(lines(1000_00), Exactly(300), 300, ROUBLES, CAFE)
    assert (reckoning.points_redeemed, reckoning.discount_minor, reckoning.payable_minor) == (300, 300_00, 700_00)
    assert (reckoning.accrual.points, reckoning.accrual.discounts) == (70, (300_00,))


def test_reckoning__lines_that_points_may_not_pay__earn_in_full():
    reckoning = reckon([line(300), line(700, "GIFT CARDS")], Exactly(300), 300, NO_GIFT_CARDS, CAFE)
    assert by_line(reckoning.accrual) == [0, 70]


def test_reckoning__what_caps_have_counted__is_taken_into_account():
    capped = Programme(accrual=AccrualTerms(caps=(Cap("daily", 80, CapPeriod.DAY),)))
    assert reckon(lines(1000), NOTHING, 0, capped, CAFE).accrual.points == 80
    used = {CapKey("daily", "2026-03-03", 42): 50}
    assert reckon(lines(1000), NOTHING, 0, capped, CAFE, used).accrual.points == 30


@given(
    amounts=st.lists(st.integers(-1000, 10**6), max_size=10),
    available=st.integers(-100, 10**6),
    terms=st.builds(
        RedemptionTerms,
        minimum_points=st.integers(0, 500),
        step_points=st.integers(1, 100),
        max_share_bps=st.integers(0, 10_000),
        excluded_categories=st.sampled_from([frozenset(), frozenset({"COFFEE"})]),
    ),
    price=st.integers(1, 200),
)
def test_max_points__any_receipt__can_be_redeemed_and_is_allotted_within_the_lines(amounts, available, terms, price):
    rules = Programme(point_price_minor=price, redemption=terms)
    receipt = lines(*amounts)
    most = max_points(receipt, available, rules)

    assert points_to_redeem(Exactly(most), receipt, available, rules) == most
    discounts = allot_discount(most, receipt, rules)
    assert sum(discounts) == most * price
    assert all(0 <= discount <= max(amount, 0) for discount, amount in zip(discounts, amounts, strict=True))
