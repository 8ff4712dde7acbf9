"""Settlement periods: which entries belong to one, and how it goes from closed to settled.

Days are local to the programme's zone. A period begins where the one before ends, so every entry belongs to just one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from dateutil.relativedelta import relativedelta

from coalition.errors import InvalidPeriod

_EARLIEST = date(1970, 1, 1)


class PeriodStatus(StrEnum):
    """``open`` is what is not closed yet. Once settled, payments are due."""

    OPEN = "open"
    CLOSED = "closed"
    ACKNOWLEDGED = "acknowledged"
    DISPUTED = "disputed"
    SETTLED = "settled"


class StatementStatus(StrEnum):
    """``answered``: every dispute of it is."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    DISPUTED = "disputed"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Days:
    """Local days, both inclusive."""

    first: date
    last: date

    @property
    def after(self) -> date:
        return self.last + timedelta(days=1)

    def months_begun(self) -> list[date]:
        """The first days of months that lie in here: so many monthly fees are due."""
        first = self.first if self.first.day == 1 else self.first + relativedelta(months=1, day=1)
        found = []
        while first <= self.last:
            found.append(first)
            first += relativedelta(months=1)
        return found


def read_days(name: str) -> Days:
    """A month as ``2026-03``, a year as ``2026``, or days as ``2026-03-01..2026-03-15``.

    :raises InvalidPeriod: it is none of these, ends before it begins or with the last day of the calendar, or begins
        before 1970.
    """
    try:
        first_name, separator, last_name = name.partition("..")
        if separator:
            days = Days(date.fromisoformat(first_name), date.fromisoformat(last_name))
        elif len(name) == 4 and name.isdecimal():
            days = Days(date(int(name), 1, 1), date(int(name), 12, 31))
        elif len(name) == 7:
            first = date.fromisoformat(f"{name}-01")
            days = Days(first, first + relativedelta(months=1, days=-1))
        else:
            raise ValueError(name)
    except (ValueError, OverflowError) as error:
        raise InvalidPeriod(from_=name, to=name) from error
    if not _EARLIEST <= days.first <= days.last < date.max:
        raise InvalidPeriod(from_=str(days.first), to=str(days.last))
    return days


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a period ends: before ``ends_at``, among what the ledger's batches up to ``sequence`` recorded."""

    ends_at: datetime
    sequence: int


def belongs(occurred_at: datetime, sequence: int, period: Cut, before: Cut | None) -> bool:
    """Whether an entry is of the period that ends with this cut, and not of one before.

    What happened in an earlier period, and was recorded too late for it, is of the next one that is closed.
    """

    def within(cut: Cut) -> bool:
        return sequence <= cut.sequence and occurred_at < cut.ends_at

    return within(period) and not (before and within(before))


def period_status(statements: Collection[StatementStatus], *, dispute_until: datetime, now: datetime) -> PeriodStatus:
    """Where a closed period stands, before its payments are planned."""
    if StatementStatus.DISPUTED in statements:
        return PeriodStatus.DISPUTED
    concluded = {StatementStatus.ACKNOWLEDGED, StatementStatus.ANSWERED}
    if now >= dispute_until or concluded.issuperset(statements):
        return PeriodStatus.ACKNOWLEDGED
    return PeriodStatus.CLOSED
