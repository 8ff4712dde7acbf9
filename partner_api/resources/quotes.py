"""What a receipt would come to."""

from typing import Any

from flask.views import MethodView

from coalition.services.quotes import AskQuote, quote
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal
from partner_api.schemas.quotes import Quote, Receipt

blueprint = Blueprint("quotes", __name__, description="What a receipt would come to")


@blueprint.at("/v1/quotes")
class Quotes(MethodView):
    @blueprint.guarded("partner")
    @blueprint.takes(Receipt())
    @blueprint.answers(200, Quote())
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Reckon a receipt as if it were recorded now; nothing is written, and no Idempotency-Key is needed"""
        partner = principal().partner_id
        assert partner is not None
        quoted = quote(AskQuote(partner=partner, **body), now=now())
        reckoning = quoted.reckoning
        return {
            "accrual": {"points": reckoning.accrual.points, "breakdown": quoted.breakdown},
            "redemption": {
                "max_points": quoted.max_points,
                "points": reckoning.points_redeemed,
                "discount_minor": reckoning.discount_minor,
            },
            "payable_minor": reckoning.payable_minor,
        }
