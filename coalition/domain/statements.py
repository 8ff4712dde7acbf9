"""A partner's statement for a period: every entry that concerns it, priced, and what they come to.

One Merkle root over its lines proves it: whoever has the lines can recompute that, and what they come to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from coalition.domain.documents import canonical_json
from coalition.domain.merkle import leaf_hash, merkle_root

MICROS = 1_000_000
"""Prices and what they come to are counted in millionths of a minor unit."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One journal entry, fee or correction as this partner sees it.

    ``micros`` is what it brings the partner (above zero) or costs it, in millionths of a minor unit; ``counterparty``,
    0 being the pool, pays or gets that. An entry that moves money for several causes is a line for each; one that moves
    none has no ``cause``. ``kind`` is the entry's, or ``fee`` or ``correction``; ``points`` are the entry's, never
    below zero. ``corrects`` names the purchase or redemption that a reversal undoes, or the dispute that a correction
    answers. ``late`` says that it happened before the period. A line without an entry has no ``sequence``, ``issuer``,
    ``partner`` and ``member``.
    """

    id: str
    occurred_at: str
    kind: str
    points: int = 0
    sequence: int | None = None
    issuer: int | None = None
    partner: int | None = None
    member: str | None = None
    cause: str | None = None
    counterparty: int | None = None
    price_micros: int = 0
    micros: int = 0
    corrects: str | None = None
    late: bool = False

    def document(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class CounterpartyTotal:
    """What one cause comes to between this partner and another: ``amount_minor`` above zero is to be received.

    ``issuer`` is whose points were redeemed, None for all other causes. ``carried_micros``, from zero to below a minor
    unit, is left over from what the payer owes, and counts in the next period.
    """

    counterparty: int
    cause: str
    issuer: int | None
    points: int
    amount_minor: int
    carried_micros: int


@dataclass(frozen=True, slots=True)
class WeekTotal:
    """Points issued by this partner, and redeemed at it, in the week that begins on this Monday."""

    monday: date
    issued: int
    redeemed: int


@dataclass(frozen=True, slots=True)
class Statement:
    """``position_minor`` is what the partner gets (above zero) or pays, in minor units of ``currency``.

    ``first_day`` and ``last_day`` are local, both inclusive. Liability is points of this issuer that members hold;
    ``liability_minor`` is what they would cost at the closing. ``chain_id``, ``ledger``, ``sequence`` and ``head`` say
    up to where on which ledger the entries are.
    """

    id: str
    period: str
    partner: int
    partner_name: str
    currency: str
    first_day: date
    last_day: date
    time_zone: str
    chain_id: int
    ledger: str
    sequence: int
    head: str
    opening_points: int
    issued_points: int
    redeemed_points: int
    expired_points: int
    closing_points: int
    liability_minor: int
    totals: tuple[CounterpartyTotal, ...]
    position_minor: int
    root: str
    lines: int

    def header(self) -> dict[str, Any]:
        """What the lines come to, and where they are from."""
        return {
            "partner": self.partner,
            "currency": self.currency,
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "time_zone": self.time_zone,
            "opening_points": self.opening_points,
            "issued_points": self.issued_points,
            "redeemed_points": self.redeemed_points,
            "expired_points": self.expired_points,
            "closing_points": self.closing_points,
            "liability_minor": self.liability_minor,
            "totals": [
                [total.counterparty, total.cause, total.issuer, total.points, total.amount_minor, total.carried_micros]
                for total in self.totals
            ],
            "position_minor": self.position_minor,
            "sequence": self.sequence,
            "head": self.head,
        }


def statement_root(lines: Iterable[StatementLine]) -> bytes:
    """The Merkle root (RFC 9162) over the lines in their order, each in canonical JSON."""
    return merkle_root([line_leaf(line) for line in lines])


def line_leaf(line: StatementLine) -> bytes:
    return leaf_hash(canonical_json(line.document()))
