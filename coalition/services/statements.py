"""Statements: what each party is told of a period, and whether it accepts that."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from coalition.domain.entries import KINDS
from coalition.domain.periods import PeriodStatus, StatementStatus
from coalition.domain.rate_cards import OPERATOR, POOL, Cause, Flow, issued_points, redeemed_points
from coalition.domain.statements import CounterpartyTotal, Statement, StatementLine, WeekTotal
from coalition.errors import (
    DisputeTooLate,
    StatementConcluded,
    UnknownStatement,
    UnknownStatementLine,
    WrongRoot,
)
from coalition.services import audit_log
from coalition.services.corrections import period_corrections
from coalition.services.period_lines import (
    PartyLine,
    Scope,
    both_sides,
    entry_lines,
    fees_due,
    guarantee_line,
    other_flows,
    priced_entries,
)
from coalition.services.pricing import Pricing
from coalition.services.programmes import rulebook
from coalition.services.settlement import Period, period, periods
from coalition.services.signatures import acknowledgement_of, check_signature, to_sign
from coalition.store import settlement as store
from coalition.store import tables
from coalition.store.database import lock_name, transaction

_CONCLUDED = (StatementStatus.ACKNOWLEDGED, StatementStatus.ANSWERED)


@dataclass(frozen=True, slots=True)
class Issued:
    """A statement that was issued, where it stands, and until when it can be disputed."""

    statement: Statement
    status: StatementStatus
    dispute_until: datetime
    acknowledged_at: datetime | None
    signature: str | None


def list_statements(party: int | None = None, period_number: int | None = None) -> list[Issued]:
    """The youngest period first, then by party and currency; of one party or period if it is given."""
    query = tables.Statement.select(tables.Statement, tables.SettlementPeriod).join(tables.SettlementPeriod)
    if party is not None:
        query = query.where(tables.Statement.party == party)
    if period_number is not None:
        query = query.where(tables.Statement.period == period_number)
    order = (tables.Statement.period.desc(), tables.Statement.party, tables.Statement.currency)
    return [_issued(row) for row in query.order_by(*order)]


def get_statement(statement_id: str, party: int | None = None) -> Issued:
    """:raises UnknownStatement: there is none of this id, or it is another ``party``'s."""
    return _issued(_row(statement_id, party))


def acknowledgement_to_sign(statement_id: str, party: int | None = None) -> dict[str, Any] | None:
    """What its party's key signs to accept the statement; None while there is no settlement contract.

    :raises UnknownStatement: there is none of this id, or it is another ``party``'s.
    """
    return to_sign(acknowledgement_of(_row(statement_id, party)))


def statement_lines(statement: Statement, *, now: datetime) -> Iterator[StatementLine]:
    """Its lines, in the order that its root has them."""
    found = period(statement.period, now=now)
    for party, currency, line in _lines(found, statement.partner, now):
        if (party, currency) == (statement.partner, statement.currency):
            yield line


def opening_liability(statement: Statement) -> int | None:
    """What the party's last statement in this currency gave as its liability; None for its first one."""
    number = tables.SettlementPeriod.get(tables.SettlementPeriod.public_id == statement.period).number
    earlier = (
        tables.Statement.select()
        .where(
            tables.Statement.party == statement.partner,
            tables.Statement.currency == statement.currency,
            tables.Statement.period < number,
        )
        .order_by(tables.Statement.period.desc())
        .first()
    )
    return _statement(earlier.document).liability_minor if earlier else None


def week_totals(statement: Statement, lines: Iterable[StatementLine]) -> list[WeekTotal]:
    """What the partner issued, and what was redeemed at it, in each week that has any of it, by local days."""
    zone = ZoneInfo(statement.time_zone)
    weeks: dict[date, list[int]] = {}
    seen = set()
    for line in lines:
        # An entry may be several lines.
        if line.sequence is None or line.id in seen:
            continue
        seen.add(line.id)
        day = datetime.fromisoformat(line.occurred_at).astimezone(zone).date()
        week = weeks.setdefault(day - timedelta(days=day.weekday()), [0, 0])
        if line.issuer == statement.partner:
            week[0] += issued_points(KINDS[line.kind], line.points)
        if line.partner == statement.partner:
            week[1] += redeemed_points(KINDS[line.kind], line.points)
    return [WeekTotal(monday, *totals) for monday, totals in sorted(weeks.items())]


