"""What a point costs: dated cards of prices and fees, and what each journal entry makes whom owe to whom by them.

Prices are in micros, millionths of a minor unit per point. An entry comes to whole micros, rounded towards zero, so
what many of them come to does not depend on how they are put together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from coalition.domain.entries import EntryKind
from coalition.domain.programme import BPS
from coalition.domain.statements import MICROS
from coalition.errors import NoExchangeRate

POOL = 0
"""The party that issuers pay when they issue, and that pays redeemers; partners count from 1."""
OPERATOR = 1
"""The operator is the first partner of every coalition."""
MOST_MICROS = 10**15
"""The largest price of a point, and the largest rate between currencies."""


class Funding(StrEnum):
    """When the issuer pays: to the redeemer when its points are redeemed, or to the pool when it issues them."""

    AT_REDEMPTION = "at_redemption"
    AT_ISSUANCE = "at_issuance"


class Breakage(StrEnum):
    """Who keeps what expired points would have cost."""

    ISSUER = "issuer"
    OPERATOR = "operator"
    POOL = "pool"


class Cause(StrEnum):
    """What money is owed for."""

    REDEMPTION = "redemption"
    MARGIN = "margin"
    SUBSIDY = "subsidy"
    ISSUANCE = "issuance"
    BREAKAGE = "breakage"
    FEE_ISSUED = "fee_issued"
    FEE_REDEEMED = "fee_redeemed"
    FEE_TURNOVER = "fee_turnover"
    FEE_MONTHLY = "fee_monthly"
    GUARANTEE = "guarantee"
    CORRECTION = "correction"


class Price(NamedTuple):
    """Of one point: what its issuer pays, and what its redeemer gets, in micros of a currency."""

    issued_micros: int
    redeemed_micros: int
    currency: str


@dataclass(frozen=True)
class Fees:
    """What a partner pays the operator: by the month, for each point that it issues or redeems, and a share of what it
    gets from others or the pool for redeemed points."""

    monthly_minor: int = 0
    issued_micros: int = 0
    redeemed_micros: int = 0
    redeemed_bps: int = 0


NO_FEES = Fees()


@dataclass(frozen=True)
class RateCard:
    """Prices and fees from a moment on. Partners are known by number here.

    ``prices`` says otherwise for a pair ``(issuer, redeemer)``, for an issuer ``(issuer, None)`` or for a redeemer
    ``(None, redeemer)``, the first of these that there is. ``fees`` under None are those of all who have none of their
    own. With ``settle_in`` everything is converted to that currency by the rate of the day.
    """

    price: Price
    funding: Funding = Funding.AT_REDEMPTION
    breakage: Breakage = Breakage.ISSUER
    prices: Mapping[tuple[int | None, int | None], Price] = field(default_factory=lambda: MappingProxyType({}))
    fees: Mapping[int | None, Fees] = field(default_factory=lambda: MappingProxyType({}))
    dispute_days: int = 10
    settle_in: str | None = None

    def price_of(self, issuer: int, redeemer: int | None) -> Price:
        for pair in ((issuer, redeemer), (issuer, None), (None, redeemer)):
            if pair in self.prices:
                return self.prices[pair]
        return self.price

    def home_of(self, partner: int) -> str:
        """The currency that the partner's own points are settled in."""
        return self.settle_in or self.price_of(partner, None).currency

    def fees_of(self, partner: int) -> Fees:
        """The operator pays none to itself."""
        if partner == OPERATOR:
            return NO_FEES
        return self.fees.get(partner) or self.fees.get(None) or NO_FEES


@dataclass(frozen=True)
class ExchangeRates:
    """Dated rates: ``{(from, to): ((day, micros), …)}`` by day; a unit of the one is worth ``micros`` millionths of the
    other's, both in minor units. A rate holds until the next."""

    rates: Mapping[tuple[str, str], tuple[tuple[date, int], ...]] = field(default_factory=lambda: MappingProxyType({}))

    def at(self, base: str, quote: str, day: date) -> int:
        """:raises NoExchangeRate: none of that day or before."""
        known = [micros for since, micros in self.rates.get((base, quote), ()) if since <= day]
        if not known:
            raise NoExchangeRate(base=base, quote=quote, day=day)
        return known[-1]


class Deal(NamedTuple):
    """What a journal entry is to settlement. ``day`` is the local one that its card and rate are those of.

    ``prepaid`` is whether the issuer had bought its points in advance: then the pool has the money for them already.
    """

    kind: EntryKind
    issuer: int
    partner: int
    points: int
    day: date
    prepaid: bool = False

    def is_pooled(self, card: RateCard) -> bool:
        """Whether the pool pays for these points."""
        return self.prepaid or card.funding is Funding.AT_ISSUANCE


class Flow(NamedTuple):
    """Money from one party to another: ``micros`` of ``currency``, below zero where an earlier flow is undone.

    ``issuer`` is whose points were redeemed, None for all other causes. ``price_micros`` is what a point comes to, 0
    where it is no price by the point, or one in another currency.
    """

    payer: int
    payee: int
    cause: Cause
    currency: str
    issuer: int | None
    price_micros: int
    micros: int


