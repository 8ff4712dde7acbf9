"""Holds: points set aside at a till until it knows what they pay for. A hold ends once, and by itself in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from coalition.domain.lots import LotUse
from coalition.domain.programme import Programme
from coalition.domain.purchase import Line
from coalition.domain.redemption import Exactly, check_size, max_points
from coalition.errors import (
    CaptureAboveHold,
    HoldEnded,
    HoldOfAnotherMember,
    NoPoints,
    RedemptionAboveMaximum,
    UnknownHold,
    UnknownMember,
)
from coalition.ids import new_id
from coalition.services.journal import Account, JournalSession, Source
from coalition.services.partners import check_active, partners_numbered
from coalition.services.programmes import rulebook
from coalition.services.redemptions import RedeemPoints, Redemption, check_reference, redeem
from coalition.store import holds as store
from coalition.store.database import transaction

OPEN, CAPTURED, VOIDED, EXPIRED = "open", "captured", "voided", "expired"


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """``partner`` is the till's number, ``member`` a public id; without ``ttl_s`` the programme says how long."""

    partner: int
    member: str
    points: int
    ttl_s: int | None = None


@dataclass(frozen=True, slots=True)
class CaptureHold:
    """Without ``points``, all of them. ``receipt_id`` is the till's own name for what they pay for."""

    partner: int
    hold: str
    receipt_id: str
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as it stands."""

    id: str
    member: str
    points: int
    status: str
    captured_points: int
    expires_at: datetime
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class EndedHold:
    """A hold that has just ended, and what the member can spend afterwards."""

    hold: Hold
    redemption: Redemption | None
    balance: int


class OpenHold(NamedTuple):
    """A hold that can be captured, with the lots it sets aside."""

    id: int
    public_id: str
    partner: int
    points: int
    uses: Sequence[LotUse]


def place_hold(command: PlaceHold, *, now: datetime) -> Hold:
    """Set points of the member aside.

    :raises CoalitionError: the partner is suspended, the member unknown, or there are not that many points to spend.
    """
    if command.points < 1:
        raise NoPoints(points=command.points)
    programme = rulebook().at(now)
    ttl_s = programme.redemption.hold_ttl_s if command.ttl_s is None else command.ttl_s
    with transaction():
        check_active(partners_numbered([command.partner])[command.partner])
        journal = JournalSession([command.member], spenders=[command.member], now=now)
        account = journal.accounts.get(command.member)
        if account is None:
            raise UnknownMember(member=command.member)
        uses = journal.set_aside(account, command.points)
        hold_id = new_id("hld")
        expires_at = now + timedelta(seconds=ttl_s)
        store.insert_hold(hold_id, account.id, command.partner, command.points, expires_at, now, uses)
        journal.write()
        return get_hold(hold_id, partner=command.partner, now=now)


def capture_hold(command: CaptureHold, *, now: datetime) -> EndedHold:
    """Redeem the points of a hold, or a part of them; the rest is free again.

    :raises UnknownHold: the partner has no such hold.
    :raises DuplicateReference: the partner has a redemption of that receipt already.
    :raises HoldEnded: it was captured or voided, or its time is over.
    :raises CaptureAboveHold: more points than it sets aside.
    :raises CoalitionError: what can be wrong with a redemption.
    """
    with transaction():
        check_active(partners_numbered([command.partner])[command.partner])
        journal, account = _lock(command.hold, command.partner, now)
        # A till that captures again under another key hears of the redemption, not only that the hold has ended.
        check_reference(command.partner, command.receipt_id)
        hold = find_open_hold(command.hold, command.partner, account, now)
        points = hold.points if command.points is None else command.points
        if points < 1:
            raise NoPoints(points=points)
        if points > hold.points:
            raise CaptureAboveHold(hold=hold.public_id, held=hold.points, required=points)
        check_size(points, rulebook().at(now))

        def take(source: Source) -> None:
            capture(journal, account, hold, points, source)

        redeeming = RedeemPoints(command.partner, account.public_id, points, command.receipt_id)
        redemption = redeem(account, redeeming, take, now=now)
        journal.write()
        return EndedHold(
            get_hold(command.hold, partner=command.partner, now=now), redemption, journal.available(account)
        )


def void_hold(hold_id: str, partner: int, *, now: datetime) -> EndedHold:
    """Let the points of a hold be free again.

    :raises UnknownHold: the partner has no such hold.
    :raises HoldEnded: it has ended already.
    """
    with transaction():
        journal, account = _lock(hold_id, partner, now)
        hold = find_open_hold(hold_id, partner, account, now)
        journal.release(account, hold.uses)
        store.end_holds([(hold.id, VOIDED, 0)], now)
        journal.repay(account, now)
        journal.write()
        return EndedHold(get_hold(hold_id, partner=partner, now=now), None, journal.available(account))


def get_hold(hold_id: str, *, partner: int | None, now: datetime) -> Hold:
    """:raises UnknownHold: there is none of this id, or it is another partner's."""
    row = store.hold(hold_id, partner)
    if row is None:
        raise UnknownHold(hold=hold_id)
    status = EXPIRED if row.status == OPEN and row.expires_at <= now else row.status
    return Hold(
        id=row.public_id,
        member=row.member,
        points=row.points,
        status=status,
        captured_points=row.captured_points,
        expires_at=row.expires_at,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def expire_holds(*, now: datetime, limit: int = 500) -> int:
    """Free the points of holds whose time is over, of at most ``limit`` members; returns of how many."""
    if not store.members_with_expired_holds(now, 1):
        return 0
    with transaction():
        members = store.members_with_expired_holds(now, limit)
        JournalSession(members, spenders=members, now=now).write()
        return len(members)


def find_open_hold(hold_id: str, partner: int, account: Account, now: datetime) -> OpenHold:
    """The hold, for whoever has locked its member.

    :raises UnknownHold: the partner has no such hold.
    :raises HoldOfAnotherMember: the points are not this member's.
    :raises HoldEnded: it has ended.
    """
    hold = get_hold(hold_id, partner=partner, now=now)
    row = store.hold(hold_id, partner)
    assert row is not None
    if hold.member != account.public_id:
        raise HoldOfAnotherMember(hold=hold_id)
    if hold.status != OPEN:
        raise HoldEnded(hold=hold_id, status=hold.status)
    return OpenHold(row.id, row.public_id, row.partner, row.points, store.held_lots(row.id))


def wish_of(hold: OpenHold, lines: Sequence[Line], programme: Programme) -> Exactly:
    """As many of the points as may pay for these lines.

    :raises RedemptionAboveMaximum: none of them may.
    """
    most = max_points(lines, hold.points, programme)
    if not most:
        raise RedemptionAboveMaximum(max_points=0, required=hold.points)
    return Exactly(most)


def capture(journal: JournalSession, account: Account, hold: OpenHold, points: int, source: Source) -> None:
    """End the hold: that many of its points are redeemed, those that expire first, and the rest is free again."""
    journal.capture(hold.partner, account, hold.uses, points, source)
    store.end_holds([(hold.id, CAPTURED, points)], journal.now)


def _lock(hold_id: str, partner: int, now: datetime) -> tuple[JournalSession, Account]:
    """:raises UnknownHold: the partner has no such hold."""
    row = store.hold(hold_id, partner)
    if row is None:
        raise UnknownHold(hold=hold_id)
    journal = JournalSession([row.member], spenders=[row.member], now=now)
    return journal, journal.accounts[row.member]
