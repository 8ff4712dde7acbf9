"""A return of goods undoes what the purchase counted for."""

from datetime import datetime

import pytest

from coalition import events
from coalition.domain.purchase import Line
from coalition.services.balances import balance
from coalition.services.partners import set_status
from coalition.services.purchases import RecordPurchase, record_purchase
from coalition.services.returns import ReturnGoods, return_goods
from coalition.store.database import execute, from_column
from gamification import stream
from gamification.engine import BatchSummary, run_batch
from gamification.progress import achievements, level, top_achievements
from tests.integration.gamification.helpers import counters, elements, grants, rule, standing, states, utc

POINTS = {"points": 10, "funded_by": {"operator": 100}}


def grant_rows() -> list[tuple[str, str, datetime]]:
    """(achievement, public id, earned at) of all grants that were not revoked."""
    rows = execute(
        "SELECT achievement, public_id, earned_at FROM achievement_grant WHERE state <> 'revoked' ORDER BY id"
    )
    return [(name, id_, from_column(earned_at)) for name, id_, earned_at in rows.fetchall()]


def thresholds() -> list[tuple[str, int, int]]:
    """(state, version, threshold) of all grants."""
    rows = execute(
        "SELECT g.state, v.version, g.threshold FROM achievement_grant g JOIN rule_version v ON v.id = g.version_id"
        " ORDER BY g.id"
    ).fetchall()
    return [tuple(row) for row in rows]


def news(type_: str) -> list[events.Event]:
    return [event for event in events.read_after(0, 1000) if event.type == type_]


def test_return__of_everything__undoes_the_purchase_in_its_own_period(shop, publish, coalition, clock):
    publish(
        rule("monthly", window="month", tiers=[9]),
        rule("spender", measure={"sum": "payable_minor"}, window="month", tiers=[99_999]),
    )
    bought = shop.sells(coalition.cafe, at=utc(2026, 1, 31), payable_minor=700)
    shop.sells(coalition.cafe, at=utc(2026, 1, 2), payable_minor=50)
    run_batch(now=clock.now())
    shop.takes_back(bought, at=utc(2026, 2, 3))
    assert run_batch(now=clock.now()) == BatchSummary(events=1, grants=0, points_rewarded=0, revoked=0)
    assert counters() == [("monthly", "2026-01", 1), ("spender", "2026-01", 50)]


def test_return__of_a_part__leaves_what_is_left_and_may_miss_where(shop, publish, coalition, clock):
    publish(
        rule("visits", tiers=[9]),
        rule("big", where={"payable_minor": {"gte": 500}}, tiers=[9]),
        rule("small", where={"payable_minor": {"lt": 500}}, tiers=[9]),
        rule("spender", measure={"sum": "payable_minor"}, tiers=[99_999]),
    )
    bought = shop.sells(coalition.cafe, payable_minor=700)
    left = shop.takes_back(bought, payable_minor=400)
    run_batch(now=clock.now())
    assert counters() == [("visits", "", 1), ("small", "", 1), ("spender", "", 400)]
    shop.takes_back(left)
    run_batch(now=clock.now())
    assert counters() == []


def test_return__of_an_element_that_another_purchase_shows__keeps_it(shop, publish, coalition, clock):
    publish(rule("curious", measure={"distinct": "categories"}, tiers=[2]))
    first = shop.sells(coalition.cafe, categories=("bread", "tea"))
    shop.sells(coalition.cafe, categories=("bread",))
    run_batch(now=clock.now())
    assert elements() == {"curious": ["bread", "tea"]}
    shop.takes_back(first)
    run_batch(now=clock.now())
    assert elements() == {"curious": ["bread"]}
    assert counters() == [("curious", "", 1)]
    assert states() == ["revoked"]


