"""Receipts that no till can have meant."""

from datetime import UTC, datetime, timedelta

import pytest

from coalition.domain.purchase import CLOCK_SKEW, MAX_LINES, Line, check_receipt, total_minor
from coalition.errors import DuplicateLine, NegativeReceipt, ReceiptFromFuture, TooManyLines

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def line(line_id: str, amount_minor: int = 100) -> Line:
    return Line(line_id, "sku", "category", 1, amount_minor)


@pytest.mark.parametrize("amounts", [(), (0,), (100,), (300, -300), (-300, 300)], ids=str)
def test_receipt__of_nothing_or_more__accepted(amounts):
    lines = [line(str(number), amount) for number, amount in enumerate(amounts)]
    check_receipt(lines, NOW, NOW)
    assert total_minor(lines) == sum(amounts)


def test_receipt__below_zero__refused():
    with pytest.raises(NegativeReceipt) as refusal:
        check_receipt([line("1", 300), line("2", -301)], NOW, NOW)
    assert refusal.value.total_minor == -1


def test_receipt__a_line_id_twice__refused_and_named():
    with pytest.raises(DuplicateLine) as refusal:
        check_receipt([line("1"), line("2"), line("3"), line("2"), line("3")], NOW, NOW)
    assert refusal.value.line_id == "2"


def test_receipt__of_the_most_lines__accepted_and_of_one_more_refused():
    lines = [line(str(number)) for number in range(MAX_LINES + 1)]
    check_receipt(lines[:-1], NOW, NOW)
    with pytest.raises(TooManyLines) as refusal:
        check_receipt(lines, NOW, NOW)
    assert refusal.value.values == {"allowed": MAX_LINES, "lines": MAX_LINES + 1}


def test_receipt__from_a_clock_that_is_a_little_fast__accepted():
    check_receipt([line("1")], NOW + CLOCK_SKEW, NOW)


def test_receipt__from_the_future__refused():
    with pytest.raises(ReceiptFromFuture):
        check_receipt([line("1")], NOW + CLOCK_SKEW + timedelta(seconds=1), NOW)
