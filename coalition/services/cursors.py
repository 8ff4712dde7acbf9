"""Cursors: opaque marks by which a list is read page by page. They name a row, not a number of rows, so what is added
meanwhile neither shifts a page nor shows up twice."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from coalition.errors import InvalidCursor

BEGINNING = (1 << 63) - 1
"""Above every id: where a list that begins with the youngest starts."""

Row = TypeVar("Row")
_PATTERN = re.compile(r"([a-z]+):([0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list; ``next_cursor`` is None on the last."""

    data: list[Row]
    next_cursor: str | None


def read_cursor(name: str, cursor: str | None, default: int = BEGINNING) -> int:
    """The id that the cursor names, or ``default`` where the reading begins.

    :raises InvalidCursor: this list did not give it.
    """
    if cursor is None:
        return default
    try:
        found = _PATTERN.fullmatch(urlsafe_b64decode(cursor).decode())
    except (NotBase64, ValueError):
        found = None
    if found is None or found[1] != name or int(found[2]) > BEGINNING:
        raise InvalidCursor(cursor=cursor)
    return int(found[2])


def page(name: str, rows: Sequence[Row], limit: int, id_of: Callable[[Row], int]) -> Page[Row]:
    """A page of ``limit`` rows, given one row more than that if there is one more."""
    shown = list(rows[:limit])
    more = len(rows) > limit
    return Page(shown, urlsafe_b64encode(f"{name}:{id_of(shown[-1])}".encode()).decode() if more else None)
