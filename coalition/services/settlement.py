"""Settlement periods: closed once, each with a statement for everybody, and settled when these are accepted."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import orjson
from dateutil.relativedelta import relativedelta
from peewee import IntegrityError

from coalition.domain.netting import Transfer, plan_transfers
from coalition.domain.periods import Cut, Days, PeriodStatus, StatementStatus, period_status, read_days
from coalition.domain.settlement import Account, Books, Total, positions
from coalition.domain.statements import Statement
from coalition.errors import (
    EntriesNotFinal,
    InvalidPeriod,
    PeriodClosed,
    PeriodNotOver,
    PeriodOutOfOrder,
    UnknownPeriod,
)
from coalition.ids import new_id
from coalition.ledger.contract import GENESIS_HEAD
from coalition.ledger.node import to_hex
from coalition.services import audit_log
from coalition.services.corrections import open_corrections
from coalition.services.period_books import PeriodBooks, period_books
from coalition.services.period_lines import Correction, Scope
from coalition.services.pricing import Pricing
from coalition.services.programmes import rulebook
from coalition.services.rate_cards import PERIODS_LOCK
from coalition.store import settlement as store
from coalition.store import tables
from coalition.store.database import lock_name, to_column, transaction

_ITSELF = "coalition"
"""Who settles a period that everybody has accepted."""


@dataclass(frozen=True, slots=True)
class Period:
    """A closed period; ``name`` is its month, year or days. Disputes are taken before ``dispute_until``."""

    id: str
    number: int
    name: str
    days: Days
    starts_at: datetime
    ends_at: datetime
    sequence: int
    head: str
    status: PeriodStatus
    dispute_until: datetime
    closed_at: datetime
    settled_at: datetime | None

    @property
    def cut(self) -> Cut:
        return Cut(self.ends_at, self.sequence)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a time comes to, whether or not it is closed: accounts, positions by currency and party, the fewest payments
    by currency."""

    totals: dict[Account, Total]
    positions: dict[str, dict[int, int]]
    transfers: dict[str, list[Transfer]]


@dataclass(frozen=True)
class Draft:
    """A period as it would be closed now."""

    books: PeriodBooks
    head: str
    corrections: list[Correction]

    def statements(self, period: str, *, now: datetime) -> list[Statement]:
        return list(self.books.statements(period, self.head, rulebook().at(now)))

    def outlook(self) -> Outlook:
        return _outlook(self.books.totals)


def draft(name: str, *, now: datetime) -> Draft:
    """What closing the period of this name (see ``read_days``) would write; nothing is written, and no till waits.

    What happened before it and was recorded too late is in it, too.

    :raises InvalidPeriod: the name is none.
    :raises PeriodClosed: it is closed.
    :raises PeriodNotOver: its last day is not over.
    :raises PeriodOutOfOrder: another period is to be closed before it, it has days that are closed, or it is to be the
        first, and there are entries from before it.
    :raises EntriesNotFinal: the chain does not have all its entries for good yet.
    :raises NoExchangeRate: a rate card converts, and there is no rate for the day of an entry.
    """
    days = read_days(name)
    if existing := tables.SettlementPeriod.get_or_none(first_day=days.first, last_day=days.last):
        raise PeriodClosed(period=name, id=existing.public_id)
    scope, head = _next_scope(days, now)
    corrections = open_corrections()
    return Draft(period_books(scope, rulebook().at(now), corrections), head, corrections)


def close(name: str, by: str, *, now: datetime) -> Period:
    """Close the period of this name, with statements for all. It is written all at once, and once.

    Refused for the same reasons as ``draft``.
    """
    while True:
        # Outside of the transaction: it takes a while, and what is final stays as it is.
        found = draft(name, now=now)
        try:
            with transaction():
                lock_name(PERIODS_LOCK)
                last = _last()
                is_next = (last.number if last else 0) + 1 == found.books.scope.number
                if is_next and open_corrections() == found.corrections and found.books.pricing.is_current():
                    return _write(found, by, now)
        except IntegrityError:
            # Another process has closed it at this moment.
            continue


def periods(*, now: datetime) -> list[Period]:
    """All that are closed, the oldest first."""
    return [_period(row, now) for row in tables.SettlementPeriod.select().order_by(tables.SettlementPeriod.number)]


def period(name: str, *, now: datetime) -> Period:
    """The closed period of this name, id or number.

    :raises UnknownPeriod: there is none.
    """
    with suppress(InvalidPeriod):
        days = read_days(name)
        if row := tables.SettlementPeriod.get_or_none(first_day=days.first, last_day=days.last):
            return _period(row, now)
    for each in periods(now=now):
        if name in (each.id, str(each.number)):
            return each
    raise UnknownPeriod(period=name)


def next_days() -> Days | None:
    """The rest of the month that is to be closed next; None while there are neither periods nor entries."""
    if last := _last():
        first = last.last_day + timedelta(days=1)
    elif moment := store.first_entry():
        first = rulebook().at(moment).local(moment).date().replace(day=1)
    else:
        return None
    return Days(first, first + relativedelta(months=1, day=1, days=-1))


def outlook(from_: date | None, to: date | None, *, now: datetime) -> Outlook:
    """What the entries from the one day until before the other come to, on the chain or not. Nothing is changed.

    It is without what only a closing knows: monthly fees, corrections, guarantees, and fractions that are carried.

    :raises InvalidPeriod: no day lies between the two.
    """
    if from_ is not None and to is not None and from_ >= to:
        raise InvalidPeriod(from_=str(from_), to=str(to))
    programme = rulebook().at(now)
    pricing, books = Pricing(programme), Books()
    start = programme.start_of_day(from_) if from_ else None
    end = programme.start_of_day(to) if to else None
    for rows in store.entries_between(start, end):
        for priced in pricing.price(rows):
            for flow in priced.flows:
                books.add(flow, priced.points)
    return _outlook(books.totals({}))


