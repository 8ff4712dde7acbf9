"""What should be on the chain of closed periods, in plain values: money in minor units, signatures as 65 bytes or as a
contract wallet takes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """What a redeemer honoured of an issuer's points in a period, less what was undone, and the money for it.

    The issuer pays ``paid_minor``, or the pool where ``by_pool``; the redeemer gets ``got_minor``.
    """

    issuer: int
    redeemer: int
    currency: str
    points: int
    paid_minor: int
    got_minor: int
    by_pool: bool = False

    @property
    def payer(self) -> int:
        return 0 if self.by_pool else self.issuer


@dataclass(frozen=True, slots=True)
class StatementOnChain:
    """``position_minor`` is what claims bring the partner and, for all other causes, ``other_minor``."""

    partner: int
    currency: str
    root: bytes
    position_minor: int
    other_minor: int


@dataclass(frozen=True, slots=True)
class AcknowledgementOnChain:
    partner: int
    currency: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class DisputeOnChain:
    """``lines`` and ``answer`` are 32 bytes that prove what was disputed, and what was answered, if it was."""

    partner: int
    currency: str
    lines: bytes
    signature: bytes
    answer: bytes | None = None


@dataclass(frozen=True, slots=True)
class PaymentOnChain:
    """What the payee confirms to have; ``number`` tells one payment from another that is like it."""

    payer: int
    payee: int
    currency: str
    amount_minor: int
    number: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class PeriodOnChain:
    """A closed period. ``ends_at`` and ``deadline`` are exclusive; the contract may put the deadline off by a day."""

    number: int
    starts_at: datetime
    ends_at: datetime
    sequence: int
    deadline: datetime
    claims: tuple[Claim, ...]
    statements: tuple[StatementOnChain, ...]
    acknowledgements: tuple[AcknowledgementOnChain, ...] = ()
    disputes: tuple[DisputeOnChain, ...] = ()
    payments: tuple[PaymentOnChain, ...] = ()


def claimed_minor(claims: Iterable[Claim]) -> dict[tuple[int, str], int]:
    """What these claims bring each party in each currency."""
    found: dict[tuple[int, str], int] = {}
    for claim in claims:
        for party, minor in ((claim.payer, -claim.paid_minor), (claim.redeemer, claim.got_minor)):
            found[party, claim.currency] = found.get((party, claim.currency), 0) + minor
    return found
