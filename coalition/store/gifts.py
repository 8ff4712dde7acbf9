"""The hand-written statements for gifts: who belongs to a segment, and who has a gift already."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from coalition.store.database import execute, execute_many, to_column


class Criteria(NamedTuple):
    """None asks for nothing. To whom no tier was ever announced is at the lowest."""

    tier: str | None
    is_lowest_tier: bool
    bought_at: int | None
    enrolled_before: datetime | None


def name_recipients(gift: int, criteria: Criteria) -> int:
    """Whoever is of the segment now will get the gift; returns how many that are."""
    conditions, parameters = _conditions(criteria)
    segment = f"SELECT CAST(? AS BIGINT), m.id FROM member m WHERE {conditions}"
    return int(execute(f"INSERT INTO gift_recipient (gift_id, member_id) {segment}", (gift, *parameters)).rowcount)


def waiting(gift: str, limit: int) -> list[str]:
    """Public ids of recipients who do not have the gift yet, at most ``limit``."""
    rows = execute(
        "SELECT m.public_id FROM gift_recipient r JOIN gift g ON g.id = r.gift_id JOIN member m ON m.id = r.member_id"
        " WHERE g.public_id = ? AND r.given_at IS NULL ORDER BY r.member_id LIMIT ?",
        (gift, limit),
    ).fetchall()
    return [row[0] for row in rows]


def mark_given(gift: str, members: Iterable[int], now: datetime) -> None:
    execute_many(
        "UPDATE gift_recipient SET given_at = ?"
        " WHERE gift_id = (SELECT id FROM gift WHERE public_id = ?) AND member_id = ?",
        ((to_column(now), gift, member) for member in members),
    )


def count_given(gift: int) -> int:
    query = "SELECT COUNT(*) FROM gift_recipient WHERE gift_id = ? AND given_at IS NOT NULL"
    return int(execute(query, (gift,)).fetchone()[0])


def _conditions(criteria: Criteria) -> tuple[str, tuple[object, ...]]:
    conditions = ["1 = 1"]
    parameters: list[object] = []
    if criteria.tier is not None:
        conditions.append("(m.tier = ? OR m.tier IS NULL)" if criteria.is_lowest_tier else "m.tier = ?")
        parameters.append(criteria.tier)
    if criteria.bought_at is not None:
        conditions.append("EXISTS (SELECT 1 FROM purchase p WHERE p.member_id = m.id AND p.partner_id = ?)")
        parameters.append(criteria.bought_at)
    if criteria.enrolled_before is not None:
        conditions.append("m.created_at < ?")
        parameters.append(to_column(criteria.enrolled_before))
    return " AND ".join(conditions), tuple(parameters)
