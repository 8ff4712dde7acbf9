"""The append-only stream of what happened, and how its consumers read it: in order, completely, each event once."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from coalition.ids import new_id
from coalition.store.database import (
    announce_event_writer,
    chunks,
    execute,
    from_column,
    insert_rows,
    no_event_writers,
    placeholders,
    reserve_ids,
    to_column,
)
from coalition.store.tables import Event as EventTable

_COLUMNS = (
    "public_id",
    "type",
    "source",
    "source_event_id",
    "member_id",
    "partner_id",
    "attributes",
    "occurred_at",
    "recorded_at",
)
_READ_COLUMNS = "id, public_id, type, member_id, partner_id, attributes, occurred_at"
_MEMBERS_AT_ONCE = 100


class NewEvent(NamedTuple):
    """``source`` and ``source_event_id`` together name the event: the stream has it once.

    ``public_id`` is given where the event was named before it got into the stream.
    """

    type: str
    source: str
    source_event_id: str
    member: int
    partner: int
    attributes: dict[str, Any]
    occurred_at: datetime
    public_id: str | None = None


class Event(NamedTuple):
    """An event as consumers get it; ``id`` is its place in the stream."""

    id: int
    public_id: str
    type: str
    member: int
    partner: int
    attributes: dict[str, Any]
    occurred_at: datetime


def append(events: Iterable[NewEvent], now: datetime) -> None:
    """Add events to the stream, in the transaction that made them true."""
    recorded_at = to_column(now)
    rows = [
        (
            event.public_id or new_id("evt"),
            event.type,
            event.source,
            event.source_event_id,
            event.member,
            event.partner,
            orjson.dumps(event.attributes).decode(),
            to_column(event.occurred_at),
            recorded_at,
        )
        for event in events
    ]
    announce_event_writer()
    ids = reserve_ids(EventTable, len(rows))
    insert_rows(EventTable, ("id", *_COLUMNS), ((id_, *row) for id_, row in zip(ids, rows, strict=True)))


def read_after(cursor: int, limit: int, without: Collection[str] = ()) -> list[Event]:
    """The next events behind the cursor, in order; none can appear later among them or before them.

    Of the types ``without``, only the last event of all, so that who asks for no others comes to the end nevertheless.
    """
    types = sorted(without)
    wanted = f"(type NOT IN ({placeholders(len(types))}) OR id = (SELECT MAX(id) FROM event))" if types else "TRUE"
    with no_event_writers():
        statement = f"SELECT {_READ_COLUMNS} FROM event WHERE id > ? AND {wanted} ORDER BY id LIMIT ?"
        rows = execute(statement, (cursor, *types, limit)).fetchall()
    return [_event(row) for row in rows]


def read_members(members: Collection[int], up_to: int) -> Iterator[Event]:
    """All that happened to these members, one member after the other, each member's events in the stream's order.

    ``up_to`` is the last place of the stream to look at; nothing is missing once a reader of the stream has come there.
    At no moment is more in memory than the events of a hundred members.
    """
    wanted = sorted(set(members))
    for some in chunks(wanted, _MEMBERS_AT_ONCE):
        rows = execute(
            f"SELECT {_READ_COLUMNS} FROM event WHERE member_id IN ({placeholders(len(some))}) AND id <= ?"
            " ORDER BY member_id, id",
            (*some, up_to),
        ).fetchall()
        yield from map(_event, rows)


def all_members(up_to: int) -> list[int]:
    """Everybody to whom something happened up to this place of the stream, in order."""
    rows = execute("SELECT DISTINCT member_id FROM event WHERE id <= ? ORDER BY member_id", (up_to,)).fetchall()
    return [member for (member,) in rows]


def members_seen(members: Collection[int], up_to: int) -> set[int]:
    """Those of the members to whom something happened up to this place of the stream."""
    wanted = sorted(set(members))
    seen: set[int] = set()
    for some in chunks(wanted):
        statement = f"SELECT DISTINCT member_id FROM event WHERE member_id IN ({placeholders(len(some))}) AND id <= ?"
        seen.update(member for (member,) in execute(statement, (*some, up_to)).fetchall())
    return seen


def _event(row: Sequence[Any]) -> Event:
    id_, public_id, type_, member, partner, attributes, occurred_at = row
    return Event(id_, public_id, type_, member, partner, orjson.loads(attributes), from_column(occurred_at))


def lock_cursor(consumer: str) -> int:
    """The id of the last event the consumer has dealt with; no other process of that name moves it meanwhile."""
    execute("INSERT INTO consumer (name, cursor) VALUES (?, 0) ON CONFLICT (name) DO NOTHING", (consumer,))
    execute("UPDATE consumer SET cursor = cursor WHERE name = ?", (consumer,))
    position: int = execute("SELECT cursor FROM consumer WHERE name = ?", (consumer,)).fetchone()[0]
    return position


def consumer_position(consumer: str) -> int:
    """The id of the last event the consumer has dealt with, 0 before the first; it may move on at any time."""
    row = execute("SELECT cursor FROM consumer WHERE name = ?", (consumer,)).fetchone()
    return int(row[0]) if row else 0


def waits(consumer: str, member: int, types: Collection[str]) -> bool:
    """Whether the consumer has yet to deal with an event of the member of one of these types."""
    row = execute(
        "SELECT 1 FROM event WHERE member_id = ? AND id > COALESCE((SELECT cursor FROM consumer WHERE name = ?), 0)"
        f" AND type IN ({placeholders(len(types))}) LIMIT 1",
        (member, consumer, *types),
    ).fetchone()
    return row is not None


def move_cursor(consumer: str, to: int) -> None:
    """Record, in the transaction that dealt with them, that the consumer is done with all events up to this one."""
    execute("UPDATE consumer SET cursor = ? WHERE name = ?", (to, consumer))


def unread_since(consumer: str) -> datetime | None:
    """When the oldest of the events that the consumer has not yet dealt with was recorded; None if there is none."""
    with no_event_writers():
        (first,) = execute(
            "SELECT MIN(recorded_at) FROM event WHERE id > COALESCE((SELECT cursor FROM consumer WHERE name = ?), 0)",
            (consumer,),
        ).fetchone()
    return first and from_column(first)


def backlog(consumer: str) -> int:
    """How many events the consumer has not yet dealt with."""
    waiting: int = execute(
        "SELECT COUNT(*) FROM event WHERE id > COALESCE((SELECT cursor FROM consumer WHERE name = ?), 0)", (consumer,)
    ).fetchone()[0]
    return waiting