def test_return__below_a_threshold__revokes_the_tier_and_takes_back_what_it_gave(shop, publish, coalition, clock):
    levels = {"highest": 3, "formula": {"first_step": 10}, "experience": [{"on": "purchase.recorded", "each": 1}]}
    publish(rule("often", tiers=[1, 2], reward=POINTS, experience=5), levels=levels)
    shop.sells(coalition.cafe)
    bought = shop.sells(coalition.grocer)
    run_batch(now=clock.now())
    assert (balance(coalition.anna.id, now=clock.now()).available, level(coalition.anna.id).level) == (20, 2)
    shop.takes_back(bought, at=utc(2026, 3, 1))
    assert run_batch(now=clock.now()) == BatchSummary(events=1, grants=0, points_rewarded=0, revoked=1)
    assert states() == ["granted", "revoked"]
    assert counters() == [("often", "", 1)]
    assert balance(coalition.anna.id, now=clock.now()).available == 10
    assert (level(coalition.anna.id).experience, level(coalition.anna.id).level) == (6, 1)
    (revoked,) = news(stream.ACHIEVEMENT_REVOKED)
    assert (revoked.partner, revoked.occurred_at) == (coalition.grocer.number, utc(2026, 3, 1))
    assert {name: revoked.attributes[name] for name in ("achievement", "tier", "threshold", "state")} == {
        "achievement": "often",
        "tier": 2,
        "threshold": 2,
        "state": "revoked",
    }
    assert [event.attributes["level"] for event in news(stream.LEVEL_CHANGED)] == [2, 1]


def test_revoked__reached_again__is_another_grant_with_its_own_reward(shop, publish, coalition, clock):
    publish(rule("first", reward=POINTS))
    for _ in range(2):
        shop.takes_back(shop.sells(coalition.cafe))
        run_batch(now=clock.now())
    shop.sells(coalition.cafe)
    assert run_batch(now=clock.now()) == BatchSummary(events=1, grants=1, points_rewarded=10)
    assert grants() == [("first", 1, "")] * 3
    assert states() == ["revoked", "revoked", "granted"]
    assert balance(coalition.anna.id, now=clock.now()).available == 10
    assert [event.attributes["state"] for event in news(stream.ACHIEVEMENT_GRANTED)] == ["granted"] * 3


def test_revoked__won_lost_and_won_in_one_batch__leaves_the_last(shop, publish, coalition, clock):
    publish(rule("first", reward=POINTS, experience=3))
    first = shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    shop.takes_back(first)
    shop.takes_back(shop.sells(coalition.cafe))
    shop.sells(coalition.cafe)
    assert run_batch(now=clock.now()) == BatchSummary(events=4, grants=2, points_rewarded=20, revoked=2)
    assert states() == ["revoked", "revoked", "granted"]
    assert balance(coalition.anna.id, now=clock.now()).available == 10
    assert level(coalition.anna.id).experience == 3


def test_revoked__while_held__has_nothing_to_take_back(shop, publish, coalition, clock):
    publish(rule("first", reward={"points": 10, "funded_by": {"cinema": 100}}))
    set_status(coalition.cinema.id, "suspended")
    bought = shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert states() == ["held"]
    shop.takes_back(bought)
    assert run_batch(now=clock.now()).revoked == 1
    assert states() == ["revoked"]
    assert execute("SELECT COUNT(*) FROM entry").fetchone()[0] == 0


def test_revoked__that_others_require__takes_theirs_along_until_it_is_won_again(shop, publish, coalition, clock):
    publish(rule("first", where={"partner": "cafe"}), rule("after", tiers=[1, 2, 3], requires=["first"], reward=POINTS))
    coffee = shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    shop.sells(coalition.grocer)
    shop.takes_back(coffee)
    run_batch(now=clock.now())
    assert list(zip(grants(), states(), strict=True)) == [
        (("first", 1, ""), "revoked"),
        (("after", 1, ""), "revoked"),
        (("after", 2, ""), "revoked"),
    ]
    assert balance(coalition.anna.id, now=clock.now()).available == 0
    for _ in range(2):
        shop.sells(coalition.grocer)
    assert run_batch(now=clock.now()).grants == 0
    shop.sells(coalition.cafe, at=utc(2026, 3, 9))
    run_batch(now=clock.now())
    assert grants()[3:] == [("first", 1, ""), ("after", 1, ""), ("after", 2, ""), ("after", 3, "")]
    assert balance(coalition.anna.id, now=clock.now()).available == 30


