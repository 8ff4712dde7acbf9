"""The engine's hand-written statements: many rows at a time, and each tells what came of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from coalition.store.database import execute, execute_many, placeholders

_CHUNK = 500
"""Rows of one statement: enough that its preparation does not count, within what either database takes."""


Key = tuple[int, int, str]
"""A counter: member, goal, period."""
Element = tuple[int, int, str, str]
"""A counter, and one of the different things that it counts."""


class Standing(NamedTuple):
    """How far a counter is, and up to which threshold it has been granted."""

    reached: int
    granted: int


def show_elements(times: Mapping[Element, int]) -> Iterator[tuple[Element, int]]:
    """Add to how many purchases show the elements, and tell of each how many do then."""
    for chunk in _chunks(times.items()):
        rows = execute(
            _with_values("INSERT INTO counter_element (member_id, goal_id, period, element, shown)", len(chunk), 5)
            + " ON CONFLICT (member_id, goal_id, period, element) DO UPDATE"
            " SET shown = counter_element.shown + excluded.shown RETURNING member_id, goal_id, period, element, shown",
            [value for element, delta in chunk for value in (*element, delta)],
        ).fetchall()
        for row in rows:
            yield row[:4], row[4]


def set_shown(shown: Mapping[Element, int]) -> None:
    """Note how many purchases show the elements; those that none shows are forgotten."""
    where = "WHERE member_id = ? AND goal_id = ? AND period = ? AND element = ?"
    execute_many(
        f"UPDATE counter_element SET shown = ? {where}",
        ((times, *element) for element, times in shown.items() if times),
    )
    execute_many(f"DELETE FROM counter_element {where}", (element for element, times in shown.items() if not times))


def advance(deltas: Mapping[Key, int]) -> dict[Key, Standing]:
    """Add to the counters and tell where each stands then."""
    standings: dict[Key, Standing] = {}
    for chunk in _chunks(deltas.items()):
        rows = execute(
            _with_values("INSERT INTO counter (member_id, goal_id, period, granted, reached)", len(chunk), 5)
            + " ON CONFLICT (member_id, goal_id, period) DO UPDATE SET reached = counter.reached + excluded.reached"
            " RETURNING member_id, goal_id, period, reached, granted",
            [value for (member, goal, period), delta in chunk for value in (member, goal, period, 0, delta)],
        ).fetchall()
        for member, goal, period, reached, granted in rows:
            standings[member, goal, period] = Standing(reached, granted)
    return standings


def set_reached(reached: Mapping[Key, int]) -> None:
    """Put the counters where they stand."""
    execute_many(
        "UPDATE counter SET reached = ? WHERE member_id = ? AND goal_id = ? AND period = ?",
        ((amount, *key) for key, amount in reached.items()),
    )


def set_granted(granted: Mapping[Key, int]) -> None:
    """Note the highest threshold that has been granted at each counter."""
    execute_many(
        "UPDATE counter SET granted = ? WHERE member_id = ? AND goal_id = ? AND period = ?",
        ((threshold, *key) for key, threshold in granted.items()),
    )


def standings_of(members: Iterable[int], goals: Collection[int]) -> dict[Key, Standing]:
    """Every counter that these members have at these goals, in whatever period."""
    found: dict[Key, Standing] = {}
    if not goals:
        return found
    for chunk in _chunks(members):
        rows = execute(
            "SELECT member_id, goal_id, period, reached, granted FROM counter"
            f" WHERE member_id IN ({placeholders(len(chunk))}) AND goal_id IN ({placeholders(len(goals))})",
            [*chunk, *goals],
        ).fetchall()
        for member, goal, period, reached, granted in rows:
            found[member, goal, period] = Standing(reached, granted)
    return found


def add_experience(gains: Mapping[int, int]) -> dict[int, int]:
    """Add to the members' experience and tell how much each has then."""
    experience: dict[int, int] = {}
    for chunk in _chunks(gains.items()):
        rows = execute(
            _with_values("INSERT INTO member_experience (member_id, experience)", len(chunk), 2)
            + " ON CONFLICT (member_id) DO UPDATE"
            " SET experience = member_experience.experience + excluded.experience RETURNING member_id, experience",
            [value for row in chunk for value in row],
        ).fetchall()
        experience.update((member, total) for member, total in rows)
    return experience


def set_experience(experience: Mapping[int, int]) -> None:
    """Put the members' experience where it stands."""
    execute_many(
        "UPDATE member_experience SET experience = ? WHERE member_id = ?",
        ((total, member) for member, total in experience.items()),
    )


def _chunks(rows: Iterable[Any]) -> Iterator[Sequence[Any]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, _CHUNK)):
        yield chunk


@lru_cache(maxsize=2048)
def _with_values(insert: str, rows: int, columns: int) -> str:
    row = f"({placeholders(columns)})"
    return f"{insert} VALUES {', '.join([row] * rows)}"
