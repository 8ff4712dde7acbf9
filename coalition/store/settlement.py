"""What settlement reads of the journal, and what it keeps of closed periods."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from peewee import fn

from coalition.domain.periods import Cut
from coalition.domain.rate_cards import Cause
from coalition.domain.settlement import Account, Total
from coalition.domain.statements import MICROS
from coalition.store.database import chunks, execute, from_column, insert_rows, is_postgresql, placeholders, to_column
from coalition.store.tables import SettlementAccount, SettlementPeriod

_AT_ONCE = 50_000
"""Entries read in one go: enough to be quick, and few enough for memory."""
_COLUMNS = "e.public_id, e.kind, e.issuer_id, e.partner_id, m.address, e.points, e.source, e.sequence, e.occurred_at"
_FROM = f"SELECT {_COLUMNS} FROM entry e JOIN member m ON m.id = e.member_id"


class EntryRow(NamedTuple):
    """An entry; ``occurred_at`` is as ``to_column`` makes it, which sorts as it reads."""

    public_id: str
    kind: str
    issuer: int
    partner: int
    address: str
    points: int
    source: str
    sequence: int | None
    occurred_at: str


class Original(NamedTuple):
    """What a reversal undoes: a purchase or a redemption, and when that was."""

    reference: str
    occurred_at: str


def final_batch() -> tuple[int, str | None]:
    """The last batch that is final on the chain, as all before it are, with its head; 0 if there is none."""
    row = execute(
        "SELECT b.sequence, b.head FROM chain_tx t JOIN batch b ON b.sequence = t.sequence WHERE t.status = 'final'"
        " ORDER BY t.sequence DESC LIMIT 1"
    ).fetchone()
    return (row[0], row[1]) if row else (0, None)


def not_final(ends_at: datetime, sequence: int) -> tuple[int, datetime | None]:
    """How many entries from before that moment are in no batch up to ``sequence``, and of when the oldest is."""
    count, oldest = execute(
        "SELECT COUNT(*), MIN(occurred_at) FROM entry WHERE (sequence IS NULL OR sequence > ?) AND occurred_at < ?",
        (sequence, to_column(ends_at)),
    ).fetchone()
    return count, oldest and from_column(oldest)


def first_entry() -> datetime | None:
    """When the first entry of all happened."""
    oldest = execute("SELECT MIN(occurred_at) FROM entry").fetchone()[0]
    return oldest and from_column(oldest)


def entries_of_period(cut: Cut, before: Cut | None, party: int | None = None) -> Iterator[list[EntryRow]]:
    """The entries of a period in the ledger's order, some at a time; of a ``party`` those that are its business.

    The condition is that of ``domain.periods.belongs``.
    """
    conditions = ["e.sequence BETWEEN ? AND ?", "e.occurred_at < ?"]
    parameters: list[object] = [to_column(cut.ends_at)]
    if before is not None:
        conditions.append("NOT (e.sequence <= ? AND e.occurred_at < ?)")
        parameters += [before.sequence, to_column(before.ends_at)]
    if party is not None:
        conditions.append("? IN (e.issuer_id, e.partner_id)")
        parameters.append(party)
    for first, last in _ranges(cut.sequence):
        rows = _rows(f"{_FROM} WHERE {' AND '.join(conditions)} ORDER BY e.sequence, e.id", (first, last, *parameters))
        if rows:
            yield rows


def outstanding_at(cut: Cut) -> dict[int, int]:
    """Each issuer's points that members held at the end of the period with this cut."""
    rows = execute(
        "SELECT issuer_id, SUM(CASE WHEN kind IN ('accrual', 'redemption_reversal', 'reward', 'adjustment_increase')"
        " THEN points ELSE -points END) FROM entry WHERE sequence <= ? AND occurred_at < ? GROUP BY issuer_id",
        (cut.sequence, to_column(cut.ends_at)),
    ).fetchall()
    return {issuer: int(points) for issuer, points in rows}


def taken_back_since(cut: Cut) -> dict[tuple[int, int], int]:
    """Points of each ``(issuer, redeemer)`` that entries of no period up to this cut took back from redeemers."""
    rows = execute(
        "SELECT issuer_id, partner_id, SUM(points) FROM entry WHERE kind = 'redemption_reversal'"
        " AND sequence IS NOT NULL AND NOT (sequence <= ? AND occurred_at < ?) GROUP BY issuer_id, partner_id",
        (cut.sequence, to_column(cut.ends_at)),
    ).fetchall()
    return {(issuer, redeemer): int(points) for issuer, redeemer, points in rows}


def deposits_left(number: int, ends_at: datetime) -> dict[tuple[int, str], int]:
    """By party and currency, what is left of the deposits of failed partners for whom the operator pays beyond them.

    A deposit pays what the partner owes in each period from the one in which it began to leave, all of that one
    included; what it gets in another does not fill the deposit again.
    """
    rows = execute(
        "SELECT o.partner_id, o.currency, o.deposit_minor, COALESCE((SELECT SUM(-s.position_minor) FROM statement s"
        " JOIN settlement_period p ON p.number = s.period_id WHERE s.party = o.partner_id AND s.currency = o.currency"
        " AND s.position_minor < 0 AND p.number < ? AND p.ends_at > o.started_at), 0)"
        " FROM offboarding o WHERE o.borne_by = 'operator' AND o.started_at < ?",
        (number, to_column(ends_at)),
    ).fetchall()
    return {(partner, currency): max(deposit - int(used), 0) for partner, currency, deposit, used in rows}


def prepaid_since() -> dict[int, str]:
    """Since when each prepaid partner is that, as ``to_column`` makes it."""
    rows = execute("SELECT id, prepaid_since FROM partner WHERE prepaid_since IS NOT NULL").fetchall()
    return {number: _text(moment) for number, moment in rows}


