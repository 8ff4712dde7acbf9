"""The hand-written statements for purchases and their lines."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from coalition.store.database import chunks, execute, insert_rows, placeholders, reserve_ids
from coalition.store.tables import Award, Purchase, PurchaseLine


class PurchaseRow(NamedTuple):
    public_id: str
    partner_id: int
    member_id: int
    receipt_id: str
    store_id: str | None
    currency: str
    total_minor: int
    discount_minor: int
    points_accrued: int
    points_redeemed: int
    document_hash: str
    available_at: str
    expires_at: str
    occurred_at: str
    recorded_at: str


class LineRow(NamedTuple):
    position: int
    line_id: str
    sku: str
    category: str
    name: str | None
    quantity: int
    amount_minor: int
    discounted: bool
    discount_minor: int
    excluded_by: str | None


class AwardRow(NamedTuple):
    position: int
    rule: str
    issuer_id: int
    points: int


class NewPurchase(NamedTuple):
    """A purchase with all that belongs to it."""

    purchase: PurchaseRow
    lines: list[LineRow]
    awards: list[AwardRow]


def recorded_receipts(receipts: Iterable[tuple[int, str]]) -> dict[tuple[int, str], str]:
    """``{(partner, receipt_id): purchase id}`` for those receipts that are recorded already."""
    by_partner: dict[int, list[str]] = {}
    for partner, receipt_id in receipts:
        by_partner.setdefault(partner, []).append(receipt_id)
    found: dict[tuple[int, str], str] = {}
    for partner, receipt_ids in by_partner.items():
        for chunk in chunks(receipt_ids):
            rows = execute(
                "SELECT receipt_id, public_id FROM purchase"
                f" WHERE partner_id = ? AND receipt_id IN ({placeholders(len(chunk))})",
                (partner, *chunk),
            ).fetchall()
            found |= {(partner, receipt_id): public_id for receipt_id, public_id in rows}
    return found


def insert_purchases(new: Sequence[NewPurchase]) -> None:
    """Write the purchases in this order, each with its lines and what they earned."""
    ids = reserve_ids(Purchase, len(new))
    numbered = list(zip(ids, new, strict=True))
    insert_rows(Purchase, ("id", *PurchaseRow._fields), ((id_, *each.purchase) for id_, each in numbered))
    insert_rows(
        PurchaseLine,
        ("purchase_id", *LineRow._fields),
        ((id_, *line) for id_, each in numbered for line in each.lines),
    )
    insert_rows(
        Award, ("purchase_id", *AwardRow._fields), ((id_, *award) for id_, each in numbered for award in each.awards)
    )
