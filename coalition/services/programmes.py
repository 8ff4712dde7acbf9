"""The programme's dated versions: which one is in force when."""

from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import orjson
from peewee import IntegrityError

from coalition.domain.programme import Programme
from coalition.errors import ProgrammeExists
from coalition.store import tables
from coalition.store.database import execute, from_column, transaction

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Rulebook:
    """All versions of the programme, by the moment from which each is in force."""

    since: tuple[datetime, ...]
    versions: tuple[Programme, ...]

    def at(self, moment: datetime) -> Programme:
        """The version that judges what happened then."""
        return self.versions[max(bisect_right(self.since, moment) - 1, 0)]


def create_programme(programme: Programme, *, now: datetime) -> None:
    """Give a new data directory its first version, in force from the beginning of time.

    :raises ProgrammeExists: there is one already.
    """
    # Another process may create it at the same moment, and be first.
    with suppress(IntegrityError), transaction():
        if not tables.Programme.select().exists():
            tables.Programme.create(
                version=1,
                effective_from=_BEGINNING,
                document=orjson.dumps(programme.document()).decode(),
                created_at=now,
            )
            return
    existing = _programme(tables.Programme.get().document)
    raise ProgrammeExists(currency=existing.currency, point_price_minor=existing.point_price_minor)


def ensure_programme(programme: Programme, *, now: datetime) -> None:
    """Like ``create_programme``, but leaves what is there."""
    try:
        create_programme(programme, now=now)
    except ProgrammeExists:
        return


def rulebook() -> Rulebook:
    """Every version there is, in order. Every purchase asks: so without peewee, and each document is read once."""
    rows = execute("SELECT effective_from, document FROM programme ORDER BY effective_from").fetchall()
    return Rulebook(
        since=tuple(from_column(effective_from) for effective_from, _ in rows),
        versions=tuple(_programme(document) for _, document in rows),
    )


@lru_cache(maxsize=256)
def _programme(document: str) -> Programme:
    return Programme(**orjson.loads(document))
