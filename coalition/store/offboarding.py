"""The hand-written statements for partners that leave."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from coalition.store.database import execute, from_column, is_postgresql, placeholders


class End(NamedTuple):
    """When the points of a leaving issuer lapse, and by which offboarding, in which status."""

    at: datetime
    offboarding: str
    status: str


def ends_of(issuers: Collection[int]) -> dict[int, End]:
    """``{issuer: end}`` of those that leave and whose points do not live as long as they were born to."""
    if not issuers:
        return {}
    rows = execute(
        "SELECT partner_id, spendable_until, public_id, status FROM offboarding"
        f" WHERE spendable_until IS NOT NULL AND partner_id IN ({placeholders(len(issuers))})",
        tuple(issuers),
    ).fetchall()
    return {issuer: End(from_column(at), offboarding, status) for issuer, at, offboarding, status in rows}


def holders(issuer: int, after: int, limit: int) -> dict[str, int]:
    """``{public id: id}`` of the next members, by id, that have points of the issuer."""
    rows = execute(
        "SELECT m.public_id, m.id FROM lot l JOIN member m ON m.id = l.member_id"
        " WHERE l.remaining > 0 AND l.issuer_id = ? AND l.member_id > ?"
        " GROUP BY m.id, m.public_id ORDER BY m.id LIMIT ?",
        (issuer, after, limit),
    ).fetchall()
    return dict(map(tuple, rows))


def redeemed_elsewhere(issuer: int, after: int, up_to: int) -> int:
    """Points of the issuer that others took, less what they gave back, by entries behind one id and up to another."""
    row = execute(
        "SELECT COALESCE(SUM(CASE kind WHEN 'redemption' THEN points ELSE -points END), 0) FROM entry"
        " WHERE id > ? AND id <= ? AND issuer_id = ? AND partner_id <> issuer_id"
        " AND kind IN ('redemption', 'redemption_reversal')",
        (after, up_to, issuer),
    ).fetchone()
    return int(row[0])


def lock_partner(number: int) -> None:
    """Nobody adds an entry of this issuer until the transaction ends, and all that were begun are there."""
    if is_postgresql():
        execute("SELECT 1 FROM partner WHERE id = ? FOR NO KEY UPDATE", (number,))
