"""What the settlement contract should have of the closed periods: all of it follows from what is kept here."""

from hashlib import sha256
from typing import Any

from peewee import fn

from coalition.domain.periods import Cut
from coalition.domain.settlement import claims
from coalition.domain.statements import MICROS
from coalition.ledger.settlement.description import (
    AcknowledgementOnChain,
    Claim,
    DisputeOnChain,
    PaymentOnChain,
    PeriodOnChain,
    StatementOnChain,
    claimed_minor,
)
from coalition.services.parties import parties
from coalition.services.rate_cards import exchange_rates, rate_cards
from coalition.services.signatures import line_digest
from coalition.store import settlement as store
from coalition.store import tables

_LATE_DEEDS = 1_000
"""A deed does not become visible after this many others that have begun later."""


def last_deeds() -> tuple[int, int]:
    """The number of the last thing done that the contract may have to hear of, and how many there are just before it.

    Both, because one with a smaller number may be written later.
    """
    last = int(tables.AuditEntry.select(fn.MAX(tables.AuditEntry.id)).scalar() or 0)
    return last, tables.AuditEntry.select().where(tables.AuditEntry.id.between(last - _LATE_DEEDS, last)).count()


def has_periods() -> bool:
    return bool(tables.SettlementPeriod.select().exists())


def described_periods() -> list[PeriodOnChain]:
    """Every closed period, in order."""
    return [_period(row) for row in tables.SettlementPeriod.select().order_by(tables.SettlementPeriod.number)]


def taken_back() -> dict[tuple[int, int], int]:
    """Points of each ``(issuer, redeemer)`` that the ledger has lost since the last closed period."""
    last = tables.SettlementPeriod.select().order_by(tables.SettlementPeriod.number.desc()).first()
    return store.taken_back_since(Cut(last.ends_at, last.sequence)) if last else {}


def signing_keys() -> dict[int, str]:
    """The address that signs for each party that has one."""
    return {number: party.signer for number, party in parties().items() if party.signer}


def ceilings() -> dict[str, int]:
    """The most that a point can cost in each currency, in micros, by any rate card there is.

    At least 1 in the currency of every statement: money may move in it for other causes, and without a ceiling the
    contract takes no statement.
    """
    rates, found = exchange_rates(), dict[str, int]()

    def allow(currency: str, micros: int) -> None:
        found[currency] = max(found.get(currency, 0), micros)

    for card in rate_cards().all():
        for price in (card.price, *card.prices.values()):
            most = max(price.issued_micros, price.redeemed_micros)
            if card.settle_in in (None, price.currency):
                allow(price.currency, most)
            else:
                highest = max(
                    (micros for _, micros in rates.rates.get((price.currency, card.settle_in), ())), default=0
                )
                allow(str(card.settle_in), -(-most * highest // MICROS))
    for row in tables.Statement.select(tables.Statement.currency).distinct():
        allow(row.currency, 1)
    return found


def _period(row: Any) -> PeriodOnChain:
    made = tuple(
        Claim(
            claim.issuer,
            claim.redeemer,
            claim.currency,
            claim.points,
            claim.amount_minor,
            claim.amount_minor,
            by_pool=claim.by_pool,
        )
        for claim in claims(store.totals_of(row.number))
    )
    explained = claimed_minor(made)
    statements = list(tables.Statement.select().where(tables.Statement.period == row.number))
    return PeriodOnChain(
        number=row.number,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        sequence=row.sequence,
        deadline=row.dispute_until,
        claims=made,
        statements=tuple(_statement(each, explained) for each in sorted(statements, key=_key)),
        acknowledgements=tuple(
            AcknowledgementOnChain(each.party, each.currency, _bytes(str(each.signature)))
            for each in statements
            if each.signature
        ),
        disputes=tuple(_dispute(each) for statement in statements for each in _signed_disputes(statement)),
        payments=tuple(
            _payment(each)
            for each in tables.Payment.select().where(tables.Payment.period == row.number)
            if each.signature
        ),
    )


def _key(statement: Any) -> tuple[int, str]:
    return statement.party, statement.currency


def _statement(row: Any, explained: dict[tuple[int, str], int]) -> StatementOnChain:
    other = row.position_minor - explained.get(_key(row), 0)
    return StatementOnChain(row.party, row.currency, _bytes(row.root), row.position_minor, other)


def _signed_disputes(statement: Any) -> list[Any]:
    signed = tables.Dispute.signature.is_null(False)
    return list(tables.Dispute.select().where(tables.Dispute.statement == statement.public_id, signed))


def _dispute(row: Any) -> DisputeOnChain:
    answer = sha256(f"{row.answer}: {row.words}".encode()).digest() if row.answer else None
    party, currency = _key(row.statement)
    return DisputeOnChain(party, currency, line_digest(row.line), _bytes(row.signature), answer)


def _payment(row: Any) -> PaymentOnChain:
    return PaymentOnChain(row.payer, row.payee, row.currency, row.amount_minor, row.id, _bytes(row.signature))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
