"""Publishing with back-fill: as if the rule had always been there, but quietly, and for points that live from now."""

from datetime import timedelta

import pytest

from coalition import events
from coalition.services.members import EnrolMember, enrol_member
from coalition.services.partners import set_status
from coalition.store.database import execute, from_column
from gamification import publishing
from gamification.engine import run_batch, run_to_end
from gamification.errors import RuleMistakes
from gamification.giving import release_held
from gamification.progress import level
from gamification.rebuilding import check
from tests.integration.books import balance_of, lots_of
from tests.integration.gamification.helpers import BOTH, counters, grants, rule, rule_text, standing, utc

POINTS = {"points": 10, "funded_by": {"operator": 100}}
KINDS = {
    "month": {"window": "month", "tiers": [2, 4], "reward": POINTS},
    "spend": {"measure": {"sum": "payable_minor"}, "tiers": [2000, 5000], "on_reversal": "revoke"},
    "doors": {"measure": {"distinct": "partner"}, "window": "week", "tiers": [2]},
    "rolling": {"window": {"days": 7}, "tiers": [3], "repeat": "monthly"},
    "streak": {"measure": {"streak": "day", "freezes": 1}, "tiers": [3]},
    "multiples": {"tiers": [3], "repeat": {"up_to": 5}, "where": {"partner": "cafe"}},
    "kept": {"tiers": [6], "on_reversal": "keep"},
    "after": {"tiers": [1], "requires": ["{}-spend"], "experience": 7},
}


def rules(prefix):
    found = []
    for name, given in KINDS.items():
        requires = {"requires": [each.format(prefix) for each in given["requires"]]} if "requires" in given else {}
        found.append(rule(f"{prefix}-{name}", **{**given, **requires}))
    return found


@pytest.fixture
def boris(coalition, clock):
    return enrol_member(EnrolMember("+79261111111"), coalition.cafe.number, now=clock.now()).id


@pytest.fixture
def history(shop, coalition, boris, clock):
    """Seven weeks of Anna and Boris: a return, a late purchase, a frozen day; the engine has read it in parts."""

    def happen():
        first = shop.sells(coalition.cafe, at=utc(2026, 3, 2, 9))
        shop.sells(coalition.cinema, at=utc(2026, 3, 3, 9))
        run_batch(now=clock.now())
        shop.tells("streak.frozen", achievement="early-streak", day="2026-03-04", at=utc(2026, 3, 4, 8))
        shop.tells("streak.frozen", achievement="late-streak", day="2026-03-04", at=utc(2026, 3, 4, 8))
        shop.sells(coalition.cafe, at=utc(2026, 3, 5, 9), payable_minor=2500)
        shop.sells(coalition.grocer, at=utc(2026, 3, 6, 9))
        run_batch(now=clock.now())
        shop.takes_back(first, at=utc(2026, 3, 9))
        for day in (1, 2, 8, 20):
            shop.sells(coalition.cafe, member=boris, at=utc(2026, 4, day, 12))
        shop.sells(coalition.cinema, member=boris, at=utc(2026, 3, 30, 12))
        run_batch(now=clock.now())
        clock.advance(timedelta(days=60))
        run_to_end(now=clock.now())

    return happen


def of(prefix, found):
    """The rows of these rules, without their prefixes."""
    return [(row[0].removeprefix(f"{prefix}-"), *row[1:]) for row in found if row[0].startswith(prefix)]


def had():
    """What everybody has."""
    rows = execute(
        "SELECT achievement, member_id, tier, period, repeat, threshold FROM achievement_grant WHERE state <> 'revoked'"
    ).fetchall()
    return sorted(map(tuple, rows))


def back_fill(clock, *given, **others):
    return publishing.publish(rule_text(*given, **others), now=clock.now(), back_fill=True)


def test_back_fill__counters_and_grants__are_those_of_a_rule_that_was_always_there(
    publish, history, shop, coalition, clock
):
    publish(*rules("early"))
    history()
    assert {row[0] for row in of("early", standing())} == KINDS.keys() - {"kept"}
    summary = back_fill(clock, *rules("late"))
    assert of("late", counters()) == of("early", counters())
    assert of("late", had()) == of("early", had())
    assert summary.granted == len(of("early", had()))
    assert check() == []
    # From now on both go on alike.
    for _ in range(2):
        shop.sells(coalition.cafe, at=clock.now())
        run_batch(now=clock.now())
    shop.takes_back(shop.sells(coalition.cafe, at=clock.now()))
    run_batch(now=clock.now())
    assert of("late", had()) == of("early", had())
    assert of("late", counters()) == of("early", counters())
    assert check() == []


