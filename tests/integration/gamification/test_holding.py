"""Rewards that wait, budgets, places that are taken, and what may be won again."""

from datetime import timedelta

import pytest

from coalition import events
from coalition.services import members
from coalition.services.balances import balance
from coalition.services.partners import set_status
from coalition.store.database import execute, from_column
from gamification.engine import BatchSummary, run_batch
from gamification.giving import release_held
from tests.integration.gamification.helpers import grants, rule, utc

SPONSORED = {"points": 10, "funded_by": {"operator": 100}}


def states() -> list[tuple[str, str | None]]:
    rows = execute("SELECT state, held_because FROM achievement_grant ORDER BY id").fetchall()
    return [tuple(row) for row in rows]


def spent() -> list[tuple[str, int, int]]:
    """(rule, member or 0, points) of what rules with budgets have given."""
    rows = execute("SELECT rule, member_id, points FROM rule_spending ORDER BY rule, member_id").fetchall()
    return [tuple(row) for row in rows]


def test_hold__until_the_return_window_is_over__gives_nothing_before_it(shop, publish, coalition, clock):
    publish(rule("first", reward=SPONSORED, hold_s=3600), rule("plain", reward=SPONSORED))
    shop.sells(coalition.cafe, at=clock.now())
    assert run_batch(now=clock.now()) == BatchSummary(events=1, grants=2, points_rewarded=10)
    assert states() == [("held", "return_window"), ("granted", None)]
    (until,) = execute("SELECT held_until FROM achievement_grant WHERE state = 'held'").fetchone()
    assert from_column(until) == clock.now() + timedelta(hours=1)
    clock.advance(timedelta(seconds=3599))
    assert release_held(now=clock.now()) == 0
    clock.advance(timedelta(seconds=1))
    assert release_held(now=clock.now()) == 1
    assert release_held(now=clock.now()) == 0
    assert states() == [("granted", None)] * 2
    assert balance(coalition.anna.id, now=clock.now()).available == 20


def test_hold__of_an_event_from_long_ago__is_over_already(shop, publish, coalition, clock):
    publish(rule("first", reward=SPONSORED, hold_s=3600))
    shop.sells(coalition.cafe, at=clock.now() - timedelta(hours=1))
    assert run_batch(now=clock.now()).points_rewarded == 10
    assert states() == [("granted", None)]


def test_hold__over_but_the_sponsor_cannot_pay__goes_on_until_it_can(shop, publish, coalition, clock):
    publish(rule("first", reward={"points": 10, "funded_by": {"cinema": 100}}, hold_s=60))
    set_status(coalition.cinema.id, "suspended")
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert states() == [("held", "return_window")]
    clock.advance(timedelta(seconds=60))
    assert release_held(now=clock.now()) == 0
    assert states() == [("held", "partner_suspended")]
    set_status(coalition.cinema.id, "active")
    assert release_held(now=clock.now()) == 1


def test_budget__of_everybody__is_not_exceeded_and_comes_back_with_a_return(shop, publish, coalition, clock):
    boris = members.enrol_member(members.EnrolMember(phone="+79160000001"), coalition.cafe.number, now=clock.now())
    publish(rule("daily", window="day", reward=SPONSORED, budget={"points": 25}))
    bought = [shop.sells(coalition.cafe, at=utc(2026, 1, day), member=boris.id) for day in (1, 2, 3)]
    assert run_batch(now=clock.now()) == BatchSummary(events=3, grants=3, points_rewarded=20)
    assert states() == [("granted", None), ("granted", None), ("held", "over_budget")]
    number = members.member_number(boris.id)
    assert spent() == [("daily", 0, 20), ("daily", number, 20)]
    assert release_held(now=clock.now()) == 0
    shop.takes_back(bought[0])
    run_batch(now=clock.now())
    assert spent() == [("daily", 0, 10), ("daily", number, 10)]
    assert release_held(now=clock.now()) == 1
    assert spent() == [("daily", 0, 20), ("daily", number, 20)]
    assert balance(boris.id, now=clock.now()).available == 20


