"""What a member has, and when it lapses."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from coalition.errors import UnknownMember
from coalition.store import history as store


class Expiring(NamedTuple):
    points: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """``available`` can be spent now, ``pending`` is earned and not yet to be spent, ``held`` is set aside at a till.

    ``expiring`` sums up to what is available and held, the soonest first.
    """

    available: int
    pending: int
    held: int
    expiring: list[Expiring]


def balance(member_id: str) -> Balance:
    """:raises UnknownMember: no member has this id."""
    found = store.member_balance(member_id)
    if found is None:
        raise UnknownMember(member=member_id)
    number, available = found
    # Points are spendable as soon as the journal has them, and nothing sets any aside.
    return Balance(available, pending=0, held=0, expiring=[Expiring(*row) for row in store.expiring_points(number)])
