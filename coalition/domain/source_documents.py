"""The documents that entries come from: their hashes go into the ledger with the points, and nothing else of them does.

Whoever records something makes its document here, and so does whoever compares what is recorded with the ledger. Ids
are public ones, moments are as ``to_column`` writes them.
"""

from collections.abc import Iterable
from typing import Any


def purchase_document(
    partner: str,
    member: str,
    receipt_id: str,
    occurred_at: str,
    store_id: str | None,
    currency: str,
    points_redeemed: int,
    lines: list[dict[str, Any]],
) -> dict[str, Any]:
    """What the till sent, so that the partner can compute it again; ``lines`` by ``line_document``."""
    return {
        "partner": partner,
        "member": member,
        "receipt_id": receipt_id,
        "occurred_at": occurred_at,
        "store_id": store_id,
        "currency": currency,
        "points_redeemed": points_redeemed,
        "lines": lines,
    }


def line_document(line_id: str, sku: str, category: str, quantity: int, amount_minor: int) -> dict[str, Any]:
    return {"line_id": line_id, "sku": sku, "category": category, "quantity": quantity, "amount_minor": amount_minor}


def return_document(
    id_: str, purchase: str, return_id: str, occurred_at: str, lines: Iterable[tuple[str, int]]
) -> dict[str, Any]:
    """Which goods came back: pairs of line id and quantity, in the order in which the till named them."""
    return {
        "return": id_,
        "purchase": purchase,
        "return_id": return_id,
        "occurred_at": occurred_at,
        "lines": [{"line_id": line_id, "quantity": quantity} for line_id, quantity in lines],
    }


def redemption_document(
    id_: str, partner: int, member: str, points: int, reference: str, occurred_at: str
) -> dict[str, Any]:
    """``partner`` is the redeemer's number."""
    return {
        "redemption": id_,
        "partner": partner,
        "member": member,
        "points": points,
        "reference": reference,
        "occurred_at": occurred_at,
    }


def repayment_document(id_: str, debt: str, points: int) -> dict[str, Any]:
    return {"debt": debt, "repayment": id_, "points": points}


def expiry_document(id_: str, points: int, expires_at: str) -> dict[str, Any]:
    return {"expiry": id_, "points": points, "expires_at": expires_at}


def adjustment_document(id_: str, member: str, issuer: str, points: int) -> dict[str, Any]:
    """The reason stays with us: it may name a person."""
    return {"adjustment": id_, "member": member, "issuer": issuer, "points": points}


def gift_document(id_: str, member: str, points: int) -> dict[str, Any]:
    return {"gift": id_, "member": member, "points": points}


def transfer_document(id_: str, sender: str, recipient: str, points: int) -> dict[str, Any]:
    """Of all the points, in however many pairs of entries they went."""
    return {"transfer": id_, "sender": sender, "recipient": recipient, "points": points}


def tier_purchase_document(id_: str, member: str, tier: str, points: int) -> dict[str, Any]:
    return {"tier_purchase": id_, "member": member, "tier": tier, "points": points}


def revocation_document(grant: str, member: str) -> dict[str, Any]:
    """What takes back the reward of a grant."""
    return {"revoked_grant": grant, "member": member}
