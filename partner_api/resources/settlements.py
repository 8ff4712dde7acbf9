"""Settlement as operators see it: close a period, and watch what becomes of it."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import payments, settlement
from coalition.services.settlement import Outlook, Period
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal
from partner_api.idempotency import answer_once
from partner_api.paging import youngest_first
from partner_api.parties import shown_parties
from partner_api.resources.payments import view_payments
from partner_api.schemas.fields import PageQuery, page_of
from partner_api.schemas.settlements import PeriodName, Settlement, SettlementSummary

blueprint = Blueprint("settlements", __name__, description="Closed periods, and who owes whom for them")

_ANSWER = Settlement()


@blueprint.at("/v1/settlements")
class Settlements(MethodView):
    @blueprint.guarded("operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(SettlementSummary))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the closed periods, the youngest first"""
        shown = youngest_first("settlements", settlement.periods(now=now())[::-1], **query)
        return {"data": [_summary(each) for each in shown.data], "next_cursor": shown.next_cursor}

    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(PeriodName())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any]) -> Response:
        """Close a period, with a statement for everybody"""
        by = principal().key_id
        return answer_once(_ANSWER, lambda: _whole(settlement.close(body["period"], by, now=now())))


@blueprint.at("/v1/settlements/<period>")
class OneSettlement(MethodView):
    @blueprint.guarded("operator")
    @blueprint.answers(200, _ANSWER)
    def get(self, period: str) -> dict[str, Any]:
        """Show what a closed period came to; it is found by its name, its id or its number"""
        return _whole(settlement.period(period, now=now()))


def _summary(found: Period) -> dict[str, Any]:
    days = {"first_day": found.days.first, "last_day": found.days.last}
    return asdict(found) | days | {"period": found.name}


def _whole(found: Period) -> dict[str, Any]:
    planned = view_payments(payments.list_payments(found.number))
    return _summary(found) | _result(settlement.result(found)) | {"payments": planned}


def _result(found: Outlook) -> dict[str, Any]:
    parties = shown_parties()
    return {
        "accounts": [
            account._asdict()
            | total._asdict()
            | {
                "payer": parties[account.payer],
                "payee": parties[account.payee],
                "cause": account.cause.value,
                "issuer": None if account.issuer is None else parties[account.issuer],
            }
            for account, total in found.totals.items()
        ],
        "positions": [
            {"party": parties[party], "amount_minor": amount, "currency": currency}
            for currency, nets in sorted(found.positions.items())
            for party, amount in sorted(nets.items())
        ],
        "transfers": [
            {
                "payer": parties[transfer.payer],
                "payee": parties[transfer.payee],
                "amount_minor": transfer.amount_minor,
                "currency": currency,
            }
            for currency, transfers in found.transfers.items()
            for transfer in transfers
        ],
    }
