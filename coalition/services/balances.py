"""What a member has, and when it lapses."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from coalition.domain.lots import Lot
from coalition.errors import UnknownMember
from coalition.store import history as store
from coalition.store import holds as hold_store


class Expiring(NamedTuple):
    points: int
    expires_at: datetime


class Pending(NamedTuple):
    points: int
    available_at: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """``available`` can be spent now, ``pending`` once the return window has passed, ``held`` is set aside at a till.

    ``expiring`` sums up to all three, the soonest first; ``maturing`` to what is pending. ``debt`` is what the next
    points will repay.
    """

    available: int
    pending: int
    held: int
    debt: int
    expiring: list[Expiring]
    maturing: list[Pending]


def balance(member_id: str, *, now: datetime) -> Balance:
    """What the member has at this moment, whether or not the worker has got so far.

    :raises UnknownMember: no member has this id.
    """
    found = store.member_balance(member_id)
    if found is None:
        raise UnknownMember(member=member_id)
    lots = _lots(found.id, now)
    pending = [lot for lot in lots if lot.pending_until is not None and lot.pending_until > now]
    held = sum(lot.held for lot in lots)
    waiting = sum(lot.remaining for lot in pending)
    return Balance(
        available=sum(lot.remaining for lot in lots) - held - waiting,
        pending=waiting,
        held=held,
        debt=found.debt,
        expiring=_expiring(lots),
        maturing=[Pending(lot.remaining, lot.pending_until) for lot in pending if lot.pending_until is not None],
    )


def _lots(member: int, now: datetime) -> list[Lot]:
    """What is left of the member's lots at this moment: holds whose time is over hold nothing, and what expired is gone
    but for what holds still set aside."""
    lots = {lot.id: lot for lot in store.member_lots(member)}
    if any(lot.held for lot in lots.values()):
        for hold, _ in hold_store.expired_holds([member], now):
            for use in hold_store.held_lots(hold):
                lots[use.lot].held -= use.points
    for lot in lots.values():
        if lot.expires_at <= now:
            lot.remaining = lot.held
    return [lot for lot in lots.values() if lot.remaining]


def _expiring(lots: Iterable[Lot]) -> list[Expiring]:
    points: dict[datetime, int] = {}
    for lot in lots:
        points[lot.expires_at] = points.get(lot.expires_at, 0) + lot.remaining
    return [Expiring(sum_, expires_at) for expires_at, sum_ in sorted(points.items())]
