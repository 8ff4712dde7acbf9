"""The journal's hand-written statements: the hot path of every purchase."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from coalition.domain.lots import Lot, LotUse
from coalition.store.database import (
    execute,
    execute_many,
    from_column,
    insert_rows,
    is_postgresql,
    placeholders,
    reserve_ids,
)
from coalition.store.tables import Entry
from coalition.store.tables import Lot as LotTable
from coalition.store.tables import LotUse as LotUseTable

_CHUNK = 500
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


def lock_members(public_ids: Iterable[str]) -> list[tuple[int, str, int]]:
    """``(id, public_id, balance)`` of those that exist; nobody else changes them until the transaction ends."""
    wanted = sorted(set(public_ids))
    lock = " FOR UPDATE" if is_postgresql() else ""
    rows: list[tuple[int, str, int]] = []
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        rows += execute(
            "SELECT id, public_id, balance FROM member"
            f" WHERE public_id IN ({placeholders(len(chunk))}) ORDER BY public_id{lock}",
            chunk,
        ).fetchall()
    return rows


def open_lots(members: Sequence[int]) -> dict[int, list[Lot]]:
    """The lots of each member that still hold points."""
    lots: dict[int, list[Lot]] = {member: [] for member in members}
    for start in range(0, len(members), _CHUNK):
        chunk = members[start : start + _CHUNK]
        for member, lot, issuer, remaining, expires_at in execute(
            "SELECT member_id, entry_id, issuer_id, remaining, expires_at FROM lot"
            f" WHERE remaining > 0 AND member_id IN ({placeholders(len(chunk))})",
            chunk,
        ).fetchall():
            lots[member].append(Lot(lot, issuer, remaining, from_column(expires_at)))
    return lots


def insert_entries(rows: Sequence[EntryRow]) -> Sequence[int]:
    """Append the entries in this order and return their ids, which ascend."""
    ids = reserve_ids(Entry, len(rows))
    insert_rows(Entry, ("id", *EntryRow._fields), ((id_, *row) for id_, row in zip(ids, rows, strict=True)))
    return ids


def insert_lots(rows: Iterable[Sequence[Any]]) -> None:
    insert_rows(LotTable, ("entry_id", "member_id", "issuer_id", "points", "remaining", "expires_at"), rows)


def insert_lot_uses(uses: Iterable[tuple[int, LotUse]]) -> None:
    rows = ((entry, use.lot, use.points) for entry, use in uses)
    insert_rows(LotUseTable, ("entry_id", "lot_id", "points"), rows)


def update_lots(lots: Iterable[Lot]) -> None:
    execute_many("UPDATE lot SET remaining = ? WHERE entry_id = ?", ((lot.remaining, lot.id) for lot in lots))


def update_balances(balances: Iterable[tuple[int, int]]) -> None:
    """``(member id, new balance)``, under the lock that ``lock_members`` took."""
    execute_many("UPDATE member SET balance = ? WHERE id = ?", ((balance, member) for member, balance in balances))


def change_outstanding(partner: int, points: int) -> tuple[str, str, int, int]:
    """Add to what the partner has outstanding; ``(name, status, outstanding, limit)`` as they are then."""
    row: tuple[str, str, int, int] = execute(
        "UPDATE partner SET outstanding = outstanding + ? WHERE id = ?"
        " RETURNING name, status, outstanding, limit_points",
        (points, partner),
    ).fetchone()
    return row
