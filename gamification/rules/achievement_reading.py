"""Reading one achievement: its own form, and its fields against those of the event it counts."""

import re
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import NamedTuple, cast

from coalition.domain.places import Place, did_you_mean
from gamification.event_types import EVENT_TYPES, FieldType
from gamification.rules.condition_reading import field_of, read_condition
from gamification.rules.document import (
    CROSSING_PARTNER,
    LOCALES,
    WINDOWS,
    Achievement,
    Measure,
    MeasureKind,
    Reward,
    Window,
)

_ID = re.compile(r"[a-z][a-z0-9-]{0,63}")
_MOST_POINTS = 1_000_000_000


class ReadAchievement(NamedTuple):
    """The rule, and the places that are checked against other rules."""

    rule: Achievement
    id: Place | None
    requires: list[tuple[str, Place]]


def read_achievement(place: Place, sponsors: Collection[str]) -> ReadAchievement:
    """The achievement; where a mistake left a value unknown, something harmless stands for it."""
    parts = place.fields(
        ("id", "title", "description", "on", "measure", "tiers"),
        ("where", "window", "requires", "hidden", "experience", "reward"),
    )
    on = parts["on"].choice(EVENT_TYPES) if "on" in parts else None
    tiers = _tiers(parts["tiers"]) if "tiers" in parts else ()
    items = parts["requires"].items() if "requires" in parts else ()
    requires = [(id_, item) for item in items if (id_ := item.string())]
    rule = Achievement(
        id=_identity(parts["id"]) if "id" in parts else "",
        title=_localised(parts["title"]) if "title" in parts else {},
        description=_localised(parts["description"]) if "description" in parts else {},
        on=on or "",
        where=read_condition(parts["where"], on) if on and "where" in parts else {},
        measure=_measure(parts["measure"], on) if on and "measure" in parts else Measure("count"),
        window=cast(Window, (parts["window"].choice(WINDOWS) if "window" in parts else None) or "lifetime"),
        tiers=tiers,
        requires=tuple(id_ for id_, _ in requires),
        hidden=bool(parts["hidden"].boolean()) if "hidden" in parts else False,
        experience=_per_tier(parts.get("experience"), tiers),
        reward=_reward(parts["reward"], tiers, sponsors) if "reward" in parts else Reward((0,) * len(tiers), {}),
    )
    return ReadAchievement(rule, parts.get("id"), requires)


def _identity(place: Place) -> str:
    id_ = place.string()
    if id_ is not None and not _ID.fullmatch(id_):
        place.mistake(f"{id_} must be of small letters, digits and hyphens, and begin with a letter")
    return id_ or ""


def _localised(place: Place) -> dict[str, str]:
    return {locale: text.string() or "" for locale, text in place.fields(LOCALES).items()}


def _measure(place: Place, event_type: str) -> Measure:
    if not place.is_mapping():
        if place.choice(("count", "sum", "distinct")) in ("sum", "distinct"):
            place.mistake("must name a field: {sum: FIELD} or {distinct: FIELD}")
        return Measure("count")
    parts = place.fields((), ("sum", "distinct"))
    if len(parts) != 1:
        place.mistake("must be count, {sum: FIELD} or {distinct: FIELD}")
        return Measure("count")
    kind, field_place = parts.popitem()
    name = field_place.string()
    field_type = field_of(field_place, name, event_type) if name else None
    if kind == "sum" and field_type and field_type is not FieldType.INTEGER:
        field_place.mistake(f"{name} is {field_type.value} and cannot be summed")
    return Measure(cast(MeasureKind, kind), name)


def _tiers(place: Place) -> tuple[int, ...]:
    numbers = [item.integer(minimum=1) or 0 for item in place.items()]
    if all(numbers) and any(later <= earlier for earlier, later in pairwise(numbers)):
        place.mistake("must ascend")
    return tuple(numbers)


def _per_tier(place: Place | None, tiers: tuple[int, ...]) -> tuple[int, ...]:
    """One number for each tier, or one that holds for all."""
    if place is None:
        return (0,) * len(tiers)
    if not place.is_list():
        return (place.integer(0, _MOST_POINTS) or 0,) * len(tiers)
    numbers = tuple(item.integer(0, _MOST_POINTS) or 0 for item in place.items())
    if tiers and len(numbers) != len(tiers):
        place.mistake(f"has {len(numbers)} numbers for {len(tiers)} tiers")
    return numbers


def _reward(place: Place, tiers: tuple[int, ...], sponsors: Collection[str]) -> Reward:
    parts = place.fields((), ("points", "funded_by", "badge"))
    points = _per_tier(parts.get("points"), tiers)
    shares = _shares(parts["funded_by"], sponsors) if "funded_by" in parts else {}
    badge = bool(parts["badge"].boolean()) if "badge" in parts else False
    if "points" in parts and "funded_by" not in parts:
        place.inside("funded_by", "is missing: points need a sponsor")
    if place.is_mapping() and "points" not in parts and not badge:
        place.mistake("gives nothing: neither points nor a badge")
    return Reward(points, shares, badge)


def _shares(place: Place, sponsors: Collection[str]) -> Mapping[str, int]:
    shares: dict[str, int] = {}
    for name, share in place.mapping().items():
        if name != CROSSING_PARTNER and name not in sponsors:
            share.mistake(f"no partner is named {name}{did_you_mean(name, sponsors)}")
        shares[name] = share.integer(1, 100) or 0
    if place.is_mapping() and all(shares.values()) and sum(shares.values()) != 100:
        place.mistake(f"the shares sum to {sum(shares.values())}, not to 100")
    return shares
