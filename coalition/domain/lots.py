"""Lots: points issued together by one issuer with one expiry, and the order in which they are spent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(slots=True)
class Lot:
    """What is left of an issue of points. Its id is that of the journal entry that issued it.

    ``held`` of what remains is set aside by holds; with ``pending_until`` the return window of the goods is still open.
    """

    id: int
    issuer: int
    remaining: int
    expires_at: datetime
    held: int = 0
    pending_until: datetime | None = None

    @property
    def free(self) -> int:
        """What no hold sets aside."""
        return self.remaining - self.held

    @property
    def spending_order(self) -> tuple[datetime, int]:
        """Earliest expiry first; of equals, the older."""
        return self.expires_at, self.id


class LotUse(NamedTuple):
    """Points taken from one lot, set aside in it, or given back to it."""

    lot: int
    issuer: int
    points: int


def spendable(lots: Iterable[Lot], now: datetime) -> list[Lot]:
    """The lots that a member can spend of now: neither pending nor expired, and not wholly set aside."""
    return [lot for lot in lots if lot.pending_until is None and lot.free and lot.expires_at > now]


def available(lots: Iterable[Lot], now: datetime) -> int:
    """The points of those lots: every till asks, so nothing is built for the answer."""
    return sum(lot.remaining - lot.held for lot in lots if lot.pending_until is None and lot.expires_at > now)


def choose(lots: Iterable[Lot], points: int) -> list[LotUse]:
    """Which lots the points come from, earliest expiry first. The lots stay as they are.

    :raises ValueError: they hold fewer free points; the caller has compared.
    """
    uses = []
    wanted = points
    for lot in sorted(lots, key=lambda lot: lot.spending_order):
        if wanted == 0:
            break
        if taken := min(lot.free, wanted):
            wanted -= taken
            uses.append(LotUse(lot.id, lot.issuer, taken))
    if wanted:
        raise ValueError(f"the lots lack {wanted} of {points} points")
    return uses


def first(uses: Iterable[LotUse], points: int) -> list[LotUse]:
    """The first ``points`` of these, in their order.

    :raises ValueError: the uses hold fewer points.
    """
    found = []
    wanted = points
    for use in uses:
        if taken := min(use.points, wanted):
            wanted -= taken
            found.append(use._replace(points=taken))
    if wanted:
        raise ValueError(f"the uses lack {wanted} of {points} points")
    return found
