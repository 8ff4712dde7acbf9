"""Partners that leave the coalition."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import offboarding
from coalition.services.offboarding import OffboardPartner
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.offboarding import Offboarding, OffboardingOrder

blueprint = Blueprint("offboarding", __name__, description="Partners that leave")

_ANSWER = Offboarding()


@blueprint.at("/v1/partners/<partner_id>/offboarding")
class PartnerOffboarding(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(OffboardingOrder())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any], partner_id: str) -> Response:
        """Have the partner leave: it stops at once, and its points stay spendable at others for a time"""
        command = OffboardPartner(partner_id, **body, by=principal().key_id)
        return answer_once(_ANSWER, lambda: offboarding.offboard_partner(command, now=now()))

    @blueprint.guarded("operator")
    @blueprint.answers(200, _ANSWER)
    def get(self, partner_id: str) -> offboarding.Offboarding:
        """Show how far the partner's leaving is, and what its deposit still covers"""
        return offboarding.get_offboarding(partner_id, now=now())
