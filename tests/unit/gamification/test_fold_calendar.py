"""Windows go by the local day of the member, whatever clocks do that day."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.rules.windows import local_day, periods
from tests.integration.gamification.helpers import utc
from tests.unit.gamification.folding import Fold

DAILY = Fold.rule("daily", window="day", tiers=[2])
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        # The day that has 23 hours, that which has 25, and one of 24 for each.
        ("Europe/Berlin", utc(2026, 3, 28, 23), utc(2026, 3, 29, 21, 59)),
        ("Europe/Berlin", utc(2026, 10, 24, 22), utc(2026, 10, 25, 22, 59)),
        ("Europe/Berlin", utc(2026, 7, 1, 22), utc(2026, 7, 2, 21, 59)),
        ("America/New_York", utc(2026, 3, 8, 5), utc(2026, 3, 9, 3, 59)),
        ("America/New_York", utc(2026, 11, 1, 4), utc(2026, 11, 2, 4, 59)),
        ("America/New_York", utc(2026, 1, 1, 5), utc(2026, 1, 2, 4, 59)),
        ("Australia/Lord_Howe", utc(2026, 4, 4, 13), utc(2026, 4, 5, 13, 29)),
    ],
)
def test_day__when_clocks_change__begins_and_ends_at_local_midnight(zone: str, first: datetime, last: datetime):
    second = timedelta(seconds=1)
    fold = Fold(DAILY, zone=zone)
    for moment in (first - second, first, last, last + timedelta(minutes=1)):
        fold.happens("purchase.recorded", moment)
    name = str(first.astimezone(ZoneInfo(zone)).date())
    assert fold.won == [("daily", 1, name)]
    assert sorted(fold.state.counters_of(fold.goal("daily"))) == [
        str(date.fromisoformat(name) + timedelta(days=days)) for days in (-1, 0, 1)
    ]


@pytest.mark.parametrize(
    ("zone", "skipped"), [("Europe/Berlin", utc(2026, 3, 29, 1)), ("America/New_York", utc(2026, 3, 8, 7))]
)
def test_streak__over_the_change_of_clocks__is_not_broken(zone: str, skipped: datetime):
    """Purchases at half past two each night: one of them is an hour that does not exist."""
    fold = Fold(Fold.rule("row", measure={"streak": "day"}, tiers=[3]), zone=zone)
    for hours in (-24, 0, 24):
        fold.happens("purchase.recorded", skipped + timedelta(hours=hours, minutes=30))
    assert fold.won == [("row", 1, "")]


@given(
    moment=st.integers(0, 4 * 366 * 1440).map(lambda minutes: utc(2024, 1, 1) + timedelta(minutes=minutes)),
    zone=st.sampled_from(ZONES),
)
def test_local_day__of_any_moment__is_what_the_calendar_there_says(moment: datetime, zone: str) -> None:
    assert local_day(moment, zone).number == moment.astimezone(ZoneInfo(zone)).date().toordinal()


@given(day=st.dates(date(1999, 1, 1), date(2101, 1, 1)))
def test_week__of_any_day__is_that_of_its_thursday(day: date) -> None:
    thursday = day + timedelta(days=3 - day.weekday())
    number = (thursday - date(thursday.year, 1, 1)).days // 7 + 1
    assert periods(day)["week"] == f"{thursday.year}-W{number:02}"
    assert (periods(day)["week"] < periods(day + timedelta(days=7))["week"]) is True


def test_week__at_the_ends_of_years__is_one_week():
    fold = Fold(Fold.rule("weekly", window="week", tiers=[3]), Fold.rule("yearly", window="year", tiers=[2]))
    for day in ("2026-12-31", "2027-01-01", "2027-01-03", "2027-01-04"):
        fold.happens("purchase.recorded", date.fromisoformat(day))
    assert fold.won == [("weekly", 1, "2026-W53"), ("yearly", 1, "2027")]


def test_dates__both_ends__are_within_and_by_the_members_day():
    fold = Fold(
        Fold.rule("march", window={"from": "2026-03-01", "until": "2026-03-31"}, tiers=[1, 2]), zone="America/New_York"
    )
    fold.happens("purchase.recorded", utc(2026, 3, 1, 4, 59))
    fold.happens("purchase.recorded", utc(2026, 4, 1, 4))
    assert fold.won == []
    fold.happens("purchase.recorded", utc(2026, 4, 1, 3, 59))
    fold.happens("purchase.recorded", utc(2026, 3, 1, 5))
    assert fold.won == [("march", 1, "2026-03-01..2026-03-31"), ("march", 2, "2026-03-01..2026-03-31")]


def test_move__from_its_moment_on__days_are_those_of_the_new_place():
    fold = Fold(Fold.rule("monthly", window="month", tiers=[1]))
    fold.happens("member.moved", utc(2026, 1, 31, 12), time_zone="Pacific/Kiritimati")  # 14 hours ahead
    fold.happens("purchase.recorded", utc(2026, 1, 31, 12))
    # What happened before the move, and comes late, is of the old place.
    fold.happens("purchase.recorded", utc(2026, 1, 31, 11, 59))
    fold.happens("member.moved", utc(2026, 2, 28, 0), time_zone="America/New_York")
    fold.happens("purchase.recorded", utc(2026, 3, 1, 4, 59))
    assert sorted(fold.state.counters_of(fold.goal("monthly"))) == ["2026-01", "2026-02"]
    assert fold.won == [("monthly", 1, "2026-02"), ("monthly", 1, "2026-01")]
    fold.happens("purchase.recorded", utc(2026, 3, 1, 5))
    assert fold.won[-1] == ("monthly", 1, "2026-03")


def test_move__that_is_told_late__changes_nothing_that_was_counted():
    fold = Fold(DAILY)
    fold.happens("purchase.recorded", utc(2026, 1, 1, 20))
    fold.happens("member.moved", utc(2026, 1, 1, 0), time_zone="Asia/Tokyo")
    fold.happens("purchase.recorded", utc(2026, 1, 1, 21))
    assert sorted(fold.state.counters_of(fold.goal("daily"))) == ["2026-01-01", "2026-01-02"]


def test_move__in_between__is_kept_in_order():
    fold = Fold(DAILY)
    fold.happens("member.moved", utc(2026, 5, 1), time_zone="Asia/Tokyo")
    fold.happens("member.moved", utc(2026, 3, 1), time_zone="America/New_York")
    zones = [fold.state.zone_at(utc(2026, month, 1)) for month in (2, 3, 4, 5, 6)]
    assert zones == [None, "America/New_York", "America/New_York", "Asia/Tokyo", "Asia/Tokyo"]


@pytest.mark.parametrize("days", [1, 30, 61])
def test_late_event__within_two_months__counts_where_it_belongs(days: int):
    fold = Fold(Fold.rule("daily", window="day", tiers=[2]), Fold.rule("row", measure={"streak": "day"}, tiers=[3]))
    last = date(2026, 6, 15)
    for late in (0, days, days - 1, days + 1):
        fold.happens("purchase.recorded", last - timedelta(days=late))
        fold.forgets()
    fold.happens("purchase.recorded", last - timedelta(days=days))
    assert ("daily", 1, str(last - timedelta(days=days))) in fold.won
    assert fold.reached("row") == 3
