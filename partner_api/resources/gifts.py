"""Points for many members at once; the worker gives what is approved."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import gifts
from coalition.services.cursors import Page
from coalition.services.gifts import Decision, GivePoints
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.fields import PageQuery, page_of
from partner_api.schemas.gifts import Gift, GiftProposal

blueprint = Blueprint("gifts", __name__, description="Points for many members at once")

_ANSWER = Gift()


@blueprint.at("/v1/gifts")
class Gifts(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(GiftProposal())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any]) -> Response:
        """Give points to everyone of a segment; what one operator may not do alone waits for another"""
        command = GivePoints(**body, by=principal().key_id)
        return answer_once(_ANSWER, lambda: gifts.propose_gift(command, now=now()))

    @blueprint.guarded("operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(Gift))
    def get(self, query: dict[str, Any]) -> Page[gifts.Gift]:
        """List the gifts, the youngest first"""
        return gifts.list_gifts(**query)


@blueprint.at("/v1/gifts/<gift_id>")
class OneGift(MethodView):
    @blueprint.guarded("operator")
    @blueprint.answers(200, _ANSWER)
    def get(self, gift_id: str) -> gifts.Gift:
        """Show a gift, and how many have it"""
        return gifts.get_gift(gift_id)


@blueprint.at("/v1/gifts/<gift_id>/approval")
class Approval(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.answers(200, _ANSWER)
    def post(self, gift_id: str) -> Response:
        """Let a gift be given that another operator has proposed"""
        return _decide(gift_id, "approved")


@blueprint.at("/v1/gifts/<gift_id>/rejection")
class Rejection(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.answers(200, _ANSWER)
    def post(self, gift_id: str) -> Response:
        """Reject what was proposed"""
        return _decide(gift_id, "rejected")


def _decide(gift_id: str, decision: Decision) -> Response:
    by = principal().key_id
    return answer_once(_ANSWER, lambda: gifts.decide_gift(gift_id, decision, by, now=now()), status=200)
