"""The kinds of journal entry, and what each does to the accounts. The numbers are those of ``PointsLedger.sol``."""

from enum import IntEnum
from typing import NamedTuple


class EntryKind(IntEnum):
    ACCRUAL = 1
    REDEMPTION = 2
    ACCRUAL_REVERSAL = 3
    REDEMPTION_REVERSAL = 4
    EXPIRY = 5
    REWARD = 6
    ADJUSTMENT_INCREASE = 7
    ADJUSTMENT_DECREASE = 8


KINDS = {kind.name.lower(): kind for kind in EntryKind}
"""By the name under which the journal has each."""


class Account(NamedTuple):
    """One side of a posting.

    ``member``: what a member has. ``issued``: what an issuer brought into the world, counted downwards.
    ``redeemed``: what a redeemer took in and its issuer owes it for. ``expired``: what lapsed, to its issuer's favour.
    """

    name: str
    issuer: int | None = None
    redeemer: int | None = None
    member: int | None = None


class Posting(NamedTuple):
    account: Account
    points: int


ISSUING = frozenset({EntryKind.ACCRUAL, EntryKind.REWARD, EntryKind.ADJUSTMENT_INCREASE})
"""The kinds that bring new points into the world."""
MINTING = ISSUING | {EntryKind.REDEMPTION_REVERSAL}
"""The kinds that give the member points; all others take them."""


def member_effect(kind: EntryKind, points: int) -> int:
    """The signed change of the member's balance."""
    return points if kind in MINTING else -points


def postings(kind: EntryKind, issuer: int, partner: int, member: int, points: int) -> tuple[Posting, Posting]:
    """The two sides of an entry, which sum to zero (double entry)."""
    effect = member_effect(kind, points)
    if kind in (EntryKind.REDEMPTION, EntryKind.REDEMPTION_REVERSAL):
        counter = Account("redeemed", issuer=issuer, redeemer=partner)
    elif kind is EntryKind.EXPIRY:
        counter = Account("expired", issuer=issuer)
    else:
        counter = Account("issued", issuer=issuer)
    return Posting(Account("member", member=member), effect), Posting(counter, -effect)