def test_budget__of_each_member__leaves_the_others_theirs(shop, publish, coalition, clock):
    boris = members.enrol_member(members.EnrolMember(phone="+79160000001"), coalition.cafe.number, now=clock.now())
    publish(rule("often", tiers=[1, 2, 3], reward={**SPONSORED, "points": [8, 5, 2]}, budget={"per_member": 10}))
    for member in (coalition.anna.id, boris.id):
        for _ in range(3):
            shop.sells(coalition.cafe, member=member)
    # What is too much waits, and what still fits is given.
    assert run_batch(now=clock.now()).points_rewarded == 20
    assert states() == [("granted", None), ("held", "over_budget"), ("granted", None)] * 2


def test_budget__of_the_sponsor_refused__is_not_used_up(shop, publish, coalition, clock):
    publish(rule("first", reward={"points": 10, "funded_by": {"cinema": 100}}, budget={"points": 10}))
    set_status(coalition.cinema.id, "suspended")
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert (states(), spent()) == ([("held", "partner_suspended")], [])


@pytest.mark.parametrize("limit", [1, 100])
def test_challenge__only_the_first__win_and_a_place_that_is_given_back_is_free_again(
    shop, publish, coalition, clock, limit
):
    names = [
        members.enrol_member(members.EnrolMember(phone=f"+7916000000{n}"), coalition.cafe.number, now=clock.now()).id
        for n in range(3)
    ]
    race = rule("race", window={"from": "2026-03-01", "until": "2026-03-31"}, first=1, join=False, reward=SPONSORED)
    publish(challenges=[race])
    bought = shop.sells(coalition.cafe, member=names[0])
    shop.sells(coalition.cafe, member=names[1])
    shop.takes_back(bought)
    shop.sells(coalition.cafe, member=names[2])
    totals = [run_batch(now=clock.now(), limit=limit) for _ in range(4 if limit == 1 else 1)]
    assert sum(total.grants for total in totals) == 2
    rows = execute("SELECT state, revoked_because, points FROM achievement_grant ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [
        ("revoked", "reversal", 10),
        ("revoked", "places_gone", 0),
        ("granted", None, 10),
    ]
    assert [balance(name, now=clock.now()).available for name in names] == [0, 0, 10]
    # Nobody is told of a place that was not there, and a challenge is told twice to those who follow challenges only.
    told = [event.type for event in events.read_after(4, 100)]
    assert sorted(told) == [
        "achievement.granted",
        "achievement.granted",
        "achievement.revoked",
        "challenge.completed",
        "challenge.completed",
        "reward.issued",
        "reward.issued",
        "reward.revoked",
    ]


def test_challenge__came_too_late__is_not_tried_again_by_the_same_purchases(shop, publish, coalition, clock):
    boris = members.enrol_member(members.EnrolMember(phone="+79160000001"), coalition.cafe.number, now=clock.now())
    publish(challenges=[rule("race", window={"from": "2026-03-01", "until": "2026-03-31"}, first=1, join=False)])
    bought = shop.sells(coalition.cafe, member=boris.id)
    shop.sells(coalition.cafe)
    other = shop.sells(coalition.grocer)
    run_batch(now=clock.now())
    shop.takes_back(bought)
    shop.takes_back(other)
    run_batch(now=clock.now())
    assert [state for state, _ in states()] == ["revoked", "revoked"]


def test_repeat__up_to__numbers_the_grants_and_gives_for_each(shop, publish, coalition, clock):
    publish(rule("pair", tiers=[2], repeat={"up_to": 2}, reward=SPONSORED))
    bought = [shop.sells(coalition.cafe) for _ in range(7)]
    assert run_batch(now=clock.now()).points_rewarded == 20
    rows = execute("SELECT tier, threshold, period, repeat FROM achievement_grant ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [(1, 2, "", 1), (1, 2, "", 2)]
    for each in bought[:4]:
        shop.takes_back(each)
    run_batch(now=clock.now())
    assert [state for state, _ in states()] == ["granted", "revoked"]
    assert balance(coalition.anna.id, now=clock.now()).available == 10


def test_repeat__monthly__is_granted_for_each_month(shop, publish, coalition, clock):
    publish(rule("busy", tiers=[2], window={"days": 30}, repeat="monthly", reward=SPONSORED))
    for month, day in ((1, 30), (1, 31), (2, 1), (2, 2), (5, 1)):
        shop.sells(coalition.cafe, at=utc(2026, month, day))
    run_batch(now=clock.now())
    assert grants() == [("busy", 1, "2026-01"), ("busy", 1, "2026-02")]
    assert balance(coalition.anna.id, now=clock.now()).available == 20
