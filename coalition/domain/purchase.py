"""A receipt as the till sends it, and what may be wrong with it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from coalition.errors import DuplicateLine, NegativeReceipt, ReceiptFromFuture, TooManyLines

MAX_LINES = 10_000
CLOCK_SKEW = timedelta(minutes=5)
"""How far a till's clock may run ahead of ours before its receipt counts as coming from the future."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a receipt; ``amount_minor`` is the price of the whole quantity, below zero for a rebate."""

    line_id: str
    sku: str
    category: str
    quantity: int
    amount_minor: int
    name: str | None = None
    discounted: bool = False


def total_minor(lines: Sequence[Line]) -> int:
    """What the receipt adds up to before points pay for any of it."""
    return sum(line.amount_minor for line in lines)


def check_receipt(lines: Sequence[Line], occurred_at: datetime, now: datetime) -> None:
    """Refuse a receipt that no till can have meant.

    :raises TooManyLines: more than 10,000 lines.
    :raises DuplicateLine: a line id twice.
    :raises NegativeReceipt: the lines add up to less than nothing.
    :raises ReceiptFromFuture: dated later than ``now``, a small difference of clocks aside.
    """
    if len(lines) > MAX_LINES:
        raise TooManyLines(allowed=MAX_LINES, lines=len(lines))
    line_ids = [line.line_id for line in lines]
    if len(set(line_ids)) < len(line_ids):
        raise DuplicateLine(line_id=next(line_id for line_id, times in Counter(line_ids).items() if times > 1))
    if (total := total_minor(lines)) < 0:
        raise NegativeReceipt(total_minor=total)
    if occurred_at > now + CLOCK_SKEW:
        raise ReceiptFromFuture(occurred_at=occurred_at, now=now)
