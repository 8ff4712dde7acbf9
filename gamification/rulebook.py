"""The published rules, as the database has them."""

from functools import lru_cache

from coalition.events import consumer_position
from coalition.services.programmes import rulebook
from coalition.store.database import execute
from gamification.fold.catalogue import Catalogue, Eras, Version
from gamification.fold.player import ZoneAt
from gamification.stream import CONSUMER


def eras() -> Eras:
    """All that was ever published, up to this transaction."""
    return _eras(_versions())


def newest_versions() -> list[Version]:
    """Of each rule the version that was published last."""
    return list({(version.kind, version.rule): version for version in _versions()}.values())


def last_version_id() -> int:
    """The id of the version that was published last, 0 before the first."""
    return max((version.id for version in _versions()), default=0)


def running_rules() -> Catalogue:
    """What was published last, up to this transaction."""
    return eras().latest()


def zones() -> ZoneAt:
    """The time zone of the programme in force at a moment."""
    programmes = rulebook()
    names = {version.time_zone for version in programmes.versions}
    if len(names) == 1:
        (only,) = names
        return lambda moment: only
    return lambda moment: programmes.at(moment).time_zone


def last_event_read() -> int:
    """The place in the stream up to which the engine has come."""
    return consumer_position(CONSUMER)


def _versions() -> tuple[Version, ...]:
    rows = execute(
        "SELECT id, kind, rule, version, goal_id, document, since, judges_after FROM rule_version ORDER BY id"
    ).fetchall()
    return tuple(Version(*row) for row in rows)


@lru_cache(maxsize=4)
def _eras(versions: tuple[Version, ...]) -> Eras:
    return Eras(versions)
