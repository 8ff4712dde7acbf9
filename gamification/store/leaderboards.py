"""Places on leaderboards, exact among millions: entries in their order, and pages that say how many there are.

A rank is one more than the entries before: those of all pages before, and some of the entry's own page. Pages have
about ``PAGE`` entries: above twice as many they are split, and two neighbours that together have no more become one.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from coalition.store.database import chunks, execute, execute_many, placeholders, transaction

PAGE = 1000
_MOST = 2 * PAGE

Key = tuple[int, int, int]
"""A place: how much the score is below zero, the event that brought it there, the member. It ascends from the first."""
LOWEST: Key = (-(1 << 63), 0, 0)
HIGHEST: Key = ((1 << 63) - 1,) * 3

_KEY = "below, reached, member_id"
_DOWN = "below DESC, reached DESC, member_id DESC"


class Move(NamedTuple):
    """An entry goes from one place to another; None is no place."""

    before: Key | None
    after: Key | None


def first_page(period: int) -> None:
    """The period may have entries from now on."""
    execute(f"INSERT INTO leaderboard_page (period_id, {_KEY}, entries) VALUES (?, ?, ?, ?, 0)", (period, *LOWEST))


def keys_of(period: int, members: Iterable[int]) -> dict[int, Key]:
    """The places of those members who have one."""
    found: dict[int, Key] = {}
    for chunk in chunks(members):
        rows = execute(
            f"SELECT {_KEY} FROM leaderboard_entry WHERE period_id = ? AND member_id IN ({placeholders(len(chunk))})",
            (period, *chunk),
        ).fetchall()
        found.update((row[2], tuple(row)) for row in rows)
    return found


def move(period: int, moves: Collection[Move]) -> None:
    """Make the moves, each of another member, in the caller's transaction, which is alone with the period."""
    if not moves:
        return
    places = [key for each in moves for key in each if key is not None]
    known = _pages_around(period, min(places), max(places))
    bounds, entries = list(known), list(known.values())
    for before, after in moves:
        if before is not None:
            entries[bisect_right(bounds, before) - 1] -= 1
        if after is not None:
            entries[bisect_right(bounds, after) - 1] += 1
    _write_entries(period, moves)
    ends = [*bounds[1:], HIGHEST]
    pages: list[tuple[Key, int]] = []
    for bound, end, count in zip(bounds, ends, entries, strict=True):
        pages += [(bound, count)] if count <= _MOST else _split(period, bound, end, count)
    _write_pages(period, known, _merged(pages))


def rebuild_pages(period: int) -> None:
    """Count all entries of the period anew."""
    with transaction():
        execute("DELETE FROM leaderboard_page WHERE period_id = ?", (period,))
        count = execute("SELECT COUNT(*) FROM leaderboard_entry WHERE ranked_in = ?", (period,)).fetchone()[0]
        pages = _split(period, LOWEST, HIGHEST, count) if count > _MOST else [(LOWEST, count)]
        _write_pages(period, {}, dict(pages))


def rank_of(period: int, key: Key) -> int:
    """One more than the entries before this place."""
    page = execute(
        f"SELECT {_KEY} FROM leaderboard_page WHERE period_id = ? AND ({_KEY}) <= (?, ?, ?) ORDER BY {_DOWN} LIMIT 1",
        (period, *key),
    ).fetchone()
    return 1 + _entries_before(period, page) + _count_between(period, page, key)


def count_entries(period: int) -> int:
    """How many have a place."""
    return _entries_before(period, HIGHEST)


def _entries_before(period: int, page: Key) -> int:
    """What the pages before this one have."""
    found = execute(
        f"SELECT COALESCE(SUM(entries), 0) FROM leaderboard_page WHERE period_id = ? AND ({_KEY}) < (?, ?, ?)",
        (period, *page),
    ).fetchone()
    return int(found[0])