def joined(sequence: int) -> dict[int, str]:
    """When each merchant joined, as ``to_column`` makes it: it was registered, or something happened at its tills that
    is in a batch up to this one. Journals that are moved here have entries that are older than their partners."""
    rows = execute(
        "SELECT p.id, p.created_at, e.first FROM partner p LEFT JOIN (SELECT partner_id, MIN(occurred_at) AS first"
        " FROM entry WHERE sequence <= ? GROUP BY partner_id) e ON e.partner_id = p.id WHERE p.kind = 'merchant'",
        (sequence,),
    ).fetchall()
    return {number: min(_text(moment) for moment in moments if moment) for number, *moments in rows}


def left() -> dict[int, str]:
    """When partners began to leave, as ``to_column`` makes it."""
    rows = execute("SELECT partner_id, started_at FROM offboarding").fetchall()
    return {number: _text(moment) for number, moment in rows}


def first_day() -> date | None:
    """The first day of the first closed period."""
    found: date | None = SettlementPeriod.select(fn.MIN(SettlementPeriod.first_day)).scalar()
    return found


def entries_between(from_: datetime | None, to: datetime | None) -> Iterator[list[EntryRow]]:
    """Every entry that happened from the one moment until before the other, recorded on the chain or not."""
    conditions, parameters = ["e.id > ?"], []
    if from_ is not None:
        conditions.append("e.occurred_at >= ?")
        parameters.append(to_column(from_))
    if to is not None:
        conditions.append("e.occurred_at < ?")
        parameters.append(to_column(to))
    statement = (
        f"SELECT e.id, {_COLUMNS} FROM entry e JOIN member m ON m.id = e.member_id"
        f" WHERE {' AND '.join(conditions)} ORDER BY e.id LIMIT {_AT_ONCE}"
    )
    after = 0
    while rows := execute(statement, (after, *parameters)).fetchall():
        yield _entry_rows([row[1:] for row in rows])
        after = rows[-1][0]


def originals(sources: Sequence[str]) -> dict[str, Original]:
    """What reversals undo, by their source: a return undoes a part of a purchase, all others what they are named by."""
    found: dict[str, Original] = {}
    for some in chunks(sources):
        within = placeholders(len(some))
        rows = execute(
            "SELECT r.public_id, p.public_id, p.occurred_at FROM goods_return r JOIN purchase p ON p.id = r.purchase_id"
            f" WHERE r.public_id IN ({within}) UNION ALL"
            f" SELECT public_id, public_id, occurred_at FROM redemption WHERE public_id IN ({within}) UNION ALL"
            " SELECT source, source, MIN(occurred_at) FROM entry WHERE kind IN ('accrual', 'reward')"
            f" AND source IN ({within}) GROUP BY source",
            (*some, *some, *some),
        ).fetchall()
        found |= {source: Original(reference, _text(occurred_at)) for source, reference, occurred_at in rows}
    return found


def micros_before(number: int) -> dict[Account, int]:
    """What each account came to in all periods before this one."""
    rows = execute(
        "SELECT payer, payee, cause, currency, issuer, SUM(micros) FROM settlement_account WHERE period_id < ?"
        " GROUP BY payer, payee, cause, currency, issuer",
        (number,),
    ).fetchall()
    return {_account(row): int(row[5]) for row in rows}


def totals_of(number: int) -> dict[Account, Total]:
    """What the period's accounts came to, as they were when it was closed."""
    before = micros_before(number)
    rows = execute(
        "SELECT payer, payee, cause, currency, issuer, points, micros, amount_minor FROM settlement_account"
        " WHERE period_id = ? ORDER BY payer, payee, cause, currency, issuer",
        (number,),
    ).fetchall()
    totals = {}
    for row in rows:
        account = _account(row)
        points, micros, amount = row[5:]
        totals[account] = Total(points, micros, amount, (before.get(account, 0) + micros) % MICROS)
    return totals


def insert_totals(number: int, totals: dict[Account, Total]) -> None:
    columns = ("period_id", "payer", "payee", "cause", "currency", "issuer", "points", "micros", "amount_minor")
    rows = (
        (number, *account[:4], account.issuer or 0, total.points, total.micros, total.amount_minor)
        for account, total in totals.items()
    )
    insert_rows(SettlementAccount, columns, rows)


def _account(row: Sequence[object]) -> Account:
    payer, payee, cause, currency, issuer = row[:5]
    return Account(int(str(payer)), int(str(payee)), Cause(str(cause)), str(currency), int(str(issuer)) or None)


def _ranges(last: int) -> Iterator[tuple[int, int]]:
    """Batches 1 to ``last`` in ranges of not too many entries."""
    batches = execute("SELECT sequence, entries FROM batch WHERE sequence <= ? ORDER BY sequence", (last,)).fetchall()
    first, entries = 1, 0
    for sequence, size in batches:
        entries += size
        if entries >= _AT_ONCE:
            yield first, sequence
            first, entries = sequence + 1, 0
    if first <= last:
        yield first, last


def _rows(statement: str, parameters: Iterable[object]) -> list[EntryRow]:
    return _entry_rows(execute(statement, tuple(parameters)).fetchall())


def _entry_rows(rows: Sequence[Sequence[object]]) -> list[EntryRow]:
    if is_postgresql():
        rows = [(*row[:-1], _text(row[-1])) for row in rows]
    return list(map(EntryRow._make, rows))


def _text(moment: object) -> str:
    """In SQLite a moment stands as ``to_column`` writes it."""
    return to_column(moment) if isinstance(moment, datetime) else str(moment)
