from datetime import date, timedelta

import pytest

from coalition.errors import UnknownMember
from coalition.services.members import EnrolMember, enrol_member
from coalition.services.partners import set_status
from gamification.engine import run_batch
from gamification.progress import InProgress, MemberLevel, TopAchievement, achievements, level, top_achievements
from tests.integration.gamification.helpers import rule, utc

TITLES = {"en": "Often there", "ru": "Частый гость"}


def test_achievements__some_tiers_earned__tells_what_remains(publish, shop, coalition, clock):
    often = rule("often", title=TITLES, window="month", tiers=[2, 5], experience=0)
    publish({**often, "reward": {"points": [10, 20], "funded_by": {"operator": 100}, "badge": True}})
    for day in (1, 2, 3):
        shop.sells(coalition.cafe, at=utc(2026, 3, day))
    run_batch(now=clock.now())
    shown = achievements(coalition.anna.id, locale="ru", now=utc(2026, 3, 15))
    (earned,) = shown.earned
    assert (earned.title, earned.tier, earned.tiers, earned.threshold) == ("Частый гость", 1, 2, 2)
    assert (earned.period, earned.earned_at, earned.points) == ("2026-03", utc(2026, 3, 2), 10)
    assert (earned.badge, earned.state, earned.held_because) == (True, "granted", None)
    assert shown.in_progress == [
        InProgress(
            id="often",
            title="Частый гость",
            description="Какой-то текст",
            icon="award",
            badge=True,
            tier=2,
            tiers=2,
            value=3,
            threshold=5,
            remaining=2,
            points=20,
            period="2026-03",
            ends_on=date(2026, 3, 31),
            requires=[],
        )
    ]


def test_achievements__next_month__are_earned_and_begin_anew(publish, shop, coalition, clock):
    publish(rule("often", window="month", tiers=[1]))
    shop.sells(coalition.cafe, at=utc(2026, 2, 1))
    run_batch(now=clock.now())
    shown = achievements(coalition.anna.id, locale="en", now=utc(2026, 3, 1))
    assert [earned.period for earned in shown.earned] == ["2026-02"]
    assert [(goal.period, goal.value, goal.remaining) for goal in shown.in_progress] == [("2026-03", 0, 1)]


def test_achievements__every_tier_earned__is_no_longer_in_progress(publish, shop, coalition, clock):
    publish(rule("first"))
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    shown = achievements(coalition.anna.id, locale="en", now=clock.now())
    assert [earned.period for earned in shown.earned] == [None]
    assert shown.in_progress == []


def test_achievements__hidden__shows_once_a_tier_is_earned(publish, shop, coalition, clock):
    publish(rule("secret", hidden=True, tiers=[2, 4]))
    for expected in (0, 1):
        shop.sells(coalition.cafe)
        run_batch(now=clock.now())
        shown = achievements(coalition.anna.id, locale="en", now=clock.now())
        assert (len(shown.earned), len(shown.in_progress)) == (expected, expected)


def test_achievements__prerequisite_missing__is_named(publish, shop, coalition, clock):
    publish(rule("first", tiers=[5]), rule("after", requires=["first"]))
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    _, after = achievements(coalition.anna.id, locale="en", now=clock.now()).in_progress
    assert (after.value, after.remaining, after.requires) == (1, 0, ["first"])


def test_achievements__held_reward__says_why(publish, shop, coalition, clock):
    publish(rule("first", reward={"points": 10, "funded_by": {"cinema": 100}}))
    set_status(coalition.cinema.id, "suspended")
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    (earned,) = achievements(coalition.anna.id, locale="en", now=clock.now()).earned
    assert (earned.state, earned.held_because) == ("held", "partner_suspended")


def test_achievements__locale_without_texts__falls_back_to_english(publish, coalition, clock):
    publish(rule("first", title=TITLES))
    (goal,) = achievements(coalition.anna.id, locale="kk", now=clock.now()).in_progress
    assert goal.title == "Often there"


def test_progress__of_nobody__is_refused(coalition, clock):
    with pytest.raises(UnknownMember):
        achievements("mem_nobody", locale="en", now=clock.now())
    with pytest.raises(UnknownMember):
        level("mem_nobody")


def test_level__by_formula__tells_what_the_next_takes(publish, shop, coalition, clock):
    anna = coalition.anna.id
    assert level(anna) == MemberLevel(anna, experience=0, level=1, level_at=0, next_level_at=None, remaining=None)
    source = {"on": "purchase.recorded", "each": 12}
    publish(levels={"highest": 3, "formula": {"first_step": 10, "add": 5}, "experience": [source]})
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert level(anna) == MemberLevel(anna, experience=12, level=2, level_at=10, next_level_at=25, remaining=13)
    for _ in range(2):
        shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert level(anna) == MemberLevel(anna, experience=36, level=3, level_at=25, next_level_at=None, remaining=None)


