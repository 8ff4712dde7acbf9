"""Redemptions without a purchase: a gift, a ticket, a donation. They can be reversed, whole and once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from coalition.domain.documents import document_hash
from coalition.domain.redemption import check_size
from coalition.domain.source_documents import redemption_document
from coalition.errors import (
    DuplicateReference,
    NoPoints,
    NotACharity,
    RedemptionReversed,
    UnknownMember,
    UnknownRedemption,
)
from coalition.ids import new_id
from coalition.services.journal import Account, JournalSession, Source
from coalition.services.partners import check_active, get_partner, partners_numbered
from coalition.services.programmes import rulebook
from coalition.services.reversals import check_room, give_back
from coalition.store import redemptions as store
from coalition.store import returns as returns_store
from coalition.store.database import to_column, transaction


@dataclass(frozen=True, slots=True)
class RedeemPoints:
    """``partner`` is the redeemer's number, ``member`` a public id, ``reference`` the till's own name for it.

    ``till`` is the number of the partner who asks, where that is not the redeemer.
    """

    partner: int
    member: str
    points: int
    reference: str
    till: int | None = None


@dataclass(frozen=True, slots=True)
class Redemption:
    """A redemption as it stands; ``discount_minor`` is what the points paid."""

    id: str
    member: str
    points: int
    discount_minor: int
    reference: str
    status: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class ChangedRedemption:
    """A redemption that was just made or reversed, and what the member can spend afterwards."""

    redemption: Redemption
    balance: int


def redeem_points(command: RedeemPoints, *, now: datetime) -> ChangedRedemption:
    """Spend points of the member's at the partner.

    :raises DuplicateReference: the partner has a redemption of that reference.
    :raises CoalitionError: the partner is suspended, the member unknown, or so many points cannot be redeemed.
    """
    if command.points < 1:
        raise NoPoints(points=command.points)
    with transaction():
        check_active(partners_numbered([command.partner])[command.partner])
        check_size(command.points, rulebook().at(now))
        journal = JournalSession([command.member], spenders=[command.member], now=now)
        account = journal.accounts.get(command.member)
        if account is None:
            raise UnknownMember(member=command.member)

        def take(source: Source) -> None:
            journal.redeem(command.partner, account, command.points, source)

        redemption = redeem(account, command, take, now=now)
        journal.write()
        return ChangedRedemption(redemption, journal.available(account))


def donate_points(charity: str, command: RedeemPoints, *, now: datetime) -> ChangedRedemption:
    """Give points to a charity, whose public id is given, at the partner's till: issuers owe the charity.

    :raises UnknownPartner: there is no such partner.
    :raises NotACharity: it is a merchant.
    """
    partner = get_partner(charity)
    if partner.kind != "charity":
        raise NotACharity(partner=partner.name)
    check_active(partners_numbered([command.partner])[command.partner])
    return redeem_points(replace(command, partner=partner.number, till=command.partner), now=now)


def reverse_redemption(redemption_id: str, partner: int | None, *, now: datetime) -> ChangedRedemption:
    """Give all the points back to the lots they came from.

    :raises UnknownRedemption: there is none of this id, or it is another partner's.
    :raises RedemptionReversed: it is reversed already.
    :raises IssuerLimitExceeded: an issuer has no room for its points by now.
    """
    with transaction():
        found = store.redemption(redemption_id, partner)
        if found is None:
            raise UnknownRedemption(redemption=redemption_id)
        journal = JournalSession([found.member], spenders=[found.member], now=now)
        account = journal.accounts[found.member]
        # Read again under the lock: another till may have reversed it meanwhile.
        found = store.redemption(redemption_id, partner)
        assert found is not None
        if found.reversed_at is not None:
            raise RedemptionReversed(redemption=redemption_id)
        uses = returns_store.redeemed_uses(found.public_id, [])
        check_room(journal, uses)
        source = Source(found.public_id, found.document_hash, now)
        give_back(journal, account, found.partner, uses, source, rulebook().at(found.occurred_at))
        journal.repay(account, now)
        journal.write()
        store.mark_reversed(redemption_id, now)
        return ChangedRedemption(get_redemption(redemption_id, partner), journal.available(account))


def get_redemption(redemption_id: str, partner: int | None) -> Redemption:
    """:raises UnknownRedemption: there is none of this id, or it is another partner's."""
    row = store.redemption(redemption_id, partner)
    if row is None:
        raise UnknownRedemption(redemption=redemption_id)
    return Redemption(
        id=row.public_id,
        member=row.member,
        points=row.points,
        discount_minor=row.points * rulebook().at(row.occurred_at).point_price_minor,
        reference=row.reference,
        status="reversed" if row.reversed_at else "redeemed",
        occurred_at=row.occurred_at,
    )


def check_reference(till: int, reference: str) -> None:
    """:raises DuplicateReference: the till has a redemption of that reference."""
    if existing := store.existing_redemption(till, reference):
        raise DuplicateReference(reference=reference, existing=existing)


def redeem(account: Account, command: RedeemPoints, take: Callable[[Source], None], *, now: datetime) -> Redemption:
    """Write a redemption down, whose points ``take`` takes from the member.

    :raises DuplicateReference: the till has a redemption of that reference.
    """
    till = command.partner if command.till is None else command.till
    check_reference(till, command.reference)
    redemption_id = new_id("red")
    document = redemption_document(
        redemption_id, command.partner, account.public_id, command.points, command.reference, to_column(now)
    )
    source = Source(redemption_id, document_hash(document), now)
    take(source)
    store.insert_redemption(
        redemption_id,
        account.id,
        command.partner,
        till,
        command.points,
        command.reference,
        source.document_hash,
        now,
    )
    return get_redemption(redemption_id, till)
