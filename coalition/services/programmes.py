"""The programme's dated versions: which one is in force when, and how the next one is published."""

from bisect import bisect_right
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import orjson
from peewee import IntegrityError

from coalition.domain.programme import Programme
from coalition.domain.programme_document import programme_document, read_programme
from coalition.domain.purchase import CLOCK_SKEW
from coalition.errors import (
    CurrencyFixed,
    ProgrammeExists,
    ProgrammeInPast,
    ProgrammeOverlaps,
    UnknownProgramme,
)
from coalition.services.partners import list_partners
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

    @cached_property
    def has_tiers(self) -> bool:
        return any(version.tiers for version in self.versions)


class Version(NamedTuple):
    """A version as it was published; ``document`` is its canonical form."""

    version: int
    effective_from: datetime
    published_at: datetime
    document: dict[str, Any]


class Published(NamedTuple):
    """A version that was published. ``unknown_categories`` are named in its rules and on no receipt so far."""

    version: Version
    unknown_categories: tuple[str, ...]


class Change(NamedTuple):
    """One key in which two versions differ; None where a version lacks it."""

    key: str
    before: Any
    after: Any


def create_programme(programme: Programme, *, now: datetime) -> None:
    """Give a new data directory its first version, in force from the beginning of time.

    :raises ProgrammeExists: there is one already.
    """
    # Another process may create it at the same moment, and be first.
    with suppress(IntegrityError), transaction():
        if not tables.Programme.select().exists():
            _insert(1, _BEGINNING, programme, now)
            return
    existing = _programme(tables.Programme.get().document)
    raise ProgrammeExists(currency=existing.currency, point_price_minor=existing.point_price_minor)


def ensure_programme(programme: Programme, *, now: datetime) -> None:
    """Like ``create_programme``, but leaves what is there."""
    try:
        create_programme(programme, now=now)
    except ProgrammeExists:
        return


def draft(text: str, name: str) -> Programme:
    """The programme of a document, YAML or JSON, checked against the partners there are.

    :raises InvalidProgramme: it has mistakes, and these are all of them.
    """
    return read_programme(text, name, partners=[partner.name for partner in list_partners()])


def publish_programme(programme: Programme, effective_from: datetime, *, now: datetime) -> Published:
    """Let the programme be in force from that moment on. What happened before is judged by what was in force then.

    :raises ProgrammeInPast: the moment is not later than now, by what tills' clocks may run ahead.
    :raises ProgrammeOverlaps: a version that is published already begins then or later.
    :raises CurrencyFixed: another currency than before.
    """
    # A till's clock may run ahead: what it has sold already must not be judged by rules that were published after it.
    if effective_from <= now + CLOCK_SKEW:
        raise ProgrammeInPast(effective_from=effective_from)
    try:
        with transaction():
            last = _versions()[-1]
            if effective_from <= last.effective_from:
                raise ProgrammeOverlaps(version=last.version, effective_from=last.effective_from)
            if programme.currency != last.document["currency"]:
                raise CurrencyFixed(currency=last.document["currency"])
            _insert(last.version + 1, effective_from, programme, now)
            return Published(version(last.version + 1), unknown_categories(programme))
    except IntegrityError as error:
        last = _versions()[-1]
        raise ProgrammeOverlaps(version=last.version, effective_from=last.effective_from) from error


def unknown_categories(programme: Programme) -> tuple[str, ...]:
    """The categories that the programme names and no receipt has had so far: misspelt, perhaps."""
    named = set(programme.redemption.excluded_categories)
    for rule in programme.accrual.rules:
        named |= rule.when.categories | (rule.when.choice.of if rule.when.choice else frozenset())
    if not named:
        return ()
    known = {row[0] for row in execute("SELECT DISTINCT category FROM purchase_line").fetchall()}
    return tuple(sorted(named - known))


def versions() -> list[Version]:
    """Every version there is, in order."""
    return _versions()


def version(number: int) -> Version:
    """:raises UnknownProgramme: there is no such version."""
    for each in _versions():
        if each.version == number:
            return each
    raise UnknownProgramme(version=number)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every key in which two documents differ. Rules, caps and tiers are compared by id or name, not by place."""
    flat_before, flat_after = dict(_flat("", before)), dict(_flat("", after))
    keys = [*flat_before, *(key for key in flat_after if key not in flat_before)]
    return [
        Change(key, flat_before.get(key), flat_after.get(key))
        for key in keys
        if flat_before.get(key) != flat_after.get(key)
    ]


def rulebook() -> Rulebook:
    """Every version there is, in order. Every purchase asks: so without peewee, and each document is read once."""
    rows = execute("SELECT effective_from, document FROM programme ORDER BY effective_from").fetchall()
    return _rulebook(tuple((from_column(effective_from), document) for effective_from, document in rows))


@lru_cache(maxsize=64)
def _rulebook(rows: tuple[tuple[datetime, str], ...]) -> Rulebook:
    return Rulebook(
        since=tuple(effective_from for effective_from, _ in rows),
        versions=tuple(_programme(document) for _, document in rows),
    )


@lru_cache(maxsize=256)
def _programme(document: str) -> Programme:
    return read_programme(document, "programme")


def _insert(number: int, effective_from: datetime, programme: Programme, now: datetime) -> None:
    tables.Programme.create(
        version=number,
        effective_from=effective_from,
        document=orjson.dumps(programme_document(programme)).decode(),
        created_at=now,
    )


def _versions() -> list[Version]:
    rows = tables.Programme.select().order_by(tables.Programme.version)
    return [Version(row.version, row.effective_from, row.created_at, orjson.loads(row.document)) for row in rows]


def _flat(prefix: str, part: Any) -> list[tuple[str, Any]]:
    if isinstance(part, Mapping):
        return [pair for key, value in part.items() for pair in _flat(f"{prefix}.{key}" if prefix else key, value)]
    if isinstance(part, list) and part and all(isinstance(item, Mapping) for item in part):
        named = [(item.get("id", item.get("name")), item) for item in part]
        return [pair for name, item in named for pair in _flat(f"{prefix}[{name}]", item)]
    return [(prefix, part)]
