"""Prizes of a leaderboard: one grant for each winner, in points, once, as all grants are."""

from datetime import timedelta

import pytest

from coalition.services.balances import balance
from coalition.services.members import member_number
from coalition.services.partners import set_status
from coalition.store.database import execute
from gamification import leaderboard_members, progress, publishing
from gamification.engine import run_batch
from gamification.giving import release_held, reward_documents
from gamification.prizes import give_prizes
from gamification.reviewing import revoke_by_operator
from scripts.worker import TIMED_WORK
from tests.integration.gamification.envelopes import news, valid
from tests.integration.gamification.helpers import BOTH, Shop, rule_text, utc
from tests.integration.gamification.taking_part import somebody

ENDED = utc(2026, 3, 12)
"""The week and its days of grace are over."""
PRIZES = [{"ranks": [1, 1], "points": 500}, {"ranks": [2, 3], "points": 50}]


class Race:
    def __init__(self, coalition, clock):
        self.coalition, self.clock, self.shop = coalition, clock, Shop(coalition, clock)
        self.ids = [coalition.anna.id, *(somebody(coalition, clock.now()) for _ in range(3))]

    def publish(self, **given):
        board = {
            "id": "spring",
            "title": BOTH,
            "on": "purchase.recorded",
            "measure": "count",
            "window": "week",
            "prizes": PRIZES,
            "funded_by": {"operator": 50, "cafe": 50},
            **given,
        }
        publishing.publish(rule_text(leaderboards=[board]), now=self.clock.now())

    def run(self):
        """The first of the members buys four times, the next three times, and so on."""
        for place, id_ in enumerate(self.ids):
            leaderboard_members.join(
                "spring", member_number(id_), f"Runner {place}", self.coalition.operator.number, now=self.clock.now()
            )
            for _ in range(4 - place):
                self.shop.sells(self.coalition.cafe, member=id_)
        self.settle()

    def settle(self):
        run_batch(now=self.clock.now())
        run_batch(now=self.clock.now())

    def ends(self):
        self.clock.advance(ENDED - self.clock.now())
        return give_prizes(now=self.clock.now())

    def points(self):
        return [balance(id_, now=self.clock.now()).available for id_ in self.ids]


@pytest.fixture
def race(coalition, clock):
    return Race(coalition, clock)


def rows(columns):
    return [tuple(row) for row in execute(f"SELECT {columns} FROM achievement_grant ORDER BY id").fetchall()]


def test_prizes__by_rank__are_given_once_by_the_sponsors(race):
    race.publish()
    race.run()
    assert give_prizes(now=race.clock.now()) == 0
    assert race.ends() == 3
    assert race.points() == [500, 50, 50, 0]
    assert rows("achievement, tier, threshold, period, points, state, repeat") == [
        ("spring", 1, 1, "2026-W10", 500, "granted", 1),
        ("spring", 1, 2, "2026-W10", 50, "granted", 1),
        ("spring", 1, 3, "2026-W10", 50, "granted", 1),
    ]
    issued = execute("SELECT issuer_id, SUM(points) FROM entry GROUP BY issuer_id").fetchall()
    numbers = race.coalition.operator.number, race.coalition.cafe.number
    assert sorted(map(tuple, issued)) == sorted((number, 300) for number in numbers)
    assert give_prizes(now=race.clock.now() + timedelta(days=1)) == 0
    assert race.points() == [500, 50, 50, 0]


def test_prizes__are_told_and_shown(race):
    race.publish()
    race.run()
    race.ends()
    told = news("achievement.granted")
    assert [(each["data"]["achievement"], each["data"]["points"]) for each in told] == [
        ("spring", 500),
        ("spring", 50),
        ("spring", 50),
    ]
    assert all(valid(each) for each in told)
    (earned,) = progress.achievements(race.ids[0], locale="ru", now=race.clock.now()).earned
    assert (earned.id, earned.title, earned.period, earned.points) == ("spring", BOTH["ru"], "2026-W10", 500)
    assert (earned.tier, earned.tiers) == (1, 1)
    documents = reward_documents([earned.grant])
    assert documents[earned.grant]["threshold"] == 1


def test_prizes__events_unread__wait_for_the_engine(race):
    race.publish()
    race.run()
    race.shop.sells(race.coalition.cafe, member=race.ids[3])
    assert race.ends() == 0
    race.settle()
    assert give_prizes(now=race.clock.now()) == 3


def test_prizes__over_the_budget__are_held_until_there_is_one(race):
    race.publish(budget={"points": 560})
    race.run()
    assert race.ends() == 3
    assert rows("state, held_because") == [("granted", None), ("granted", None), ("held", "over_budget")]
    assert race.points() == [500, 50, 0, 0]
    assert release_held(now=race.clock.now()) == 0
    ((grant,),) = execute("SELECT public_id FROM achievement_grant WHERE points = 500").fetchall()
    revoke_by_operator(grant, "cheated", race.clock.now())
    assert release_held(now=race.clock.now()) == 1
    assert race.points() == [0, 50, 50, 0]


def test_prizes__a_sponsor_that_cannot_pay__are_held_until_it_can(race):
    race.publish()
    race.run()
    set_status(race.coalition.cafe.id, "suspended")
    race.ends()
    assert {state for (state,) in rows("state")} == {"held"}
    set_status(race.coalition.cafe.id, "active")
    assert release_held(now=race.clock.now()) == 3
    assert race.points() == [500, 50, 50, 0]


def test_prizes__revoked_by_an_operator__are_taken_back_and_not_given_again(race):
    race.publish()
    race.run()
    race.ends()
    ((grant,),) = execute("SELECT public_id FROM achievement_grant WHERE points = 500").fetchall()
    revoke_by_operator(grant, "cheated", race.clock.now())
    assert race.points() == [0, 50, 50, 0]
    assert rows("state, revoked_because")[0] == ("revoked", "operator")
    race.settle()
    assert give_prizes(now=race.clock.now()) == 0
    (told,) = news("achievement.revoked")
    assert (told["data"]["achievement"], told["data"]["reason"]) == ("spring", "operator")


def test_prizes__what_is_returned_afterwards__changes_nothing(race):
    race.publish()
    race.run()
    bought = race.shop.sells(race.coalition.cafe)
    race.settle()
    race.ends()
    race.shop.takes_back(bought)
    race.settle()
    assert race.points() == [500, 50, 50, 0]


def test_prizes__of_the_next_period__are_given_anew(race):
    race.publish()
    race.run()
    race.ends()
    race.shop.sells(race.coalition.cafe)
    race.settle()
    race.clock.advance(timedelta(days=7))
    assert give_prizes(now=race.clock.now()) == 1
    assert race.points() == [1000, 50, 50, 0]


def test_prizes__undone__are_given_anew(race, monkeypatch):
    race.publish()
    race.run()
    monkeypatch.setattr("gamification.prizes.insert_grants", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        race.ends()
    assert race.points() == [0, 0, 0, 0]
    monkeypatch.undo()
    assert give_prizes(now=race.clock.now()) == 3


def test_worker__gives_prizes_in_time():
    assert give_prizes in TIMED_WORK
