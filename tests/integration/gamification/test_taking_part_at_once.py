"""Many at the same moment: who takes part does so once, and no team has more members than it may."""

from datetime import date

from coalition import events
from coalition.services.members import member_number
from coalition.store.database import execute
from gamification.challenges import join
from gamification.errors import AlreadyInTeam, NoFreezesLeft, TeamFull
from gamification.freezing import freeze
from gamification.team_members import found_team, join_team
from tests.integration.gamification.helpers import rule
from tests.integration.gamification.taking_part import challenge, somebody, team_challenge
from tests.integration.test_concurrency import at_once, kinds


def told(type_):
    return sum(event.type == type_ for event in events.read_after(0, 1000))


def test_join__of_one_member_at_once__is_told_once(publish, coalition, clock):
    publish(challenges=[challenge()])
    anna = member_number(coalition.anna.id)
    outcomes = at_once([lambda: join(anna, "sprint", coalition.cafe.number, now=clock.now())] * 8)
    assert kinds(outcomes) == {"Participation": 8}
    assert told("challenge.joined") == 1


def test_found__of_one_member_at_once__is_one_team(publish, coalition, clock):
    publish(challenges=[team_challenge()])
    anna = member_number(coalition.anna.id)
    outcomes = at_once([lambda: found_team(anna, "relay", "Larks", now=clock.now())] * 6)
    assert kinds(outcomes) == {"TeamView": 1, AlreadyInTeam.__name__: 5}
    assert told("team.joined") == 1


def test_join_team__the_last_places_at_once__are_taken_by_as_many(publish, coalition, clock):
    publish(challenges=[team_challenge(most=3)])
    team = found_team(member_number(coalition.anna.id), "relay", "Larks", now=clock.now())
    others = [member_number(somebody(coalition, clock.now())) for _ in range(6)]
    outcomes = at_once(lambda other=other: join_team(other, team.code, now=clock.now()) for other in others)
    assert kinds(outcomes) == {"TeamView": 2, TeamFull.__name__: 4}
    assert execute("SELECT COUNT(*) FROM challenge_member").fetchone()[0] == told("team.joined") == 3


def test_freeze__different_days_at_once__are_no_more_than_allowed(publish, coalition, clock):
    publish(rule("daily", measure={"streak": "day", "freezes": 2}, tiers=[3]))
    anna = member_number(coalition.anna.id)
    days = [date(2026, 3, day) for day in range(2, 8)]
    outcomes = at_once(lambda day=day: freeze(anna, "daily", day, now=clock.now()) for day in days)
    assert kinds(outcomes) == {"Freeze": 2, NoFreezesLeft.__name__: 4}
    assert told("streak.frozen") == 2
