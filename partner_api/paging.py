"""Pages of lists that the services give out whole."""

from collections.abc import Sequence
from typing import TypeVar

from coalition.services.cursors import Page, page, read_cursor

Row = TypeVar("Row")


def youngest_first(name: str, rows: Sequence[Row], *, cursor: str | None, limit: int) -> Page[Row]:
    """A page of rows that come the youngest first, and of which none ever goes: a cursor counts from the oldest.

    :raises InvalidCursor: the list of this name did not give it.
    """
    before = read_cursor(name, cursor)
    numbered = [(len(rows) - place, row) for place, row in enumerate(rows)]
    shown = page(name, [each for each in numbered if each[0] < before], limit, lambda each: each[0])
    return Page([row for _, row in shown.data], shown.next_cursor)
