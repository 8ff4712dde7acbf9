"""Payment orders: what cannot be one, and how amounts and ids are written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.payments.errors import InvalidPaymentOrder
from coalition.payments.orders import decimal_amount
from tests.unit.payments.examples import CAFE, order


@pytest.mark.parametrize(
    ("amount_minor", "currency", "written"),
    [
        (1, "RUB", "0.01"),
        (123_456, "EUR", "1234.56"),
        (700, "JPY", "700"),
        (1_005, "KWD", "1.005"),
        (10, "USD", "0.10"),
    ],
)
def test_amount__has_the_currencys_decimals(amount_minor: int, currency: str, written: str):
    assert order(amount_minor=amount_minor, currency=currency).amount == written


@given(st.integers(0, 10**18), st.integers(0, 5))
def test_decimal_amount__read_back__is_the_same_units(units: int, digits: int):
    whole, _, part = decimal_amount(units, digits).partition(".")
    assert len(part) == digits
    assert int(whole + part) == units


def test_end_to_end_id__has_only_what_banks_carry():
    assert order(id="pay_01J0000000000000000000000A").end_to_end_id == "pay-01J0000000000000000000000A"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"number": 0}, "number"),
        ({"number": 1_000_000}, "number"),
        ({"id": "pay-1"}, "id"),
        ({"id": "p" * 36}, "id"),
        ({"id": ""}, "id"),
        ({"amount_minor": 0}, "amount"),
        ({"amount_minor": 10**13}, "amount"),
        ({"currency": "XAU"}, "XAU"),
        ({"currency": "rubles"}, "rubles"),
        ({"purpose": " \n"}, "what it is for"),
        ({"payer": CAFE}, "the account that it pays from"),
    ],
)
def test_order__that_cannot_be_paid__is_refused(changed: dict[str, Any], problem: str):
    with pytest.raises(InvalidPaymentOrder) as refused:
        order(**changed)
    assert problem in str(refused.value)
