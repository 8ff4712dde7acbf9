"""How partners pay for points, and what they may still issue."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import packs
from coalition.services.cursors import Page
from coalition.services.packs import BuyPack
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.fields import PageQuery, page_of
from partner_api.schemas.funding import Funding, Pack, PackPurchase

blueprint = Blueprint("funding", __name__, description="Points bought in advance")

_PACK = Pack()
_FUNDING = Funding()


@blueprint.at("/v1/partners/<partner_id>/packs")
class Packs(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(PackPurchase())
    @blueprint.answers(201, _PACK)
    def post(self, body: dict[str, Any], partner_id: str) -> Response:
        """Enter a pack of points that the partner has bought; under the same reference it is bought once"""
        command = BuyPack(partner_id, **body, by=principal().key_id)
        return answer_once(_PACK, lambda: packs.buy_pack(command, now=now()))

    @blueprint.guarded("operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(Pack))
    def get(self, query: dict[str, Any], partner_id: str) -> Page[packs.Pack]:
        """List the partner's packs, the youngest first"""
        return packs.list_packs(partner_id, **query)


@blueprint.at("/v1/partners/<partner_id>/prepayment")
class Prepayment(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.answers(200, _FUNDING)
    def post(self, partner_id: str) -> Response:
        """Let the partner issue only what it has bought from now on"""
        return answer_once(_FUNDING, lambda: packs.switch_to_prepaid(partner_id, now=now()), status=200)


@blueprint.at("/v1/partners/<partner_id>/funding")
class PartnerFunding(MethodView):
    @blueprint.guarded("operator")
    @blueprint.answers(200, _FUNDING)
    def get(self, partner_id: str) -> packs.Funding:
        """Show what a partner has bought, used and left"""
        return packs.funding(partner_id)


@blueprint.at("/v1/funding")
class OwnFunding(MethodView):
    @blueprint.guarded("partner")
    @blueprint.answers(200, _FUNDING)
    def get(self) -> packs.Funding:
        """Show what you have bought, used and left"""
        partner_id = principal().partner_id
        assert partner_id is not None
        return packs.funding(partner_id)
