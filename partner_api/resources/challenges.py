"""Challenges at the till and in members' own sessions; teams; and streaks that members freeze."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services.members import member_number
from coalition.services.partners import operator_number
from gamification import challenge_list, challenges, freezing, team_members
from partner_api.blueprint import Blueprint
from partner_api.context import language, locale, now, own_member, own_member_id, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.challenges import Challenges, Freeze, Participation, StreakFreeze, Team, TeamFounding

blueprint = Blueprint("challenges", __name__, description="What members take on, alone or in teams, until a day")

_PARTICIPATION = Participation()
_TEAM = Team()
_FREEZE = Freeze()


@blueprint.at("/v1/members/<member_id>/challenges")
class MemberChallenges(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, Challenges())
    def get(self, member_id: str) -> challenge_list.MemberChallenges:
        """List the challenges, and how far a member is; partners see that where only their own tills count"""
        partner = principal().partner
        return challenge_list.list_challenges(member_id, locale=locale(), now=now(), partner=partner)


@blueprint.at("/v1/members/<member_id>/challenges/<challenge_id>/participation")
class MemberParticipation(MethodView):
    @blueprint.guarded("partner", "operator", idempotent=True)
    @blueprint.answers(201, _PARTICIPATION)
    def post(self, member_id: str, challenge_id: str) -> Response:
        """Let a member who wants to take part in a challenge do so"""
        partner = principal().partner
        return _join(member_number(member_id), challenge_id, operator_number() if partner is None else partner)


@blueprint.at("/v1/me/challenges")
class OwnChallenges(MethodView):
    @blueprint.guarded("member")
    @blueprint.answers(200, Challenges())
    def get(self) -> challenge_list.MemberChallenges:
        """List the challenges, and how far you are"""
        return challenge_list.list_challenges(own_member_id(), locale=language(), now=now())


@blueprint.at("/v1/me/challenges/<challenge_id>/join")
class OwnParticipation(MethodView):
    @blueprint.guarded("member", idempotent=True)
    @blueprint.answers(201, _PARTICIPATION)
    def post(self, challenge_id: str) -> Response:
        """Take part in a challenge"""
        return _join(own_member(), challenge_id, operator_number())


@blueprint.at("/v1/me/challenges/<challenge_id>/teams")
class OwnTeams(MethodView):
    @blueprint.guarded("member", idempotent=True)
    @blueprint.takes(TeamFounding())
    @blueprint.answers(201, _TEAM)
    def post(self, body: dict[str, Any], challenge_id: str) -> Response:
        """Found a team, and take part in a challenge with it; its code is for those whom you want in it"""
        member = own_member()
        return answer_once(_TEAM, lambda: team_members.found_team(member, challenge_id, body["name"], now=now()))


@blueprint.at("/v1/me/teams/<code>/membership")
class TeamMembership(MethodView):
    @blueprint.guarded("member", idempotent=True)
    @blueprint.answers(201, _TEAM)
    def post(self, code: str) -> Response:
        """Join a team by its code, and take part in its challenge"""
        member = own_member()
        return answer_once(_TEAM, lambda: team_members.join_team(member, code, now=now()))


@blueprint.at("/v1/me/teams/<team_id>")
class OwnTeam(MethodView):
    @blueprint.guarded("member")
    @blueprint.answers(200, _TEAM)
    def get(self, team_id: str) -> team_members.TeamView:
        """Show a team that you are in"""
        return team_members.show_team(own_member(), team_id)


@blueprint.at("/v1/me/streaks/<achievement_id>/freeze")
class OwnFreeze(MethodView):
    @blueprint.guarded("member", idempotent=True)
    @blueprint.takes(StreakFreeze())
    @blueprint.answers(201, _FREEZE)
    def post(self, body: dict[str, Any], achievement_id: str) -> Response:
        """Say that you will miss a day of a streak: it goes on over it"""
        member = own_member()
        return answer_once(_FREEZE, lambda: freezing.freeze(member, achievement_id, body["day"], now=now()))


def _join(member: int, challenge: str, partner: int) -> Response:
    return answer_once(_PARTICIPATION, lambda: challenges.join(member, challenge, partner, now=now()))
