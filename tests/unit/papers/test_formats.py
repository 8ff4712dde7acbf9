"""Amounts are exact in every currency, and look as people of the language write them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.currencies import minor_digits
from coalition.papers.formats import Formats

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("language", "currency", "written"),
    [
        ("en", "RUB", f"RUB{NBSP}1,234,567.05"),
        ("ru", "RUB", f"1{NBSP}234{NBSP}567,05{NBSP}₽"),
        ("en", "JPY", f"JPY{NBSP}123,456,705"),
        ("ru", "KWD", f"123{NBSP}456,705{NBSP}KWD"),
        ("en", "CLF", f"CLF{NBSP}12,345.6705"),
    ],
)
def test_money__each_currency__has_its_decimals(language, currency, written):
    assert Formats(language, currency, "UTC").money(123_456_705) == written


@pytest.mark.parametrize(
    ("micros", "written"),
    [(730_000, "0.0073"), (1, "0.00000001"), (91_943_750_000, "919.4375"), (-150_000_000_000, "-1,500.00")],
)
def test_exact_amount__micros__loses_nothing(micros, written):
    assert Formats("en", "RUB", "UTC").exact_amount(micros) == written


@given(st.integers(-(2**63), 2**63), st.sampled_from(["RUB", "JPY", "KWD", "CLF"]))
def test_amounts__any__are_the_integers_again(number, currency):
    formats, digits = Formats("en", currency, "UTC"), minor_digits(currency)
    assert Decimal(formats.amount(number).replace(",", "")).scaleb(digits) == number
    assert Decimal(formats.exact_amount(number).replace(",", "")).scaleb(digits + 6) == number


def test_days_and_moments__are_local_and_in_words():
    deadline = datetime(2026, 2, 10, 21, 0, tzinfo=UTC)
    russian, english = Formats("ru", "RUB", "Europe/Moscow"), Formats("en", "RUB", "Europe/Moscow")
    assert english.day(date(2026, 1, 31)) == "31 January 2026"
    assert russian.day(date(2026, 1, 31)).replace("\N{NARROW NO-BREAK SPACE}", " ").startswith("31 января 2026")
    assert english.moment(deadline) == "11 February 2026, 00:00 (Moscow Standard Time)"
    assert russian.moment(deadline).startswith("11 февраля 2026, 00:00")
    assert english.short_moment(deadline) == "2026-02-11 00:00:00"
    assert russian.short_moment(deadline) == "11.02.2026 00:00:00"
