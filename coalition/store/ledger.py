"""The recorder's hand-written statements: which entries wait, which batch has which."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from coalition.store.database import execute, execute_many, from_column, placeholders

_HIGHEST_ID = (1 << 63) - 1
_COLUMNS = (
    "e.id, e.public_id, e.kind, e.issuer_id, e.partner_id, e.member_id, m.address, e.points, e.source,"
    " e.document_hash, e.occurred_at"
)


class JournalEntry(NamedTuple):
    """An entry as the ledger sees it: the member is a pseudonymous address."""

    id: int
    public_id: str
    kind: str
    issuer: int
    partner: int
    member: int
    address: str
    points: int
    source: str
    document_hash: str
    occurred_at: datetime


def highest_entry() -> int:
    """The highest id of an entry that is there. Whoever takes ids from now on takes higher ones."""
    id_: int = execute("SELECT COALESCE(MAX(id), 0) FROM entry").fetchone()[0]
    return id_


def unrecorded_entries(limit: int, up_to: int = _HIGHEST_ID) -> list[JournalEntry]:
    """The oldest entries that are in no batch yet, in the journal's order; none with an id above ``up_to``."""
    return _entries("e.sequence IS NULL AND e.id <= ? ORDER BY e.id LIMIT ?", up_to, limit)


def entries_of_batch(sequence: int) -> list[JournalEntry]:
    """The entries of a batch, in their order."""
    return _entries("e.sequence = ? ORDER BY e.id", sequence)


def root_of_batch(sequence: int) -> str:
    """The root as it was when the batch was formed."""
    root: str = execute("SELECT root FROM batch WHERE sequence = ?", (sequence,)).fetchone()[0]
    return root


def assign_to_batch(sequence: int, entries: list[JournalEntry]) -> None:
    """Put exactly these entries into a batch.

    Others may have come between them meanwhile: in PostgreSQL a transaction that took lower ids can commit later.
    """
    execute_many(
        "UPDATE entry SET sequence = ? WHERE id = ? AND sequence IS NULL", ((sequence, entry.id) for entry in entries)
    )


def backlog() -> tuple[int, datetime | None]:
    """How many entries are in no batch yet, and since when the oldest of them waits."""
    count, oldest = execute("SELECT COUNT(*), MIN(recorded_at) FROM entry WHERE sequence IS NULL").fetchone()
    return count, oldest and from_column(oldest)


def has_news() -> bool:
    """Whether there are entries in no batch, or changes of partners that the chain was not told of."""
    news: bool = execute(
        "SELECT EXISTS (SELECT 1 FROM entry WHERE sequence IS NULL)"
        " OR EXISTS (SELECT 1 FROM partner_change WHERE NOT told)"
    ).fetchone()[0]
    return bool(news)


def recording_of(sources: Sequence[str]) -> list[tuple[str, int | None, str | None, str | None, int | None]]:
    """``(source, sequence, status, chain_tx, block)`` of the entries that come from these, in the journal's order."""
    rows: list[tuple[str, int | None, str | None, str | None, int | None]] = execute(
        "SELECT e.source, e.sequence, t.status, t.hash, t.block_number FROM entry e"
        f" LEFT JOIN chain_tx t ON t.sequence = e.sequence WHERE e.source IN ({placeholders(len(sources))})"
        " ORDER BY e.id",
        sources,
    ).fetchall()
    return rows


def recorded_balances() -> dict[int, int]:
    """Each member's points after the last formed batch."""
    rows = execute(
        "SELECT member_id, SUM(CASE WHEN kind IN ('accrual', 'redemption_reversal', 'reward', 'adjustment_increase')"
        " THEN points ELSE -points END) FROM entry WHERE sequence IS NOT NULL GROUP BY member_id"
    ).fetchall()
    return {member: int(points) for member, points in rows}


def recorded_redeemers() -> set[tuple[int, int]]:
    """The pairs of issuer and redeemer that any formed batch has a redemption of."""
    rows = execute(
        "SELECT DISTINCT issuer_id, partner_id FROM entry WHERE sequence IS NOT NULL AND kind = 'redemption'"
    ).fetchall()
    return {(issuer, redeemer) for issuer, redeemer in rows}


def _entries(condition: str, *parameters: int) -> list[JournalEntry]:
    rows = execute(
        f"SELECT {_COLUMNS} FROM entry e JOIN member m ON m.id = e.member_id WHERE {condition}", parameters
    ).fetchall()
    return [JournalEntry._make((*row[:-1], from_column(row[-1]))) for row in rows]
