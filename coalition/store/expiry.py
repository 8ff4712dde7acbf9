"""The hand-written statements for what time does to points."""

from datetime import UTC, datetime
from typing import NamedTuple

from coalition.store.database import execute, from_column, to_column


class DueRow(NamedTuple):
    """Points of one member; ``issuer`` issued some of them."""

    member: int
    points: int
    issuer: int
    expires_at: datetime


def pending_due(now: datetime, limit: int) -> dict[str, DueRow]:
    """``{member's public id: row}`` of members with pending points whose window has passed."""
    return _due("l.pending_until <= ? AND l.pending_until IS NOT NULL AND l.remaining > 0", "l.remaining", now, limit)


def expiry_due(now: datetime, limit: int) -> dict[str, DueRow]:
    """``{member's public id: row}`` of members with points that no hold sets aside and whose last day is over."""
    return _due("l.expires_at <= ? AND l.remaining > 0 AND l.remaining > l.held", "l.remaining - l.held", now, limit)


def expiring_between(after: datetime, until: datetime) -> list[DueRow]:
    """What each member has that lapses later than ``after`` and not later than ``until``, by member and moment."""
    rows = execute(
        "SELECT member_id, SUM(remaining), MIN(issuer_id), expires_at FROM lot"
        " WHERE remaining > 0 AND expires_at > ? AND expires_at <= ?"
        " GROUP BY member_id, expires_at ORDER BY expires_at, member_id",
        (to_column(after), to_column(until)),
    ).fetchall()
    return [DueRow(member, int(points), issuer, from_column(moment)) for member, points, issuer, moment in rows]


def done_until(name: str) -> datetime:
    """Until when this work was done; before the first time, the beginning of time."""
    row = execute("SELECT done_until FROM schedule WHERE name = ?", (name,)).fetchone()
    return from_column(row[0]) if row else datetime.min.replace(tzinfo=UTC)


def lock_schedule(name: str, now: datetime) -> datetime:
    """Until when this work was done; nobody else does it until the transaction ends. It begins with the first call."""
    execute(
        "INSERT INTO schedule (name, done_until) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", (name, to_column(now))
    )
    execute("UPDATE schedule SET done_until = done_until WHERE name = ?", (name,))
    return from_column(execute("SELECT done_until FROM schedule WHERE name = ?", (name,)).fetchone()[0])


def move_schedule(name: str, now: datetime) -> None:
    execute("UPDATE schedule SET done_until = ? WHERE name = ?", (to_column(now), name))


def lot_of_entry(entry: str) -> tuple[int, str] | None:
    """``(lot, member's public id)`` of the points that the entry issued."""
    row: tuple[int, str] | None = execute(
        "SELECT l.entry_id, m.public_id FROM entry e"
        " JOIN lot l ON l.entry_id = e.id JOIN member m ON m.id = l.member_id WHERE e.public_id = ?",
        (entry,),
    ).fetchone()
    return row


def _due(condition: str, points: str, now: datetime, limit: int) -> dict[str, DueRow]:
    rows = execute(
        f"SELECT m.public_id, m.id, SUM({points}), MIN(l.issuer_id), MIN(l.expires_at) FROM lot l"
        f" JOIN member m ON m.id = l.member_id WHERE {condition}"
        " GROUP BY m.id, m.public_id ORDER BY m.public_id LIMIT ?",
        (to_column(now), limit),
    ).fetchall()
    return {
        public_id: DueRow(member, int(sum_), issuer, from_column(moment))
        for public_id, member, sum_, issuer, moment in rows
    }
