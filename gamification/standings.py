"""What is seen of a leaderboard: the first places, and those around a member. Nicknames only, never who is behind."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass

from coalition.errors import InvalidCursor
from gamification.errors import NotOnLeaderboard
from gamification.leaderboards import find_period, nickname_of
from gamification.store import leaderboards as store
from gamification.store.leaderboard_rows import Row, rows_after, rows_before, snapshot
from gamification.store.leaderboards import HIGHEST, LOWEST, Key

AROUND = 5
_MIDDLE = AROUND // 2
_CURSOR = re.compile(r"top:([0-9]{1,19}):([0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class Place:
    """``nickname`` is None where whoever it was has left, which only a closed period remembers."""

    rank: int
    nickname: str | None
    score: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands among ``of``: ``rank`` is None, and nobody around, as long as the score is 0.

    ``around`` has five places with the member's in the middle, or as near to it as the first and last places allow.
    """

    rank: int | None
    of: int
    score: int
    nickname: str | None
    around: tuple[Place, ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class Top:
    """Some of the ``of`` places, from the first on; ``next_cursor`` is None behind the last."""

    data: tuple[Place, ...]
    of: int
    closed: bool
    next_cursor: str | None


def rank(board: str, period: str, member: int) -> Standing:
    """Where the member stands, and the five around.

    :raises NotOnLeaderboard: the member is not on it, nor has a place from before.
    """
    with snapshot():
        nickname = nickname_of(board, member)
        there = find_period(board, period)
        key = store.keys_of(there.id, [member]).get(member) if there else None
        if key is None and nickname is None:
            raise NotOnLeaderboard(leaderboard=board)
        of = store.count_entries(there.id) if there else 0
        closed = bool(there and there.closed_at)
        if there is None or key is None:
            return Standing(None, of, 0, nickname, (), closed)
        place = Place(store.rank_of(there.id, key), nickname, -key[0])
        around = _around(board, there.id, key, place, of)
    return Standing(place.rank, of, place.score, nickname, around, closed)


def top(board: str, period: str, limit: int, cursor: str | None = None) -> Top:
    """The first places, or those behind the cursor.

    A cursor names a place and not how many come before it: who overtakes meanwhile moves nobody else out of sight.

    :raises InvalidCursor: this list did not give it.
    """
    behind = _read_cursor(cursor)
    with snapshot():
        there = find_period(board, period)
        if there is None:
            return Top((), 0, False, None)
        rows = rows_after(board, there.id, behind, limit + 1)
        first = store.rank_of(there.id, behind) if cursor else 1
        of = store.count_entries(there.id)
    shown = tuple(Place(first + index, row.nickname, row.score) for index, row in enumerate(rows[:limit]))
    more = len(rows) > limit
    return Top(shown, of, there.closed_at is not None, _cursor(rows[limit - 1]) if more else None)


def _around(board: str, period: int, key: Key, mine: Place, of: int) -> tuple[Place, ...]:
    first = max(1, min(mine.rank - _MIDDLE, of - AROUND + 1))
    before, behind = mine.rank - first, AROUND - 1 - (mine.rank - first)
    above = rows_before(board, period, key, before)
    below = rows_after(board, period, key, behind)
    return (
        *(Place(first + index, row.nickname, row.score) for index, row in enumerate(reversed(above))),
        mine,
        *(Place(mine.rank + index, row.nickname, row.score) for index, row in enumerate(below, start=1)),
    )


def _cursor(row: Row) -> str:
    # An event is one member's: with the score it names the place.
    return urlsafe_b64encode(f"top:{row.score}:{row.reached}".encode()).decode()


def _read_cursor(cursor: str | None) -> Key:
    if cursor is None:
        return LOWEST
    try:
        found = _CURSOR.fullmatch(urlsafe_b64decode(cursor).decode())
    except (NotBase64, ValueError):
        found = None
    if found is None or max(int(found[1]), int(found[2])) > HIGHEST[0]:
        raise InvalidCursor(cursor=cursor)
    return -int(found[1]), int(found[2]), HIGHEST[2]
