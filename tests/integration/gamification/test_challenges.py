"""Challenges: joining them, once and in time, and how far one is."""

from datetime import date, timedelta

import pytest

from coalition import events
from coalition.errors import UnknownMember
from coalition.services.members import member_number
from gamification.challenge_list import TeamTerms, list_challenges
from gamification.challenges import Participation, join
from gamification.engine import run_batch
from gamification.errors import ChallengeOver, TeamNeeded, UnknownChallenge
from tests.integration.books import refused
from tests.integration.gamification.helpers import BOTH, grants, rule, utc
from tests.integration.gamification.taking_part import challenge, listed, somebody, team_challenge


@pytest.fixture
def anna(coalition):
    return member_number(coalition.anna.id)


def told():
    return [
        (event.type, event.member, event.partner, event.attributes)
        for event in events.read_after(0, 1000)
        if event.type.startswith("challenge.j")
    ]


def test_join__once__is_told_to_the_stream_and_twice_answers_the_same(publish, coalition, clock, anna):
    publish(challenges=[challenge()])
    first = join(anna, "sprint", coalition.cafe.number, now=clock.now())
    clock.advance(timedelta(hours=1))
    assert join(anna, "sprint", coalition.cinema.number, now=clock.now()) == first
    assert first == Participation("sprint", clock.now() - timedelta(hours=1))
    assert told() == [("challenge.joined", anna, coalition.cafe.number, {"challenge": "sprint"})]


@pytest.mark.parametrize("name", ["marathon", "buyer"])
def test_join__no_challenge__refused(publish, coalition, clock, anna, name):
    publish(rule("buyer"), challenges=[challenge()])
    with refused(UnknownChallenge):
        join(anna, name, coalition.cafe.number, now=clock.now())
    assert told() == []


def test_join__for_teams__refused(publish, coalition, clock, anna):
    publish(challenges=[team_challenge()])
    with refused(TeamNeeded):
        join(anna, "relay", coalition.cafe.number, now=clock.now())


def test_join__ended__refused_by_the_members_own_calendar(publish, shop, coalition, clock, anna):
    publish(challenges=[challenge()])
    shop.tells("member.moved", time_zone="Pacific/Honolulu")
    bob = somebody(coalition, clock.now())
    run_batch(now=clock.now())
    april = utc(2026, 4, 1, 3)
    with refused(ChallengeOver) as refusal:
        join(member_number(bob), "sprint", coalition.cafe.number, now=april)
    assert refusal.value.last_day == date(2026, 3, 31)
    assert join(anna, "sprint", coalition.cafe.number, now=april).joined_at == april
    assert join(anna, "sprint", coalition.cafe.number, now=utc(2026, 4, 5)).joined_at == april


def test_list__of_somebody_unknown__refused(publish, clock):
    with refused(UnknownMember):
        list_challenges("mem_nobody", locale="en", now=clock.now())


def test_list__a_challenge__goes_from_open_over_joined_to_completed(publish, shop, coalition, clock, anna):
    publish(challenges=[challenge(tiers=[1, 3], owner="cafe", title={"en": "Sprint", "ru": "Спринт"})])
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    shown = listed(coalition.anna.id, "sprint", clock.now())
    assert (shown.state, shown.value, shown.remaining, shown.places_left) == ("open", 0, 1, None)
    assert (shown.owner, shown.starts_on, shown.ends_on) == ("cafe", date(2026, 3, 1), date(2026, 3, 31))
    assert (shown.title, listed(coalition.anna.id, "sprint", clock.now(), "ru").title) == ("Sprint", "Спринт")
    assert (shown.for_teams, shown.team) == (None, None)

    join(anna, "sprint", coalition.cafe.number, now=clock.now())
    assert listed(coalition.anna.id, "sprint", clock.now()).state == "joined"
    shop.sells(coalition.cafe)
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    shown = listed(coalition.anna.id, "sprint", clock.now())
    assert (shown.state, shown.tier, shown.tiers) == ("joined", 2, 2)
    assert (shown.value, shown.threshold, shown.remaining, shown.points) == (2, 3, 1, 100)

    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert grants() == [("sprint", tier, "2026-03-01..2026-03-31") for tier in (1, 2)]
    for moment in (clock.now(), clock.now() + timedelta(days=60)):
        shown = listed(coalition.anna.id, "sprint", moment)
        assert (shown.state, shown.value, shown.threshold, shown.remaining) == ("completed", 3, 3, 0)


def test_list__for_the_first_ones_only__tells_how_many_places_are_left(publish, shop, coalition, clock):
    publish(challenges=[challenge(join=False, tiers=[1], first=5)])
    assert listed(coalition.anna.id, "sprint", clock.now()).places_left == 5
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert listed(coalition.anna.id, "sprint", clock.now()).places_left == 4


def test_list__the_last_day__is_the_members_own(publish, coalition, clock):
    publish(challenges=[challenge()])
    assert listed(coalition.anna.id, "sprint", utc(2026, 3, 31, 23)).state == "open"
    assert listed(coalition.anna.id, "sprint", utc(2026, 4, 1)).state == "over"


def test_list__nobody_has_to_join__counts_for_everybody(publish, shop, coalition, clock):
    publish(challenges=[challenge(join=False)])
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    shown = listed(coalition.anna.id, "sprint", clock.now())
    assert (shown.state, shown.value) == ("joined", 1)


def test_list__only_the_first__says_how_many_places_are_left(publish, shop, coalition, clock):
    publish(challenges=[challenge(join=False, tiers=[1], first=2)])
    late, *others = (somebody(coalition, clock.now()) for _ in range(3))
    shop.sells(coalition.cafe, member=others[0])
    run_batch(now=clock.now())
    assert listed(late, "sprint", clock.now()).places_left == 1
    shop.sells(coalition.cafe, member=others[1])
    shop.sells(coalition.cafe, member=late)
    run_batch(now=clock.now())
    shown = listed(late, "sprint", clock.now())
    assert (shown.places_left, shown.state, shown.remaining) == (0, "joined", 0)


def test_list__hidden__shows_once_it_is_joined(publish, coalition, clock, anna):
    publish(challenges=[challenge(hidden=True), challenge("open-one")])
    assert listed(coalition.anna.id, "sprint", clock.now()) is None
    join(anna, "sprint", coalition.cafe.number, now=clock.now())
    assert listed(coalition.anna.id, "sprint", clock.now()).state == "joined"


def test_list__prerequisites__are_named_until_they_are_earned(publish, shop, coalition, clock):
    publish(rule("buyer"), challenges=[challenge(requires=["buyer"], description=BOTH)])
    assert listed(coalition.anna.id, "sprint", clock.now()).requires == ["buyer"]
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert listed(coalition.anna.id, "sprint", clock.now()).requires == []


def test_list__for_teams__says_so(publish, coalition, clock):
    publish(challenges=[team_challenge("proportional", most=4)])
    shown = listed(coalition.anna.id, "relay", clock.now())
    assert (shown.for_teams, shown.team, shown.state) == (TeamTerms(4, "proportional"), None, "open")
