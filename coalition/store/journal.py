"""The journal's hand-written statements: the hot path of every purchase."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from coalition.domain.lots import Lot, LotUse
from coalition.store.database import (
    chunks,
    execute,
    execute_many,
    from_column,
    insert_rows,
    is_postgresql,
    placeholders,
    reserve_ids,
    to_column,
)
from coalition.store.tables import Debt as DebtTable
from coalition.store.tables import DebtRepayment, Entry
from coalition.store.tables import Lot as LotTable
from coalition.store.tables import LotUse as LotUseTable

"""Parameters of one ``IN`` list."""


class EntryRow(NamedTuple):
    """A new journal entry, without its id."""

    public_id: str
    kind: str
    issuer_id: int
    partner_id: int
    member_id: int
    points: int
    source: str
    document_hash: str
    occurred_at: str
    recorded_at: str


class MemberRow(NamedTuple):
    id: int
    public_id: str
    balance: int
    pending: int
    held: int
    debt: int


class LotRow(NamedTuple):
    entry_id: int
    member_id: int
    issuer_id: int
    points: int
    remaining: int
    held: int
    pending_until: str | None
    expires_at: str


class IssuerRow(NamedTuple):
    name: str
    status: str
    outstanding: int
    issued: int
    limit_points: int
    prepaid: bool


class RepaymentRow(NamedTuple):
    public_id: str
    debt_id: int
    points: int
    created_at: str


@dataclass(slots=True)
class Debt:
    """What is left of a debt. While its creditor is suspended nothing can be redeemed there, so nothing repaid."""

    id: int
    public_id: str
    creditor: int
    remaining: int
    creditor_active: bool


_LOT = "entry_id, issuer_id, remaining, expires_at, held, pending_until"


def lock_members(public_ids: Iterable[str]) -> list[MemberRow]:
    """Those that exist; nobody else changes them until the transaction ends."""
    wanted = sorted(set(public_ids))
    lock = " FOR UPDATE" if is_postgresql() else ""
    rows: list[MemberRow] = []
    for chunk in chunks(wanted):
        rows += map(
            MemberRow._make,
            execute(
                f"SELECT {', '.join(MemberRow._fields)} FROM member"
                f" WHERE public_id IN ({placeholders(len(chunk))}) ORDER BY public_id{lock}",
                chunk,
            ).fetchall(),
        )
    return rows


def open_lots(members: Sequence[int]) -> dict[int, dict[int, Lot]]:
    """``{member: {lot id: lot}}`` of the lots that still hold points."""
    found: dict[int, dict[int, Lot]] = {member: {} for member in members}
    for chunk in chunks(members):
        for member, *row in execute(
            f"SELECT member_id, {_LOT} FROM lot WHERE remaining > 0 AND member_id IN ({placeholders(len(chunk))})",
            chunk,
        ).fetchall():
            found[member][row[0]] = _lot(row)
    return found


def lots(ids: Sequence[int]) -> list[Lot]:
    """The lots of these entries, whether or not they still hold points."""
    found: list[Lot] = []
    for chunk in chunks(ids):
        rows = execute(f"SELECT {_LOT} FROM lot WHERE entry_id IN ({placeholders(len(chunk))})", chunk).fetchall()
        found += map(_lot, rows)
    return found


def lots_of_source(source: str) -> list[int]:
    """The lots that were issued because of this: one for each issuer, or fewer."""
    rows = execute("SELECT l.entry_id FROM lot l JOIN entry e ON e.id = l.entry_id WHERE e.source = ?", (source,))
    return [row[0] for row in rows.fetchall()]


def given_by(source: str) -> dict[int, int]:
    """``{issuer: points}`` that were issued because of this."""
    rows = execute(
        "SELECT l.issuer_id, l.points FROM lot l JOIN entry e ON e.id = l.entry_id WHERE e.source = ?", (source,)
    ).fetchall()
    return {issuer: int(points) for issuer, points in rows}


def open_debts(members: Sequence[int]) -> list[list[Debt]]:
    """What each of the members owes, the oldest first."""
    found: dict[int, list[Debt]] = {member: [] for member in members}
    for chunk in chunks(members):
        for member, id_, public_id, creditor, remaining, status in execute(
            "SELECT d.member_id, d.id, d.public_id, d.creditor_id, d.remaining, p.status FROM debt d"
            " JOIN partner p ON p.id = d.creditor_id"
            f" WHERE d.remaining > 0 AND d.member_id IN ({placeholders(len(chunk))}) ORDER BY d.id",
            chunk,
        ).fetchall():
            found[member].append(Debt(id_, public_id, creditor, remaining, status == "active"))
    return list(found.values())


def insert_debt(
    public_id: str, member: int, creditor: int, points: int, held: bool, source: str, created_at: str
) -> Debt:
    (id_,) = reserve_ids(DebtTable, 1)
    columns = ("id", "public_id", "member_id", "creditor_id", "points", "remaining", "held", "source", "created_at")
    insert_rows(DebtTable, columns, [(id_, public_id, member, creditor, points, points, held, source, created_at)])
    status = execute("SELECT status FROM partner WHERE id = ?", (creditor,)).fetchone()[0]
    return Debt(id_, public_id, creditor, points, creditor_active=status == "active")


def update_debts(debts: Iterable[Debt]) -> None:
    execute_many("UPDATE debt SET remaining = ? WHERE id = ?", ((debt.remaining, debt.id) for debt in debts))


def insert_repayments(rows: Iterable[RepaymentRow]) -> None:
    insert_rows(DebtRepayment, RepaymentRow._fields, rows)


def insert_entries(rows: Sequence[EntryRow]) -> Sequence[int]:
    """Append the entries in this order and return their ids, which ascend."""
    ids = reserve_ids(Entry, len(rows))
    insert_rows(Entry, ("id", *EntryRow._fields), ((id_, *row) for id_, row in zip(ids, rows, strict=True)))
    return ids


def insert_lots(rows: Iterable[LotRow]) -> None:
    insert_rows(LotTable, LotRow._fields, rows)


def insert_lot_uses(uses: Iterable[tuple[int, LotUse]]) -> None:
    rows = ((entry, use.lot, use.points) for entry, use in uses)
    insert_rows(LotUseTable, ("entry_id", "lot_id", "points"), rows)


def update_lots(changed: Iterable[Lot]) -> None:
    execute_many(
        "UPDATE lot SET remaining = ?, held = ?, pending_until = ?, expires_at = ? WHERE entry_id = ?",
        (
            (
                lot.remaining,
                lot.held,
                lot.pending_until and to_column(lot.pending_until),
                to_column(lot.expires_at),
                lot.id,
            )
            for lot in changed
        ),
    )


def update_members(rows: Iterable[tuple[int, int, int, int, int]]) -> None:
    """``(balance, pending, held, debt, member id)``, under the lock that ``lock_members`` took."""
    execute_many("UPDATE member SET balance = ?, pending = ?, held = ?, debt = ? WHERE id = ?", rows)


def change_outstanding(partner: int, points: int, issued: int, used: int) -> IssuerRow:
    """Add to what the partner has outstanding, and to what it ever issued; as they are then.

    ``used`` was redeemed or lapsed: of a partner that paid in advance the limit falls by as much. Nobody else changes
    the partner until the transaction ends.
    """
    row = execute(
        "UPDATE partner SET outstanding = outstanding + ?, issued = issued + ?,"
        " limit_points = CASE funding WHEN 'prepaid' THEN limit_points - ? ELSE limit_points END WHERE id = ?"
        " RETURNING name, status, outstanding, issued, limit_points, funding = 'prepaid'",
        (points, issued, used, partner),
    ).fetchone()
    return IssuerRow(*row)


def _lot(row: Sequence[Any]) -> Lot:
    id_, issuer, remaining, expires_at, held, pending_until = row
    return Lot(
        id_,
        issuer,
        remaining,
        from_column(expires_at),
        held,
        None if pending_until is None else from_column(pending_until),
    )
