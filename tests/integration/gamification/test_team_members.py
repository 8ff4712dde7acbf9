"""Teams: who founds one, who gets into one, and what its members see."""

from datetime import timedelta

import pytest

from coalition import events
from coalition.services.members import member_number
from coalition.store.database import execute
from gamification.challenges import join
from gamification.errors import (
    AlreadyInTeam,
    ChallengeOver,
    InvalidNickname,
    NotForTeams,
    TeamFull,
    UnknownChallenge,
    UnknownTeam,
)
from gamification.team_members import Mate, found_team, join_team, show_team
from tests.integration.books import refused
from tests.integration.gamification.helpers import utc
from tests.integration.gamification.taking_part import challenge, somebody, team_challenge, team_up


@pytest.fixture
def anna(coalition):
    return member_number(coalition.anna.id)


@pytest.fixture
def bob(coalition, clock):
    return member_number(somebody(coalition, clock.now()))


@pytest.fixture
def relay(publish):
    publish(challenges=[team_challenge(most=2), challenge()])


def told():
    return [
        (event.type, event.member, event.attributes)
        for event in events.read_after(0, 1000)
        if event.type == "team.joined"
    ]


def rows():
    return [
        tuple(row) for table in ("team", "challenge_member") for row in execute(f"SELECT * FROM {table}").fetchall()
    ]


@pytest.mark.usefixtures("relay")
def test_found__a_team__has_its_captain_who_has_joined(coalition, anna, clock):
    team = found_team(anna, "relay", "  The  Larks ", now=clock.now())
    assert team.id.startswith("tea_")
    assert (team.challenge, team.name, team.most, team.value) == ("relay", "The Larks", 2, 0)
    assert (team.tiers, team.won, team.members) == ([1000], [], [Mate(me=True, captain=True, contributed=0)])
    (event,) = [each for each in events.read_after(0, 1000) if each.type == "team.joined"]
    assert (event.member, event.partner) == (anna, coalition.operator.number)
    assert event.attributes == {"challenge": "relay", "team": team.id}


@pytest.mark.usefixtures("relay")
def test_join__by_the_code__however_it_is_typed_and_twice_the_same(anna, bob, clock):
    team = found_team(anna, "relay", "Larks", now=clock.now())
    typed = team.code.lower().replace("-", " ")
    seen = join_team(bob, typed, now=clock.now())
    assert (seen.id, seen.code) == (team.id, None)
    assert seen.members == [Mate(me=False, captain=True, contributed=0), Mate(me=True, captain=False, contributed=0)]
    assert join_team(bob, team.code, now=clock.now() + timedelta(days=90)) == seen
    assert [member for _, member, _ in told()] == [anna, bob]
    assert show_team(anna, team.id).code == team.code
    assert show_team(bob, team.id) == seen


@pytest.mark.usefixtures("relay")
def test_found__refusals__change_nothing(anna, clock):
    for refusal, name, called in (
        (UnknownChallenge, "marathon", "Larks"),
        (NotForTeams, "sprint", "Larks"),
        (InvalidNickname, "relay", "a@b.org"),
        (InvalidNickname, "relay", "Саfе"),
        (InvalidNickname, "relay", "Support"),
    ):
        with refused(refusal):
            found_team(anna, name, called, now=clock.now())
    with refused(ChallengeOver):
        found_team(anna, "relay", "Larks", now=utc(2026, 4, 1))
    assert rows() == []


@pytest.mark.usefixtures("relay")
def test_found__in_a_team_already__refused(anna, bob, clock):
    team = found_team(anna, "relay", "Larks", now=clock.now())
    join_team(bob, team.code, now=clock.now())
    before = rows()
    for member in (anna, bob):
        with refused(AlreadyInTeam) as refusal:
            found_team(member, "relay", "Owls", now=clock.now())
        assert refusal.value.team == team.id
    assert rows() == before


@pytest.mark.usefixtures("relay")
def test_join__refusals__change_nothing(coalition, anna, bob, clock):
    larks = found_team(anna, "relay", "Larks", now=clock.now())
    vera, gleb = (member_number(somebody(coalition, clock.now())) for _ in range(2))
    owls = found_team(vera, "relay", "Owls", now=clock.now())
    before = rows()
    for code in ("", "AAAA-AAAA-AAAA", "no code", larks.id, larks.code[:-1] + "?"):
        with refused(UnknownTeam):
            join_team(bob, code, now=clock.now())
    with refused(AlreadyInTeam):
        join_team(anna, owls.code, now=clock.now())
    with refused(ChallengeOver):
        join_team(bob, larks.code, now=utc(2026, 4, 1))
    assert rows() == before
    join_team(bob, larks.code, now=clock.now())
    with refused(TeamFull) as refusal:
        join_team(gleb, larks.code, now=clock.now())
    assert refusal.value.most == 2
    assert len(told()) == 3


@pytest.mark.usefixtures("relay")
def test_show__to_others__refused(coalition, anna, bob, clock):
    team = found_team(anna, "relay", "Larks", now=clock.now())
    found_team(bob, "relay", "Owls", now=clock.now())
    for member in (bob, member_number(somebody(coalition, clock.now()))):
        with refused(UnknownTeam):
            show_team(member, team.id)
    with refused(UnknownTeam):
        show_team(anna, "tea_nothing")


def test_found__by_who_joined_before_it_was_for_teams__takes_part_with_the_team(publish, coalition, anna, clock):
    publish(challenges=[challenge("relay", measure={"sum": "payable_minor"}, tiers=[1000])])
    join(anna, "relay", coalition.cafe.number, now=clock.now())
    publish(challenges=[team_challenge()])
    team = found_team(anna, "relay", "Larks", now=clock.now())
    assert show_team(anna, team.id) == team
    assert len(told()) == 1


def test_join__no_longer_for_teams__refused(publish, anna, bob, clock):
    publish(challenges=[team_challenge()])
    team = found_team(anna, "relay", "Larks", now=clock.now())
    publish(challenges=[challenge("relay")])
    with refused(NotForTeams):
        join_team(bob, team.code, now=clock.now())
    assert [mate.me for mate in show_team(anna, team.id).members] == [True]


def test_teams__of_several_challenges__are_apart(publish, coalition, anna, clock):
    publish(challenges=[team_challenge(), {**team_challenge(), "id": "relay-two"}])
    first = team_up(clock.now(), coalition.anna.id)
    second = team_up(clock.now(), coalition.anna.id, challenge="relay-two")
    assert first.id != second.id
    assert {show_team(anna, team.id).challenge for team in (first, second)} == {"relay", "relay-two"}
