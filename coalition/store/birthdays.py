"""Whose birthday it is: statements that find those whom the stream has not been told of."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from coalition.store.database import chunks, execute, from_column, placeholders


class Untold(NamedTuple):
    """``told`` is the year of the last birthday that the stream was told of."""

    id: int
    public_id: str
    birth_date: date
    time_zone: str | None
    told: int | None
    created_at: datetime


def untold(birth_dates: Sequence[date], year: int) -> list[Untold]:
    """Everybody born on one of these days who has not been told of in that year."""
    found: list[Untold] = []
    for chunk in chunks(birth_dates):
        rows = execute(
            "SELECT id, public_id, birth_date, time_zone, birthday_told, created_at FROM member"
            f" WHERE birth_date IN ({placeholders(len(chunk))}) AND (birthday_told IS NULL OR birthday_told < ?)"
            " ORDER BY id",
            (*(born.isoformat() for born in chunk), year),
        ).fetchall()
        for id_, public_id, born, zone, told, created_at in rows:
            birth_date = born if isinstance(born, date) else date.fromisoformat(born)
            found.append(Untold(id_, public_id, birth_date, zone, told, from_column(created_at)))
    return found


def note_told(member: int, year: int) -> bool:
    """The stream is told of the member's birthday in that year; False if it has been."""
    noted = execute(
        "UPDATE member SET birthday_told = ? WHERE id = ? AND (birthday_told IS NULL OR birthday_told < ?)"
        " RETURNING id",
        (year, member, year),
    ).fetchall()
    return bool(noted)
