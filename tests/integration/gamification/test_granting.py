from datetime import timedelta

from coalition import events
from coalition.services import members
from coalition.services.balances import balance
from coalition.services.partners import set_limit, set_status
from coalition.store.database import execute
from gamification import stream
from gamification.engine import BatchSummary, run_batch
from gamification.giving import release_held
from tests.integration.gamification.helpers import grants, rule, utc

POINTS = {"points": 101, "funded_by": {"operator": 50, "partner": 50}}


def rewards() -> list[tuple[int, int, str]]:
    """(issuer, points, occurred_at) of the journal's rewards."""
    rows = execute("SELECT issuer_id, points, source FROM entry WHERE kind = 'reward' ORDER BY issuer_id").fetchall()
    return [tuple(row) for row in rows]


def states() -> list[tuple[str, str | None]]:
    rows = execute("SELECT state, held_because FROM achievement_grant ORDER BY id").fetchall()
    return [tuple(row) for row in rows]


def test_grant__of_a_tier__is_dated_by_the_event_that_crossed_and_recorded_now(shop, publish, coalition, clock):
    publish(rule("twice", tiers=[2]))
    for day in (1, 2, 3):
        shop.sells(coalition.cafe, at=utc(2024, 5, day))
    run_batch(now=clock.now())
    (granted,) = [event for event in events.read_after(0, 100) if event.type == stream.ACHIEVEMENT_GRANTED]
    assert (granted.occurred_at, granted.partner) == (utc(2024, 5, 2), coalition.cafe.number)
    assert granted.attributes["achievement"] == "twice"
    assert granted.attributes["state"] == "granted"


def test_reward__two_sponsors__split_to_the_point_and_pay_from_the_crossing_partner(shop, publish, coalition, clock):
    publish(rule("twice", tiers=[2], reward=POINTS))
    shop.sells(coalition.cafe)
    shop.sells(coalition.grocer)
    assert run_batch(now=clock.now()) == BatchSummary(events=2, grants=1, points_rewarded=101)
    (source,) = execute("SELECT public_id FROM achievement_grant").fetchone()
    assert rewards() == [(coalition.operator.number, 51, source), (coalition.grocer.number, 50, source)]
    assert balance(coalition.anna.id, now=clock.now()).available == 101


def test_reward__partner_is_also_named__pays_both_shares_in_one_entry(shop, publish, coalition, clock):
    publish(rule("first", reward={"points": 10, "funded_by": {"cafe": 30, "partner": 70}}))
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert [(issuer, points) for issuer, points, _ in rewards()] == [(coalition.cafe.number, 10)]


def test_reward__list_of_points__gives_each_tier_its_own(shop, publish, coalition, clock):
    publish(rule("often", tiers=[1, 2, 3], reward={"points": [5, 0, 7], "funded_by": {"operator": 100}}))
    for _ in range(3):
        shop.sells(coalition.cafe)
    assert run_batch(now=clock.now()).points_rewarded == 12
    assert [points for _, points, _ in rewards()] == [5, 7]


def test_reward__switched_off__grants_without_points(shop, publish, coalition, clock):
    publish(rule("first", reward=POINTS))
    shop.sells(coalition.cafe)
    assert run_batch(now=clock.now(), rewards=False) == BatchSummary(events=1, grants=1, points_rewarded=0)
    assert states() == [("granted", None)]
    assert rewards() == []


def test_reward__expires__by_the_programme_from_the_crossing_event(shop, publish, coalition, clock):
    publish(rule("first", reward={"points": 5, "funded_by": {"operator": 100}}))
    shop.sells(coalition.cafe, at=clock.now() - timedelta(days=60))
    run_batch(now=clock.now())
    (expiring,) = balance(coalition.anna.id, now=clock.now()).expiring
    assert expiring.expires_at == utc(2028, 1, 2)


