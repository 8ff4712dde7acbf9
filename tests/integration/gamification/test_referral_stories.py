"""From a code told at the till to the reward of both sides, and what holds it up on the way."""

from datetime import timedelta
from itertools import count

import pytest

from coalition.domain.referrals import Trait
from coalition.services.balances import balance
from coalition.services.members import EnrolMember, enrol_member, member_number
from coalition.services.referrals import invitation
from coalition.store import traits as trait_store
from gamification import engine, publishing, reviewing
from gamification.grant_reviews import decide, list_reviews
from gamification.grants import standing_grants
from gamification.referrals import invitations

RULE = """
referral:
  qualifies: {on: purchase.recorded, measure: count, at: 2}
  within_days: 90
  per_month: 3
  burst: {referrals: 3, hours: 24}
  referrer: {points: 300, funded_by: {operator: 100}}
  friend: {points: 200, funded_by: {operator: 100}}
"""


@pytest.fixture
def bring(coalition, clock):
    """Somebody new, brought by this member; returns their id."""
    serial = count(1)

    def bring(by, **other):
        command = EnrolMember(f"+7926{next(serial):07d}", referral_code=invitation(by).code, **other)
        return enrol_member(command, coalition.cafe.number, now=clock.now()).id

    return bring


@pytest.fixture
def buys(shop, coalition, clock):
    """The member buys so many times, and achievements follow."""

    def buys(member, times):
        bought = [shop.sells(coalition.cinema, member=member, at=clock.now()) for _ in range(times)]
        engine.run_to_end(now=clock.now())
        return bought

    return buys


@pytest.fixture
def anna(coalition, clock):
    publishing.publish(RULE, now=clock.now())
    return coalition.anna.id


@pytest.fixture
def points(clock):
    return lambda *members: [balance(each, now=clock.now()).available for each in members]


def release(review, clock):
    means = {"release": reviewing.release, "revoke": reviewing.revoke_by_operator}
    return decide(review.grant, "released", by="key_1", note="fine", now=clock.now(), **means)


def test_referral__of_a_friend_who_buys_twice__rewards_both(bring, buys, anna, points, clock):
    boris = bring(anna)
    buys(boris, 1)
    assert points(anna, boris) == [0, 0]
    buys(boris, 1)
    assert points(anna, boris) == [300, 200]
    found = invitations(anna, now=clock.now())
    assert (found.invited, found.qualified, found.rewarded, found.held) == (1, 1, 1, 0)
    assert found.this_month == (1, 3)


def test_referral__of_somebody_with_the_same_card__waits_for_an_operator(bring, buys, anna, points, clock):
    boris = bring(anna)
    for member in (anna, boris):
        trait_store.keep(member_number(member), Trait("payment_card", "same"), clock.now())
    buys(boris, 2)
    assert points(anna, boris) == [0, 0]
    reviews = list_reviews("pending", limit=10, cursor=None).data
    assert sorted(each.member for each in reviews) == sorted([anna, boris])
    assert {tuple(each.reasons) for each in reviews} == {("same_card",)}
    assert {each.referral for each in reviews} == {(boris, anna)}
    assert invitations(anna, now=clock.now()).held == 1
    for each in reviews:
        release(each, clock)
    assert points(anna, boris) == [300, 200]


def test_referral__whose_purchase_is_returned_while_it_waits__is_nothing_to_decide_on(
    bring, buys, shop, anna, points, clock
):
    boris = bring(anna, email="anna+2@example.org")
    for member in (anna, boris):
        trait_store.keep(member_number(member), Trait("device", "same"), clock.now())
    _, second = buys(boris, 2)
    assert len(list_reviews("pending", limit=10, cursor=None).data) == 2
    shop.takes_back(second)
    buys(boris, 0)
    assert list_reviews("pending", limit=10, cursor=None).data == []
    assert invitations(anna, now=clock.now()).qualified == 0
    assert points(anna, boris) == [0, 0]


def test_referrals__in_one_batch__are_a_burst_and_above_the_limit_one_by_one(bring, buys, anna, points, clock):
    friends = [bring(anna) for _ in range(4)]
    for friend in friends[:-1]:
        buys(friend, 1)
    buys(friends[-1], 1)
    clock.advance(timedelta(minutes=1))
    assert points(anna) == [0]
    for friend in friends:
        buys(friend, 1)
        clock.advance(timedelta(hours=1))
    reasons = [each.reasons for each in list_reviews("pending", limit=10, cursor=None).data if each.member == anna]
    assert reasons == [["burst"], ["burst", "over_monthly_limit"]]
    assert points(anna) == [600]


def test_referral__whose_grant_an_operator_revoked__is_not_rewarded_by_returning_and_buying_anew(
    anna, bring, buys, points, shop, clock
):
    friend = bring(anna)
    bought = buys(friend, 2)
    (grant,) = _grants(anna)
    reviewing.revoke_by_operator(grant, "friends of one household", clock.now())
    shop.takes_back(bought[0])
    engine.run_to_end(now=clock.now())
    buys(friend, 1)
    assert points(anna, friend) == [0, 200]


@pytest.mark.parametrize("limit", [1, 1000])
def test_referral__lost_and_qualified_anew__is_one_referral_however_the_stream_is_cut(
    anna, bring, points, shop, coalition, clock, limit
):
    friend = bring(anna)
    for _ in range(3):
        bought = [shop.sells(coalition.cinema, member=friend) for _ in range(2)]
        shop.takes_back(bought[0])
        shop.takes_back(bought[1])
    for _ in range(2):
        shop.sells(coalition.cinema, member=friend)
    while engine.run_batch(now=clock.now(), limit=limit).events:
        pass
    assert points(anna, friend) == [300, 200]


def _grants(member):
    return [each.id for each in standing_grants([member_number(member)]).get(member_number(member), [])]
