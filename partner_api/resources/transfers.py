"""Points from member to member, where the programme allows it."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import transfers
from coalition.services.transfers import TransferPoints
from partner_api.blueprint import Blueprint
from partner_api.context import now, own_partner
from partner_api.idempotency import answer_once
from partner_api.schemas.transfers import Transfer, TransferRequest

blueprint = Blueprint("transfers", __name__, description="Points from member to member")

_ANSWER = Transfer()


@blueprint.at("/v1/transfers")
class Transfers(MethodView):
    @blueprint.guarded("partner", idempotent=True)
    @blueprint.takes(TransferRequest())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any]) -> Response:
        """Give points of one member to another: they keep their issuer and their expiry"""
        command = TransferPoints(partner=own_partner(), **body)
        return answer_once(_ANSWER, lambda: transfers.transfer_points(command, now=now()))
