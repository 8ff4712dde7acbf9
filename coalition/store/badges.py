"""The journal of badges: which awards and revocations wait, and which batch has which."""

from typing import NamedTuple

from coalition.store.database import execute, placeholders

_COLUMNS = "e.id, e.kind, b.issuer_id, e.badge_id, m.address FROM badge_entry e"
_JOINS = " JOIN badge b ON b.id = e.badge_id JOIN member m ON m.id = e.member_id"


class BadgeEntry(NamedTuple):
    """An award or a revocation as the chain sees it; the badge is a number, the member a pseudonymous address."""

    id: int
    kind: str
    issuer: int
    badge: int
    address: str


def waiting_entries(limit: int) -> list[BadgeEntry]:
    """The oldest entries that are in no batch yet, in the journal's order."""
    return _entries("e.sequence IS NULL AND e.refused IS NULL ORDER BY e.id LIMIT ?", limit)


def entries_of_batch(sequence: int) -> list[BadgeEntry]:
    """The entries of a batch, in their order."""
    return _entries("e.sequence = ? ORDER BY e.id", sequence)


def assign_to_batch(sequence: int, entries: list[BadgeEntry]) -> None:
    """Put exactly these entries into a batch."""
    ids = [entry.id for entry in entries]
    execute(f"UPDATE badge_entry SET sequence = ? WHERE id IN ({placeholders(len(ids))})", (sequence, *ids))


def dissolve(first: int) -> None:
    """This batch and those after it, none of which the chain has, are no more; their entries wait again."""
    execute("UPDATE badge_entry SET sequence = NULL WHERE sequence >= ?", (first,))
    execute("UPDATE chain_tx SET badges_id = NULL WHERE badges_id >= ?", (first,))
    execute("DELETE FROM badge_batch WHERE sequence >= ?", (first,))


def _entries(condition: str, *parameters: int) -> list[BadgeEntry]:
    rows = execute(f"SELECT {_COLUMNS}{_JOINS} WHERE {condition}", parameters).fetchall()
    return [BadgeEntry._make(row) for row in rows]
