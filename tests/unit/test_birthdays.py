"""Which day a birthday is, and who has one."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.birthdays import birth_dates_of, last_birthday

DAYS = st.dates(date(1990, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("born", "today", "expected"),
    [
        (date(1990, 3, 3), date(2026, 3, 2), date(2025, 3, 3)),
        (date(1990, 3, 3), date(2026, 3, 3), date(2026, 3, 3)),
        (date(1990, 12, 31), date(2026, 1, 1), date(2025, 12, 31)),
        (date(2000, 2, 29), date(2027, 2, 28), date(2027, 2, 28)),
        (date(2000, 2, 29), date(2028, 2, 28), date(2027, 2, 28)),
        (date(2000, 2, 29), date(2028, 2, 29), date(2028, 2, 29)),
    ],
)
def test_last_birthday__is_todays_or_the_one_before(born, today, expected):
    assert last_birthday(born, today) == expected


@given(day=DAYS, age=st.integers(1, 120), off=st.integers(-2, 2))
def test_birth_dates__of_a_day__are_of_all_whose_birthday_it_is(day, age, off):
    born = (day + timedelta(days=off)) - timedelta(days=age * 365 + age // 4)
    assert (born in set(birth_dates_of(day))) == (last_birthday(born, day) == day)


def test_birth_dates__of_the_28th_of_a_short_february__have_the_29th():
    assert date(2000, 2, 29) in set(birth_dates_of(date(2027, 2, 28)))
    assert set(birth_dates_of(date(2028, 2, 29))) == {date(year, 2, 29) for year in range(1904, 2028, 4)}
