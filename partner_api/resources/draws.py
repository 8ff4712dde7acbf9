"""Prize draws, for whoever wants to know, or to check, who has won."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView

from gamification import draw_outcomes, draws
from gamification.draw_outcomes import DrawView
from gamification.rules.document import localised
from partner_api.blueprint import Blueprint
from partner_api.context import locale
from partner_api.paging import youngest_first
from partner_api.schemas.draws import PrizeDraw, TicketList
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