_ISSUED = {
    EntryKind.ACCRUAL: 1,
    EntryKind.REWARD: 1,
    EntryKind.ADJUSTMENT_INCREASE: 1,
    EntryKind.ACCRUAL_REVERSAL: -1,
    EntryKind.ADJUSTMENT_DECREASE: -1,
}
_REDEEMED = {EntryKind.REDEMPTION: 1, EntryKind.REDEMPTION_REVERSAL: -1}


def issued_points(kind: EntryKind, points: int) -> int:
    """How many points the entry brings into the world; below zero where it takes them back."""
    return _ISSUED.get(kind, 0) * points


def redeemed_points(kind: EntryKind, points: int) -> int:
    """How many points the entry redeems; below zero where it undoes that."""
    return _REDEEMED.get(kind, 0) * points


def flows(deal: Deal, card: RateCard, rates: ExchangeRates) -> list[Flow]:
    """What the entry makes whom owe to whom; nothing where everybody would pay themselves.

    :raises NoExchangeRate: the card converts, and there is no rate for that day.
    """
    if deal.kind in _REDEEMED:
        found = _redemption(deal, card)
    elif deal.kind in _ISSUED:
        found = _issuance(deal, card)
    else:
        found = _breakage(deal, card)
    return [_converted(flow, deal, card, rates) for flow in found if flow.payer != flow.payee]


def monthly_fee(partner: int, card: RateCard) -> Flow | None:
    """What the partner pays for a month, or None where that is nothing.

    The card gives it in the currency that it settles in, or else in that of its price.
    """
    fee = card.fees_of(partner).monthly_minor
    currency = card.settle_in or card.price.currency
    return Flow(partner, OPERATOR, Cause.FEE_MONTHLY, currency, None, 0, fee * MICROS) if fee else None


def _redemption(deal: Deal, card: RateCard) -> list[Flow]:
    issuer, redeemer, sign = deal.issuer, deal.partner, _REDEEMED[deal.kind]
    points = sign * deal.points
    price = card.price_of(issuer, redeemer)
    found = []
    pooled = deal.is_pooled(card)
    if pooled:
        found.append(_flow(POOL, redeemer, Cause.REDEMPTION, price.currency, issuer, price.redeemed_micros, points))
    elif issuer != redeemer:
        paid, got = price.issued_micros, price.redeemed_micros
        found.append(_flow(issuer, redeemer, Cause.REDEMPTION, price.currency, issuer, min(paid, got), points))
        if paid > got:
            found.append(_flow(issuer, OPERATOR, Cause.MARGIN, price.currency, None, paid - got, points))
        elif got > paid:
            found.append(_flow(OPERATOR, redeemer, Cause.SUBSIDY, price.currency, None, got - paid, points))
    fees = card.fees_of(redeemer)
    if fees.redeemed_micros:
        fee = fees.redeemed_micros
        found.append(_flow(redeemer, OPERATOR, Cause.FEE_REDEEMED, price.currency, None, fee, points))
    # For its own points a redeemer gets nothing that it has not paid itself.
    if fees.redeemed_bps and (pooled or issuer != redeemer):
        micros = sign * (deal.points * price.redeemed_micros * fees.redeemed_bps // BPS)
        found.append(Flow(redeemer, OPERATOR, Cause.FEE_TURNOVER, price.currency, None, 0, micros))
    return found


def _issuance(deal: Deal, card: RateCard) -> list[Flow]:
    issuer, points = deal.issuer, issued_points(deal.kind, deal.points)
    price = card.price_of(issuer, None)
    found = []
    if card.funding is Funding.AT_ISSUANCE and not deal.prepaid:
        found.append(_flow(issuer, POOL, Cause.ISSUANCE, price.currency, None, price.issued_micros, points))
    if fee := card.fees_of(issuer).issued_micros:
        found.append(_flow(issuer, OPERATOR, Cause.FEE_ISSUED, price.currency, None, fee, points))
    return found


def _breakage(deal: Deal, card: RateCard) -> list[Flow]:
    """From whoever would have paid for the points, at what that would have been on the day of their expiry."""
    issuer = deal.issuer
    price = card.price_of(issuer, None)
    if deal.is_pooled(card):
        payer, micros = POOL, price.redeemed_micros
    else:
        payer, micros = issuer, price.issued_micros
    payee = {Breakage.ISSUER: issuer, Breakage.OPERATOR: OPERATOR, Breakage.POOL: payer}[card.breakage]
    return [_flow(payer, payee, Cause.BREAKAGE, price.currency, None, micros, deal.points)]


def _flow(
    payer: int, payee: int, cause: Cause, currency: str, issuer: int | None, price_micros: int, points: int
) -> Flow:
    return Flow(payer, payee, cause, currency, issuer, price_micros, price_micros * points)


def _converted(flow: Flow, deal: Deal, card: RateCard, rates: ExchangeRates) -> Flow:
    if card.settle_in is None or flow.currency == card.settle_in:
        return flow
    rate = rates.at(flow.currency, card.settle_in, deal.day)
    micros = abs(flow.micros) * rate // MICROS
    # Its price was in the other currency.
    return flow._replace(currency=card.settle_in, price_micros=0, micros=micros if flow.micros >= 0 else -micros)
