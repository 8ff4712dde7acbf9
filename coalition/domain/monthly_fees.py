"""For which months merchants pay the monthly fee, and from which moment on that shows."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple


class Month(NamedTuple):
    """A month by its first day, and its moments as ``to_column`` makes them, which sort as they read."""

    first: date
    begins_at: str
    ends_at: str


def months_due(
    months: Iterable[Month], joined: Mapping[int, str], left: Mapping[int, str], until: str
) -> set[tuple[date, int]]:
    """``(first day, merchant)`` of the months that are due by what was known at the moment ``until``.

    Due is a month if the merchant joined before it ended, and had not begun to leave when it began. What is due stays
    so as time goes on: a period is to have what was not due at the end of the one before.
    """
    return {
        (month.first, merchant)
        for month in months
        for merchant, since in joined.items()
        if since < min(month.ends_at, until) and month.begins_at <= left.get(merchant, month.begins_at)
    }