def test_revoked__prerequisite_that_a_later_purchase_brings__its_dependants_are_won_by_that(
    shop, publish, coalition, clock
):
    publish(rule("first", where={"partner": "cafe"}), rule("after", tiers=[2], requires=["first"]))
    coffee = shop.sells(coalition.cafe, at=utc(2026, 1, 1))
    shop.sells(coalition.grocer, at=utc(2026, 1, 2))
    shop.sells(coalition.grocer, at=utc(2026, 1, 3))
    shop.sells(coalition.cafe, at=utc(2026, 1, 4))
    run_batch(now=clock.now())
    before = grant_rows()
    shop.takes_back(coffee)
    run_batch(now=clock.now())
    # Both would have been won without the first coffee too, so they stay as they are.
    assert grant_rows() == before
    assert [earned_at for _, _, earned_at in before] == [utc(2026, 1, 1), utc(2026, 1, 2)]


def test_return__that_makes_a_cheaper_day_the_first__gives_what_the_replay_wins(shop, publish, coalition, clock):
    publish(
        rule("big", where={"payable_minor": {"gte": 500}}),
        rule("small", where={"payable_minor": {"lt": 500}}, reward=POINTS),
    )
    bought = shop.sells(coalition.cafe, payable_minor=700, at=utc(2026, 1, 1))
    shop.sells(coalition.grocer, payable_minor=700, at=utc(2026, 1, 2))
    run_batch(now=clock.now())
    shop.takes_back(bought, payable_minor=400, at=utc(2026, 1, 5))
    assert run_batch(now=clock.now()) == BatchSummary(events=1, grants=1, points_rewarded=10, revoked=0)
    # It is dated by the purchase of which now less is left, and told with the return.
    assert [(name, earned_at) for name, _, earned_at in grant_rows()] == [
        ("big", utc(2026, 1, 1)),
        ("small", utc(2026, 1, 1)),
    ]
    assert news(stream.ACHIEVEMENT_GRANTED)[-1].partner == coalition.cafe.number
    assert standing() == [("big", 1, ""), ("small", 1, "")]


def test_return__of_the_prerequisite__lets_the_same_batch_wait(shop, publish, coalition, clock):
    publish(rule("first", where={"partner": "cafe"}), rule("after", where={"partner": "grocer"}, requires=["first"]))
    shop.takes_back(shop.sells(coalition.cafe))
    shop.sells(coalition.grocer)
    run_batch(now=clock.now())
    assert grants() == [("first", 1, "")]
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert grants()[1:] == [("first", 1, ""), ("after", 1, "")]


def test_return__of_what_reached_a_waiting_tier__ends_the_waiting(shop, publish, coalition, clock):
    publish(rule("first", where={"partner": "cafe"}), rule("after", where={"partner": "grocer"}, requires=["first"]))
    shop.takes_back(shop.sells(coalition.grocer))
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert grants() == [("first", 1, "")]


def test_return__that_loses_one_and_reaches_another__loses_first(shop, publish, coalition, clock):
    publish(
        rule("small", where={"payable_minor": {"lt": 500}}, requires=["big"]),
        rule("big", where={"payable_minor": {"gte": 500}}),
    )
    shop.takes_back(shop.sells(coalition.cafe, payable_minor=700), payable_minor=400)
    run_batch(now=clock.now())
    assert (grants(), states()) == ([("big", 1, "")], ["revoked"])


@pytest.mark.parametrize("limit", [1, 100])
def test_prerequisite__lost_and_won_again__releases_what_was_lowered_meanwhile(shop, publish, coalition, clock, limit):
    first, after = rule("first", where={"partner": "cafe"}), rule("after", tiers=[9], requires=["first"])
    publish(first, after)
    coffee = shop.sells(coalition.cafe)
    shop.sells(coalition.grocer)
    run_batch(now=clock.now())
    publish({**after, "where": {"partner": "grocer"}})
    shop.sells(coalition.grocer)
    run_batch(now=clock.now())
    publish({**after, "where": {"partner": "grocer"}, "tiers": [1]})
    shop.takes_back(coffee)
    shop.sells(coalition.cafe)
    while run_batch(now=clock.now(), limit=limit).events:
        pass
    assert list(zip(grants(), states(), strict=True)) == [
        (("first", 1, ""), "revoked"),
        (("first", 1, ""), "granted"),
        (("after", 1, ""), "granted"),
    ]


