from datetime import date

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
