"""What time does to points: they become available, are announced to lapse, and lapse. The worker calls it by the clock.

Each function does a part, commits it, and says how much that was; called again it goes on, and then there is nothing.
"""

from datetime import datetime, timedelta

from coalition import events
from coalition.errors import NotAnExtension, PartnerLeaving, ReasonRequired, UnknownLot
from coalition.ids import new_id
from coalition.services.journal import JournalSession
from coalition.services.partners import partners_numbered
from coalition.services.reversals import expire
from coalition.store import expiry as store
from coalition.store import returns as returns_store
from coalition.store.database import to_column, transaction
from coalition.store.offboarding import ends_of

POINTS_EXPIRING = "points.expiring"
POINTS_EXPIRED = "points.expired"

NOTICE_DAYS = (30, 7, 1)
"""How many days before their expiry members hear of it."""
_NOTICES = "points.expiring"
_NOTICE_EVERY = timedelta(minutes=1)
_SOURCE = "coalition"


def release_pending(*, now: datetime, limit: int = 500) -> int:
    """Make the points of at most ``limit`` members available whose return window has passed; returns of how many."""
    # Asked first without a lock: most of the time nothing is due, and the tills are not to wait for that answer.
    if not store.pending_due(now, 1):
        return 0
    with transaction():
        due = store.pending_due(now, limit)
        if due:
            JournalSession(due, spenders=due, now=now).write()
        return len(due)


def expire_points(*, now: datetime, limit: int = 500) -> int:
    """End the life of lots of at most ``limit`` members whose last day is over; returns how many points lapsed."""
    if not store.expiry_due(now, 1):
        return 0
    with transaction():
        due = store.expiry_due(now, limit)
        journal = JournalSession(due, spenders=due, now=now)
        lapsed = []
        for member, row in due.items():
            account = journal.accounts[member]
            assert account.lots is not None
            over = [lot for lot in account.lots.values() if lot.expires_at <= now]
            points = sum(expire(journal, account, lot) for lot in over)
            if points:
                lapsed.append(_event(POINTS_EXPIRED, row, {"points": points}, now))
        journal.write()
        if lapsed:
            events.append(lapsed, now)
        return sum(event.attributes["points"] for event in lapsed)


def announce_expiring(*, now: datetime) -> int:
    """Tell members of points that lapse in so many days, each time once; returns how many were told."""
    if store.done_until(_NOTICES) > now - _NOTICE_EVERY:
        return 0
    with transaction():
        since = store.lock_schedule(_NOTICES, now)
        if since >= now:
            # Another worker was here while this one waited.
            return 0
        news = []
        for days in NOTICE_DAYS:
            notice = timedelta(days=days)
            # What lapsed while the worker slept is no news of what will.
            for row in store.expiring_between(max(since + notice, now), now + notice):
                attributes = {"points": row.points, "expires_at": to_column(row.expires_at), "days": days}
                news.append(_event(POINTS_EXPIRING, row, attributes, now))
        if news:
            events.append(news, now)
        store.move_schedule(_NOTICES, now)
        return len(news)


def extend_lot(entry: str, expires_at: datetime, reason: str, by: str, *, now: datetime) -> datetime:
    """Let the points that an entry issued lapse later; returns when they did before. ``by`` is the operator's key.

    :raises ReasonRequired: no reason is given.
    :raises UnknownLot: the entry issued no points, or none of them are left, or they have lapsed.
    :raises NotAnExtension: they lapse then or later already.
    :raises PartnerLeaving: their issuer leaves, and none of its points live so long.
    """
    if not reason.strip():
        raise ReasonRequired()
    with transaction():
        found = store.lot_of_entry(entry)
        if found is None:
            raise UnknownLot(entry=entry)
        lot_id, member = found
        journal = JournalSession([member], spenders=[member], now=now)
        account = journal.accounts[member]
        assert account.lots is not None
        lot = account.lots.get(lot_id)
        if lot is None or lot.expires_at <= now:
            raise UnknownLot(entry=entry)
        previous = lot.expires_at
        if expires_at <= previous:
            raise NotAnExtension(expires_at=previous)
        end = ends_of({lot.issuer}).get(lot.issuer)
        if end and expires_at > end.at:
            raise PartnerLeaving(partner=partners_numbered([lot.issuer])[lot.issuer].name, status=end.status)
        returns_store.insert_extension(lot_id, previous, expires_at, reason, by, now)
        journal.expire_at(lot, expires_at)
        journal.write()
        return previous


def _event(type_: str, row: store.DueRow, attributes: dict[str, object], now: datetime) -> events.NewEvent:
    return events.NewEvent(
        type=type_,
        source=_SOURCE,
        source_event_id=new_id("evt"),
        member=row.member,
        partner=row.issuer,
        attributes=attributes,
        occurred_at=now,
    )
