"""Goods that come back to the till."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import returns
from coalition.services.returns import ReturnGoods
from partner_api.blueprint import Blueprint
from partner_api.context import now, own_partner
from partner_api.idempotency import answer_once
from partner_api.schemas.returns import GoodsReturn, RecordedReturn

blueprint = Blueprint("returns", __name__, description="Goods that come back")

_ANSWER = RecordedReturn()


@blueprint.at("/v1/purchases/<purchase_id>/returns")
class Returns(MethodView):
    @blueprint.guarded("partner", idempotent=True)
    @blueprint.takes(GoodsReturn())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any], purchase_id: str) -> Response:
        """Undo a purchase of yours for the goods that came back, whole or in part"""
        command = ReturnGoods(partner=own_partner(), purchase=purchase_id, **body)
        return answer_once(_ANSWER, lambda: returns.return_goods(command, now=now()))
