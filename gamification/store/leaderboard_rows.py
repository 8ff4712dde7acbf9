"""Reading leaderboards: who is on them, and who stands where, under which nickname."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from coalition.store.database import chunks, database, execute, is_postgresql, placeholders, to_column
from gamification.store.leaderboards import Key

_KEY = "e.below, e.reached, e.member_id"
_DOWN = "e.below DESC, e.reached DESC, e.member_id DESC"


class Row(NamedTuple):
    """What can be seen of an entry; without a nickname, whoever it was is no longer on the leaderboard."""

    score: int
    reached: int
    nickname: str | None


@contextmanager
def snapshot() -> Iterator[None]:
    """What is read inside is of one moment, and nobody has to wait for it."""
    if database.in_transaction():
        yield
        return
    with database.atomic("REPEATABLE READ" if is_postgresql() else "DEFERRED"):
        yield


def members_before(board: str, members: Iterable[int], moment: datetime) -> list[int]:
    """Those of the members who are on the leaderboard and joined before the moment."""
    found: list[int] = []
    for chunk in chunks(members):
        rows = execute(
            "SELECT member_id FROM leaderboard_member"
            f" WHERE leaderboard = ? AND joined_at < ? AND member_id IN ({placeholders(len(chunk))})",
            (board, to_column(moment), *chunk),
        ).fetchall()
        found += [member for (member,) in rows]
    return found


def rows_before(board: str, period: int, key: Key, limit: int) -> list[Row]:
    """Who stands before this place, the nearest first."""
    return _rows(board, period, f"({_KEY}) < (?, ?, ?) ORDER BY {_DOWN}", key, limit)


def rows_after(board: str, period: int, key: Key, limit: int) -> list[Row]:
    """Who stands behind this place, the nearest first."""
    return _rows(board, period, f"({_KEY}) > (?, ?, ?) ORDER BY {_KEY}", key, limit)


def first_members(period: int, limit: int) -> list[tuple[int, int]]:
    """The members at the first places, in their order, each with the score."""
    rows = execute(
        f"SELECT e.member_id, e.below FROM leaderboard_entry e WHERE e.ranked_in = ? ORDER BY {_KEY} LIMIT ?",
        (period, limit),
    ).fetchall()
    return [(member, -below) for member, below in rows]


def _rows(board: str, period: int, where: str, key: Key, limit: int) -> list[Row]:
    # Neither joined nor limited by a parameter: PostgreSQL would at times prepare for the nicknames of all.
    rows = execute(
        "SELECT e.below, e.reached, (SELECT m.nickname FROM leaderboard_member m"
        " WHERE m.leaderboard = ? AND m.member_id = e.member_id) FROM leaderboard_entry e"
        f" WHERE e.ranked_in = ? AND {where} LIMIT {limit:d}",
        (board, period, *key),
    ).fetchall()
    return [Row(-below, reached, nickname) for below, reached, nickname in rows]
