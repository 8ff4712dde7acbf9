"""Disputes, which operators answer, and corrections: money that moves by hand in the next period."""

from datetime import datetime
from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import corrections, disputes, settlement
from coalition.services.cursors import page, read_cursor
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal
from partner_api.idempotency import answer_once
from partner_api.parties import known_party, shown_parties
from partner_api.schemas.fields import page_of
from partner_api.schemas.settlements import Correction, CorrectionOrder, DisputeAnswer, DisputeQuery
from partner_api.schemas.statements import Dispute

blueprint = Blueprint("disputes", __name__, description="Lines that partners do not accept, and corrections")

_DISPUTE = Dispute()
_CORRECTION = Correction()


@blueprint.at("/v1/disputes")
class Disputes(MethodView):
    @blueprint.guarded("operator")
    @blueprint.takes(DisputeQuery(), "query")
    @blueprint.answers(200, page_of(Dispute))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the disputes, the oldest first"""
        after = read_cursor("disputes", query["cursor"], default=0)
        # Numbered before the answered ones are left out: a cursor is good also when one is answered meanwhile.
        numbered = list(enumerate(disputes.list_disputes(), start=1))
        rows = [each for each in numbered if each[0] > after and not (query["open"] and each[1].answer)]
        shown = page("disputes", rows, query["limit"], lambda each: each[0])
        return {"data": [dispute for _, dispute in shown.data], "next_cursor": shown.next_cursor}


@blueprint.at("/v1/disputes/<dispute_id>/answer")
class Answer(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(DisputeAnswer())
    @blueprint.answers(200, _DISPUTE)
    def post(self, body: dict[str, Any], dispute_id: str) -> Response:
        """Reject a dispute, or correct the line in the next period"""
        given, by = body.pop("answer"), principal().key_id

        def answer() -> disputes.Dispute:
            if "counterparty" in body:
                known_party(body["counterparty"])
            answered = disputes.answer(dispute_id, given, **body, by=by, now=now())
            settlement.settle_accepted(now=now())
            return answered

        return answer_once(_DISPUTE, answer, status=200)


@blueprint.at("/v1/corrections")
class Corrections(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(CorrectionOrder())
    @blueprint.answers(201, _CORRECTION)
    def post(self, body: dict[str, Any]) -> Response:
        """Let one party owe another an amount in the next period"""
        by = principal().key_id

        def correct() -> dict[str, Any]:
            known_party(body["payer"])
            known_party(body["payee"])
            made, parties = corrections.correct(**body, by=by, now=now()), shown_parties()
            sides = {"payer": parties[made.payer], "payee": parties[made.payee]}
            return made._asdict() | sides | {"created_at": datetime.fromisoformat(made.created_at)}

        return answer_once(_CORRECTION, correct)
