"""Receipts and the circumstances they arise in, for the tests of rules."""

from datetime import UTC, datetime
from typing import Any

from coalition.domain.accrual import Accrual, accrue
from coalition.domain.conditions import Circumstances
from coalition.domain.programme import AccrualRule, AccrualTerms, Cap, Programme, Stacking
from coalition.domain.purchase import Line

TUESDAY_MORNING = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
CAFE = Circumstances(
    partner="cafe", partner_number=7, rate_bps=1000, store="cafe-1", occurred_at=TUESDAY_MORNING, member=42
)
"""At the café, which gives ten per cent."""


def line(amount_minor: int, category: str = "COFFEE", *, sku: str = "sku", discounted: bool = False) -> Line:
    return Line("1", sku, category, 1, amount_minor, discounted=discounted)


def lines(*amounts: int) -> list[Line]:
    return [line(amount) for amount in amounts]


def programme_of(
    *rules: AccrualRule, caps: tuple[Cap, ...] = (), stacking: Stacking = Stacking.BEST, **terms: Any
) -> Programme:
    return Programme(accrual=AccrualTerms(stacking=stacking, rules=rules, caps=caps), **terms)


def earn(receipt: list[Line], programme: Programme, circumstances: Circumstances = CAFE, **used: Any) -> Accrual:
    return accrue(receipt, [0] * len(receipt), programme, circumstances, used.get("used", {}))


def by_rule(accrual: Accrual) -> dict[str, int]:
    """The points of each rule that gave any."""
    points: dict[str, int] = {}
    for award in accrual.awards:
        points[award.rule] = points.get(award.rule, 0) + award.points
    return points


def by_funder(accrual: Accrual) -> dict[str, int]:
    points: dict[str, int] = {}
    for award in accrual.awards:
        points[award.funder] = points.get(award.funder, 0) + award.points
    return points


def by_line(accrual: Accrual) -> list[int]:
    points = [0] * len(accrual.discounts)
    for award in accrual.awards:
        points[award.position] += award.points
    return points
