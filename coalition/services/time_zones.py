"""Where members live, as far as the clock goes; the stream tells of every move, for days are the member's own."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from coalition import events
from coalition.domain.time_zones import is_time_zone
from coalition.errors import InvalidTimeZone, TimeZoneChangedLately
from coalition.ids import new_id
from coalition.store.database import execute, from_column

MEMBER_MOVED = "member.moved"
_SOURCE = "members"
_BETWEEN_CHANGES = timedelta(days=30)


def check_time_zone(name: str) -> None:
    """:raises InvalidTimeZone: it is not the name of an IANA zone."""
    if not is_time_zone(name):
        raise InvalidTimeZone(time_zone=name)


def check_not_changed_lately(member: int, by: int, *, now: datetime) -> None:
    """What a member sets for the first time is no change; after that they may change it once in thirty days, for their
    days go with it. ``by`` is who tells of what members do themselves.

    :raises TimeZoneChangedLately: they have.
    """
    rows = execute(
        "SELECT occurred_at FROM event WHERE member_id = ? AND type = ? AND partner_id = ? ORDER BY id DESC LIMIT 2",
        (member, MEMBER_MOVED, by),
    ).fetchall()
    if len(rows) == 2 and (until := from_column(rows[0][0]) + _BETWEEN_CHANGES) > now:
        raise TimeZoneChangedLately(until=until)


def announce_moves(zones: Mapping[int, str], partner: int, *, now: datetime) -> None:
    """Tell the stream that these members live in these zones from now on, in the transaction that wrote it down."""
    if not zones:
        return
    moves = [
        events.NewEvent(
            type=MEMBER_MOVED,
            source=_SOURCE,
            source_event_id=new_id("evt"),
            member=member,
            partner=partner,
            attributes={"time_zone": zone},
            occurred_at=now,
        )
        for member, zone in zones.items()
    ]
    events.append(moves, now)