def test_top_achievements__several_grants_of_one_member__count_once(publish, shop, coalition, clock):
    boris = enrol_member(EnrolMember(phone="+79160000001"), coalition.cafe.number, now=clock.now())
    publish(rule("rare", tiers=[2], title=TITLES), rule("common", tiers=[1, 2]), rule("never", tiers=[9]))
    for member in (boris.id, coalition.anna.id, coalition.anna.id):
        shop.sells(coalition.cafe, member=member)
    run_batch(now=clock.now())
    assert top_achievements(5, "ru") == [
        TopAchievement("common", "Какой-то текст", 2),
        TopAchievement("rare", "Частый гость", 1),
    ]
    assert len(top_achievements(1, "ru")) == 1


def test_achievements__of_days_in_a_row__tell_how_it_stands_today(publish, shop, coalition, clock):
    publish(
        rule("row", measure={"streak": "day"}, tiers=[3]),
        rule("ten", window={"days": 10}, tiers=[5]),
        rule("most", measure={"max": "payable_minor"}, tiers=[5000]),
    )
    for day in (1, 2):
        shop.sells(coalition.cafe, at=utc(2026, 3, day), payable_minor=1000 * day)
    run_batch(now=clock.now())

    def values(day: int) -> list[int]:
        shown = achievements(coalition.anna.id, locale="en", now=utc(2026, 3, day))
        return [goal.value for goal in shown.in_progress]

    assert [values(day) for day in (2, 3, 4, 10, 11, 12)] == [
        [2, 2, 2000],
        [2, 2, 2000],
        [0, 2, 2000],
        [0, 2, 2000],
        [0, 1, 2000],
        [0, 0, 2000],
    ]


def test_achievements__that_repeat__are_in_progress_until_they_may_not_be_won_again(publish, shop, coalition, clock):
    publish(
        rule("pair", tiers=[2], repeat={"up_to": 2}),
        rule("week", window={"days": 7}, repeat="monthly"),
    )
    seen = []
    for _ in range(4):
        shop.sells(coalition.cafe, at=utc(2026, 3, 1))
        run_batch(now=clock.now())
        shown = achievements(coalition.anna.id, locale="en", now=utc(2026, 3, 2))
        seen.append([(goal.id, goal.value, goal.threshold) for goal in shown.in_progress])
    assert seen == [[("pair", 1, 2)], [("pair", 2, 4)], [("pair", 3, 4)], []]
    april = achievements(coalition.anna.id, locale="en", now=utc(2026, 4, 1)).in_progress
    assert [(goal.id, goal.value) for goal in april] == [("week", 0)]


def test_achievements__by_the_members_own_day__begin_anew_when_it_does(publish, shop, coalition, clock):
    publish(rule("daily", window="day", tiers=[2]))
    shop.tells("member.moved", time_zone="Asia/Tokyo", at=utc(2026, 3, 1))
    shop.sells(coalition.cafe, at=utc(2026, 3, 1, 14))
    run_batch(now=clock.now())
    shown = [
        achievements(coalition.anna.id, locale="en", now=utc(2026, 3, 1, hour)).in_progress[0] for hour in (14, 15)
    ]
    assert [(goal.value, goal.period) for goal in shown] == [(1, "2026-03-01"), (0, "2026-03-02")]


def test_achievements__held_for_a_while__tell_until_when(publish, shop, coalition, clock):
    publish(rule("first", hold_s=3600))
    shop.sells(coalition.cafe, at=clock.now())
    run_batch(now=clock.now())
    (earned,) = achievements(coalition.anna.id, locale="en", now=clock.now()).earned
    assert (earned.state, earned.held_because) == ("held", "return_window")
    assert earned.held_until == clock.now() + timedelta(hours=1)


def test_achievements__challenges__are_told_of_elsewhere_until_won(publish, shop, coalition, clock):
    publish(challenges=[rule("spring", window={"from": "2026-03-01", "until": "2026-03-31"}, join=False)])
    assert achievements(coalition.anna.id, locale="en", now=clock.now()).in_progress == []
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    (earned,) = achievements(coalition.anna.id, locale="en", now=clock.now()).earned
    assert (earned.id, earned.challenge, earned.period) == ("spring", True, "2026-03-01..2026-03-31")
