"""Whether a rule holds: for a receipt as a whole, and then for which of its lines."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from types import MappingProxyType
from typing import NamedTuple

from coalition.domain.birthdays import birthday_in
from coalition.domain.programme import AccrualRule
from coalition.domain.purchase import Line

_NOTHING_CHOSEN: Mapping[str, frozenset[str]] = MappingProxyType({})
_MIDNIGHT = time(0)


class Circumstances(NamedTuple):
    """What rules and caps may ask about a receipt besides its lines.

    ``partner`` sells, at its own ``rate_bps``; ``chosen`` are the categories that the member picked for the month of
    the receipt, by the rule that lets them pick.
    """

    partner: str
    partner_number: int
    rate_bps: int
    store: str | None
    occurred_at: datetime
    member: int = 0
    tier: str | None = None
    birth_date: date | None = None
    chosen: Mapping[str, frozenset[str]] = _NOTHING_CHOSEN


def holds(rule: AccrualRule, circumstances: Circumstances, local: datetime) -> bool:
    """Whether the rule holds for a receipt of that local time, its lines and its amount aside."""
    when = rule.when
    today = local.date()
    return (
        (not when.partners or circumstances.partner in when.partners)
        and (not when.stores or circumstances.store in when.stores)
        and (not when.tiers or circumstances.tier in when.tiers)
        and (not when.weekdays or today.weekday() in when.weekdays)
        and (when.first_day is None or when.first_day <= today)
        and (when.last_day is None or today <= when.last_day)
        and (when.hours is None or _within(local.time(), *when.hours))
        and (when.birthday_within_days is None or _near(circumstances.birth_date, today, when.birthday_within_days))
        and (when.choice is None or rule.id in circumstances.chosen)
    )


def lines_met(
    rule: AccrualRule, lines: Sequence[Line], among: Iterable[int], circumstances: Circumstances
) -> list[int]:
    """The positions of the lines that meet the rule, of those ``among``, in their order."""
    when = rule.when
    if when.choice is None:
        categories: frozenset[str] | None = when.categories or None
    else:
        categories = when.choice.of & circumstances.chosen.get(rule.id, frozenset())
    if categories is None and not when.skus and when.discounted is None:
        return list(among)
    return [
        position
        for position in among
        if (categories is None or lines[position].category in categories)
        and (not when.skus or lines[position].sku in when.skus)
        and (when.discounted is None or lines[position].discounted is when.discounted)
    ]


def _within(moment: time, start: time, end: time) -> bool:
    return start <= moment and (moment < end or end == _MIDNIGHT)


def _near(birth_date: date | None, today: date, days: int) -> bool:
    if birth_date is None:
        return False
    # The nearest birthday may be that of the year before or after.
    years = (today.year - 1, today.year, today.year + 1)
    return any(abs((today - birthday_in(birth_date, year)).days) <= days for year in years)