def result(found: Period) -> Outlook:
    """What a closed period came to."""
    return _outlook(store.totals_of(found.number))


def settle_accepted(*, now: datetime) -> int:
    """Settle the periods whose statements are accepted, or can no longer be disputed: payments are due from then on.

    Returns how many there were.
    """
    waiting = tables.SettlementPeriod.select().where(tables.SettlementPeriod.settled_at.is_null())
    # Asked first without a lock: most of the time there are none, and tills are not to wait for that answer.
    accepted = [row.number for row in waiting if _period(row, now).status is PeriodStatus.ACKNOWLEDGED]
    return sum(_settle(number, now) for number in sorted(accepted))


def _settle(number: int, now: datetime) -> bool:
    with transaction():
        lock_name(PERIODS_LOCK)
        row = tables.SettlementPeriod.get_by_id(number)
        if row.settled_at is not None or _period(row, now).status is not PeriodStatus.ACKNOWLEDGED:
            return False
        for currency, transfers in _outlook(store.totals_of(number)).transfers.items():
            for transfer in transfers:
                tables.Payment.create(
                    public_id=new_id("pay"),
                    period=number,
                    payer=transfer.payer,
                    payee=transfer.payee,
                    currency=currency,
                    amount_minor=transfer.amount_minor,
                )
        tables.SettlementPeriod.update(settled_at=now).where(tables.SettlementPeriod.number == number).execute()
        audit_log.note("period.settled", row.public_id, {"number": number}, _ITSELF, now=now)
        return True


def _next_scope(days: Days, now: datetime) -> tuple[Scope, str]:
    """What would be closed now under this name, and the ledger's head by then."""
    programme, last = rulebook().at(now), _last()
    ends_at = programme.start_of_day(days.after)
    if ends_at > now:
        raise PeriodNotOver(ends_at=ends_at)
    if last and days.first != last.last_day + timedelta(days=1):
        raise PeriodOutOfOrder(expected=last.last_day + timedelta(days=1), given=days.first)
    oldest = None if last else store.first_entry()
    if oldest and programme.local(oldest).date() < days.first:
        raise PeriodOutOfOrder(expected=programme.local(oldest).date(), given=days.first)
    # Where the one before ended, by the zone of that time.
    starts_at = last.ends_at if last else programme.start_of_day(days.first)
    sequence, head = store.final_batch()
    waiting, since = store.not_final(ends_at, sequence)
    if since is not None:
        raise EntriesNotFinal(entries=waiting, oldest=since, ends_at=ends_at)
    before = Cut(last.ends_at, last.sequence) if last else None
    number = last.number + 1 if last else 1
    return Scope(number, days, starts_at, Cut(ends_at, sequence), before), head or to_hex(GENESIS_HEAD)


def _write(found: Draft, by: str, now: datetime) -> Period:
    books, scope, programme, period_id = found.books, found.books.scope, rulebook().at(now), new_id("per")
    card = books.pricing.cards.at(to_column(scope.starts_at))
    row = tables.SettlementPeriod.create(
        number=scope.number,
        public_id=period_id,
        first_day=scope.days.first,
        last_day=scope.days.last,
        starts_at=scope.starts_at,
        ends_at=scope.cut.ends_at,
        sequence=scope.cut.sequence,
        head=found.head,
        dispute_until=programme.end_of_day(now, card.dispute_days),
        closed_at=now,
        force_insert=True,
    )
    store.insert_totals(scope.number, books.totals)
    for statement in found.statements(period_id, now=now):
        _write_statement(scope.number, statement)
    ids = [correction.id for correction in found.corrections]
    tables.SettlementCorrection.update(period=scope.number).where(
        tables.SettlementCorrection.public_id.in_(ids)
    ).execute()
    closed = _period(row, now)
    details = {"name": closed.name, "sequence": closed.sequence, "head": closed.head}
    audit_log.note("period.closed", period_id, details, by, now=now)
    return closed


def _write_statement(number: int, statement: Statement) -> None:
    tables.Statement.create(
        public_id=statement.id,
        period=number,
        party=statement.partner,
        currency=statement.currency,
        document=orjson.dumps(statement).decode(),
        root=statement.root,
        position_minor=statement.position_minor,
        status=StatementStatus.OPEN,
        force_insert=True,
    )


def _outlook(totals: dict[Account, Total]) -> Outlook:
    found = positions(totals)
    return Outlook(totals, found, {currency: plan_transfers(nets) for currency, nets in sorted(found.items())})


def _last() -> tables.SettlementPeriod | None:
    found: tables.SettlementPeriod | None = (
        tables.SettlementPeriod.select().order_by(tables.SettlementPeriod.number.desc()).first()
    )
    return found


def _period(row: tables.SettlementPeriod, now: datetime) -> Period:
    statuses = tables.Statement.select(tables.Statement.status).where(tables.Statement.period == row.number)
    status = PeriodStatus.SETTLED
    if row.settled_at is None:
        found = [StatementStatus(each.status) for each in statuses]
        status = period_status(found, dispute_until=row.dispute_until, now=now)
    days = Days(row.first_day, row.last_day)
    return Period(
        row.public_id,
        row.number,
        _name(days),
        days,
        row.starts_at,
        row.ends_at,
        row.sequence,
        row.head,
        status,
        row.dispute_until,
        row.closed_at,
        row.settled_at,
    )


def _name(days: Days) -> str:
    for name in (f"{days.first:%Y-%m}", f"{days.first:%Y}"):
        if read_days(name) == days:
            return name
    return f"{days.first}..{days.last}"
