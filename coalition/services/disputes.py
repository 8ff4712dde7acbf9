"""Disputes: a party does not accept a line of its statement; the operator corrects that or rejects it, with words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from coalition.domain.periods import StatementStatus
from coalition.errors import DisputeAnswered, InvalidCorrection, ReasonRequired, UnknownDispute
from coalition.ids import new_id
from coalition.services import audit_log
from coalition.services.corrections import correct
from coalition.services.rate_cards import PERIODS_LOCK
from coalition.services.signatures import check_signature, dispute_of, to_sign
from coalition.services.statements import check_disputable, check_line, get_statement
from coalition.store import tables
from coalition.store.database import lock_name, transaction

Answer = Literal["correction", "rejection"]


@dataclass(frozen=True, slots=True)
class Dispute:
    """``words`` are the operator's, with its ``answer``; None while it has not answered."""

    id: str
    statement: str
    line: str
    reason: str
    raised_at: datetime
    answer: str | None
    words: str | None
    answered_at: datetime | None


def dispute(
    statement_id: str, party: int, line: str, reason: str, by: str, *, now: datetime, signature: str | None = None
) -> Dispute:
    """Say that the party does not accept this line; the same line again is the same dispute. A signature is for the
    chain, and can follow.

    :raises ReasonRequired: no reason is given.
    :raises UnknownStatement: there is none of this id, or it is another party's.
    :raises UnknownStatementLine: it has no such line.
    :raises StatementConcluded: its party has acknowledged it.
    :raises DisputeTooLate: the time to do so is over.
    :raises NoSigningKey: it is signed, and the party has no key.
    :raises WrongSigner: another key signed it.
    """
    if not reason.strip():
        raise ReasonRequired()
    check_line(get_statement(statement_id, party).statement, line, now=now)
    with transaction():
        # So that the period is not settled meanwhile.
        lock_name(PERIODS_LOCK)
        lock_name(statement_id)
        statement = tables.Statement.get_by_id(statement_id)
        if signature is not None:
            signature = check_signature(party, dispute_of(statement, line), signature)
        if existing := tables.Dispute.get_or_none(statement=statement_id, line=line):
            if signature is not None and existing.signature != signature:
                existing.signature = signature
                existing.save(only=[tables.Dispute.signature])
                audit_log.note("dispute.signed", existing.public_id, {}, by, now=now)
            return _dispute(existing)
        check_disputable(statement, now)
        row = tables.Dispute.create(
            public_id=new_id("dis"),
            statement=statement_id,
            line=line,
            reason=reason,
            raised_at=now,
            signature=signature,
        )
        _set_status(statement_id, StatementStatus.DISPUTED)
        audit_log.note("dispute.raised", row.public_id, {"line": line, "reason": reason}, by, now=now)
        return _dispute(row)


def dispute_to_sign(statement_id: str, party: int, line: str, *, now: datetime) -> dict[str, Any] | None:
    """What the party's key signs not to accept the line; None while there is no settlement contract.

    :raises UnknownStatement: there is none of this id, or it is another party's.
    :raises UnknownStatementLine: it has no such line.
    """
    check_line(get_statement(statement_id, party).statement, line, now=now)
    return to_sign(dispute_of(tables.Statement.get_by_id(statement_id), line))


def answer(
    dispute_id: str,
    given: Answer,
    words: str,
    by: str,
    *,
    now: datetime,
    amount_minor: int = 0,
    counterparty: int | None = None,
) -> Dispute:
    """Answer a dispute. A correction moves ``amount_minor`` in the next period: above zero ``counterparty`` pays that
    to the party that disputed, below zero it gets it.

    :raises ReasonRequired: no words are given.
    :raises UnknownDispute: there is none of this id.
    :raises DisputeAnswered: it is answered already.
    :raises InvalidCorrection: the correction moves nothing, or to nobody else.
    """
    if not words.strip():
        raise ReasonRequired().at("/words")
    with transaction():
        row = tables.Dispute.get_or_none(tables.Dispute.public_id == dispute_id)
        if row is None:
            raise UnknownDispute(dispute=dispute_id)
        lock_name(row.statement_id)
        row = tables.Dispute.get_by_id(row.id)
        if row.answer is not None:
            raise DisputeAnswered(dispute=dispute_id, answer=row.answer)
        if given == "rejection" and amount_minor:
            raise InvalidCorrection(problem="a rejection moves nothing")
        if given == "correction":
            party, other = row.statement.party, counterparty if counterparty is not None else row.statement.party
            payer, payee = (other, party) if amount_minor >= 0 else (party, other)
            currency = row.statement.currency
            correct(payer, payee, currency, abs(amount_minor), words, by, now=now, dispute=row.id)
        row.answer, row.words, row.answered_at = given, words, now
        row.save()
        waiting = tables.Dispute.select().where(
            tables.Dispute.statement == row.statement_id, tables.Dispute.answer.is_null()
        )
        if not waiting.exists():
            _set_status(row.statement_id, StatementStatus.ANSWERED)
        audit_log.note("dispute.answered", dispute_id, {"answer": given, "words": words}, by, now=now)
        return _dispute(row)


def list_disputes(statement_id: str | None = None, *, only_open: bool = False) -> list[Dispute]:
    """The oldest first; of one statement if it is given."""
    query = tables.Dispute.select()
    if statement_id is not None:
        query = query.where(tables.Dispute.statement == statement_id)
    if only_open:
        query = query.where(tables.Dispute.answer.is_null())
    return [_dispute(row) for row in query.order_by(tables.Dispute.id)]


def _set_status(statement_id: str, status: StatementStatus) -> None:
    tables.Statement.update(status=status).where(tables.Statement.public_id == statement_id).execute()


def _dispute(row: Any) -> Dispute:
    return Dispute(
        row.public_id,
        row.statement_id,
        row.line,
        row.reason,
        row.raised_at,
        row.answer,
        row.words,
        row.answered_at,
    )
