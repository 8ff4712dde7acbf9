"""Histories that nobody plans: enormous numbers, many returns at once, buying and returning for the points."""

import pytest

from coalition.services.balances import balance
from coalition.services.members import member_number
from gamification.engine import run_batch, run_to_end
from gamification.fold.goals import MOST
from gamification.leaderboard_members import join
from gamification.progress import level
from gamification.rebuilding import check
from gamification.standings import rank
from tests.integration.gamification.helpers import BOTH, counters, grants, rule, states, utc

LEVELS = {
    "highest": 5,
    "formula": {"first_step": 10},
    "experience": [{"on": "purchase.recorded", "of": "payable_minor", "per": 1, "each": 1_000_000}],
}
LARGEST = 2**53 - 1


def board(measure):
    window = {"from": "2026-01-01", "until": "2026-12-31"}
    return {"id": "board", "title": BOTH, "on": "purchase.recorded", "measure": measure, "window": window}


def standing_of(coalition, member):
    return rank("board", "2026-01-01..2026-12-31", member_number(member))


def test_sums__of_enormous_numbers__stop_at_the_most_and_the_engine_goes_on(publish, shop, coalition, clock):
    publish(
        rule("spender", measure={"sum": "payable_minor"}, tiers=[5]),
        rule("lately", measure={"sum": "payable_minor"}, window={"days": 30}, tiers=[5]),
        levels=LEVELS,
    )
    for _ in range(3):
        shop.sells(coalition.cafe, payable_minor=LARGEST)
    assert run_to_end(now=clock.now()).grants == 2
    assert [reached for *_, reached in counters()] == [MOST, MOST]
    assert level(coalition.anna.id).experience == MOST
    assert check() == []


def test_returns__of_one_member_more_than_are_told_apart__end_as_one_by_one(publish, shop, coalition, clock):
    publish(rule("often", tiers=[3, 50, 70], experience=5), levels=LEVELS | {"formula": {"first_step": 1}})
    bought = [shop.sells(coalition.cafe, payable_minor=1) for _ in range(80)]
    run_to_end(now=clock.now())
    for each in bought[:75]:
        shop.takes_back(each)
        shop.sells(coalition.grocer, payable_minor=0) if each is bought[0] else None
    assert run_batch(now=clock.now()).revoked == 2
    assert states() == ["granted", "revoked", "revoked"]
    assert counters() == [("often", "", 6)]
    assert check() == []


@pytest.mark.parametrize(("on_reversal", "earned"), [("revoke", 10), ("claw_back", 0)])
def test_buying_and_returning__again_and_again__pays_once(publish, shop, coalition, clock, on_reversal, earned):
    publish(rule("first", on_reversal=on_reversal, reward={"points": 10, "funded_by": {"operator": 100}}))
    for _ in range(3):
        shop.takes_back(shop.sells(coalition.cafe))
        run_batch(now=clock.now(), limit=1)
        run_to_end(now=clock.now())
    assert balance(coalition.anna.id, now=clock.now()).available == earned
    assert grants() == [("first", 1, "")] * 3


def test_leaderboard__of_different_things__who_shows_the_same_again_stays_first(
    publish, shop, coalition, clock, another
):
    publish(leaderboards=[board({"distinct": "partner"})])
    for nickname, member in (("Anna", coalition.anna.id), ("Bob", another)):
        join("board", member_number(member), nickname, coalition.operator.number, now=clock.now())
        shop.sells(coalition.cafe, member=member)
    run_to_end(now=clock.now())
    shop.sells(coalition.cafe)
    run_to_end(now=clock.now())
    assert [standing_of(coalition, each).rank for each in (coalition.anna.id, another)] == [1, 2]


def test_leaderboard__of_a_sum_that_falls__tells_what_is_left(publish, shop, coalition, clock):
    publish(leaderboards=[board({"sum": "payable_minor"})])
    join("board", member_number(coalition.anna.id), "Anna", coalition.operator.number, now=clock.now())
    shop.sells(coalition.cafe, payable_minor=500, at=utc(2026, 3, 1))
    shop.sells(coalition.cafe, payable_minor=-300, at=utc(2026, 3, 1))
    run_to_end(now=clock.now())
    assert standing_of(coalition, coalition.anna.id).score == 200
    shop.sells(coalition.cafe, payable_minor=-300, at=utc(2026, 3, 1))
    run_to_end(now=clock.now())
    assert standing_of(coalition, coalition.anna.id).rank is None


@pytest.fixture
def another(coalition, clock):
    from coalition.services.members import EnrolMember, enrol_member

    return enrol_member(EnrolMember("+79261111111"), coalition.cafe.number, now=clock.now()).id
