"""Lots: points issued together by one issuer with one expiry, and the order in which they are spent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(slots=True)
class Lot:
    """What is left of an issue of points. Its id is that of the journal entry that issued it."""

    id: int
    issuer: int
    remaining: int
    expires_at: datetime

    @property
    def spending_order(self) -> tuple[datetime, int]:
        """Earliest expiry first; of equals, the older."""
        return self.expires_at, self.id


class LotUse(NamedTuple):
    """Points taken from one lot."""

    lot: int
    issuer: int
    points: int


def spend(lots: Iterable[Lot], points: int) -> list[LotUse]:
    """Take points from the lots, earliest expiry first; what was taken is gone from ``remaining``.

    :raises ValueError: the lots hold fewer points; the caller has compared with the balance, which equals their sum.
    """
    uses = []
    wanted = points
    for lot in sorted(lots, key=lambda lot: lot.spending_order):
        if wanted == 0:
            break
        taken = min(lot.remaining, wanted)
        if taken:
            lot.remaining -= taken
            wanted -= taken
            uses.append(LotUse(lot.id, lot.issuer, taken))
    if wanted:
        raise ValueError(f"the lots lack {wanted} of {points} points")
    return uses
