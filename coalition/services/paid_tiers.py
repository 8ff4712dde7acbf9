"""Tiers for sale: a member buys one at a partner, for money or for points, and has it for its term."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from dateutil.relativedelta import relativedelta

from coalition.domain.documents import document_hash
from coalition.domain.programme import Programme, Tier
from coalition.domain.source_documents import tier_purchase_document
from coalition.errors import DuplicateReference, TierNotForSale, UnknownMember, UnknownTier
from coalition.ids import new_id
from coalition.services.journal import Account, JournalSession, Source
from coalition.services.partners import check_active, partners_numbered
from coalition.services.programmes import rulebook
from coalition.services.tiers import TierBook
from coalition.store import tables
from coalition.store import tiers as store
from coalition.store.database import transaction

Means = Literal["money", "points"]


@dataclass(frozen=True, slots=True)
class BuyTier:
    """``means`` is what the member pays with: money goes to the till of ``partner``, by its number."""

    partner: int
    member: str
    tier: str
    means: Means
    reference: str


@dataclass(frozen=True, slots=True)
class BoughtTier:
    """``balance`` is what the member can spend afterwards."""

    id: str
    tier: str
    paid_minor: int
    paid_points: int
    starts_at: datetime
    ends_at: datetime
    balance: int


def buy_tier(command: BuyTier, *, now: datetime) -> BoughtTier:
    """Sell the tier for one term: from now, or from the end of the term that the member has already.

    :raises UnknownTier: the programme has no such tier.
    :raises TierNotForSale: it cannot be bought for that.
    :raises CoalitionError: partner or member cannot, or the points do not suffice.
    """
    rules = rulebook()
    programme = rules.at(now)
    tier = _tier(programme, command.tier)
    price = tier.price_points if command.means == "points" else tier.price_minor
    if price is None or tier.term_months is None:
        raise TierNotForSale(tier=tier.name, means=command.means)
    with transaction():
        partner = partners_numbered([command.partner])[command.partner]
        check_active(partner)
        journal = JournalSession([command.member], spenders=[command.member], now=now)
        account = journal.accounts.get(command.member)
        if account is None:
            raise UnknownMember(member=command.member)
        _check_new(command)
        purchase_id = new_id("tpu")
        if command.means == "points" and price:
            document = tier_purchase_document(purchase_id, command.member, tier.name, price)
            journal.redeem(command.partner, account, price, Source(purchase_id, document_hash(document), now))
        journal.write()
        starts_at = _starts_at(account, tier, now)
        # The day of the moment before: a term that follows another at midnight ends on the same day of the month.
        last_day = programme.local(starts_at - timedelta.resolution) + relativedelta(months=tier.term_months)
        ends_at = programme.end_of_day(last_day)
        row = tables.TierPurchase.create(
            public_id=purchase_id,
            member=account.id,
            partner=command.partner,
            tier=tier.name,
            paid_minor=price if command.means == "money" else 0,
            paid_points=price if command.means == "points" else 0,
            reference=command.reference,
            starts_at=starts_at,
            ends_at=ends_at,
            created_at=now,
        )
        tiers = TierBook([account.id], rules)
        tiers.bought(account.id, partner)
        tiers.write(now)
        return BoughtTier(
            id=purchase_id,
            tier=tier.name,
            paid_minor=row.paid_minor,
            paid_points=row.paid_points,
            starts_at=starts_at,
            ends_at=ends_at,
            balance=journal.available(account),
        )


def _tier(programme: Programme, name: str) -> Tier:
    for tier in programme.tiers.levels if programme.tiers else ():
        if tier.name == name:
            return tier
    raise UnknownTier(tier=name)


def _starts_at(account: Account, tier: Tier, now: datetime) -> datetime:
    """A term that is bought before the last one is over begins with its end."""
    ends = [paid.until for paid in store.paid_tiers([account.id]).get(account.id, ()) if paid.tier == tier.name]
    return max([now, *ends])


def _check_new(command: BuyTier) -> None:
    existing = tables.TierPurchase.get_or_none(
        tables.TierPurchase.partner == command.partner, tables.TierPurchase.reference == command.reference
    )
    if existing:
        raise DuplicateReference(reference=command.reference, existing=existing.public_id)
