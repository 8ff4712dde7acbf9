"""Freezing steps of a streak: what may be frozen, how often, and what it does to the streak."""

from datetime import date, timedelta

import pytest

from coalition import events
from coalition.services.members import member_number
from gamification import progress
from gamification.engine import run_batch
from gamification.errors import DayCounted, DayNotFreezable, NoFreezesLeft, NotAStreak, UnknownAchievement
from gamification.freezing import Freeze, freeze
from tests.integration.books import refused
from tests.integration.gamification.helpers import grants, rule, utc

MONDAY = date(2026, 3, 2)
"""The day on which the clock stands."""


def streak(step="day", freezes=2, tiers=(4,), **given):
    return rule("streak", measure={"streak": step, "freezes": freezes}, tiers=list(tiers), **given)


@pytest.fixture
def anna(coalition):
    return member_number(coalition.anna.id)


@pytest.fixture
def buys(shop, coalition, clock):
    """Anna buys at nine on these days of March 2026, and the engine has read it."""

    def buys(*days):
        for day in days:
            shop.sells(coalition.cafe, at=utc(2026, 3, day, 9))
        run_batch(now=clock.now())

    return buys


def on(*day):
    return utc(2026, *day, 12)


def told():
    found = [event for event in events.read_after(0, 1000) if event.type == "streak.frozen"]
    return [(event.member, event.attributes) for event in found]


def length(coalition, now):
    shown = progress.achievements(coalition.anna.id, locale="en", now=now).in_progress
    return next(each.value for each in shown if each.id == "streak")


def test_freeze__tomorrow__and_the_streak_goes_on_over_it(publish, coalition, anna, buys):
    publish(streak())
    buys(2, 3)
    assert freeze(anna, "streak", date(2026, 3, 4), now=on(3, 3)) == Freeze("streak", date(2026, 3, 4), 1)
    buys(5)
    assert length(coalition, on(3, 5)) == 3
    buys(6)
    assert grants() == [("streak", 1, "")]
    assert told() == [(anna, {"achievement": "streak", "day": "2026-03-04"})]


def test_no_freeze__breaks_the_streak(publish, coalition, buys):
    publish(streak())
    buys(2, 3, 5, 6)
    assert (grants(), length(coalition, on(3, 6))) == ([], 2)


def test_freeze__twice__is_one_and_answers_the_same(publish, coalition, anna, clock):
    publish(streak())
    first = freeze(anna, "streak", MONDAY, now=clock.now())
    assert freeze(anna, "streak", MONDAY, now=clock.now()) == first
    assert len(told()) == 1
    assert (first.left, freeze(anna, "streak", date(2026, 3, 3), now=clock.now()).left) == (1, 0)


def test_freeze__as_many_as_a_month_has__then_refused_until_the_next(publish, anna, buys):
    publish(streak(freezes=1))
    freeze(anna, "streak", date(2026, 3, 30), now=on(3, 30))
    with refused(NoFreezesLeft) as refusal:
        freeze(anna, "streak", date(2026, 3, 31), now=on(3, 30))
    assert (refusal.value.month, refusal.value.freezes) == ("2026-03", 1)
    assert freeze(anna, "streak", date(2026, 4, 1), now=on(3, 30)).left == 0


def test_freeze__none_allowed__refused(publish, anna, clock):
    publish(streak(freezes=0))
    with refused(NoFreezesLeft):
        freeze(anna, "streak", MONDAY, now=clock.now())


@pytest.mark.parametrize(("days", "fits"), [(-2, False), (-1, True), (0, True), (7, True), (8, False)])
def test_freeze__from_yesterday_to_a_week_ahead__and_nothing_else(publish, anna, clock, days, fits):
    publish(streak())
    day = MONDAY + timedelta(days)
    if fits:
        assert freeze(anna, "streak", day, now=clock.now()).day == day
        return
    with refused(DayNotFreezable) as refusal:
        freeze(anna, "streak", day, now=clock.now())
    assert (refusal.value.first, refusal.value.last) == (date(2026, 3, 1), date(2026, 3, 9))


