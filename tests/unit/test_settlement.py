"""A period's books: what is below a minor unit is carried, and everything that somebody pays somebody gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.rate_cards import Cause, Flow
from coalition.domain.settlement import Account, Books, Claim, Total, claims, positions

OPERATOR, CINEMA, CAFE = 1, 2, 3
ACCOUNT = Account(CINEMA, CAFE, Cause.REDEMPTION, "EUR", CINEMA)


def flow(micros: int, account: Account = ACCOUNT) -> Flow:
    return Flow(*account, price_micros=0, micros=micros)


def total(before: int, *micros: int) -> Total:
    books = Books()
    for each in micros:
        books.add(flow(each), 1)
    return books.totals({ACCOUNT: before})[ACCOUNT]


@pytest.mark.parametrize(
    ("before", "micros", "amount", "carried"),
    [
        (0, 999_999, 0, 999_999),
        (999_999, 1, 1, 0),
        (0, 2_500_000, 2, 500_000),
        (500_000, 2_500_000, 3, 0),
        (7_500_000, 499_999, 0, 999_999),
        (0, -1, -1, 999_999),
        (-1, 1, 1, 0),
        (500_000, -500_000, 0, 0),
        (3_000_000, -3_000_001, -4, 999_999),
    ],
)
def test_total__with_what_was_carried__grows_by_whole_minor_units_and_carries_the_rest(before, micros, amount, carried):
    assert total(before, micros) == Total(1, micros, amount, carried)


def test_total__of_many_entries__is_rounded_once():
    assert total(0, *[400_000] * 5) == Total(5, 2_000_000, 2, 0)


@given(st.lists(st.integers(-10_000_000, 10_000_000), min_size=12, max_size=12), st.integers(0, 10**9))
def test_total__of_twelve_parts__equals_that_of_the_whole(parts, before):
    amounts, so_far = [], before
    for part in parts:
        found = total(so_far, part)
        assert found.amount_minor * 1_000_000 + found.carried_micros == part + so_far % 1_000_000
        amounts.append(found.amount_minor)
        so_far += part
    assert (sum(amounts), found.carried_micros) == total(before, sum(parts))[2:]


def test_totals__of_what_was_only_owed_before__are_of_nothing():
    assert Books().totals({ACCOUNT: 999_999}) == {}


def test_totals__in_whatever_order_entries_came__are_in_one():
    other = Account(CAFE, CINEMA, Cause.REDEMPTION, "EUR", CAFE)
    fee = Account(CAFE, OPERATOR, Cause.FEE_MONTHLY, "EUR", None)
    accounts = [ACCOUNT, other, fee]
    one, two = Books(), Books()
    for account in accounts:
        one.add(flow(5, account), 1)
    for account in reversed(accounts):
        two.add(flow(5, account), 1)
    assert list(one.totals({}).items()) == list(two.totals({}).items())


def test_positions__of_two_currencies__sum_to_zero_in_each():
    totals = {
        ACCOUNT: Total(10, 0, 70, 0),
        Account(CAFE, CINEMA, Cause.REDEMPTION, "EUR", CAFE): Total(5, 0, 20, 0),
        Account(CAFE, OPERATOR, Cause.FEE_MONTHLY, "USD", None): Total(0, 0, 9, 0),
    }
    assert positions(totals) == {"EUR": {CINEMA: -50, CAFE: 50}, "USD": {CAFE: -9, OPERATOR: 9}}


def test_positions__of_what_was_undone__turn_around():
    assert positions({ACCOUNT: Total(-3, 0, -3, 0)}) == {"EUR": {CINEMA: 3, CAFE: -3}}


def test_claims__are_of_redemptions_whoever_pays_for_them():
    pooled = Account(0, CAFE, Cause.REDEMPTION, "EUR", CINEMA)
    totals = {
        pooled: Total(10, 0, 70, 0),
        Account(CINEMA, OPERATOR, Cause.MARGIN, "EUR", None): Total(10, 0, 5, 0),
        Account(OPERATOR, CAFE, Cause.REDEMPTION, "EUR", OPERATOR): Total(1, 0, 7, 0),
    }
    assert claims(totals) == [
        Claim(OPERATOR, CAFE, "EUR", 1, 7, by_pool=False),
        Claim(CINEMA, CAFE, "EUR", 10, 70, by_pool=True),
    ]
