"""The dated rate cards: which one prices what, how the next one is published, and the rates between currencies."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from peewee import IntegrityError, fn

from coalition.domain.currencies import minor_digits
from coalition.domain.programme import Programme
from coalition.domain.purchase import CLOCK_SKEW
from coalition.domain.rate_card_document import rate_card_document, read_rate_card
from coalition.domain.rate_cards import MOST_MICROS, ExchangeRates, Funding, Price, RateCard
from coalition.domain.statements import MICROS
from coalition.errors import FundingFixed, InvalidExchangeRate, RateCardInPast, RateCardOverlaps
from coalition.services import audit_log
from coalition.services.partners import list_partners
from coalition.services.programmes import Rulebook, rulebook
from coalition.store import tables
from coalition.store.database import lock_name, to_column, transaction

PERIODS_LOCK = "settlement"
"""Whoever holds it closes a period, or gives what prices one."""


class Version(NamedTuple):
    """A card as it was published; ``document`` is its canonical form."""

    version: int
    effective_from: datetime
    published_at: datetime
    document: dict[str, Any]


class DatedRate(NamedTuple):
    """From ``day`` on, a minor unit of ``base`` is worth ``micros`` millionths of one of ``quote``."""

    base: str
    quote: str
    day: date
    micros: int


@dataclass(frozen=True)
class RateCards:
    """All cards, by the moment from which each is in force.

    Before the first one a point costs what it pays at the till. The issuer pays at redemption, unless the first card
    says at issuance, which it can only while there are no entries: then that, and its breakage, hold from the start.
    """

    since: tuple[str, ...]
    cards: tuple[RateCard, ...]
    programmes: Rulebook

    def at(self, moment: str) -> RateCard:
        """The card that prices what happened then; the moment is as ``to_column`` makes it."""
        found = bisect_right(self.since, moment) - 1
        return self.cards[found] if found >= 0 else self._usual(self.programmes.at(datetime.fromisoformat(moment)))

    def all(self) -> list[RateCard]:
        """Each that prices anything, the usual ones included."""
        return [*self.cards, *(self._usual(programme) for programme in self.programmes.versions)]

    def _usual(self, programme: Programme) -> RateCard:
        micros = programme.point_price_minor * MICROS
        price = Price(micros, micros, programme.currency)
        if self.cards and self.cards[0].funding is Funding.AT_ISSUANCE:
            return RateCard(price, Funding.AT_ISSUANCE, self.cards[0].breakage)
        return RateCard(price)


def rate_cards() -> RateCards:
    """Every card there is, in order."""
    partners = {partner.name: partner.number for partner in list_partners()}
    versions = _versions()
    cards = tuple(read_rate_card(orjson.dumps(each.document).decode(), "card", partners) for each in versions)
    return RateCards(tuple(to_column(each.effective_from) for each in versions), cards, rulebook())


def draft(text: str, name: str) -> RateCard:
    """The card of a document, YAML or JSON, checked against the partners there are.

    :raises InvalidRateCard: it has mistakes, and these are all of them.
    """
    return read_rate_card(text, name, {partner.name: partner.number for partner in list_partners()})


def publish_rate_card(card: RateCard, effective_from: datetime, by: str, *, now: datetime) -> Version:
    """Let the card be in force from that moment on. What happened before is priced by what was in force then.

    The first card may take effect in the past, while nothing is closed: until then nobody has relied on another.

    :raises RateCardInPast: the moment is not later than now, or lies in a closed period.
    :raises RateCardOverlaps: a card that is published already begins then or later.
    :raises FundingFixed: another funding than what points were issued under.
    """
    try:
        with transaction():
            lock_name(PERIODS_LOCK)
            versions = _versions()
            closed_until = tables.SettlementPeriod.select(fn.MAX(tables.SettlementPeriod.ends_at)).scalar()
            is_past = effective_from <= now + CLOCK_SKEW
            if (is_past and (versions or closed_until)) or (closed_until and effective_from < closed_until):
                raise RateCardInPast(effective_from=effective_from)
            if versions and effective_from <= versions[-1].effective_from:
                raise RateCardOverlaps(version=versions[-1].version, effective_from=versions[-1].effective_from)
            _check_funding(card, versions)
            names = {partner.number: partner.name for partner in list_partners()}
            number = len(versions) + 1
            tables.RateCard.create(
                version=number,
                effective_from=effective_from,
                document=orjson.dumps(rate_card_document(card, names)).decode(),
                created_at=now,
                force_insert=True,
            )
            audit_log.note("rate_card.published", str(number), {"effective_from": effective_from}, by, now=now)
            return _versions()[-1]
    except IntegrityError as error:
        last = _versions()[-1]
        raise RateCardOverlaps(version=last.version, effective_from=last.effective_from) from error


def versions() -> list[Version]:
    """Every card there is, in order."""
    return _versions()


def set_exchange_rate(base: str, quote: str, day: date, micros: int, by: str, *, now: datetime) -> None:
    """From that day on a minor unit of ``base`` is worth ``micros`` millionths of one of ``quote``.

    While the day is open, the rate may be given anew. For a closed day it may only be given where none was known yet,
    so that nothing can have been converted.

    :raises InvalidExchangeRate: not above zero or too much, not of a currency, between a currency and itself, or
        another than what days of a closed period were converted by.
    """

    def refuse(problem: str) -> InvalidExchangeRate:
        return InvalidExchangeRate(base=base, quote=quote, day=day, problem=problem)

    for currency in (base, quote):
        if minor_digits(currency) is None:
            raise refuse(f"ISO 4217 knows no {currency} that has minor units")
    if base == quote:
        raise refuse("it is between a currency and itself")
    if not 0 < micros <= MOST_MICROS:
        raise refuse(f"{micros} is not from 1 to {MOST_MICROS}")
    with transaction():
        lock_name(PERIODS_LOCK)
        table = tables.ExchangeRate
        known = {row.day: row.micros for row in table.select().where(table.base == base, table.quote == quote)}
        if known.get(day) == micros:
            return
        last = tables.SettlementPeriod.select(fn.MAX(tables.SettlementPeriod.last_day)).scalar()
        if last is not None and day <= last and known and day >= min(known):
            raise refuse(f"the days up to {last} are closed")
        table.delete().where(table.base == base, table.quote == quote, table.day == day).execute()
        table.create(base=base, quote=quote, day=day, micros=micros, force_insert=True)
        audit_log.note(
            "exchange_rate.set",
            f"{base}/{quote}",
            {"day": day, "micros": micros, "instead_of": known.get(day)},
            by,
            now=now,
        )


def exchange_rates() -> ExchangeRates:
    found: dict[tuple[str, str], list[tuple[date, int]]] = {}
    for row in tables.ExchangeRate.select().order_by(tables.ExchangeRate.day):
        found.setdefault((row.base, row.quote), []).append((row.day, row.micros))
    return ExchangeRates({pair: tuple(rates) for pair, rates in found.items()})


def list_exchange_rates() -> list[DatedRate]:
    """Every rate that was given, by day."""
    rates = tables.ExchangeRate
    rows = rates.select().order_by(rates.day, rates.base, rates.quote)
    return [DatedRate(row.base, row.quote, row.day, row.micros) for row in rows]


def _check_funding(card: RateCard, versions: Sequence[Version]) -> None:
    """One funding holds for all time: what is issued under one cannot be redeemed under another."""
    funding = versions[-1].document["funding"] if versions else Funding.AT_REDEMPTION.value
    if card.funding.value != funding and (versions or tables.Entry.select().exists()):
        raise FundingFixed(funding=funding)


def _versions() -> list[Version]:
    rows = tables.RateCard.select().order_by(tables.RateCard.version)
    return [Version(row.version, row.effective_from, row.created_at, orjson.loads(row.document)) for row in rows]
