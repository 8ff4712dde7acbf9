"""Payments: due once a period is settled, confirmed by whoever gets them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import payments, settlement
from coalition.services.cursors import page, read_cursor
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal
from partner_api.idempotency import answer_once
from partner_api.parties import shown_parties
from partner_api.schemas.fields import page_of
from partner_api.schemas.payments import Confirmation, Payment, PaymentToConfirm
from partner_api.schemas.statements import PeriodPageQuery

blueprint = Blueprint("payments", __name__, description="The fewest payments that clear a period")

_ANSWER = Payment()


@blueprint.at("/v1/payments")
class Payments(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PeriodPageQuery(), "query")
    @blueprint.answers(200, page_of(Payment))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List what you pay and get, in the order in which it was planned; operators see everybody's"""
        number = settlement.period(query["period"], now=now()).number if query["period"] else None
        after = read_cursor("payments", query["cursor"], default=0)
        rows = [each for each in payments.list_payments(number, principal().partner) if each.number > after]
        shown = page("payments", rows, query["limit"], lambda each: each.number)
        return {"data": view_payments(shown.data), "next_cursor": shown.next_cursor}


@blueprint.at("/v1/payments/<payment_id>")
class OnePayment(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, PaymentToConfirm())
    def get(self, payment_id: str) -> dict[str, Any]:
        """Show a payment, with what its payee signs where it confirms on the chain, too"""
        party = principal().partner
        shown = view_payments([payments.get_payment(payment_id, party)])[0]
        return shown | {"to_sign": payments.confirmation_to_sign(payment_id, party)}


@blueprint.at("/v1/payments/<payment_id>/confirmation")
class PaymentConfirmation(MethodView):
    @blueprint.guarded("partner", "operator", idempotent=True)
    @blueprint.takes(Confirmation())
    @blueprint.answers(200, _ANSWER)
    def post(self, body: dict[str, Any], payment_id: str) -> Response:
        """Confirm that a payment to you has come; operators confirm what anybody has got"""
        me, signature = principal(), body["signature"]

        def confirm() -> dict[str, Any]:
            return view_payments([payments.confirm_payment(payment_id, me.partner, signature, me.key_id, now=now())])[0]

        return answer_once(_ANSWER, confirm, status=200)


def view_payments(found: Sequence[payments.Payment]) -> list[dict[str, Any]]:
    """In the form of the schema."""
    parties = shown_parties()
    names = {period.number: period.name for period in settlement.periods(now=now())}
    return [
        asdict(each) | {"payer": parties[each.payer], "payee": parties[each.payee], "period": names[each.period]}
        for each in found
    ]
