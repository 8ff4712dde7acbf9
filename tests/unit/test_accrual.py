"""What a receipt earns at the partner's own rate, to the last point and line by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.accrual import Accrual, Award, accrue
from coalition.domain.programme import AccrualRule, AccrualTerms, Conditions, Programme
from tests.unit.receipts import CAFE, by_line, lines

NO_RULES = Programme()
ROUBLES = Programme(currency="RUB", point_price_minor=100)
A_RULE_FOR_OTHERS = Programme(
    accrual=AccrualTerms(rules=(AccrualRule("other", rate_bps=5000, when=Conditions(partners=frozenset({"cinema"}))),))
)


def earned(*amounts: int, paid: tuple[int, ...] = (), programme: Programme = NO_RULES, rate_bps: int = 1000) -> Accrual:
    discounts = paid or (0,) * len(amounts)
    return accrue(lines(*amounts), discounts, programme, CAFE._replace(rate_bps=rate_bps), {})


def test_accrual__a_thousand_at_ten_per_cent__a_hundred_points():
    assert earned(1000).points == 100


def test_accrual__a_thousand_roubles_when_a_point_is_a_rouble__a_hundred_points():
    assert earned(1000_00, programme=ROUBLES).points == 100


@pytest.mark.parametrize(
    ("amount_minor", "rate_bps", "point_price_minor", "expected"),
    [
        (999, 1000, 1, 99),
        (9, 1000, 1, 0),
        (10, 1000, 1, 1),
        (1, 10_000, 1, 1),
        (199_99, 1000, 100, 19),
        (5000, 0, 1, 0),
    ],
)
def test_accrual__a_fraction_of_a_point__is_dropped(amount_minor, rate_bps, point_price_minor, expected):
    programme = Programme(point_price_minor=point_price_minor)
    assert earned(amount_minor, programme=programme, rate_bps=rate_bps).points == expected


def test_accrual__cents_of_many_lines__are_rounded_once_for_the_receipt():
    # Each line alone would earn nothing.
    assert by_line(earned(5, 5, 5, 5)) == [1, 1, 0, 0]


def test_accrual__a_rebate__lowers_what_the_other_lines_earn_in_proportion():
    accrual = earned(600, 0, -250, 400)
    assert (accrual.points, by_line(accrual)) == (75, [45, 0, 0, 30])


def test_accrual__a_rebate_of_all_that_is_left__earns_nothing():
    assert earned(1000, -900, paid=(100, 0)).points == 0


def test_accrual__what_points_paid__earns_nothing():
    accrual = earned(600, 400, paid=(300, 200))
    assert (accrual.points, accrual.discounts, by_line(accrual)) == (50, (300, 200), [30, 20])


def test_accrual__points_paid_for_everything__earns_nothing():
    accrual = earned(600, 400, paid=(600, 400))
    assert (accrual.points, accrual.awards) == (0, ())


def test_accrual__points_by_largest_remainder__line_by_line():
    # 10 % of 155 is 15 points; the lines' exact shares are 5.32, 4.84 and 4.84.
    assert by_line(earned(55, 50, 50)) == [5, 5, 5]


def test_accrual__awards__name_the_line_the_rule_and_the_seller_who_funds_it():
    assert earned(10, 0, 30).awards == (Award(0, "base", "cafe", 1), Award(2, "base", "cafe", 3))


def test_accrual__a_receipt_without_lines__earns_nothing():
    assert earned() == Accrual(0, (), (), {}, {})
    assert earned(programme=A_RULE_FOR_OTHERS) == Accrual(0, (), (), {}, {})


@given(
    amounts=st.lists(st.integers(-(10**6), 10**9), max_size=20),
    rate_bps=st.integers(0, 10_000),
    point_price_minor=st.integers(1, 1000),
    share=st.fractions(0, 1),
)
def test_accrual__any_receipt__lines_sum_up_and_nothing_exceeds_its_line(amounts, rate_bps, point_price_minor, share):
    paid = tuple(int(max(amount, 0) * share) for amount in amounts)
    left = [max(amount, 0) - discount for amount, discount in zip(amounts, paid, strict=True)]
    programme = Programme(point_price_minor=point_price_minor)
    accrual = earned(*amounts, paid=paid, programme=programme, rate_bps=rate_bps)

    rebates = -sum(min(amount, 0) for amount in amounts)
    assert accrual.points == max(sum(left) - rebates, 0) * rate_bps // (10_000 * point_price_minor)
    assert sum(by_line(accrual)) == accrual.points
    assert all(points == 0 for points, minor in zip(by_line(accrual), left, strict=True) if minor == 0)


@given(amounts=st.lists(st.integers(-1000, 10**6), max_size=20), rate_bps=st.integers(0, 10_000))
def test_accrual__rules_that_do_not_hold__change_nothing(amounts, rate_bps):
    assert earned(*amounts, programme=A_RULE_FOR_OTHERS, rate_bps=rate_bps) == earned(*amounts, rate_bps=rate_bps)
