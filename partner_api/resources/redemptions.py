"""Points spent without a purchase."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import redemptions
from coalition.services.redemptions import RedeemPoints
from partner_api.blueprint import Blueprint
from partner_api.context import now, own_partner, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.redemptions import (
    ChangedRedemption,
    Donation,
    DonationRequest,
    PointsRedemption,
    RedemptionRequest,
)

blueprint = Blueprint("redemptions", __name__, description="Points spent without a purchase")

_ANSWER = ChangedRedemption()
_DONATION = Donation()


@blueprint.at("/v1/redemptions")
class Redemptions(MethodView):
    @blueprint.guarded("partner", idempotent=True)
    @blueprint.takes(RedemptionRequest())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any]) -> Response:
        """Redeem points at your till, without a receipt"""
        command = RedeemPoints(partner=own_partner(), **body)
        return answer_once(_ANSWER, lambda: _changed(redemptions.redeem_points(command, now=now())))


@blueprint.at("/v1/redemptions/<redemption_id>")
class OneRedemption(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, PointsRedemption())
    def get(self, redemption_id: str) -> redemptions.Redemption:
        """Show a redemption at your till, or of a donation to you; operators see everybody's"""
        return redemptions.get_redemption(redemption_id, principal().partner)


@blueprint.at("/v1/redemptions/<redemption_id>/reversal")
class Reversal(MethodView):
    @blueprint.guarded("partner", "operator", idempotent=True)
    @blueprint.answers(200, _ANSWER)
    def post(self, redemption_id: str) -> Response:
        """Give all the points of a redemption back"""
        partner = principal().partner
        return answer_once(
            _ANSWER, lambda: _changed(redemptions.reverse_redemption(redemption_id, partner, now=now())), status=200
        )


@blueprint.at("/v1/donations")
class Donations(MethodView):
    @blueprint.guarded("partner", idempotent=True)
    @blueprint.takes(DonationRequest())
    @blueprint.answers(201, _DONATION)
    def post(self, body: dict[str, Any]) -> Response:
        """Give a member's points to a charity: a redemption there"""
        charity = body.pop("charity")
        command = RedeemPoints(partner=own_partner(), **body)

        def donate() -> dict[str, Any]:
            return _changed(redemptions.donate_points(charity, command, now=now())) | {"charity": charity}

        return answer_once(_DONATION, donate)


def _changed(changed: redemptions.ChangedRedemption) -> dict[str, Any]:
    return asdict(changed.redemption) | {"balance": changed.balance}
