"""Birthdays by the calendar."""

from collections.abc import Iterator
from datetime import date, timedelta

_OLDEST = 130
"""Nobody was ever older."""


def birthday_in(birth_date: date, year: int) -> date:
    """The birthday in that year; of those born on 29 February, the 28th where there is no 29th."""
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return birth_date.replace(year=year, day=28)


def last_birthday(birth_date: date, today: date) -> date:
    """The latest birthday up to today, today's included."""
    this_year = birthday_in(birth_date, today.year)
    return this_year if this_year <= today else birthday_in(birth_date, today.year - 1)


def birth_dates_of(day: date) -> Iterator[date]:
    """Of everybody who has a birthday on that day, when they can have been born."""
    for year in range(day.year - _OLDEST, day.year):
        for born in (birthday_in(day, year), birthday_in(day, year) + timedelta(days=1)):
            if birthday_in(born, day.year) == day:
                yield born
