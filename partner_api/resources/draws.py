"""Prize draws, for whoever wants to know, or to check, who has won; and what members have of them."""

from dataclasses import asdict
from functools import partial
from typing import Any

from flask import Response
from flask.views import MethodView

from gamification import draw_members, draw_outcomes, draws
from gamification.draw_members import MemberDraw
from gamification.draw_outcomes import DrawView
from gamification.rules.document import localised
from partner_api.blueprint import Blueprint
from partner_api.context import locale, own_member_id, principal
from partner_api.paging import youngest_first
from partner_api.schemas.draws import MemberDraw as MemberDrawAnswer
from partner_api.schemas.draws import OwnDraw, PrizeDraw, TicketList
from partner_api.schemas.fields import PageQuery, page_of

blueprint = Blueprint("draws", __name__, description="Prize draws that anyone can check")


@blueprint.at("/v1/draws")
class Draws(MethodView):
    @blueprint.public
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(PrizeDraw))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the prize draws, the youngest first"""
        shown = youngest_first("draws", draw_outcomes.list_draws(), **query)
        return {"data": [_document(each) for each in shown.data], "next_cursor": shown.next_cursor}


@blueprint.at("/v1/draws/<draw_id>")
class OneDraw(MethodView):
    @blueprint.public
    @blueprint.answers(200, PrizeDraw())
    def get(self, draw_id: str) -> dict[str, Any]:
        """Show a prize draw: what it was committed to by, and who has won"""
        return _document(draw_outcomes.get_draw(draw_id))


@blueprint.at("/v1/draws/<draw_id>/tickets.json")
class Tickets(MethodView):
    @blueprint.public
    @blueprint.answers(200, TicketList())
    def get(self, draw_id: str) -> Response:
        """Get the list of tickets that it is drawn by; it never changes"""
        return Response(draws.ticket_list(draw_id).to_json(), mimetype="application/json")


@blueprint.at("/v1/members/<member_id>/draws")
class MemberDraws(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(MemberDrawAnswer))
    def get(self, query: dict[str, Any], member_id: str) -> dict[str, Any]:
        """List the draws of which a member has tickets, with what of your prizes was won; operators see all"""
        partner = principal().partner
        shown = youngest_first("memberdraws", draw_members.draws_of(member_id), **query)
        told = _whole_member_draw if partner is None else partial(_member_draw_for, partner)
        return {"data": [told(each) for each in shown.data], "next_cursor": shown.next_cursor}


@blueprint.at("/v1/me/draws")
class OwnDraws(MethodView):
    @blueprint.guarded("member")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(OwnDraw))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the draws of which you have tickets, with what finds you in the published lists, and what you won"""
        shown = youngest_first("memberdraws", draw_members.draws_of(own_member_id()), **query)
        data = [_whole_member_draw(each) | {"salt": each.salt} for each in shown.data]
        return {"data": data, "next_cursor": shown.next_cursor}


def _member_draw_for(partner: int, found: MemberDraw) -> dict[str, Any]:
    """Without what leads to the member in the published list, unless that has won a prize of this partner's."""
    shown = _whole_member_draw(found) | {"tickets": None, "member": None}
    return shown if found.is_given_by(partner) else shown | {"won": []}


def _whole_member_draw(found: MemberDraw) -> dict[str, Any]:
    language, draw = locale(), found.draw
    return {
        "draw": draw.id,
        "title": localised(draw.title, language),
        "partner": draw.partner,
        "state": found.state.value,
        "closes_on": draw.closes_on,
        "tickets_valid": found.valid,
        "tickets": [
            {"ticket": each.id, "serial": each.serial, "state": found.state_of(each).value} for each in found.tickets
        ],
        "member": found.member,
        "won": [
            {
                "place": each.place,
                "ticket": each.ticket,
                "prize": localised(each.prize.title, language),
                "points": each.prize.points,
                "state": each.state.value,
                "given_at": each.given_at,
                "reward": each.reward,
            }
            for each in found.won
        ],
    }


def _document(found: DrawView) -> dict[str, Any]:
    language, draw = locale(), found.draw
    prizes = [asdict(prize) | {"title": localised(prize.title, language)} for prize in draw.prizes]
    return {
        "id": draw.id,
        "title": localised(draw.title, language),
        "partner": draw.partner,
        "state": found.state.value,
        "closes_on": draw.closes_on,
        "closed_at": found.closed_at,
        "drawn_at": found.drawn_at,
        "prizes": prizes,
        "tickets": found.tickets,
        "root": found.root,
        "chain": found.on_chain and asdict(found.on_chain),
        "winners": [
            each.ticket._asdict() | {"place": each.place, "prize": prizes[each.prize]["title"]}
            for each in found.winners
        ],
    }