def test_return__of_a_purchase_from_before_the_rule__changes_nothing(shop, publish, coalition, clock):
    bought = shop.sells(coalition.cafe, payable_minor=900)
    run_batch(now=clock.now())
    levels = {"highest": 3, "formula": {"first_step": 10}, "experience": [{"on": "purchase.recorded", "each": 1}]}
    publish(
        rule("visits", tiers=[1, 2]),
        rule("curious", measure={"distinct": "categories"}, tiers=[1]),
        levels=levels,
    )
    shop.sells(coalition.cafe, categories=("tea",))
    run_batch(now=clock.now())
    before = (grant_rows(), counters(), elements(), level(coalition.anna.id))
    shop.takes_back(bought)
    assert run_batch(now=clock.now()) == BatchSummary(events=1, grants=0, points_rewarded=0, revoked=0)
    assert (grant_rows(), counters(), elements(), level(coalition.anna.id)) == before
    assert counters() == [("visits", "", 1), ("curious", "", 1)]


def test_revoked__tier_of_an_older_version__is_lost_by_the_rules_of_its_time(shop, publish, coalition, clock):
    publish(rule("often", tiers=[3], experience=7))
    purchases = [shop.sells(coalition.cafe) for _ in range(3)]
    run_batch(now=clock.now())
    publish(rule("often", tiers=[2, 9], experience=1))
    shop.takes_back(purchases[0])
    assert run_batch(now=clock.now()) == BatchSummary(events=1, grants=0, points_rewarded=0, revoked=1)
    assert counters() == [("often", "", 2)]
    assert level(coalition.anna.id).experience == 0
    # The lower threshold has effect with the next event.
    shop.sells(coalition.cafe)
    assert run_batch(now=clock.now()) == BatchSummary(events=1, grants=1, points_rewarded=0, revoked=0)
    assert level(coalition.anna.id).experience == 1
    assert thresholds() == [("revoked", 1, 3), ("granted", 2, 2)]


def test_return__of_what_the_old_version_counted__leaves_what_the_new_one_granted(shop, publish, coalition, clock):
    publish(rule("often", tiers=[3]))
    old = shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    publish(rule("often", tiers=[2]))
    shop.sells(coalition.cafe)
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    before = grant_rows()
    shop.takes_back(old)
    run_batch(now=clock.now())
    assert grant_rows() == before
    assert counters() == [("often", "", 2)]


def test_progress__of_the_revoked__is_in_progress_again(shop, publish, coalition, clock):
    publish(rule("first"), rule("secret", hidden=True))
    shop.takes_back(shop.sells(coalition.cafe))
    run_batch(now=clock.now())
    shown = achievements(coalition.anna.id, locale="en", now=clock.now())
    assert shown.earned == []
    assert [(goal.id, goal.tier, goal.value, goal.remaining) for goal in shown.in_progress] == [("first", 1, 0, 1)]
    assert top_achievements(5, "en") == []


@pytest.mark.parametrize("apart", [True, False])
def test_return__by_the_service__is_understood(publish, coalition, clock, apart):
    publish(rule("spender", measure={"sum": "payable_minor"}, tiers=[500], reward=POINTS))
    line = Line("1", "espresso", "coffee", 2, 600)
    receipt = RecordPurchase(coalition.cafe.number, coalition.anna.id, "r-1", clock.now(), "USD", (line,))
    purchase = record_purchase(receipt, now=clock.now())
    if apart:
        run_batch(now=clock.now())
    for number in (1, 2):
        goods = ReturnGoods(coalition.cafe.number, purchase.id, f"back-{number}", [("1", 1)])
        return_goods(goods, now=clock.now())
    run_batch(now=clock.now())
    assert counters() == []
    assert states() == ["revoked"]
