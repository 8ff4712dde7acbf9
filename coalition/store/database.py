"""The connection to SQLite or PostgreSQL, transactions, and what little differs between the two.

Hand-written statements use ``?`` for parameters on both. Times are stored in UTC: as ``TIMESTAMPTZ`` in PostgreSQL, as
ISO 8601 text of fixed width in SQLite, which sorts as it reads.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from peewee import (
    Database,
    DatabaseProxy,
    DataError,
    ExceptionWrapper,
    Field,
    IntegrityError,
    InternalError,
    Model,
    OperationalError,
    SqliteDatabase,
)
from playhouse.pool import PooledPostgresqlDatabase

from coalition.errors import InvalidSetting

Row = TypeVar("Row")

database = DatabaseProxy()

_LOCK_WAIT_S = 30
_DRIVER_ERRORS = ExceptionWrapper(
    {error.__name__: error for error in (DataError, IntegrityError, InternalError, OperationalError)}
)
"""Peewee turns drivers' errors into its own where it executes; where we go to the driver, we do."""
_GAVE_WAY = ("40001", "40P01")
"""The states of PostgreSQL for a serialization failure and a deadlock."""
_EVENT_ORDER_LOCK = 0x636F616C
"""Key of the PostgreSQL advisory lock that lets readers of the event stream wait for its writers."""


def connect(url: str) -> Database:
    """Point ``database`` at the URL, ``sqlite:///path`` or ``postgresql://…``.

    :raises InvalidSetting: another scheme.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = Path(parts.path[1:] if parts.path.startswith("//") else parts.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        opened: Database = SqliteDatabase(
            str(path),
            timeout=_LOCK_WAIT_S,
            # A deferred transaction that turns into a writer loses to any other writer: take the lock at the beginning.
            lock_type="IMMEDIATE",
            pragmas={"journal_mode": "wal", "synchronous": "full", "foreign_keys": "on", "cache_size": -64_000},
            field_types={"TIMESTAMPTZ": "TEXT"},
        )
    elif parts.scheme in ("postgres", "postgresql"):
        opened = PooledPostgresqlDatabase(
            url, max_connections=64, timeout=_LOCK_WAIT_S, prefer_psycopg3=True, options="-c timezone=UTC"
        )
    else:
        raise InvalidSetting(name="COALITION_DATABASE_URL", value=url, wanted="sqlite:///… or postgresql://…")
    database.initialize(opened)
    return opened


def disconnect() -> None:
    """Close every connection that this process has, idle ones included."""
    if is_postgresql():
        database.close_all()
    else:
        database.close()


def reconnect() -> None:
    """What this thread does next it does on a connection of its own that works; outside of transactions."""
    database.close()


def gave_way(error: BaseException) -> bool:
    """Whether PostgreSQL undid the transaction for others that went on: the same again is likely to succeed."""
    causes = (error, error.__cause__, error.__context__)
    return any(getattr(each, "sqlstate", None) in _GAVE_WAY for each in causes)


def is_postgresql() -> bool:
    return isinstance(database.obj, PooledPostgresqlDatabase)


@contextmanager
def transaction() -> Iterator[None]:
    """All that happens inside is written together or not at all; inside another transaction it is part of that one."""
    if database.in_transaction():
        yield
    else:
        with database.atomic():
            yield


@contextmanager
def connection() -> Iterator[None]:
    """A connection of this thread's for as long as it needs one."""
    with database.connection_context():
        yield


def execute(statement: str, parameters: Sequence[Any] = ()) -> Any:
    """Run one statement and return its cursor."""
    return database.execute_sql(_localised(statement), tuple(parameters))


def insert_rows(table: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert many rows quickly: values go to the driver as they are, so times pass through ``to_column`` first."""
    statement = f"INSERT INTO {table._meta.table_name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    execute_many(statement, rows)


def execute_many(statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """Run the statement for each of the rows; for a single one without the pipeline that psycopg sets up for many."""
    found = list(rows)
    if len(found) == 1:
        execute(statement, found[0])
    elif found:
        with _DRIVER_ERRORS:
            database.cursor().executemany(_localised(statement), found)


def reserve_ids(table: type[Model], count: int) -> Sequence[int]:
    """Ids for that many new rows, ascending; in PostgreSQL with gaps where other transactions take ids meanwhile."""
    name = table._meta.table_name
    if is_postgresql():
        rows = execute(
            "SELECT nextval(pg_get_serial_sequence(?, 'id')) FROM generate_series(1, ?)", (name, count)
        ).fetchall()
        return [id_ for (id_,) in rows]
    last = execute(f"SELECT COALESCE(MAX(id), 0) FROM {name}").fetchone()[0]
    return range(last + 1, last + count + 1)


def chunks(rows: Iterable[Row], size: int = 500) -> Iterator[list[Row]]:
    """The rows in parts, for statements that take many at once but not any number."""
    remaining = iter(rows)
    while chunk := list(islice(remaining, size)):
        yield chunk


def placeholders(count: int) -> str:
    """``?, ?, ?`` for an ``IN`` list."""
    return ", ".join("?" * count)


def lock_name(name: str) -> None:
    """Only one transaction at a time goes on from here for this name; on SQLite only one writes anyway."""
    if is_postgresql():
        execute("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (name,))


def announce_event_writer() -> None:
    """Before taking event ids: readers that ask for a complete stream wait until this transaction has ended."""
    if is_postgresql():
        execute("SELECT pg_advisory_xact_lock_shared(?)", (_EVENT_ORDER_LOCK,))


@contextmanager
def no_event_writers() -> Iterator[None]:
    """Inside, whoever held event ids has ended and nobody takes new ones: what is read of the stream is complete."""
    if not is_postgresql():
        yield
        return
    with database.atomic() as scope:
        execute("SELECT pg_advisory_xact_lock(?)", (_EVENT_ORDER_LOCK,))
        yield
        # With the savepoint goes the lock that was taken after it, though the transaction goes on.
        scope.rollback()


@lru_cache(maxsize=4096)
def to_column(moment: datetime) -> str:
    """A moment as both databases take it.

    :raises ValueError: the time is naive.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no offset from UTC")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_column(value: Any) -> datetime:
    """The moment that a hand-written SELECT returned."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


class MomentField(Field):
    """A point in time, UTC."""

    field_type = "TIMESTAMPTZ"

    def db_value(self, value: datetime | None) -> str | None:
        return None if value is None else to_column(value)

    def python_value(self, value: Any) -> datetime | None:
        return None if value is None else from_column(value)


def _localised(statement: str) -> str:
    return statement.replace("?", "%s") if is_postgresql() else statement
