"""The dated rate cards: which one prices what, how the next one is published, and the rates between currencies."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from peewee import IntegrityError, fn

from coalition.domain.programme import Programme
from coalition.domain.purchase import CLOCK_SKEW
from coalition.domain.rate_card_document import rate_card_document, read_rate_card
from coalition.domain.rate_cards import ExchangeRates, Price, RateCard
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


@dataclass(frozen=True)
class RateCards:
    """All cards, by the moment from which each is in force.

    Before the first one a point costs what it pays at the till, and the issuer pays at redemption.
    """

    since: tuple[str, ...]
    cards: tuple[RateCard, ...]
    programmes: Rulebook

    def at(self, moment: str) -> RateCard:
        """The card that prices what happened then; the moment is as ``to_column`` makes it."""
        found = bisect_right(self.since, moment) - 1
        return self.cards[found] if found >= 0 else _usual(self.programmes.at(datetime.fromisoformat(moment)))

    def all(self) -> list[RateCard]:
        """Each that prices anything, the usual ones included."""
        return [*self.cards, *(_usual(programme) for programme in self.programmes.versions)]


def _usual(programme: Programme) -> RateCard:
    micros = programme.point_price_minor * MICROS
    return RateCard(Price(micros, micros, programme.currency))


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
            is_past = effective_from <= now + CLOCK_SKEW and versions
            if is_past or (closed_until is not None and effective_from < closed_until):
                raise RateCardInPast(effective_from=effective_from)
            if versions and effective_from <= versions[-1].effective_from:
                raise RateCardOverlaps(version=versions[-1].version, effective_from=versions[-1].effective_from)
            _check_funding(card, versions, effective_from)
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

    :raises InvalidExchangeRate: not above zero, between a currency and itself, given otherwise for that day already, or
        for a day of a closed period.
    """

    def refuse(problem: str) -> InvalidExchangeRate:
        return InvalidExchangeRate(base=base, quote=quote, day=day, problem=problem)

    if micros <= 0 or base == quote:
        raise refuse("it is not above zero, between two currencies")
    with transaction():
        lock_name(PERIODS_LOCK)
        known = tables.ExchangeRate.get_or_none(
            tables.ExchangeRate.base == base, tables.ExchangeRate.quote == quote, tables.ExchangeRate.day == day
        )
        if known is not None and known.micros == micros:
            return
        if known is not None:
            raise refuse(f"it was given as {known.micros}")
        last = tables.SettlementPeriod.select(fn.MAX(tables.SettlementPeriod.last_day)).scalar()
        if last is not None and day <= last:
            raise refuse(f"the days up to {last} are closed")
        tables.ExchangeRate.create(base=base, quote=quote, day=day, micros=micros, force_insert=True)
        audit_log.note("exchange_rate.set", f"{base}/{quote}", {"day": day, "micros": micros}, by, now=now)


def exchange_rates() -> ExchangeRates:
    found: dict[tuple[str, str], list[tuple[date, int]]] = {}
    for row in tables.ExchangeRate.select().order_by(tables.ExchangeRate.day):
        found.setdefault((row.base, row.quote), []).append((row.day, row.micros))
    return ExchangeRates({pair: tuple(rates) for pair, rates in found.items()})


def _check_funding(card: RateCard, versions: Sequence[Version], effective_from: datetime) -> None:
    funding = versions[-1].document["funding"] if versions else "at_redemption"
    relied_on = tables.Entry.select().where(tables.Entry.occurred_at < effective_from).exists()
    if card.funding.value != funding and relied_on:
        raise FundingFixed(funding=funding)


def _versions() -> list[Version]:
    rows = tables.RateCard.select().order_by(tables.RateCard.version)
    return [Version(row.version, row.effective_from, row.created_at, orjson.loads(row.document)) for row in rows]
