"""Everything that the engine says is of the published form"""

import json
from datetime import timedelta

import pytest

from coalition.store.database import execute, to_column
from gamification import publishing
from gamification.engine import run_batch
from gamification.giving import release_held
from gamification.stream import OWN_TYPES
from tests.integration.gamification.envelopes import news, valid
from tests.integration.gamification.helpers import BOTH, rule, states

DAY_S = 86_400
COUPON = {"title": BOTH, "partner": "cafe", "valid_days": 30}
LEVELS = {
    "highest": 5,
    "formula": {"first_step": 10},
    "experience": [{"on": "purchase.recorded", "each": 20}],
}


def said():
    """Of which types the stream has events of ours; each of them is of its published form."""
    found = {type_ for (type_,) in execute("SELECT DISTINCT type FROM event").fetchall()} & OWN_TYPES
    assert all(valid(event) for type_ in found for event in news(type_))
    return found


def test_events__of_a_purchase_and_its_return__are_of_the_published_form(shop, publish, coalition, clock):
    publish(
        rule("points", tiers=[1, 2], reward={"points": [5, 7], "funded_by": {"partner": 100}}),
        rule("held", hold_s=DAY_S, reward={"points": 5, "funded_by": {"partner": 100}}),
        rule("monthly", window="month"),
        rule("coffee", on_reversal="revoke", reward={"coupon": COUPON}),
        levels=LEVELS,
    )
    bought = shop.sells(coalition.cinema)
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert said() == {"achievement.granted", "level.changed", "reward.issued"}
    assert {event["data"]["state"] for event in news("achievement.granted")} == {"granted", "held"}

    shop.takes_back(bought)
    run_batch(now=clock.now())
    assert {"achievement.revoked", "reward.revoked"} <= said()


def test_events__of_a_challenge__are_of_the_published_form(shop, coalition, clock):
    challenges = json.dumps(
        {"challenges": [rule("sprint", join=False, window={"from": "2026-03-01", "until": "2026-03-31"})]}
    )
    publishing.publish(challenges, now=clock.now())
    shop.sells(coalition.cinema)
    run_batch(now=clock.now())
    assert said() == {"achievement.granted", "challenge.completed"}


@pytest.mark.parametrize("again", [False, True])
def test_coupon__of_what_was_returned__is_taken_back(shop, publish, coalition, clock, again):
    publish(rule("coffee", on_reversal="revoke", reward={"coupon": COUPON}))
    bought = shop.sells(coalition.cinema)
    run_batch(now=clock.now())
    shop.takes_back(bought)
    run_batch(now=clock.now())
    assert [event["data"]["state"] for event in news("reward.revoked")] == ["revoked"]

    if again:
        shop.sells(coalition.cinema)
        run_batch(now=clock.now())
        assert len(news("reward.issued")) == 2
    assert "reward.revoked" in said()


@pytest.mark.parametrize("hold_s", [0, DAY_S])
def test_points__are_told_when_they_are_given_and_when_they_are_taken_back(shop, publish, coalition, clock, hold_s):
    publish(rule("first", hold_s=hold_s, reward={"points": 7, "funded_by": {"partner": 100}}))
    bought = shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert len(news("reward.issued")) == (0 if hold_s else 1)
    clock.advance(timedelta(seconds=hold_s))
    release_held(now=clock.now())
    release_held(now=clock.now())
    (granted,), (issued,) = news("achievement.granted"), news("reward.issued")
    grant = granted["data"]["grant"]
    told = {"grant": grant, "kind": "points", "achievement": "first", "points": 7}
    assert issued["data"] == {**told, "state": "issued"}
    assert (issued["member"], issued["partner"]) == (coalition.anna.id, coalition.cafe.id)
    assert issued["occurred_at"] == to_column(clock.now())

    shop.takes_back(bought)
    run_batch(now=clock.now())
    (revoked,) = news("reward.revoked")
    assert revoked["data"] == {**told, "state": "revoked"}
    said()


def test_points__that_are_held_or_kept__are_not_told(shop, publish, coalition, clock):
    points = {"points": 7, "funded_by": {"operator": 100}}
    publish(
        rule("kept", reward=points, on_reversal="revoke"),
        rule("held", reward=points, hold_s=7 * DAY_S),
        rule("over", window="day", on_reversal="revoke", reward=points, budget={"points": 7}),
        rule("none"),
    )
    bought = [shop.sells(coalition.cafe, at=clock.now() - timedelta(days=day)) for day in range(2)]
    run_batch(now=clock.now())
    assert sorted(states()) == ["granted"] * 3 + ["held"] * 2
    assert sorted(event["data"]["achievement"] for event in news("reward.issued")) == ["kept", "over"]
    for each in bought:
        shop.takes_back(each)
    run_batch(now=clock.now())
    assert set(states()) == {"revoked"}
    assert news("reward.revoked") == []


def test_points__of_a_batch_without_rewards__are_not_told(shop, publish, coalition, clock):
    publish(rule("first", reward={"points": 7, "funded_by": {"operator": 100}}))
    shop.sells(coalition.cafe)
    run_batch(now=clock.now(), rewards=False)
    assert said() == {"achievement.granted"}