def test_reward__sponsor_suspended__is_held_and_the_others_are_given(shop, publish, coalition, clock):
    publish(
        rule("first", reward={"points": 10, "funded_by": {"operator": 40, "cinema": 60}}),
        rule("also", reward={"points": 7, "funded_by": {"operator": 100}}),
    )
    set_status(coalition.cinema.id, "suspended")
    shop.sells(coalition.cafe)
    assert run_batch(now=clock.now()) == BatchSummary(events=1, grants=2, points_rewarded=7)
    assert states() == [("held", "partner_suspended"), ("granted", None)]
    assert balance(coalition.anna.id, now=clock.now()).available == 7


def test_reward__over_the_sponsors_limit__is_held_until_it_may(shop, publish, coalition, clock):
    publish(rule("often", tiers=[1, 2, 3], reward={"points": [10, 15, 5], "funded_by": {"cinema": 100}}))
    set_limit(coalition.cinema.id, 20)
    for _ in range(3):
        shop.sells(coalition.cafe)
    assert run_batch(now=clock.now()).points_rewarded == 15
    assert states() == [("granted", None), ("held", "issuer_limit_exceeded"), ("granted", None)]
    assert release_held(now=clock.now()) == 0
    set_limit(coalition.cinema.id, 30)
    assert release_held(now=clock.now()) == 1
    assert release_held(now=clock.now()) == 0
    assert states() == [("granted", None)] * 3
    assert balance(coalition.anna.id, now=clock.now()).available == 30


def test_requires__missing__waits_and_is_granted_with_the_prerequisite(shop, publish, coalition, clock):
    publish(
        rule("film-lover", where={"partner": "cinema"}, tiers=[1, 2], requires=["cafe-guest"], reward=POINTS),
        rule("cafe-guest", where={"partner": "cafe"}),
    )
    shop.sells(coalition.cinema, at=utc(2026, 1, 1))
    shop.sells(coalition.cinema, at=utc(2026, 1, 2))
    run_batch(now=clock.now())
    assert grants() == []
    shop.sells(coalition.cafe, at=utc(2026, 1, 3))
    run_batch(now=clock.now())
    assert grants() == [("cafe-guest", 1, ""), ("film-lover", 1, ""), ("film-lover", 2, "")]
    earned = {event.occurred_at for event in events.read_after(0, 100) if event.type == stream.ACHIEVEMENT_GRANTED}
    assert earned == {utc(2026, 1, 3)}
    assert {issuer for issuer, _, _ in rewards()} == {coalition.operator.number, coalition.cafe.number}


def test_requires__chain_released_by_one_event__grants_in_order(shop, publish, coalition, clock):
    publish(
        rule("third", requires=["second"]),
        rule("second", requires=["first"]),
        rule("first", tiers=[3]),
    )
    for _ in range(2):
        shop.sells(coalition.cafe)
        run_batch(now=clock.now())
    assert grants() == []
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert [name for name, _, _ in grants()] == ["first", "second", "third"]


def test_requires__waiting_in_several_periods__grants_each_once(shop, publish, coalition, clock):
    publish(rule("monthly", window="month", requires=["thrice"]), rule("thrice", tiers=[3]))
    for month in (1, 2):
        shop.sells(coalition.cafe, at=utc(2026, month, 1))
    run_batch(now=clock.now())
    shop.sells(coalition.cafe, at=utc(2026, 2, 2))
    shop.sells(coalition.cafe, at=utc(2026, 1, 3))
    run_batch(now=clock.now())
    assert grants() == [("thrice", 1, ""), ("monthly", 1, "2026-01"), ("monthly", 1, "2026-02")]


def test_grant__of_a_member__leaves_the_others_alone(shop, publish, coalition, clock):
    boris = members.enrol_member(members.EnrolMember(phone="+79160000001"), coalition.cafe.number, now=clock.now())
    publish(rule("second", tiers=[2]), rule("after", requires=["second"]))
    shop.sells(coalition.cafe, member=boris.id)
    for _ in range(2):
        shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    owners = execute("SELECT DISTINCT member_id FROM achievement_grant").fetchall()
    assert [row[0] for row in owners] == [members.member_number(coalition.anna.id)]
