"""Windows: which period of the local calendar a day belongs to.

A period is named so that it sorts by time: ``2026-03-02``, ``2026-W10`` (ISO 8601), ``2026-03``, ``2026``; a lifetime,
which has only one, by an empty text.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

from gamification.rules.document import Window

LIFETIME = ""


@lru_cache(maxsize=4096)
def periods(day: date) -> Mapping[Window, str]:
    """The period of every window that the day belongs to."""
    week = day.isocalendar()
    return {
        "lifetime": LIFETIME,
        "day": day.isoformat(),
        "week": f"{week.year:04}-W{week.week:02}",
        "month": f"{day.year:04}-{day.month:02}",
        "year": f"{day.year:04}",
    }


def last_day(window: Window, day: date) -> date | None:
    """The last day of the period that the day belongs to; a lifetime's is not known."""
    if window == "day":
        return day
    if window == "week":
        return day + timedelta(days=7 - day.isoweekday())
    if window == "month":
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    if window == "year":
        return day.replace(month=12, day=31)
    return None
