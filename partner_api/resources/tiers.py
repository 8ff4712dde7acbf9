"""A member's tier, and tiers for sale."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import paid_tiers, tiers
from coalition.services.paid_tiers import BuyTier
from partner_api.blueprint import Blueprint
from partner_api.context import now, own_partner
from partner_api.idempotency import answer_once
from partner_api.schemas.tiers import BoughtTier, TierOrder, TierStanding

blueprint = Blueprint("tiers", __name__, description="Where members stand")

_BOUGHT = BoughtTier()
_NO_TIERS = dict.fromkeys(("tier", "since", "until", "spend_minor", "next_tier", "missing_minor")) | {"perks": ()}


@blueprint.at("/v1/members/<member_id>/tier")
class MemberTier(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, TierStanding())
    def get(self, member_id: str) -> dict[str, Any]:
        """Show a member's tier, and what it takes to the next"""
        return standing_view(member_id)

    @blueprint.guarded("partner", idempotent=True)
    @blueprint.takes(TierOrder())
    @blueprint.answers(201, _BOUGHT)
    def post(self, body: dict[str, Any], member_id: str) -> Response:
        """Sell a member a tier for its term; money stays in your till"""
        command = BuyTier(partner=own_partner(), member=member_id, **body)
        return answer_once(_BOUGHT, lambda: paid_tiers.buy_tier(command, now=now()))


def standing_view(member_id: str) -> dict[str, Any]:
    """Where the member stands, for ``TierStanding``."""
    standing = tiers.member_standing(member_id, now=now())
    return {"member": member_id} | (asdict(standing) if standing else _NO_TIERS)
