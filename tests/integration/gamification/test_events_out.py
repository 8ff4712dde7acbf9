"""Everything that the engine says is of the published form"""

import json

import pytest

from coalition.store.database import execute
from gamification import publishing
from gamification.engine import run_batch
from gamification.stream import OWN_TYPES
from tests.integration.gamification.envelopes import news, valid
from tests.integration.gamification.helpers import BOTH, rule

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
    assert "achievement.revoked" in said()


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
