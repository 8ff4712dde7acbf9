"""The stream is told of birthdays, each once, on the day where the member lives; a rule may reward them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from coalition.events import read_after
from coalition.services.balances import balance
from coalition.services.birthdays import tell_birthdays
from coalition.services.members import EnrolMember, enrol_member
from gamification.engine import run_batch
from gamification.explaining import explain
from tests.integration.gamification.helpers import rule

GIFT = {"points": 100, "funded_by": {"operator": 100}}
CAKE = rule("cake", on="member.birthday", window="year", reward=GIFT)


@pytest.fixture
def born(coalition, clock):
    """Enrol somebody born on that day; returns their id."""
    phones = iter(range(100, 200))

    def enrol(birth_date, time_zone=None):
        command = EnrolMember(f"+79261111{next(phones)}", birth_date=birth_date, time_zone=time_zone)
        return enrol_member(command, coalition.cafe.number, now=clock.now()).id

    return enrol


@pytest.fixture
def at(clock):
    """Let it be that moment, and the birthdays be told; returns of how many."""

    def tell(*moment):
        clock.advance(datetime(*moment, tzinfo=UTC) - clock.now())
        return tell_birthdays(now=clock.now())

    return tell


def told():
    return [event.occurred_at for event in read_after(0, 100) if event.type == "member.birthday"]


def test_birthday__of_who_has_told_no_zone__goes_by_the_programmes_calendar(born, at, till):
    till.rules("time_zone: Europe/Moscow")
    born(date(1990, 6, 5))
    assert (at(2026, 6, 4, 20, 59), at(2026, 6, 4, 21), at(2026, 6, 5, 12), at(2026, 6, 6, 12)) == (0, 1, 0, 0)
    assert told() == [datetime(2026, 6, 4, 21, tzinfo=UTC)]
    assert at(2027, 6, 5, 12) == 1


def test_birthday__begins_where_the_member_lives(born, at):
    born(date(1990, 6, 5), "Pacific/Kiritimati")
    born(date(1990, 6, 5), "America/Los_Angeles")
    assert (at(2026, 6, 4, 9, 59), at(2026, 6, 4, 10)) == (0, 1)
    assert (at(2026, 6, 5, 6, 59), at(2026, 6, 5, 7)) == (0, 1)


def test_birthday__on_29_february__is_on_the_28th_of_other_years(born, at):
    born(date(2000, 2, 29), "UTC")
    assert (at(2027, 2, 28, 0), at(2028, 2, 28, 12), at(2028, 2, 29, 0)) == (1, 0, 1)


def test_birthday__while_the_worker_stood_still__is_told_within_a_week(born, at):
    born(date(1990, 12, 30), "UTC")
    born(date(1990, 12, 28), "UTC")
    assert at(2027, 1, 5, 12) == 1
    assert told() == [datetime(2026, 12, 30, tzinfo=UTC)]


def test_birthday__of_who_became_a_member_after_it__is_the_next_one(born, at, clock):
    at(2026, 6, 5, 12)
    born(date(1990, 6, 4), "UTC")
    born(date(1990, 6, 5), "UTC")
    assert tell_birthdays(now=clock.now()) == 1
    assert at(2027, 6, 5, 12) == 2


def test_birthdays__more_than_a_part__are_told_part_by_part(born, at, clock):
    for _ in range(3):
        born(date(1990, 6, 5), "UTC")
    clock.advance(datetime(2026, 6, 5, tzinfo=UTC) - clock.now())
    assert [tell_birthdays(now=clock.now(), limit=2) for _ in range(3)] == [2, 1, 0]
    assert len(told()) == 3


def test_birthday__rewarded_by_a_rule__once_a_year(born, at, publish, clock):
    publish(CAKE)
    member = born(date(1990, 1, 1), "Asia/Tokyo")
    for year in (2026, 2026, 2027):
        at(year, 12, 31, 15)
        run_batch(now=clock.now())
        clock.advance(timedelta(hours=1))
    assert balance(member, now=clock.now()).available == 200
    assert [each.period for each in explain(member, "cake", locale="en", now=clock.now()).earned] == ["2027", "2028"]
