"""Members at the till. They belong to the coalition: every partner may find every member."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import balances, history, members, traits
from coalition.services.cursors import Page
from coalition.services.members import EnrolMember
from gamification import progress
from partner_api.blueprint import Blueprint
from partner_api.context import locale, now, own_partner, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.achievements import Achievements, Level
from partner_api.schemas.fields import PageQuery, page_of
from partner_api.schemas.ledger import Entry
from partner_api.schemas.members import Balance, Member, MemberEnrolment, MemberQuery

blueprint = Blueprint("members", __name__, description="Who earns and spends")

_ANSWER = Member()
_KEPT_FROM_PARTNERS: dict[str, Any] = {"experience": None, "remaining": None}


@blueprint.at("/v1/members")
class Members(MethodView):
    @blueprint.guarded("partner", idempotent=True)
    @blueprint.takes(MemberEnrolment())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any]) -> Response:
        """Make a person a member"""
        partner = own_partner()
        consents, device = body.pop("consents"), body.pop("device", None)
        command = EnrolMember(**body, marketing_consent=consents["marketing"])
        return answer_once(_ANSWER, lambda: _view(_enrol(command, partner, device)))

    @blueprint.guarded("partner", "operator")
    @blueprint.takes(MemberQuery(), "query")
    @blueprint.answers(200, _ANSWER)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """Find a member by phone or card number"""
        return _view(members.find_member(**query, now=now()))


@blueprint.at("/v1/members/<member_id>")
class OneMember(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, _ANSWER)
    def get(self, member_id: str) -> dict[str, Any]:
        """Show a member"""
        return _view(members.get_member(member_id, now=now()))


@blueprint.at("/v1/members/<member_id>/balance")
class MemberBalance(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, Balance())
    def get(self, member_id: str) -> balances.Balance:
        """Show what a member has, what comes of it and when, and what they owe"""
        return balances.balance(member_id, now=now())


@blueprint.at("/v1/members/<member_id>/entries")
class MemberEntries(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(Entry))
    def get(self, query: dict[str, Any], member_id: str) -> Page[history.PastEntry]:
        """List what you took part in of a member's entries, as issuer or at the till; operators see all of them"""
        return history.entries(member_id, partner=principal().partner, **query)


@blueprint.at("/v1/members/<member_id>/achievements")
class MemberAchievements(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, Achievements())
    def get(self, member_id: str) -> progress.MemberAchievements:
        """Show what a member has achieved, and what is in progress; partners see how far only of what is their own"""
        return progress.achievements(member_id, locale=locale(), now=now(), partner=principal().partner)


@blueprint.at("/v1/members/<member_id>/level")
class MemberLevel(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, Level())
    def get(self, member_id: str) -> dict[str, Any]:
        """Show a member's level, and to operators how far it is to the next"""
        shown = asdict(progress.level(member_id))
        return shown if principal().partner is None else shown | _KEPT_FROM_PARTNERS


def _enrol(command: EnrolMember, partner: int, device: str | None) -> members.Member:
    enrolled = members.enrol_member(command, partner, now=now())
    if command.referral_code is not None:
        traits.note_number_of_another(enrolled.id, command.phone, now())
    if device is not None:
        traits.note_trait(enrolled.id, "device", device, now())
    return enrolled


def _view(member: members.Member) -> dict[str, Any]:
    return asdict(member) | {"level": progress.level(member.id).level}
