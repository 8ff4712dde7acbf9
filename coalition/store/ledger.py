"""The recorder's hand-written statements: which entries wait, which batch has which."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from coalition.store.database import execute, from_column, is_postgresql, placeholders, to_column

_HIGHEST_ID = (1 << 63) - 1
_COLUMNS = (
    "e.id, e.public_id, e.kind, e.issuer_id, e.partner_id, e.member_id, m.address, e.points, e.source,"
    " e.document_hash, e.occurred_at"
)


_WAITING = "e.sequence IS NULL AND e.id NOT IN (SELECT entry_id FROM refused_entry)"
LIVE = "status IN ('signed', 'submitted', 'confirmed', 'final')"
"""Of a batch's transactions, the one that counts: no batch has two."""


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
    occurred_at: str
    """As documents give it, which is what ``to_column`` makes of a moment."""


def highest_entry() -> int:
    """The highest id of an entry that is there. Whoever takes ids from now on takes higher ones."""
    id_: int = execute("SELECT COALESCE(MAX(id), 0) FROM entry").fetchone()[0]
    return id_


def unrecorded_entries(limit: int, up_to: int = _HIGHEST_ID) -> list[JournalEntry]:
    """The oldest entries that wait for a batch, in the journal's order; none with an id above ``up_to``."""
    return _entries(f"{_WAITING} AND e.id <= ? ORDER BY e.id LIMIT ?", up_to, limit)


def entries_of_batch(sequence: int) -> list[JournalEntry]:
    """The entries of a batch, in their order."""
    return _entries("e.sequence = ? ORDER BY e.id", sequence)


def root_of_batch(sequence: int) -> str:
    """The root as it was when the batch was formed."""
    root: str = execute("SELECT root FROM batch WHERE sequence = ?", (sequence,)).fetchone()[0]
    return root


def leaves_of_batch(sequence: int) -> list[bytes]:
    """The leaf hashes as they were when the batch was formed, in the order of its entries."""
    leaves = bytes(execute("SELECT leaves FROM batch WHERE sequence = ?", (sequence,)).fetchone()[0])
    return [leaves[start : start + 32] for start in range(0, len(leaves), 32)]


def assign_to_batch(sequence: int, entries: list[JournalEntry]) -> None:
    """Put exactly these entries into a batch.

    Others may have come between them meanwhile: in PostgreSQL a transaction that took lower ids can commit later.
    """
    ids = [entry.id for entry in entries]
    if ids[-1] - ids[0] == len(ids) - 1:
        # The plus keeps SQLite from going by an index over what is being changed.
        span = (sequence, ids[0], ids[-1])
        execute("UPDATE entry SET sequence = ? WHERE id BETWEEN ? AND ? AND +sequence IS NULL", span)
    elif is_postgresql():
        execute("UPDATE entry SET sequence = ? WHERE id = ANY(?) AND sequence IS NULL", (sequence, ids))
    else:
        execute(
            "UPDATE entry SET sequence = ? WHERE id IN (SELECT value FROM json_each(?)) AND +sequence IS NULL",
            (sequence, json.dumps(ids)),
        )


def next_unsent(table: str = "batch", carried_as: str = "sequence") -> int | None:
    """The first batch that no transaction carries, or None: it was never sent, or what carried it came to nothing."""
    row = execute(
        f"SELECT MIN(b.sequence) FROM {table} b WHERE b.sequence > COALESCE((SELECT {carried_as} FROM chain_tx"
        f" WHERE {carried_as} IS NOT NULL AND status IN ('confirmed', 'final') ORDER BY {carried_as} DESC LIMIT 1), 0)"
        f" AND NOT EXISTS (SELECT 1 FROM chain_tx t WHERE t.{carried_as} = b.sequence AND t.{LIVE})"
    ).fetchone()
    sequence: int | None = row[0]
    return sequence


def dissolve(first: int) -> None:
    """This batch and those after it, none of which the chain has, are no more; their entries wait again.

    So do changes of partners that had their place between these batches: now the entries before them decide.
    """
    execute("UPDATE partner_change SET before_batch = NULL WHERE NOT told AND before_batch > ?", (first,))
    execute("UPDATE entry SET sequence = NULL WHERE sequence >= ?", (first,))
    execute("UPDATE chain_tx SET sequence = NULL WHERE sequence >= ?", (first,))
    execute("DELETE FROM batch WHERE sequence >= ?", (first,))


def refused() -> list[tuple[str, str]]:
    """``(entry, reason)`` of the entries that are set aside because the contract refuses them, in order."""
    rows: list[tuple[str, str]] = execute(
        "SELECT e.public_id, r.reason FROM refused_entry r JOIN entry e ON e.id = r.entry_id ORDER BY e.id"
    ).fetchall()
    return rows


def entries_of(sequences: Sequence[int]) -> int:
    """How many entries these batches have."""
    if not sequences:
        return 0
    within = placeholders(len(sequences))
    count: int = execute(f"SELECT SUM(entries) FROM batch WHERE sequence IN ({within})", sequences).fetchone()[0]
    return int(count or 0)


def entries_in_batches() -> int:
    """How many entries all formed batches have."""
    count: int = execute("SELECT COALESCE(SUM(entries), 0) FROM batch").fetchone()[0]
    return int(count)


def backlog() -> tuple[int, datetime | None]:
    """How many entries wait for a batch, and since when the first of them does."""
    # To look at the first alone spares a visit to every row: the index is enough to count.
    since = f"SELECT e.recorded_at FROM entry e WHERE {_WAITING} ORDER BY e.id LIMIT 1"
    count, oldest = execute(f"SELECT COUNT(*), ({since}) FROM entry e WHERE {_WAITING}").fetchone()
    return count, oldest and from_column(oldest)


def has_news() -> bool:
    """Whether there is anything that the chain is to be told and no transaction carries."""
    news: bool = execute(
        f"SELECT EXISTS (SELECT 1 FROM entry e WHERE {_WAITING})"
        " OR EXISTS (SELECT 1 FROM partner_change WHERE NOT told)"
        " OR EXISTS (SELECT 1 FROM badge_entry WHERE sequence IS NULL AND refused IS NULL)"
    ).fetchone()[0]
    return bool(news) or next_unsent() is not None or next_unsent("badge_batch", "badges_id") is not None


def recording_of(sources: Sequence[str]) -> list[tuple[str, int | None, str | None, str | None, int | None]]:
    """``(source, sequence, status, chain_tx, block)`` of the entries that come from these, in the journal's order."""
    rows: list[tuple[str, int | None, str | None, str | None, int | None]] = execute(
        "SELECT e.source, e.sequence, t.status, t.hash, t.block_number FROM entry e"
        f" LEFT JOIN chain_tx t ON t.sequence = e.sequence AND t.{LIVE}"
        f" WHERE e.source IN ({placeholders(len(sources))}) ORDER BY e.id",
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
    if is_postgresql():
        rows = [(*row[:-1], to_column(row[-1])) for row in rows]
    # In SQLite a moment stands as ``to_column`` wrote it.
    return list(map(JournalEntry._make, rows))