def acknowledge(statement_id: str, party: int, root: str, signature: str | None, by: str, *, now: datetime) -> Issued:
    """The party accepts its statement, the one with this root. A signature is for the chain, and by the party's key.

    What was acknowledged already stays so; a signature can follow, and in the place of one that the chain refused.

    :raises UnknownStatement: there is none of this id, or it is another party's.
    :raises WrongRoot: another root than the statement's.
    :raises NoSigningKey: it is signed, and the party has no key.
    :raises WrongSigner: another key signed it, or another statement was signed.
    :raises StatementConcluded: a dispute of it waits for an answer.
    """
    with transaction():
        lock_name(statement_id)
        row = _row(statement_id, party)
        if root != row.root:
            raise WrongRoot(statement=statement_id, expected=row.root, given=root)
        if row.status == StatementStatus.DISPUTED:
            raise StatementConcluded(statement=statement_id, status=row.status)
        if signature is not None:
            signature = check_signature(party, acknowledgement_of(row), signature)
        first = row.status != StatementStatus.ACKNOWLEDGED
        if first or (signature and signature != row.signature):
            row.status, row.acknowledged_at = StatementStatus.ACKNOWLEDGED, row.acknowledged_at or now
            row.signature = signature or row.signature
            row.save(only=[tables.Statement.status, tables.Statement.acknowledged_at, tables.Statement.signature])
            audit_log.note("statement.acknowledged", statement_id, {"signed": bool(signature)}, by, now=now)
        return _issued(row)


def check_disputable(row: Any, now: datetime) -> None:
    """:raises StatementConcluded: its party has acknowledged it, or its period is settled.
    :raises DisputeTooLate: the time to do so is over."""
    if row.status == StatementStatus.ACKNOWLEDGED:
        raise StatementConcluded(statement=row.public_id, status=row.status)
    if row.period.settled_at is not None:
        raise StatementConcluded(statement=row.public_id, status=PeriodStatus.SETTLED)
    if now >= row.period.dispute_until:
        raise DisputeTooLate(statement=row.public_id, until=row.period.dispute_until)


def check_line(statement: Statement, line: str, *, now: datetime) -> None:
    """:raises UnknownStatementLine: the statement has no line of this id."""
    if not any(each.id == line for each in statement_lines(statement, now=now)):
        raise UnknownStatementLine(statement=statement.id, line=line)


def _lines(found: Period, party: int, now: datetime) -> Iterator[PartyLine]:
    programme = rulebook().at(found.closed_at)
    earlier = [each for each in periods(now=now) if each.number == found.number - 1]
    scope = Scope(found.number, found.days, found.starts_at, found.cut, earlier[0].cut if earlier else None)
    pricing = Pricing(programme)
    # The pool and the operator may have to do with anybody's entries.
    only = None if party in (POOL, OPERATOR) else party
    for priced in priced_entries(scope, pricing, only):
        yield from entry_lines(priced, scope)
    totals = store.totals_of(found.number)
    corrections = period_corrections(found.number)
    for flow, draft in other_flows(fees_due(scope, programme, pricing), programme, pricing, corrections):
        yield from both_sides(flow, draft)
    for account, total in totals.items():
        if account.cause is Cause.GUARANTEE:
            flow = Flow(*account, 0, total.micros)
            yield from both_sides(flow, guarantee_line(flow, scope))


def _row(statement_id: str, party: int | None) -> Any:
    row = tables.Statement.get_or_none(tables.Statement.public_id == statement_id)
    if row is None or (party is not None and row.party != party):
        raise UnknownStatement(statement=statement_id)
    return row


def _issued(row: Any) -> Issued:
    return Issued(
        _statement(row.document),
        StatementStatus(row.status),
        row.period.dispute_until,
        row.acknowledged_at,
        row.signature,
    )


def _statement(text: str) -> Statement:
    document = orjson.loads(text)
    days = {name: date.fromisoformat(document[name]) for name in ("first_day", "last_day")}
    totals = tuple(CounterpartyTotal(**total) for total in document["totals"])
    return Statement(**(document | days | {"totals": totals}))
