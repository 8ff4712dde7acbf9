"""What the worker does for partners that leave: tells members, watches deposits, and ends what is over.

Each function does a part, commits it, and says how much that was; called again it goes on, and then there is nothing.
That points of theirs lapse is ordinary expiry, once ``announce_leaving`` has given them their last day.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from coalition import events
from coalition.domain.programme import Failure
from coalition.errors import NoExchangeRate
from coalition.services.journal import Account, JournalSession
from coalition.services.offboarding import OPERATOR_BEARS, Offboarding, fail, lock, view, worth_minor
from coalition.services.programmes import rulebook
from coalition.services.reversals import cut_short
from coalition.store import expiry as schedule
from coalition.store import ledger as ledger_store
from coalition.store import offboarding as store
from coalition.store import tables
from coalition.store.database import to_column, transaction

PARTNER_LEAVING = "partner.leaving"
PARTNER_FAILED = "partner.failed"

_DEPOSITS = "offboarding.deposits"
_WATCH_EVERY = timedelta(minutes=1)
_SOURCE = "coalition"
_TABLE = tables.Offboarding
_LEAVING = _TABLE.status == "leaving"


def announce_leaving(*, now: datetime, limit: int = 500) -> int:
    """Tell the next members who hold points of a leaving partner, and let those points live no longer; to how many.

    Each member hears once that the partner leaves, and once more if it fails: how many points, and until when, which
    is null where they keep their own expiry.
    """
    due = _TABLE.select(_TABLE.id).where(_LEAVING, _TABLE.announced_at.is_null()).order_by(_TABLE.id).first()
    if due is None:
        return 0
    with transaction():
        row = lock(_TABLE.id == due.id)
        if row is None or row.announced_at is not None:
            return 0
        holders = store.holders(row.partner_id, row.announced_to, limit)
        journal = JournalSession(holders, spenders=holders, now=now)
        news = []
        for account in journal.accounts.values():
            if points := _cut_short(journal, account, row):
                news.append(_event(row, account, points, now))
        journal.write()
        if news:
            events.append(news, now)
        if holders:
            row.announced_to = max(holders.values())
        else:
            row.announced_at = now
        row.save(only=[_TABLE.announced_to, _TABLE.announced_at])
        return len(news)


def watch_deposits(*, now: datetime, tell: Callable[[Offboarding], None]) -> int:
    """Count what others have redeemed of leaving partners' points, once a minute; how many deposits that exhausts.

    From then on the operator bears the rest, and if the programme says so, the points lapse as if the partner had
    failed. ``tell`` hears of each once.
    """
    if schedule.done_until(_DEPOSITS) > now - _WATCH_EVERY:
        return 0
    watched = [row.id for row in _TABLE.select(_TABLE.id).where(_LEAVING).order_by(_TABLE.id)]
    if not watched:
        return 0
    with transaction():
        schedule.lock_schedule(_DEPOSITS, now)
        exhausted = [row for id_ in watched if (row := _count(id_, now))]
        schedule.move_schedule(_DEPOSITS, now)
    for row in exhausted:
        tell(view(row, now))
    return len(exhausted)


def end_offboardings(*, now: datetime) -> int:
    """End those whose day is over and of whose points nothing is outstanding; how many those are."""
    over = _TABLE.spendable_until.is_null() | (_TABLE.spendable_until <= now)
    done = _LEAVING & over & _TABLE.announced_at.is_null(False)
    table = tables.Partner
    nothing_left = table.select(table.id).where(table.outstanding == 0)
    due = _TABLE.select(_TABLE.id).where(done, _TABLE.partner.in_(nothing_left))
    ended = 0
    for row in list(due):
        # Whoever gives points back at this very moment does so to a partner that has left.
        ended += _TABLE.update(status="ended", ended_at=now).where(_TABLE.id == row.id, done).execute()
    return ended


def _cut_short(journal: JournalSession, account: Account, row: tables.Offboarding) -> int:
    """How many points of the partner the member has, which from now on live no longer than they may."""
    assert account.lots is not None
    lots = [lot for lot in account.lots.values() if lot.issuer == row.partner_id and lot.remaining]
    points = sum(lot.remaining for lot in lots if lot.expires_at > journal.now)
    if row.spendable_until is not None:
        end = store.End(row.spendable_until, row.public_id, row.status)
        for lot in lots:
            cut_short(journal, lot, end)
    return points


def _count(offboarding: int, now: datetime) -> tables.Offboarding | None:
    """Count the entries that are new; the offboarding, if its deposit does not cover them any more."""
    row = lock(_TABLE.id == offboarding)
    if row is None:
        return None
    store.lock_partner(row.partner_id)
    newest = ledger_store.highest_entry()
    row.drawn_points += store.redeemed_elsewhere(row.partner_id, row.counted_to, newest)
    row.counted_to = newest
    exhausted = row.exhausted_at is None and _is_used_up(row, now)
    if exhausted:
        row.exhausted_at, row.borne_by = now, OPERATOR_BEARS
        programme = rulebook().at(now)
        if programme.partners.failure is Failure.LAPSE and row.failed_at is None:
            fail(row, programme, now)
    row.save()
    return row if exhausted else None


def _is_used_up(row: tables.Offboarding, now: datetime) -> bool:
    """Where there is a deposit; and once there is a rate, if it takes one to tell."""
    with suppress(NoExchangeRate):
        return row.deposit_minor > 0 and worth_minor(row, row.drawn_points, now) >= row.deposit_minor
    return False


def _event(row: tables.Offboarding, account: Account, points: int, now: datetime) -> events.NewEvent:
    type_ = PARTNER_LEAVING if row.failed_at is None else PARTNER_FAILED
    until = row.spendable_until
    return events.NewEvent(
        type=type_,
        source=_SOURCE,
        # So that the stream itself takes it once for each member.
        source_event_id=f"{row.public_id}/{type_}/{account.public_id}",
        member=account.id,
        partner=row.partner_id,
        attributes={"points": points, "expires_at": until and to_column(until)},
        occurred_at=now,
    )
