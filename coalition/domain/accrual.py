"""How a receipt turns into points, with the reason for every one of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from coalition.domain.programme import BPS
from coalition.domain.purchase import Line
from coalition.domain.rounding import allot

BASE_RULE = "base"
"""The partner's own rate, the same for everything it sells."""


@dataclass(frozen=True, slots=True)
class LineAccrual:
    """What one line earned, and by which rule. ``discount_minor`` is the part of the line that points paid."""

    line_id: str
    rule: str
    points: int
    discount_minor: int


@dataclass(frozen=True, slots=True)
class Accrual:
    """What a receipt earned. The lines are in the receipt's order and their points sum to ``points``."""

    points: int
    lines: tuple[LineAccrual, ...]


def accrue(lines: Sequence[Line], discount_minor: int, rate_bps: int, point_price_minor: int) -> Accrual:
    """Points earned by a receipt of which points have already paid ``discount_minor``.

    ``points = floor(eligible_minor × rate_bps / (10000 × point_price_minor))``, where a line with a non-positive amount
    is not eligible and neither is what was paid with points. Both the discount and the points are allotted to the
    lines by the largest remainder.
    """
    amounts = [max(line.amount_minor, 0) for line in lines]
    discounts = allot(discount_minor, amounts) if discount_minor else [0] * len(amounts)
    eligible = [amount - discount for amount, discount in zip(amounts, discounts, strict=True)]
    points = sum(eligible) * rate_bps // (BPS * point_price_minor)
    shares = allot(points, eligible)
    return Accrual(
        points,
        tuple(
            LineAccrual(line.line_id, BASE_RULE, share, discount)
            for line, share, discount in zip(lines, shares, discounts, strict=True)
        ),
    )
