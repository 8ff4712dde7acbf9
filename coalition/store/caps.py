"""How much of each cap is used: counters that purchases raise and returns lower."""

from collections.abc import Iterable, Mapping

from coalition.domain.caps import CapKey
from coalition.store.database import execute, execute_many, is_postgresql


def lock_uses(keys: Iterable[CapKey]) -> dict[CapKey, int]:
    """How much of each is used; nobody else changes that until the transaction ends."""
    wanted = sorted(set(keys))
    execute_many(
        "INSERT INTO cap_use (cap, period, subject, points) VALUES (?, ?, ?, 0)"
        " ON CONFLICT (cap, period, subject) DO NOTHING",
        wanted,
    )
    lock = " FOR UPDATE" if is_postgresql() else ""
    query = f"SELECT points FROM cap_use WHERE cap = ? AND period = ? AND subject = ?{lock}"
    return {key: execute(query, key).fetchone()[0] for key in wanted}


def read_uses(keys: Iterable[CapKey]) -> dict[CapKey, int]:
    """How much of each is used now; nothing of those that nobody has used yet."""
    query = "SELECT points FROM cap_use WHERE cap = ? AND period = ? AND subject = ?"
    rows = {key: execute(query, key).fetchone() for key in keys}
    return {key: row[0] for key, row in rows.items() if row}


def add_uses(uses: Mapping[CapKey, int]) -> None:
    """Add to the counters, in the order in which ``lock_uses`` locks them; below zero takes from them."""
    execute_many(
        "UPDATE cap_use SET points = points + ? WHERE cap = ? AND period = ? AND subject = ?",
        ((points, *key) for key, points in sorted(uses.items()) if points),
    )