def test_back_fill__tells_of_points_alone_dated_by_the_event_and_living_from_now(shop, coalition, clock):
    bought_at = clock.now()
    shop.sells(coalition.cafe, at=bought_at)
    shop.sells(coalition.cafe, at=bought_at + timedelta(days=1))
    run_batch(now=clock.now())
    clock.advance(timedelta(days=60))
    (before,) = execute("SELECT MAX(id) FROM event").fetchone()
    back_fill(clock, rule("second", tiers=[2], reward=POINTS))
    assert [event.type for event in events.read_after(before, 10)] == ["reward.issued"]
    ((earned_at,),) = execute("SELECT earned_at FROM achievement_grant").fetchall()
    assert from_column(earned_at) == bought_at + timedelta(days=1)
    ((_, points, _, expires_at),) = lots_of(coalition.anna.id)
    assert points == 10
    assert expires_at.date() >= (clock.now() + timedelta(days=365 * 2)).date()


def test_back_fill__sponsor_that_cannot_pay_now__gives_points_that_live_from_when_it_can(shop, coalition, clock):
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    set_status(coalition.cafe.id, "suspended")
    clock.advance(timedelta(days=30))
    back_fill(clock, rule("first", reward={"points": 10, "funded_by": {"cafe": 100}}))
    assert balance_of(coalition.anna.id) == 0
    clock.advance(timedelta(days=30))
    set_status(coalition.cafe.id, "active")
    assert release_held(now=clock.now()) == 1
    ((_, _, _, expires_at),) = lots_of(coalition.anna.id)
    assert expires_at.date() >= (clock.now() + timedelta(days=365 * 2)).date()


def test_back_fill__of_another_version__gives_nobody_twice_what_they_have(publish, shop, coalition, boris, clock):
    shop.sells(coalition.cafe, member=boris)
    shop.sells(coalition.cafe, member=boris)
    run_batch(now=clock.now())
    publish(rule("often", tiers=[1, 3], reward=POINTS))
    for _ in range(2):
        shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert grants() == [("often", 1, "")]
    summary = back_fill(clock, rule("often", tiers=[1, 2], reward=POINTS))
    assert (summary.published, summary.granted) == ((publishing.Published("often", 2),), 3)
    assert (balance_of(coalition.anna.id), balance_of(boris)) == (20, 20)
    assert check() == []


def test_back_fill__after_a_frozen_day__takes_no_streak_away(publish, shop, coalition, clock):
    streak = rule("daily", measure={"streak": "day", "freezes": 1}, tiers=[2])
    publish(streak)
    shop.tells("streak.frozen", achievement="daily", day="2026-03-03", at=utc(2026, 3, 3))
    spare = shop.sells(coalition.cafe, at=utc(2026, 3, 2, 9))
    shop.sells(coalition.cafe, at=utc(2026, 3, 2, 10))
    shop.sells(coalition.cafe, at=utc(2026, 3, 4, 9))
    run_batch(now=clock.now())
    assert standing() == [("daily", 1, "")]
    back_fill(clock, {**streak, "tiers": [9]})
    shop.takes_back(spare)
    run_batch(now=clock.now())
    assert standing() == [("daily", 1, "")]
    assert check() == []


def test_back_fill__levels_that_do_not_fall__stay(publish, shop, coalition, clock):
    levels = {"highest": 5, "formula": {"first_step": 10}, "fall": False}
    publish(levels={**levels, "experience": [{"on": "purchase.recorded", "each": 10}]})
    purchase = shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    shop.takes_back(purchase)
    run_batch(now=clock.now())
    assert level(coalition.anna.id).level == 2
    back_fill(clock, rule("first"))
    assert level(coalition.anna.id).level == 2


def test_back_fill__unchanged__grants_nothing(publish, shop, coalition, clock):
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    publish(rule("first"))
    assert back_fill(clock, rule("first")).granted == 0
    assert back_fill(clock, rule("first", title={**BOTH, "en": "Better"})).granted == 1


def test_back_fill__of_a_rule_with_other_periods_than_before__is_refused(publish, shop, coalition, clock):
    publish(rule("often", tiers=[3], repeat="never", reward=POINTS))
    for _ in range(3):
        shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    with pytest.raises(RuleMistakes, match="often: cannot be back-filled"):
        back_fill(clock, rule("often", tiers=[2], window="month", repeat="never", reward=POINTS))
    assert grants() == [("often", 1, "")]
