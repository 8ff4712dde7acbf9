"""The calls of the settlement contract, each with what tells that it is done, and the gas that it may take."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from coalition.ledger.administration import Call
from coalition.ledger.settlement.binding import (
    DisputeStatus,
    SettlementContract,
    Status,
    claim_argument,
    place,
    statement_argument,
    to_code,
)
from coalition.ledger.settlement.description import Claim as ClaimOnChain
from coalition.ledger.settlement.description import DisputeOnChain, PaymentOnChain, PeriodOnChain, StatementOnChain
from coalition.ledger.settlement.typed_data import Payment, digest

CLAIMS_AT_ONCE = 100
STATEMENTS_AT_ONCE = 100
_CLAIM_GAS = 130_000
_STATEMENT_GAS = 90_000
_BASE_GAS = 200_000
_WALLET_GAS = 1_000_000
"""A partner may sign with a contract, which takes what gas it takes."""


class Voice(NamedTuple):
    """A call that passes on what a party has to say."""

    call: Call
    partner: int
    currency: str


def set_ceiling(settlement: SettlementContract, currency: str, most_per_point: int) -> Call:
    arguments = (to_code(currency), most_per_point)
    return Call(settlement, "setCeiling", arguments, lambda: settlement.ceilings([currency]) == [most_per_point])


def register_key(settlement: SettlementContract, partner: int, key: str) -> Call:
    return Call(settlement, "registerKey", (partner, key), lambda: settlement.keys([partner]) == [key])


def replace_key(settlement: SettlementContract, partner: int, key: str, signature: bytes) -> Call:
    """Anybody may make this call."""
    arguments = (partner, key, signature)
    return Call(settlement, "replaceKey", arguments, lambda: settlement.keys([partner]) == [key], _WALLET_GAS)


def replace_lost_key(settlement: SettlementContract, partner: int, key: str) -> Call:
    return Call(settlement, "replaceLostKey", (partner, key), lambda: settlement.keys([partner]) == [key])


def open_period(settlement: SettlementContract, period: PeriodOnChain) -> Call:
    bounds = _seconds(period.starts_at), _seconds(period.ends_at)
    arguments = (period.number, *bounds, period.sequence, _seconds(period.deadline))
    return Call(settlement, "open", arguments, lambda: settlement.periods() >= period.number)


def claim(settlement: SettlementContract, period: int, claims: Sequence[ClaimOnChain]) -> Call:
    """Some claims of the period, in order."""
    arguments = (period, [claim_argument(each) for each in claims])
    last = place(claims[-1])
    gas = _BASE_GAS + _CLAIM_GAS * len(claims)
    return Call(settlement, "claim", arguments, lambda: settlement.period(period).last_claim >= last, gas)


def state(settlement: SettlementContract, period: int, statements: Sequence[StatementOnChain]) -> Call:
    keys = [(each.partner, each.currency) for each in statements]
    arguments = (period, [statement_argument(each) for each in statements])
    gas = _BASE_GAS + _STATEMENT_GAS * len(statements)

    def is_done() -> bool:
        return all(each.status > Status.CLAIMED for each in settlement.statements(period, keys))

    return Call(settlement, "state", arguments, is_done, gas)


def close(settlement: SettlementContract, period: int) -> Call:
    return Call(settlement, "close", (period,), lambda: settlement.period(period).closed)


def voices(settlement: SettlementContract, period: PeriodOnChain) -> Iterator[Callable[[], list[Voice]]]:
    """What was said about a closed period: disputes, answers, acknowledgements, payments; what was heard is left out.

    Each list is to be asked for once the one before it was passed on.
    """
    yield lambda: _disputes(settlement, period)
    yield lambda: _answers(settlement, period)
    yield lambda: _acknowledgements(settlement, period)
    yield lambda: _payments(settlement, period)


def _disputes(settlement: SettlementContract, period: PeriodOnChain) -> list[Voice]:
    found = []
    for each, status in _disputes_on_chain(settlement, period):
        if status is DisputeStatus.NONE and not _is_acknowledged(settlement, period.number, each):
            key = (each.partner, each.currency, each.lines)
            arguments = (period.number, each.partner, to_code(each.currency), each.lines, each.signature)
            is_done = _differs(settlement, period.number, key, DisputeStatus.NONE)
            call = Call(settlement, "dispute", arguments, is_done, _WALLET_GAS)
            found.append(Voice(call, each.partner, each.currency))
    return found


def _answers(settlement: SettlementContract, period: PeriodOnChain) -> list[Voice]:
    found = []
    for each, status in _disputes_on_chain(settlement, period):
        if each.answer is None or status is not DisputeStatus.OPEN:
            continue
        if not _is_acknowledged(settlement, period.number, each):
            key = (each.partner, each.currency, each.lines)
            arguments = (period.number, each.partner, to_code(each.currency), each.lines, each.answer)
            is_done = _differs(settlement, period.number, key, DisputeStatus.OPEN)
            found.append(Voice(Call(settlement, "answer", arguments, is_done), each.partner, each.currency))
    return found


def _acknowledgements(settlement: SettlementContract, period: PeriodOnChain) -> list[Voice]:
    keys = [(each.partner, each.currency) for each in period.acknowledgements]
    states = settlement.statements(period.number, keys)
    found = []
    for each, key, known in zip(period.acknowledgements, keys, states, strict=True):
        if known.status == Status.ACKNOWLEDGED:
            continue
        arguments = (period.number, each.partner, to_code(each.currency), each.signature)
        call = Call(settlement, "acknowledge", arguments, _acknowledged(settlement, period.number, key), _WALLET_GAS)
        found.append(Voice(call, *key))
    return found


def _payments(settlement: SettlementContract, period: PeriodOnChain) -> list[Voice]:
    if not period.payments:
        return []
    domain = settlement.domain()
    digests = [digest(domain, _payment(period.number, each)) for each in period.payments]
    found = []
    for each, taken, hashed in zip(period.payments, settlement.taken(digests), digests, strict=True):
        if taken:
            continue
        parties = (period.number, each.payer, each.payee, to_code(each.currency))
        arguments = (*parties, each.amount_minor, each.number, each.signature)
        call = Call(settlement, "confirmPayment", arguments, _taken(settlement, hashed), _WALLET_GAS)
        found.append(Voice(call, each.payee, each.currency))
    return found


def _payment(period: int, each: PaymentOnChain) -> Payment:
    return Payment(period, each.payer, each.payee, each.currency, each.amount_minor, each.number)


def _disputes_on_chain(
    settlement: SettlementContract, period: PeriodOnChain
) -> Iterator[tuple[DisputeOnChain, DisputeStatus]]:
    keys = [(each.partner, each.currency, each.lines) for each in period.disputes]
    return zip(period.disputes, settlement.disputes(period.number, keys), strict=True)


def _is_acknowledged(settlement: SettlementContract, period: int, each: DisputeOnChain) -> bool:
    """What its partner agreed to after all needs neither dispute nor answer."""
    return _acknowledged(settlement, period, (each.partner, each.currency))()


def _acknowledged(settlement: SettlementContract, period: int, key: tuple[int, str]) -> Callable[[], bool]:
    return lambda: settlement.statements(period, [key])[0].status == Status.ACKNOWLEDGED


def _differs(
    settlement: SettlementContract, period: int, key: tuple[int, str, bytes], status: DisputeStatus
) -> Callable[[], bool]:
    return lambda: settlement.disputes(period, [key]) != [status]


def _taken(settlement: SettlementContract, hashed: bytes) -> Callable[[], bool]:
    return lambda: settlement.taken([hashed]) == [True]


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
