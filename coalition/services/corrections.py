"""Corrections: money that moves by hand in the next period, because of a dispute or of another mistake."""

from datetime import datetime
from typing import Any

from coalition.domain.currencies import minor_digits
from coalition.errors import InvalidCorrection, UnknownPartner
from coalition.ids import new_id
from coalition.services import audit_log
from coalition.services.parties import parties, party_named
from coalition.services.period_lines import Correction
from coalition.store import tables
from coalition.store.database import to_column, transaction

_MOST_MINOR = 10**12


def correct(
    payer: int,
    payee: int,
    currency: str,
    amount_minor: int,
    reason: str,
    by: str,
    *,
    now: datetime,
    dispute: Any = None,
) -> Correction:
    """Let ``payer`` owe ``payee`` this in the next period that is closed; 0 is the pool.

    :raises InvalidCorrection: nothing or too much, to oneself, without a reason, or in a currency that is none.
    :raises UnknownPartner: one of them is nobody.
    """
    if not 0 < amount_minor <= _MOST_MINOR:
        raise InvalidCorrection(problem=f"{amount_minor} minor units are not from 1 to {_MOST_MINOR}")
    known = parties()
    for party in (payer, payee):
        if party not in known:
            raise UnknownPartner(partner=str(party))
    if payer == payee:
        raise InvalidCorrection(problem="nobody pays themselves")
    if not reason.strip():
        raise InvalidCorrection(problem="a reason is missing")
    if minor_digits(currency) is None:
        raise InvalidCorrection(problem=f"{currency} is not an ISO 4217 code")
    with transaction():
        row = tables.SettlementCorrection.create(
            public_id=new_id("cor"),
            payer=payer,
            payee=payee,
            currency=currency,
            amount_minor=amount_minor,
            reason=reason,
            dispute=dispute,
            created_at=now,
        )
        details = {"payer": payer, "payee": payee, "currency": currency, "amount_minor": amount_minor, "reason": reason}
        audit_log.note("settlement.corrected", row.public_id, details, by, now=now)
        return _correction(row)


def correct_between(
    payer: str, payee: str, currency: str, amount_minor: int, reason: str, by: str, *, now: datetime
) -> Correction:
    """Like ``correct``, with the parties by name.

    :raises UnknownPartner: a name is nobody's.
    """
    return correct(party_named(payer), party_named(payee), currency, amount_minor, reason, by, now=now)


def open_corrections() -> list[Correction]:
    """Those that the next period to be closed takes, in order."""
    return _found(tables.SettlementCorrection.period.is_null())


def period_corrections(number: int) -> list[Correction]:
    """Those that the period took, in order."""
    return _found(tables.SettlementCorrection.period == number)


def _found(condition: Any) -> list[Correction]:
    rows = tables.SettlementCorrection.select().where(condition).order_by(tables.SettlementCorrection.id)
    return [_correction(row) for row in rows]


def _correction(row: Any) -> Correction:
    dispute = row.dispute.public_id if row.dispute else None
    created_at = to_column(row.created_at)
    return Correction(row.public_id, row.payer, row.payee, row.currency, row.amount_minor, created_at, dispute)
