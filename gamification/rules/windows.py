"""Windows: which period of the local calendar a day belongs to.

A period is named so that it sorts by time: ``2026-03-02``, ``2026-W10`` (ISO 8601), ``2026-03``, ``2026``; a window
from one date to another by both, ``2026-03-01..2026-03-31``; a lifetime, which has only one, by an empty text.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

from gamification.rules.document import CalendarWindow, Window

LIFETIME = ""
_QUARTER_S = 900


class Day(NamedTuple):
    """A local day: its number (``date.toordinal``), the name of the period of every calendar window that it belongs
    to, and the numbers of the steps that streaks go by."""

    number: int
    periods: Mapping[str, str]
    steps: Mapping[str, int]


@lru_cache(maxsize=8192)
def day(number: int) -> Day:
    """The day of this number."""
    date_ = date.fromordinal(number)
    steps = {"day": number, "week": (number - 1) // 7, "month": date_.year * 12 + date_.month - 1}
    return Day(number, periods(date_), steps)


def day_of(text: str) -> Day:
    """The day that ISO 8601 calls so."""
    return day(date.fromisoformat(text).toordinal())


def local_day(moment: datetime, zone: str) -> Day:
    """The day that it was in this IANA zone."""
    return _local_day(moment.timestamp() // _QUARTER_S, zone)


@lru_cache(maxsize=1 << 17)
def _local_day(quarter: float, zone: str) -> Day:
    """All clocks in use are off UTC by whole quarters of an hour, and are put forward and back at such."""
    return day(datetime.fromtimestamp(quarter * _QUARTER_S, UTC).astimezone(ZoneInfo(zone)).toordinal())


@lru_cache(maxsize=8192)
def periods(day: date) -> Mapping[str, str]:
    """The period of every calendar window that the day belongs to."""
    week = day.isocalendar()
    return {
        "lifetime": LIFETIME,
        "day": day.isoformat(),
        "week": f"{week.year:04}-W{week.week:02}",
        "month": f"{day.year:04}-{day.month:02}",
        "year": f"{day.year:04}",
    }


def period_of(window: Window, day: date) -> str | None:
    """The name of the window's period that the day belongs to; of any days in a row it is that of a lifetime."""
    if window.kind == "days":
        return LIFETIME
    if window.kind != "dates":
        return periods(day)[window.kind]
    first, last = window.dates
    return f"{first}..{last}" if first <= day <= last else None


def last_day(window: Window | CalendarWindow, day: date) -> date | None:
    """The last day of the period that the day belongs to; a lifetime's is not known."""
    kind = window if isinstance(window, str) else window.kind
    if kind == "day":
        return day
    if kind == "week":
        return day + timedelta(days=7 - day.isoweekday())
    if kind == "month":
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    if kind == "year":
        return day.replace(month=12, day=31)
    if kind == "dates":
        return cast(Window, window).dates[1]
    return None


def next_period(kind: str, day: date) -> date | None:
    """The first day of the period after the one that the day belongs to; of a lifetime there is none."""
    last = last_day(cast(CalendarWindow, kind), day)
    return last + timedelta(days=1) if last else None
