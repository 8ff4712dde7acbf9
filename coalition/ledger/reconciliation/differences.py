"""A difference that reconciliation finds, and in which order they are told."""

from typing import NamedTuple

_NOWHERE = 1 << 63


class Difference(NamedTuple):
    """What differs, in words. ``entry`` is the public id of the bad entry where one can be named.

    ``batch`` and ``row`` say where in the journal it is: None where it is no entry, or in no batch yet.
    """

    text: str
    entry: str | None = None
    batch: int | None = None
    row: int | None = None

    @property
    def order(self) -> tuple[bool, int, int]:
        """By batch and place; then entries that wait for a batch, and last what is about no entry."""
        return (
            self.batch is None and self.row is None,
            _NOWHERE if self.batch is None else self.batch,
            _NOWHERE if self.row is None else self.row,
        )
