"""The operator's view of the merchants."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import partners
from coalition.services.cursors import page, read_cursor
from coalition.services.partners import UNLIMITED
from partner_api.blueprint import Blueprint
from partner_api.context import now
from partner_api.idempotency import answer_once
from partner_api.schemas.fields import PageQuery, page_of
from partner_api.schemas.partners import Partner, PartnerChange, PartnerRegistration

blueprint = Blueprint("partners", __name__, description="Who takes part")

_ANSWER = Partner()


@blueprint.at("/v1/partners")
class Partners(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(PartnerRegistration())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any]) -> Response:
        """Take a merchant, or a charity, into the coalition"""
        terms = body | {"limit": _points(body["limit"])}
        return answer_once(_ANSWER, lambda: _view(partners.register_partner(**terms, now=now())))

    @blueprint.guarded("operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(Partner))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the partners, by number"""
        after = read_cursor("partners", query["cursor"], default=0)
        rows = [each for each in partners.list_partners() if each.number > after]
        shown = page("partners", rows, query["limit"], lambda each: each.number)
        return {"data": [_view(each) for each in shown.data], "next_cursor": shown.next_cursor}


@blueprint.at("/v1/partners/<partner_id>")
class OnePartner(MethodView):
    @blueprint.guarded("operator")
    @blueprint.answers(200, _ANSWER)
    def get(self, partner_id: str) -> dict[str, Any]:
        """Show a partner"""
        return _view(partners.get_partner(partner_id))

    @blueprint.guarded("operator")
    @blueprint.takes(PartnerChange())
    @blueprint.answers(200, _ANSWER)
    def patch(self, body: dict[str, Any], partner_id: str) -> dict[str, Any]:
        """Suspend a partner, reinstate it, limit what it may have outstanding, or name its stores"""
        limit = _points(body["limit"]) if "limit" in body else None
        return _view(
            partners.change_partner(partner_id, status=body.get("status"), limit=limit, stores=body.get("stores"))
        )


def _points(limit: int | None) -> int:
    return UNLIMITED if limit is None else limit


def _view(partner: partners.Partner) -> dict[str, Any]:
    limit = None if partner.limit == UNLIMITED else partner.limit
    return asdict(partner) | {"limit": limit, "stores": sorted(partner.stores)}
