"""Members who take part in challenges, and what came of it."""

from datetime import datetime
from itertools import count
from typing import Any

from coalition.services.members import EnrolMember, enrol_member, member_number
from coalition.store.database import execute
from gamification import challenge_list, team_members
from gamification.challenge_list import MemberChallenge
from tests.conftest import Coalition
from tests.integration.gamification.helpers import rule

MARCH = {"from": "2026-03-01", "until": "2026-03-31"}
_SERIAL = count(1)


def challenge(id_: str = "sprint", **given: Any) -> dict[str, Any]:
    """A challenge of March that counts purchases and gives 100 points of the operator's at the third."""
    usual = {"tiers": [3], "window": MARCH, "reward": {"points": 100, "funded_by": {"operator": 100}}}
    return rule(id_, **{**usual, **given})


def team_challenge(split: str = "equal", most: int = 3, **given: Any) -> dict[str, Any]:
    """The same for teams, by the sum of what was paid, at 1000 minor units."""
    usual = {"measure": {"sum": "payable_minor"}, "tiers": [1000], "team": {"most": most, "reward": split}}
    return challenge("relay", **{**usual, **given})


def somebody(coalition: Coalition, now: datetime) -> str:
    """Another member's id."""
    command = EnrolMember(phone=f"+7927{next(_SERIAL):07}")
    return enrol_member(command, coalition.cafe.number, now=now).id


def listed(member: str, id_: str, now: datetime, locale: str = "en") -> MemberChallenge | None:
    """The challenge as the member is shown it."""
    found = challenge_list.list_challenges(member, locale=locale, now=now).data
    return next((each for each in found if each.id == id_), None)


def team_up(now: datetime, *members: str, challenge: str = "relay") -> team_members.TeamView:
    """The first of them founds a team, and the others join it."""
    captain, *others = members
    team = team_members.found_team(member_number(captain), challenge, "Our team", now=now)
    for other in others:
        team_members.join_team(member_number(other), str(team.code), now=now)
    return team


def team_grants() -> list[tuple[int, int, int, str]]:
    """(member, tier, points, state) of all grants, in the order in which they were made."""
    rows = execute("SELECT member_id, tier, points, state FROM achievement_grant ORDER BY id").fetchall()
    return [tuple(row) for row in rows]
