"""Receipts from tills, and what became of them."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import history, purchases, traits
from coalition.services.purchases import RecordPurchase
from partner_api.blueprint import Blueprint
from partner_api.context import now, own_partner, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.fields import PageQuery, page_of
from partner_api.schemas.purchases import Purchase, PurchaseReceipt, PurchaseSummary, RecordedPurchase

blueprint = Blueprint("purchases", __name__, description="Receipts, and the points they earn and cost")

_ANSWER = RecordedPurchase()


@blueprint.at("/v1/purchases")
class Purchases(MethodView):
    @blueprint.guarded("partner", idempotent=True)
    @blueprint.takes(PurchaseReceipt())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any]) -> Response:
        """Record a receipt: the member earns points, and may pay with points"""
        card = body.pop("payment_card")
        command = RecordPurchase(partner=own_partner(), **body)
        return answer_once(_ANSWER, lambda: _recorded(_record(command, card)))

    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(PurchaseSummary))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List your purchases, the youngest first; operators see everybody's"""
        shown = history.purchases(partner=principal().partner, **query)
        return {"data": [_past(each) for each in shown.data], "next_cursor": shown.next_cursor}


@blueprint.at("/v1/purchases/<purchase_id>")
class OnePurchase(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, Purchase())
    def get(self, purchase_id: str) -> dict[str, Any]:
        """Show a purchase of yours, and how far the ledger has it"""
        return _past(history.purchase(purchase_id, partner=principal().partner))


def _record(command: RecordPurchase, card: str | None) -> purchases.RecordedPurchase:
    recorded = purchases.record_purchase(command, now=now())
    if card is not None:
        traits.note_trait(command.member, "payment_card", card, now())
    return recorded


def _recorded(purchase: purchases.RecordedPurchase) -> dict[str, Any]:
    moved = purchase.points_accrued or purchase.points_redeemed
    return {
        "id": purchase.id,
        "accrual": {
            "points": purchase.points_accrued,
            "available_at": purchase.available_at,
            "expires_at": purchase.expires_at,
            "breakdown": purchase.breakdown,
        },
        "redemption": _redemption(purchase.points_redeemed, purchase.discount_minor),
        "payable_minor": purchase.payable_minor,
        "balance": purchase.balance,
        "ledger": {"status": "pending"} if moved else {"status": "none"},
    }


def _past(purchase: history.PastPurchase) -> dict[str, Any]:
    return asdict(purchase) | {
        "accrual": {
            "points": purchase.points_accrued,
            "available_at": purchase.available_at,
            "expires_at": purchase.expires_at,
            "breakdown": purchase.lines,
        },
        "redemption": _redemption(purchase.points_redeemed, purchase.discount_minor),
        "payable_minor": purchase.total_minor - purchase.discount_minor,
    }


def _redemption(points: int, discount_minor: int) -> dict[str, int] | None:
    return {"points": points, "discount_minor": discount_minor} if points else None
