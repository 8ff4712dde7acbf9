"""Where members live, as far as the clock goes; the stream tells of every move, for days are the member's own."""

from collections.abc import Mapping
from datetime import datetime

from coalition import events
from coalition.domain.time_zones import is_time_zone
from coalition.errors import InvalidTimeZone
from coalition.ids import new_id

MEMBER_MOVED = "member.moved"
_SOURCE = "members"


def check_time_zone(name: str) -> None:
    """:raises InvalidTimeZone: it is not the name of an IANA zone."""
    if not is_time_zone(name):
        raise InvalidTimeZone(time_zone=name)


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