def _count_between(period: int, start: Key, end: Key) -> int:
    """How many stand from the start on and before the end."""
    found = execute(
        "SELECT COUNT(*) FROM leaderboard_entry"
        f" WHERE ranked_in = ? AND ({_KEY}) >= (?, ?, ?) AND ({_KEY}) < (?, ?, ?)",
        (period, *start, *end),
    ).fetchone()
    return int(found[0])


def _pages_around(period: int, first: Key, last: Key) -> dict[Key, int]:
    """The pages that these places and all between them are on, and the neighbours to both sides, in their order."""
    select = f"SELECT {_KEY}, entries FROM leaderboard_page WHERE period_id = ?"
    before = execute(f"{select} AND ({_KEY}) <= (?, ?, ?) ORDER BY {_DOWN} LIMIT 2", (period, *first)).fetchall()
    between = execute(
        f"{select} AND ({_KEY}) > (?, ?, ?) AND ({_KEY}) <= (?, ?, ?) ORDER BY {_KEY}", (period, *first, *last)
    ).fetchall()
    after = execute(f"{select} AND ({_KEY}) > (?, ?, ?) ORDER BY {_KEY} LIMIT 1", (period, *last)).fetchall()
    return {tuple(bound): entries for *bound, entries in (*reversed(before), *between, *after)}


def _split(period: int, start: Key, end: Key, entries: int) -> list[tuple[Key, int]]:
    """Pages of equal size for the entries from the start on and before the end."""
    size = -(-entries // (entries // PAGE))
    rows = execute(
        f"SELECT {_KEY}, place FROM (SELECT {_KEY}, ROW_NUMBER() OVER (ORDER BY {_KEY}) - 1 AS place"
        f" FROM leaderboard_entry WHERE ranked_in = ? AND ({_KEY}) >= (?, ?, ?) AND ({_KEY}) < (?, ?, ?)) AS numbered"
        " WHERE place > 0 AND place = place / ? * ? ORDER BY place",
        (period, *start, *end, size, size),
    ).fetchall()
    bounds = [(start, 0), *((tuple(bound), place) for *bound, place in rows)]
    ends = [*(place for _, place in bounds[1:]), entries]
    return [(bound, after - place) for (bound, place), after in zip(bounds, ends, strict=True)]


def _merged(pages: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    """The pages, with neighbours made one that together are not above the usual size."""
    merged: dict[Key, int] = {}
    last: Key | None = None
    for bound, entries in pages:
        if last is not None and merged[last] + entries <= PAGE:
            merged[last] += entries
        else:
            merged[bound], last = entries, bound
    return merged


def _write_entries(period: int, moves: Iterable[Move]) -> None:
    gone: list[int] = []
    there: list[Key] = []
    for before, after in moves:
        if after is not None:
            there.append(after)
        elif before is not None:
            gone.append(before[2])
    for chunk in chunks(gone):
        execute(
            f"DELETE FROM leaderboard_entry WHERE period_id = ? AND member_id IN ({placeholders(len(chunk))})",
            (period, *chunk),
        )
    for keys in chunks(there):
        values = ", ".join(["(?, ?, ?, ?, ?)"] * len(keys))
        execute(
            f"INSERT INTO leaderboard_entry (period_id, ranked_in, {_KEY}) VALUES {values}"
            " ON CONFLICT (period_id, member_id) DO UPDATE SET below = excluded.below, reached = excluded.reached",
            [value for key in keys for value in (period, period, *key)],
        )


def _write_pages(period: int, known: Mapping[Key, int], pages: Mapping[Key, int]) -> None:
    where = "WHERE period_id = ? AND below = ? AND reached = ? AND member_id = ?"
    execute_many(f"DELETE FROM leaderboard_page {where}", ((period, *bound) for bound in known if bound not in pages))
    execute_many(
        f"UPDATE leaderboard_page SET entries = ? {where}",
        ((count, period, *bound) for bound, count in pages.items() if known.get(bound, count) != count),
    )
    execute_many(
        f"INSERT INTO leaderboard_page (period_id, {_KEY}, entries) VALUES (?, ?, ?, ?, ?)",
        ((period, *bound, count) for bound, count in pages.items() if bound not in known),
    )