def test_freeze__yesterday__is_the_members_own(publish, anna, shop, clock):
    publish(streak())
    shop.tells("member.moved", time_zone="Pacific/Kiritimati")
    run_batch(now=clock.now())
    moment = utc(2026, 3, 2, 11)
    assert freeze(anna, "streak", MONDAY, now=moment)
    with refused(DayNotFreezable):
        freeze(anna, "streak", date(2026, 3, 1), now=moment)


def test_freeze__yesterday__mends_the_streak_with_the_next_event(publish, anna, buys):
    publish(streak(tiers=(3,)))
    buys(2, 3, 5)
    freeze(anna, "streak", date(2026, 3, 4), now=on(3, 5))
    buys(5)
    assert grants() == [("streak", 1, "")]


def test_freeze__a_day_that_counts__refused(publish, anna, buys):
    publish(streak())
    buys(2)
    with refused(DayCounted):
        freeze(anna, "streak", MONDAY, now=on(3, 2))
    assert told() == []


def test_freeze__what_is_no_streak__refused(publish, anna, clock):
    publish(rule("buyer"), streak(hidden=True))
    with refused(NotAStreak):
        freeze(anna, "buyer", MONDAY, now=clock.now())
    for name in ("nothing", "streak"):
        with refused(UnknownAchievement):
            freeze(anna, name, MONDAY, now=clock.now())


def test_freeze__a_week__is_named_by_its_monday_whichever_day_is_given(publish, coalition, anna, buys):
    publish(streak("week", tiers=(3,)))
    buys(3)
    first = freeze(anna, "streak", date(2026, 3, 12), now=on(3, 10))
    assert (first.day, first.left) == (date(2026, 3, 9), 1)
    assert freeze(anna, "streak", date(2026, 3, 14), now=on(3, 10)) == first
    buys(18)
    assert length(coalition, on(3, 18)) == 2
    with refused(DayCounted):
        freeze(anna, "streak", date(2026, 3, 22), now=on(3, 20))
    buys(25)
    assert grants() == [("streak", 1, "")]


def test_freeze__a_month__joins_those_beside_it(publish, shop, coalition, anna, clock):
    publish(streak("month", freezes=1, tiers=(2,)))
    shop.sells(coalition.cafe)
    assert freeze(anna, "streak", date(2026, 4, 7), now=on(4, 1)) == Freeze("streak", date(2026, 4, 1), 0)
    shop.sells(coalition.cafe, at=utc(2026, 5, 30))
    run_batch(now=clock.now())
    assert grants() == [("streak", 1, "")]


def test_freeze__told_twice_to_the_stream__uses_one_up(publish, shop, coalition, buys):
    publish(streak(freezes=2, tiers=(3,)))
    for day in (3, 3, 5):
        shop.tells("streak.frozen", achievement="streak", day=f"2026-03-0{day}")
    buys(2, 4, 6)
    assert grants() == [("streak", 1, "")]


def test_freeze__more_than_allowed_in_the_stream__changes_nothing(publish, shop, coalition, buys):
    publish(streak(freezes=1, tiers=(3,)))
    for day in (3, 5):
        shop.tells("streak.frozen", achievement="streak", day=f"2026-03-0{day}")
    buys(2, 4, 6)
    assert grants() == []


def test_freeze__goods_come_back__the_freeze_stays(publish, shop, coalition, anna, clock):
    publish(streak())
    bought = [shop.sells(coalition.cafe, at=utc(2026, 3, day, 9)) for day in (2, 4, 5)]
    freeze(anna, "streak", date(2026, 3, 3), now=clock.now())
    shop.takes_back(bought[2])
    run_batch(now=clock.now())
    assert length(coalition, on(3, 4)) == 2


def test_freeze__of_a_habit_challenge__joins_its_days_and_no_others(publish, shop, coalition, clock, anna):
    habit = {
        **rule("habit", measure={"streak": "day", "freezes": 1}, tiers=[3]),
        "window": {"from": "2026-03-02", "until": "2026-03-31"},
        "join": False,
    }
    publish(challenges=[habit])
    for day in (1, 2, 4):
        shop.sells(coalition.cafe, at=utc(2026, 3, day, 12))
    freeze(anna, "habit", date(2026, 3, 3), now=utc(2026, 3, 2, 12))
    shop.sells(coalition.cafe, at=utc(2026, 3, 5, 12))
    run_batch(now=clock.now())
    assert grants() == [("habit", 1, "2026-03-02..2026-03-31")]
