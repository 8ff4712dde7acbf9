"""Points corrected by hand: by one operator where they are few, by two where they are many."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import adjustments
from coalition.services.adjustments import AdjustPoints, Decision
from coalition.services.cursors import Page
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.adjustments import Adjustment, AdjustmentProposal
from partner_api.schemas.fields import PageQuery, page_of

blueprint = Blueprint("adjustments", __name__, description="Points corrected by hand")

_ANSWER = Adjustment()


@blueprint.at("/v1/adjustments")
class Adjustments(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(AdjustmentProposal())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any]) -> Response:
        """Correct a member's points; what one operator may not do alone waits for another"""
        command = AdjustPoints(**body, by=principal().key_id)
        return answer_once(_ANSWER, lambda: adjustments.adjust_points(command, now=now()))

    @blueprint.guarded("operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(Adjustment))
    def get(self, query: dict[str, Any]) -> Page[adjustments.Adjustment]:
        """List the adjustments, the youngest first"""
        return adjustments.list_adjustments(**query)


@blueprint.at("/v1/adjustments/<adjustment_id>")
class OneAdjustment(MethodView):
    @blueprint.guarded("operator")
    @blueprint.answers(200, _ANSWER)
    def get(self, adjustment_id: str) -> adjustments.Adjustment:
        """Show an adjustment"""
        return adjustments.get_adjustment(adjustment_id)


@blueprint.at("/v1/adjustments/<adjustment_id>/approval")
class Approval(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.answers(200, _ANSWER)
    def post(self, adjustment_id: str) -> Response:
        """Post what another operator has proposed"""
        return _decide(adjustment_id, "posted")


@blueprint.at("/v1/adjustments/<adjustment_id>/rejection")
class Rejection(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.answers(200, _ANSWER)
    def post(self, adjustment_id: str) -> Response:
        """Reject what was proposed"""
        return _decide(adjustment_id, "rejected")


def _decide(adjustment_id: str, decision: Decision) -> Response:
    by = principal().key_id
    return answer_once(
        _ANSWER, lambda: adjustments.decide_adjustment(adjustment_id, decision, by, now=now()), status=200
    )
