"""The append-only stream of what happened, and how its consumers read it: in order, completely, each event once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from coalition.ids import new_id
from coalition.store.database import (
    announce_event_writer,
    execute,
    from_column,
    insert_rows,
    no_event_writers,
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


class NewEvent(NamedTuple):
    """``source`` and ``source_event_id`` together name the event: the stream has it once."""

    type: str
    source: str
    source_event_id: str
    member: int
    partner: int
    attributes: dict[str, Any]
    occurred_at: datetime


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
            new_id("evt"),
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


def read_after(cursor: int, limit: int) -> list[Event]:
    """The next events behind the cursor, in order; none can appear later among them or before them."""
    with no_event_writers():
        rows = execute(
            "SELECT id, public_id, type, member_id, partner_id, attributes, occurred_at"
            " FROM event WHERE id > ? ORDER BY id LIMIT ?",
            (cursor, limit),
        ).fetchall()
    return [
        Event(id_, public_id, type_, member, partner, orjson.loads(attributes), from_column(occurred_at))
        for id_, public_id, type_, member, partner, attributes, occurred_at in rows
    ]


def lock_cursor(consumer: str) -> int:
    """The id of the last event the consumer has dealt with; no other process of that name moves it meanwhile."""
    execute("INSERT INTO consumer (name, cursor) VALUES (?, 0) ON CONFLICT (name) DO NOTHING", (consumer,))
    execute("UPDATE consumer SET cursor = cursor WHERE name = ?", (consumer,))
    position: int = execute("SELECT cursor FROM consumer WHERE name = ?", (consumer,)).fetchone()[0]
    return position


def move_cursor(consumer: str, to: int) -> None:
    """Record, in the transaction that dealt with them, that the consumer is done with all events up to this one."""
    execute("UPDATE consumer SET cursor = ? WHERE name = ?", (to, consumer))


def backlog(consumer: str) -> int:
    """How many events the consumer has not yet dealt with."""
    waiting: int = execute(
        "SELECT COUNT(*) FROM event WHERE id > COALESCE((SELECT cursor FROM consumer WHERE name = ?), 0)", (consumer,)
    ).fetchone()[0]
    return waiting
