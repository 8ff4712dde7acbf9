"""What became of reviews and photos when the goods come back: their rewards go with the goods."""

from datetime import timedelta

import pytest

from coalition.services.balances import balance
from gamification import publishing
from gamification.acts import moderation
from gamification.acts.errors import EventDecided
from gamification.engine import run_batch
from gamification.store.act_tables import Act
from tests.integration.acts.helpers import streamed
from tests.integration.conftest import goods
from tests.integration.gamification.helpers import rule, rule_text, states

REVIEW = {"sku": "sku-1", "rating": 5}
PHOTO = {"sha256": "ab" * 32, "sku": "sku-1"}
REWARD = {"reward": {"points": 10, "funded_by": {"cafe": 100}}, "on_reversal": "claw_back"}
POSTED = [("review.posted", REVIEW), ("photo.uploaded", PHOTO)]


@pytest.fixture
def rules(coalition, clock):
    both = [rule(type_, on=f"{type_}.approved", **REWARD) for type_ in ("review", "photo")]
    publishing.publish(rule_text(*both), now=clock.now())


@pytest.fixture
def run(clock):
    def run(times=1):
        for _ in range(times):
            clock.advance(timedelta(seconds=1))
            run_batch(now=clock.now())

    return run


def state(act):
    row = Act.get(Act.public_id == act.id)
    return row.state, row.claim is None


def approve(act, clock):
    moderation.approve(act.id, None, "key_1", now=clock.now())


def points(coalition, clock):
    return balance(coalition.anna.id, now=clock.now()).available


@pytest.mark.parametrize(("type_", "attributes"), POSTED)
def test_return__of_what_was_reviewed__takes_the_reward_back(
    post, till, rules, run, coalition, clock, type_, attributes
):
    bought = till.sell(coalition.cafe, lines=(goods("1", 1000, quantity=2), goods("2", 500)))
    run()
    before = points(coalition, clock)
    act = post(type_, **attributes)
    approve(act, clock)
    run()
    assert (states(), points(coalition, clock)) == (["granted"], before + 10)
    till.take_back(coalition.cafe, bought, ("1", 1), "2")
    run(2)
    assert (state(act), states()) == (("approved", False), ["granted"])
    till.take_back(coalition.cafe, bought, ("1", 1))
    run(2)
    assert (state(act), states()) == (("withdrawn", True), ["revoked"])
    assert points(coalition, clock) == 0
    assert ("event.withdrawn", {"event": act.id}) in streamed()


def test_return__read_together_with_all_before_it__comes_to_the_same(post, till, rules, run, coalition, clock):
    bought = till.sell(coalition.cafe, 1000)
    review = post("review.posted", **REVIEW)
    approve(review, clock)
    till.take_back(coalition.cafe, bought, "1")
    run(2)
    assert (state(review), points(coalition, clock)) == (("withdrawn", True), 0)
    assert set(states()) <= {"revoked"}


@pytest.mark.parametrize(("type_", "attributes"), POSTED)
def test_return__of_what_waits_for_a_moderator__closes_it(post, till, run, coalition, clock, type_, attributes):
    bought = till.sell(coalition.cafe, 1000)
    act = post(type_, **attributes)
    till.take_back(coalition.cafe, bought, "1")
    run()
    assert (state(act), streamed()) == (("withdrawn", True), [])
    with pytest.raises(EventDecided):
        approve(act, clock)
    till.sell(coalition.cafe, 1000)
    assert post(type_, **attributes).state == "pending_moderation"


def test_return__of_what_was_bought_again__leaves_the_review(post, till, rules, run, coalition, clock):
    bought = till.sell(coalition.cafe, 1000)
    review = post("review.posted", **REVIEW)
    approve(review, clock)
    clock.advance(timedelta(hours=1))
    till.sell(coalition.cafe, 1000)
    till.take_back(coalition.cafe, bought, "1")
    run(2)
    assert (state(review), states()) == (("approved", False), ["granted"])


def test_return__leaves_all_that_is_of_other_goods_partners_and_members(post, till, rules, run, coalition, bob, clock):
    bought = till.sell(coalition.cafe, 1000, 500)
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cafe, 1000, to=bob)
    others = [
        post("review.posted", sku="sku-2", rating=5),
        post("review.posted", by=coalition.cinema, **REVIEW),
        post("review.posted", member=bob, **REVIEW),
        post("photo.uploaded", sha256="cd" * 32),
    ]
    rejected = post("review.posted", **REVIEW)
    moderation.reject(rejected.id, "copied", None, "key_1", now=clock.now())
    approve(others[0], clock)
    till.take_back(coalition.cafe, bought, "1")
    run(2)
    assert [state(each)[0] for each in others] == ["approved", *["pending_moderation"] * 3]
    assert state(rejected)[0] == "rejected"
    assert [type_ for type_, _ in streamed() if type_.startswith("event.")] == []


def test_return__long_after__withdraws_once(post, till, rules, run, coalition, clock):
    bought = till.sell(coalition.cafe, lines=(goods("1", 1000, quantity=1), goods("2", 500)))
    review = post("review.posted", **REVIEW)
    approve(review, clock)
    run()
    till.take_back(coalition.cafe, bought, "1")
    run(2)
    till.take_back(coalition.cafe, bought, "2")
    run(2)
    withdrawn = [attributes for type_, attributes in streamed() if type_ == "event.withdrawn"]
    assert withdrawn == [{"event": review.id}]
