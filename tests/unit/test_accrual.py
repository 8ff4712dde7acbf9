"""What a receipt earns, to the last point and line by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.accrual import accrue
from coalition.domain.purchase import Line

TEN_PER_CENT = 1000


def lines(*amounts: int) -> list[Line]:
    return [Line(str(number), "sku", "category", 1, amount) for number, amount in enumerate(amounts, 1)]


def points(accrual) -> list[int]:
    return [line.points for line in accrual.lines]


def test_accrual__a_thousand_at_ten_per_cent__a_hundred_points():
    assert accrue(lines(1000), 0, TEN_PER_CENT, point_price_minor=1).points == 100


def test_accrual__a_thousand_roubles_when_a_point_is_a_rouble__a_hundred_points():
    assert accrue(lines(1000_00), 0, TEN_PER_CENT, point_price_minor=100).points == 100


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
    assert accrue(lines(amount_minor), 0, rate_bps, point_price_minor).points == expected


def test_accrual__cents_of_many_lines__are_rounded_once_for_the_receipt():
    # Each line alone would earn nothing.
    assert points(accrue(lines(5, 5, 5, 5), 0, TEN_PER_CENT, 1)) == [1, 1, 0, 0]


def test_accrual__lines_of_nothing_and_rebates__earn_nothing_and_take_nothing_away():
    accrual = accrue(lines(600, 0, -250, 400), 0, TEN_PER_CENT, 1)
    assert (accrual.points, points(accrual)) == (100, [60, 0, 0, 40])


def test_accrual__what_points_paid__earns_nothing():
    accrual = accrue(lines(600, 400), 500, TEN_PER_CENT, 1)
    assert accrual.points == 50
    assert [line.discount_minor for line in accrual.lines] == [300, 200]
    assert points(accrual) == [30, 20]


def test_accrual__points_paid_for_everything__earns_nothing():
    accrual = accrue(lines(600, 400), 1000, TEN_PER_CENT, 1)
    assert (accrual.points, points(accrual)) == (0, [0, 0])


def test_accrual__points_by_largest_remainder__line_by_line():
    # 10 % of 155 is 15 points; the lines' exact shares are 5.32, 4.84 and 4.84.
    assert points(accrue(lines(55, 50, 50), 0, TEN_PER_CENT, 1)) == [5, 5, 5]


def test_accrual__lines_keep_the_receipts_order_and_name_the_rule():
    accrual = accrue(lines(10, 30), 0, TEN_PER_CENT, 1)
    assert [(line.line_id, line.rule, line.points) for line in accrual.lines] == [("1", "base", 1), ("2", "base", 3)]


def test_accrual__a_receipt_without_lines__earns_nothing():
    accrual = accrue([], 0, TEN_PER_CENT, 1)
    assert (accrual.points, accrual.lines) == (0, ())


@given(
    amounts=st.lists(st.integers(-(10**6), 10**9), max_size=20),
    rate_bps=st.integers(0, 10_000),
    point_price_minor=st.integers(1, 1000),
    share=st.fractions(0, 1),
)
def test_accrual__any_receipt__lines_sum_up_and_nothing_exceeds_its_line(amounts, rate_bps, point_price_minor, share):
    paid_for = sum(amount for amount in amounts if amount > 0)
    discount = int(paid_for * share)
    accrual = accrue(lines(*amounts), discount, rate_bps, point_price_minor)

    assert accrual.points == (paid_for - discount) * rate_bps // (10_000 * point_price_minor)
    assert sum(points(accrual)) == accrual.points
    assert sum(line.discount_minor for line in accrual.lines) == discount
    for amount, line in zip(amounts, accrual.lines, strict=True):
        assert 0 <= line.discount_minor <= max(amount, 0)
        assert line.points >= 0
        if amount <= line.discount_minor:
            assert line.points == 0
