"""Points set aside at a till."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import holds
from coalition.services.holds import CaptureHold, PlaceHold
from partner_api.blueprint import Blueprint
from partner_api.context import now, own_partner, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.holds import EndedHold, Hold, HoldCapture, HoldPlacement

blueprint = Blueprint("holds", __name__, description="Points set aside at a till")

_ANSWER = Hold()
_ENDED = EndedHold()


@blueprint.at("/v1/holds")
class Holds(MethodView):
    @blueprint.guarded("partner", idempotent=True)
    @blueprint.takes(HoldPlacement())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any]) -> Response:
        """Set points of a member aside, until you know what they pay for"""
        command = PlaceHold(partner=own_partner(), **body)
        return answer_once(_ANSWER, lambda: holds.place_hold(command, now=now()))


@blueprint.at("/v1/holds/<hold_id>")
class OneHold(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, _ANSWER)
    def get(self, hold_id: str) -> holds.Hold:
        """Show a hold of yours; operators see everybody's"""
        return holds.get_hold(hold_id, partner=principal().partner, now=now())


@blueprint.at("/v1/holds/<hold_id>/capture")
class Capture(MethodView):
    @blueprint.guarded("partner", idempotent=True)
    @blueprint.takes(HoldCapture())
    @blueprint.answers(200, _ENDED)
    def post(self, body: dict[str, Any], hold_id: str) -> Response:
        """Redeem the points of a hold, or a part of them; the rest is free again"""
        command = CaptureHold(partner=own_partner(), hold=hold_id, **body)
        return answer_once(_ENDED, lambda: _ended(holds.capture_hold(command, now=now())), status=200)


@blueprint.at("/v1/holds/<hold_id>/void")
class Void(MethodView):
    @blueprint.guarded("partner", idempotent=True)
    @blueprint.answers(200, _ENDED)
    def post(self, hold_id: str) -> Response:
        """Let the points of a hold be free again"""
        partner = own_partner()
        return answer_once(_ENDED, lambda: _ended(holds.void_hold(hold_id, partner, now=now())), status=200)


def _ended(ended: holds.EndedHold) -> dict[str, Any]:
    return asdict(ended.hold) | {"redemption": ended.redemption, "balance": ended.balance}
