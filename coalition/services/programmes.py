"""The programme's dated versions: which one is in force when."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from coalition.domain.programme import Programme
from coalition.errors import ProgrammeExists
from coalition.store import tables
from coalition.store.database import transaction

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
    with transaction():
        if first := tables.Programme.get_or_none():
            existing = Programme(**orjson.loads(first.document))
            raise ProgrammeExists(currency=existing.currency, point_price_minor=existing.point_price_minor)
        tables.Programme.create(
            version=1,
            effective_from=_BEGINNING,
            document=orjson.dumps(programme.document()).decode(),
            created_at=now,
        )


def ensure_programme(programme: Programme, *, now: datetime) -> None:
    """Like ``create_programme``, but leaves what is there."""
    try:
        create_programme(programme, now=now)
    except ProgrammeExists:
        return


def rulebook() -> Rulebook:
    """Every version there is, in order."""
    rows = list(tables.Programme.select().order_by(tables.Programme.effective_from))
    return Rulebook(
        since=tuple(row.effective_from for row in rows),
        versions=tuple(Programme(**orjson.loads(row.document)) for row in rows),
    )
