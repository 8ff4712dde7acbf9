"""Whether the database answers, with the schema that this version works with, and whether events are kept up with."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import InterfaceError, OperationalError

from coalition import events
from coalition.errors import OlderSchema
from coalition.store.database import execute, from_column
from coalition.store.schema import missing_migrations

UNREACHABLE = (OperationalError, InterfaceError)
"""What any service raises while the database does not answer; trying again later may help."""

_LATE = timedelta(minutes=1)
"""A consumer that works is done with an event seconds later, or is catching up after a pause."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a consumer is behind the stream of events.

    ``backlog`` events wait for it, the oldest since ``waiting_since``. It is ``late`` if that is more than a minute:
    then it has stopped, fails again and again, or has more to do than it can.
    """

    backlog: int
    waiting_since: datetime | None
    late: bool


def check_ready() -> None:
    """Returns if use cases can be served now; one of ``UNREACHABLE`` comes if the database does not answer.

    :raises OlderSchema: the database lacks migrations of this version.
    :raises NewerSchema: a newer version has been at it.
    """
    if missing := missing_migrations():
        raise OlderSchema(missing=", ".join(missing))


def lag_of(consumer: str, *, now: datetime) -> Lag:
    """As the stream can be seen at the moment: nobody who writes it has to be waited for."""
    position = events.consumer_position(consumer)
    first = "SELECT recorded_at FROM event WHERE id > ? ORDER BY id LIMIT 1"
    backlog, oldest = execute(f"SELECT COUNT(*), ({first}) FROM event WHERE id > ?", (position, position)).fetchone()
    since = oldest and from_column(oldest)
    return Lag(backlog, since, late=bool(since and now - since > _LATE))
