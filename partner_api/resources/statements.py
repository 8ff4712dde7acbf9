"""Statements: partners read theirs, acknowledge them or dispute a line; operators see everybody's."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.domain.rate_cards import OPERATOR, POOL
from coalition.errors import Forbidden
from coalition.services import disputes, settlement, statements
from coalition.services.statements import Issued
from partner_api.blueprint import Blueprint
from partner_api.context import now, own_partner, principal
from partner_api.idempotency import answer_once
from partner_api.paging import youngest_first
from partner_api.parties import shown_parties
from partner_api.schemas.fields import page_of
from partner_api.schemas.statements import (
    Acknowledgement,
    Dispute,
    LineQuery,
    LineToDispute,
    Objection,
    PeriodPageQuery,
    Statement,
    StatementSummary,
)

blueprint = Blueprint("statements", __name__, description="What each partner is told of a period")

_SUMMARY = StatementSummary()
_DISPUTE = Dispute()


@blueprint.at("/v1/statements")
class Statements(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PeriodPageQuery(), "query")
    @blueprint.answers(200, page_of(StatementSummary))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List your statements, the youngest period first; operators see everybody's"""
        name = query.pop("period")
        number = settlement.period(name, now=now()).number if name else None
        shown = youngest_first("statements", statements.list_statements(principal().partner, number), **query)
        return {"data": _summaries(shown.data), "next_cursor": shown.next_cursor}


@blueprint.at("/v1/statements/<statement_id>")
class OneStatement(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, Statement())
    def get(self, statement_id: str) -> dict[str, Any]:
        """Show a statement of yours, with its disputes; its lines are in its files"""
        party = principal().partner
        shown = _whole(statements.get_statement(statement_id, party))
        return shown | {"to_sign": statements.acknowledgement_to_sign(statement_id, party)}


@blueprint.at("/v1/statements/<statement_id>/acknowledgement")
class StatementAcknowledgement(MethodView):
    @blueprint.guarded("partner", "operator", idempotent=True)
    @blueprint.takes(Acknowledgement())
    @blueprint.answers(200, _SUMMARY)
    def post(self, body: dict[str, Any], statement_id: str) -> Response:
        """Accept your statement, the one with this root; operators accept their own, and the pool's"""
        root, signature, by = body["root"].lower(), body["signature"], principal().key_id

        def acknowledge() -> dict[str, Any]:
            party = _signing_party(statement_id)
            issued = statements.acknowledge(statement_id, party, root, signature, by, now=now())
            settlement.settle_accepted(now=now())
            return _summaries([issued])[0]

        return answer_once(_SUMMARY, acknowledge, status=200)


@blueprint.at("/v1/statements/<statement_id>/dispute")
class StatementDispute(MethodView):
    @blueprint.guarded("partner")
    @blueprint.takes(LineQuery(), "query")
    @blueprint.answers(200, LineToDispute())
    def get(self, query: dict[str, Any], statement_id: str) -> dict[str, Any]:
        """Show what you sign where you dispute a line on the chain, too"""
        line: str = query["line"]
        return {"line": line, "to_sign": disputes.dispute_to_sign(statement_id, own_partner(), line, now=now())}

    @blueprint.guarded("partner", idempotent=True)
    @blueprint.takes(Objection())
    @blueprint.answers(201, _DISPUTE)
    def post(self, body: dict[str, Any], statement_id: str) -> Response:
        """Say which line of your statement you do not accept, and why"""
        by, party = principal().key_id, own_partner()
        return answer_once(_DISPUTE, lambda: disputes.dispute(statement_id, party, **body, by=by, now=now()))


def _signing_party(statement_id: str) -> int:
    """For whom the caller accepts this statement.

    :raises Forbidden: an operator would accept a partner's.
    """
    if (own := principal().partner) is not None:
        return own
    party = statements.get_statement(statement_id).statement.partner
    if party not in (OPERATOR, POOL):
        raise Forbidden(role="partner")
    return party


def _summaries(issued: list[Issued]) -> list[dict[str, Any]]:
    parties = shown_parties()
    names = {period.id: period.name for period in settlement.periods(now=now())}
    return [
        asdict(each.statement)
        | asdict(each)
        | {"partner": parties[each.statement.partner], "period": names[each.statement.period]}
        for each in issued
    ]


def _whole(issued: Issued) -> dict[str, Any]:
    parties = shown_parties()
    totals = [
        asdict(total)
        | {
            "counterparty": parties[total.counterparty],
            "issuer": None if total.issuer is None else parties[total.issuer],
        }
        for total in issued.statement.totals
    ]
    return _summaries([issued])[0] | {"totals": totals, "disputes": disputes.list_disputes(issued.statement.id)}
