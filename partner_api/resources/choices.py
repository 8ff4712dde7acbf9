"""Categories of the month, which members pick."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import choices
from partner_api.blueprint import Blueprint
from partner_api.context import now
from partner_api.idempotency import answer_once
from partner_api.schemas.choices import CategoryChoice, OpenChoice, OpenChoices

blueprint = Blueprint("choices", __name__, description="Categories of the month")

_ANSWER = OpenChoice()


@blueprint.at("/v1/members/<member_id>/choices")
class MemberChoices(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, OpenChoices())
    def get(self, member_id: str) -> dict[str, Any]:
        """Show what a member can choose for this month and the next, and has chosen"""
        return {"member": member_id, "choices": choices.choices(member_id, now=now())}

    @blueprint.guarded("partner", idempotent=True)
    @blueprint.takes(CategoryChoice())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any], member_id: str) -> Response:
        """Pick a member's categories for a month, once"""
        return answer_once(_ANSWER, lambda: choices.choose(member_id, **body, now=now()))
