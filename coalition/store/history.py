"""The hand-written statements that read what happened: entries, purchases, and how far the ledger has them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from coalition.store.database import execute, from_column


class EntryRow(NamedTuple):
    """``chain_status`` and what follows are those of the chain transaction that records it, once there is one."""

    id: int
    public_id: str
    kind: str
    issuer: str
    partner: str
    points: int
    source: str
    occurred_at: datetime
    recorded_at: datetime
    sequence: int | None
    chain_status: str | None
    chain_tx: str | None
    block: int | None


class PurchaseRow(NamedTuple):
    id: int
    public_id: str
    partner: str
    member: str
    receipt_id: str
    store_id: str | None
    currency: str
    total_minor: int
    discount_minor: int
    points_accrued: int
    points_redeemed: int
    expires_at: datetime
    occurred_at: datetime
    recorded_at: datetime


class LineRow(NamedTuple):
    line_id: str
    rule: str
    points: int


_ENTRIES = (
    "SELECT e.id, e.public_id, e.kind, i.public_id, p.public_id, e.points, e.source, e.occurred_at, e.recorded_at,"
    " e.sequence, t.status, t.hash, t.block_number"
    " FROM entry e JOIN partner i ON i.id = e.issuer_id JOIN partner p ON p.id = e.partner_id"
    " LEFT JOIN chain_tx t ON t.sequence = e.sequence"
)
_PURCHASES = (
    "SELECT p.id, p.public_id, s.public_id, m.public_id, p.receipt_id, p.store_id, p.currency, p.total_minor,"
    " p.discount_minor, p.points_accrued, p.points_redeemed, p.expires_at, p.occurred_at, p.recorded_at"
    " FROM purchase p JOIN partner s ON s.id = p.partner_id JOIN member m ON m.id = p.member_id"
)


def member_entries(member: int, partner: int | None, before: int, limit: int) -> list[EntryRow]:
    """The member's entries below that id, the youngest first; only those of one issuer or partner if it is given."""
    scope, parameters = ("", ()) if partner is None else (" AND (e.issuer_id = ? OR e.partner_id = ?)", (partner,) * 2)
    rows = execute(
        f"{_ENTRIES} WHERE e.member_id = ? AND e.id < ?{scope} ORDER BY e.id DESC LIMIT ?",
        (member, before, *parameters, limit),
    ).fetchall()
    return [EntryRow._make((*row[:7], from_column(row[7]), from_column(row[8]), *row[9:])) for row in rows]


def purchases_before(partner: int | None, before: int, limit: int) -> list[PurchaseRow]:
    """The partner's purchases below that id, the youngest first; everybody's if no partner is given."""
    scope, parameters = ("", ()) if partner is None else (" AND p.partner_id = ?", (partner,))
    rows = execute(
        f"{_PURCHASES} WHERE p.id < ?{scope} ORDER BY p.id DESC LIMIT ?", (before, *parameters, limit)
    ).fetchall()
    return [_purchase(row) for row in rows]


def purchase(public_id: str, partner: int | None) -> PurchaseRow | None:
    """The purchase, if there is one and it is the partner's."""
    scope, parameters = ("", ()) if partner is None else (" AND p.partner_id = ?", (partner,))
    row = execute(f"{_PURCHASES} WHERE p.public_id = ?{scope}", (public_id, *parameters)).fetchone()
    return row and _purchase(row)


def purchase_lines(purchase: int) -> list[LineRow]:
    """What each line of the purchase earned, in the receipt's order."""
    rows = execute(
        "SELECT line_id, rule, points FROM purchase_line WHERE purchase_id = ? ORDER BY position", (purchase,)
    ).fetchall()
    return [LineRow(*row) for row in rows]


def expiring_points(member: int) -> list[tuple[int, datetime]]:
    """``(points, expires_at)`` of what the member has, the soonest first."""
    rows = execute(
        "SELECT SUM(remaining), expires_at FROM lot WHERE member_id = ? AND remaining > 0"
        " GROUP BY expires_at ORDER BY expires_at",
        (member,),
    ).fetchall()
    return [(int(points), from_column(expires_at)) for points, expires_at in rows]


def member_balance(public_id: str) -> tuple[int, int] | None:
    """``(id, balance)`` of the member."""
    row: tuple[int, int] | None = execute("SELECT id, balance FROM member WHERE public_id = ?", (public_id,)).fetchone()
    return row


def _purchase(row: Sequence[Any]) -> PurchaseRow:
    return PurchaseRow._make((*row[:11], *(from_column(moment) for moment in row[11:])))
