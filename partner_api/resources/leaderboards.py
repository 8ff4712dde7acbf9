"""Leaderboards: who leads, and where a member stands who wants to be on one."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services.members import member_number
from coalition.services.partners import operator_number
from gamification import leaderboard_members, leaderboards, standings
from gamification.rules.document import localised
from gamification.rules.leaderboards import Leaderboard as Board
from partner_api.blueprint import Blueprint
from partner_api.context import language, now, own_member, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.leaderboards import (
    LeaderboardEntry,
    Leaderboards,
    Membership,
    PeriodQuery,
    Standing,
    Top,
    TopQuery,
)

blueprint = Blueprint("leaderboards", __name__, description="Members who compete under nicknames")

_MEMBERSHIP = Membership()
_KEPT_FROM_PARTNERS: dict[str, Any] = {"score": None, "nickname": None, "around": ()}


@blueprint.at("/v1/leaderboards")
class AllLeaderboards(MethodView):
    @blueprint.guarded("partner", "operator", "member")
    @blueprint.answers(200, Leaderboards())
    def get(self) -> dict[str, Any]:
        """List the leaderboards, with the period that runs"""
        return {"data": [_view(board) for board in leaderboards.boards().values()]}


@blueprint.at("/v1/leaderboards/<leaderboard_id>")
class OneLeaderboard(MethodView):
    @blueprint.guarded("partner", "operator", "member")
    @blueprint.takes(TopQuery(), "query")
    @blueprint.answers(200, Top())
    def get(self, query: dict[str, Any], leaderboard_id: str) -> dict[str, Any]:
        """Show who leads"""
        period = _period(leaderboard_id, query.pop("period"))
        shown = standings.top(leaderboard_id, period, **query)
        return asdict(shown) | {"leaderboard": leaderboard_id, "period": period or None}


@blueprint.at("/v1/members/<member_id>/leaderboards/<leaderboard_id>")
class MemberStanding(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PeriodQuery(), "query")
    @blueprint.answers(200, Standing())
    def get(self, query: dict[str, Any], member_id: str, leaderboard_id: str) -> dict[str, Any]:
        """Show where a member stands, and to operators the places around"""
        shown = _standing(member_number(member_id), leaderboard_id, query["period"])
        return shown if principal().partner is None else shown | _KEPT_FROM_PARTNERS


@blueprint.at("/v1/members/<member_id>/leaderboards/<leaderboard_id>/entry")
class MemberEntry(MethodView):
    @blueprint.guarded("partner", "operator", idempotent=True)
    @blueprint.takes(LeaderboardEntry())
    @blueprint.answers(201, _MEMBERSHIP)
    def post(self, body: dict[str, Any], member_id: str, leaderboard_id: str) -> Response:
        """Let a member who wants to be on a leaderboard be on it"""
        return _join(leaderboard_id, member_number(member_id), body["nickname"])

    @blueprint.guarded("partner", "operator")
    @blueprint.answers(204)
    def delete(self, member_id: str, leaderboard_id: str) -> None:
        """Take a member off a leaderboard, if on it"""
        _leave(leaderboard_id, member_number(member_id))


@blueprint.at("/v1/me/leaderboards/<leaderboard_id>")
class OwnStanding(MethodView):
    @blueprint.guarded("member")
    @blueprint.takes(PeriodQuery(), "query")
    @blueprint.answers(200, Standing())
    def get(self, query: dict[str, Any], leaderboard_id: str) -> dict[str, Any]:
        """Show where you stand, and the places around you"""
        return _standing(own_member(), leaderboard_id, query["period"])


@blueprint.at("/v1/me/leaderboards/<leaderboard_id>/entry")
class OwnEntry(MethodView):
    @blueprint.guarded("member", idempotent=True)
    @blueprint.takes(LeaderboardEntry())
    @blueprint.answers(201, _MEMBERSHIP)
    def post(self, body: dict[str, Any], leaderboard_id: str) -> Response:
        """Join a leaderboard, under a nickname that others see"""
        return _join(leaderboard_id, own_member(), body["nickname"])

    @blueprint.guarded("member")
    @blueprint.answers(204)
    def delete(self, leaderboard_id: str) -> None:
        """Leave a leaderboard, if you are on it"""
        _leave(leaderboard_id, own_member())


def _join(board: str, member: int, nickname: str) -> Response:
    partner = _partner()
    return answer_once(_MEMBERSHIP, lambda: leaderboard_members.join(board, member, nickname, partner, now=now()))


def _leave(board: str, member: int) -> None:
    leaderboard_members.opt_out(board, member, _partner(), now=now())


def _partner() -> int:
    """At whose till it is; what members and operators do is the operator's."""
    partner = principal().partner
    return operator_number() if partner is None else partner


def _standing(member: int, board: str, period: str | None) -> dict[str, Any]:
    shown = _period(board, period)
    standing = standings.rank(board, shown, member)
    return asdict(standing) | {"leaderboard": board, "period": shown or None}


def _period(board: str, period: str | None) -> str:
    return leaderboards.period_asked_for(leaderboards.get_board(board), period, now())


def _view(board: Board) -> dict[str, Any]:
    period = leaderboards.period_asked_for(board, None, now())
    return {
        "id": board.id,
        "title": localised(board.title, language()),
        "window": board.window.kind,
        "period": period or None,
        "last_day": board.last_day(period),
        "grace_days": board.grace_days,
        "prizes": board.prizes,
    }
