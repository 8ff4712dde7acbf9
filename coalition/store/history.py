"""The hand-written statements that read what happened: entries, purchases, and how far the ledger has them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from coalition.domain.lots import Lot
from coalition.store.database import chunks, execute, from_column, placeholders
from coalition.store.ledger import LIVE


class BalanceRow(NamedTuple):
    id: int
    balance: int
    debt: int


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
    refunded_minor: int
    points_given_back: int
    available_at: datetime
    expires_at: datetime
    occurred_at: datetime
    recorded_at: datetime


class LineRow(NamedTuple):
    """Points of a line; where there are none there is no funder, and the rule may be the one that excludes it."""

    line_id: str
    rule: str
    points: int
    funder: str | None


_ENTRIES = (
    "SELECT e.id, e.public_id, e.kind, i.public_id, p.public_id, e.points, e.source, e.occurred_at, e.recorded_at,"
    " e.sequence, t.status, t.hash, t.block_number"
    " FROM entry e JOIN partner i ON i.id = e.issuer_id JOIN partner p ON p.id = e.partner_id"
    f" LEFT JOIN chain_tx t ON t.sequence = e.sequence AND t.{LIVE}"
)
_PURCHASES = (
    "SELECT p.id, p.public_id, s.public_id, m.public_id, p.receipt_id, p.store_id, p.currency, p.total_minor,"
    " p.discount_minor, p.points_accrued, p.points_redeemed, p.refunded_minor, p.points_given_back,"
    " p.available_at, p.expires_at, p.occurred_at, p.recorded_at"
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


def purchase_awards(purchase: int) -> list[LineRow]:
    """What each line of the purchase earned by which rule at whose cost, in the receipt's order; or that it did not."""
    rows = execute(
        "SELECT l.line_id, COALESCE(a.rule, l.excluded_by, 'base'), COALESCE(a.points, 0), i.public_id"
        " FROM purchase_line l LEFT JOIN award a ON a.purchase_id = l.purchase_id AND a.position = l.position"
        " LEFT JOIN partner i ON i.id = a.issuer_id"
        " WHERE l.purchase_id = ? ORDER BY l.position, a.rule, a.issuer_id",
        (purchase,),
    ).fetchall()
    return [LineRow(*row) for row in rows]


def member_balance(public_id: str) -> BalanceRow | None:
    row = execute("SELECT id, balance, debt FROM member WHERE public_id = ?", (public_id,)).fetchone()
    return row and BalanceRow(*row)


def member_lots(member: int) -> list[Lot]:
    """What the member has, the earliest expiry first."""
    rows = execute(
        "SELECT entry_id, issuer_id, remaining, expires_at, held, pending_until FROM lot"
        " WHERE member_id = ? AND remaining > 0 ORDER BY expires_at, entry_id",
        (member,),
    ).fetchall()
    return [
        Lot(id_, issuer, remaining, from_column(expires_at), held, pending_until and from_column(pending_until))
        for id_, issuer, remaining, expires_at, held, pending_until in rows
    ]


def birth_dates(members: Sequence[int]) -> dict[int, date]:
    """``{member: birth date}`` of those who gave one."""
    found: dict[int, date] = {}
    for chunk in chunks(members):
        rows = execute(
            f"SELECT id, birth_date FROM member WHERE birth_date IS NOT NULL AND id IN ({placeholders(len(chunk))})",
            chunk,
        ).fetchall()
        found |= {id_: born if isinstance(born, date) else date.fromisoformat(born) for id_, born in rows}
    return found


def _purchase(row: Sequence[Any]) -> PurchaseRow:
    return PurchaseRow._make((*row[:13], *(from_column(moment) for moment in row[13:])))
