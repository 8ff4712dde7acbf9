"""Event types that partners register: a healthy habit, a deposit bottle brought back, whatever a rule shall count.

The schema of a type never changes under the rules and tills that go by it: only optional attributes may be added.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

import orjson

from coalition.services.cursors import Page, page, read_cursor
from coalition.services.partners import operator_number, partners_numbered
from coalition.store.database import lock_name, transaction
from gamification.acts.attributes import MOST, Attribute
from gamification.acts.errors import EventTypeExists, EventTypeFixed, InvalidEventType
from gamification.acts.kinds import Kind, as_posted
from gamification.event_types import EVENT_TYPES, FieldType
from gamification.store.act_tables import EventType as EventTypeTable

AttributeType = Literal["text", "integer", "boolean", "texts"]
ATTRIBUTE_TYPES: tuple[AttributeType, ...] = get_args(AttributeType)

MOST_ATTRIBUTES = 50
RESERVED_WORDS = frozenset(
    {
        "achievement",
        "badge",
        "budget",
        "challenge",
        "coalition",
        "coupon",
        "draw",
        "event",
        "experience",
        "grant",
        "hold",
        "idea",
        "leaderboard",
        "level",
        "member",
        "partner",
        "perk",
        "photo",
        "points",
        "purchase",
        "redemption",
        "referral",
        "return",
        "review",
        "reward",
        "social",
        "streak",
        "surprise",
        "survey",
        "team",
        "tier",
        "visit",
        "webhook",
    }
)
"""First words of types that are ours, today or one day."""
RESERVED_ATTRIBUTES = frozenset({"partner", "all", "any", "not"})
"""The name of the partner is with every event; the others are words of the rules' grammar."""

OPINIONS = frozenset({"rating", "ratings", "stars", "score", "sentiment", "nps", "satisfaction", "grade"})
"""Words in names of attributes that say how good something was."""

_TYPE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*\.[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_LONGEST_TYPE = 64
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class RegisterEventType:
    """``partner`` is a number; of the ``attributes``, by name, the ``optional`` ones may be left out, and whole numbers
    are from ``minimum`` to ``maximum``, by name as well."""

    partner: int
    type: str
    title: Mapping[str, str]
    attributes: Mapping[str, AttributeType]
    optional: Collection[str] = ()
    minimum: Mapping[str, int] = field(default_factory=dict)
    maximum: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventType:
    """A type that may be posted; ``partner`` is the id of its owner, None for a built-in one."""

    type: str
    title: Mapping[str, str]
    attributes: Mapping[str, str]
    optional: list[str]
    minimum: Mapping[str, int]
    maximum: Mapping[str, int]
    partner: str | None


def register(command: RegisterEventType, *, now: datetime) -> EventType:
    """From now on the partner may post events of this type; everybody may, if it is the operator's.

    The owner may come again with another title, or with more attributes, all of them optional.

    :raises InvalidEventType: a name that cannot be.
    :raises EventTypeExists: it is somebody else's.
    :raises EventTypeFixed: an attribute would change or go, or a new one be required.
    """
    _check(command)
    wanted = _document(command)
    with transaction():
        lock_name("event types")
        row = EventTypeTable.get_or_none(EventTypeTable.type == command.type)
        if row is None:
            row = EventTypeTable(type=command.type, partner_id=command.partner, created_at=now)
        elif row.partner_id != command.partner:
            raise EventTypeExists(type=command.type)
        else:
            _check_extension(command.type, orjson.loads(row.attributes), wanted)
        row.title, row.attributes = _json(dict(command.title)), _json(wanted)
        row.save()
        return _view(row)


def list_types(partner: int | None, built_in: Mapping[str, Kind], *, limit: int, cursor: str | None) -> Page[EventType]:
    """What the partner may post, or all there is if it is None: the built-in types, then the oldest first.

    :raises InvalidCursor: this list did not give it.
    """
    rows = EventTypeTable.select().order_by(EventTypeTable.id)
    if partner is not None:
        rows = rows.where(_may_post(partner))
    after = read_cursor("types", cursor, default=0)
    # Numbered behind the built-in ones; no type ever goes.
    found = [*enumerate(map(_built_in, built_in, built_in.values()), start=1)]
    found += [(len(built_in) + row.id, _view(row)) for row in rows]
    shown = page("types", [each for each in found if each[0] > after][: limit + 1], limit, lambda each: each[0])
    return Page([type_ for _, type_ in shown.data], shown.next_cursor)


def find_kind(type_: str, partner: int) -> Kind | None:
    """The registered type, if there is one that the partner may post."""
    row = EventTypeTable.get_or_none(EventTypeTable.type == type_, _may_post(partner))
    if row is None:
        return None
    return Kind(orjson.loads(row.title), _schema(orjson.loads(row.attributes)), as_posted)


def postable(partner: int) -> list[str]:
    """The names of the registered types that the partner may post."""
    return [row.type for row in EventTypeTable.select().where(_may_post(partner)).order_by(EventTypeTable.id)]


def _may_post(partner: int) -> Any:
    """The condition on a type; what the operator has registered is everybody's."""
    return EventTypeTable.partner_id.in_([partner, operator_number()])


def _schema(attributes: Mapping[str, Any]) -> dict[str, Attribute]:
    return {
        name: Attribute(
            FieldType[each["type"].upper()],
            required=each["required"],
            least=each.get("minimum", -MOST),
            most=each.get("maximum", MOST),
        )
        for name, each in attributes.items()
    }


def _document(command: RegisterEventType) -> dict[str, Any]:
    """What is kept of the attributes; a bound that was not given is none, so that the same again is the same."""
    bounds = {"minimum": command.minimum, "maximum": command.maximum}
    return {
        name: {"type": type_, "required": name not in command.optional}
        | {bound: given[name] for bound, given in bounds.items() if name in given}
        for name, type_ in command.attributes.items()
    }


def _check(command: RegisterEventType) -> None:
    def refuse(problem: str) -> InvalidEventType:
        return InvalidEventType(type=command.type, problem=problem)

    if not _TYPE.fullmatch(command.type) or len(command.type) > _LONGEST_TYPE:
        raise refuse(
            f"it is not two words with a dot between them, such as bottle.returned, of {_LONGEST_TYPE} at most"
        )
    word = command.type.partition(".")[0]
    if command.type in EVENT_TYPES or word in RESERVED_WORDS:
        raise refuse(f"types that begin with {word} are the coalition's own")
    if len(command.attributes) > MOST_ATTRIBUTES:
        raise refuse(f"it has more than {MOST_ATTRIBUTES} attributes")
    for name in command.attributes:
        if not _NAME.fullmatch(name):
            raise refuse(f"attribute {name} is not of small letters, digits and underscores")
        if name in RESERVED_ATTRIBUTES:
            raise refuse(f"no attribute may be named {name}")
        opinion = next((word for word in name.split("_") if word in OPINIONS), None)
        if opinion:
            raise refuse(
                f"no attribute may be named {name}: no reward may depend on how good somebody found something, which"
                f" {opinion} tells"
            )
    for name in command.optional:
        if name not in command.attributes:
            raise refuse(f"{name} is optional, but is no attribute")
    for name in [*command.minimum, *command.maximum]:
        if command.attributes.get(name) != "integer":
            raise refuse(f"{name} is bounded, but is no attribute that is a whole number")
        if command.minimum.get(name, -MOST) > command.maximum.get(name, MOST):
            raise refuse(f"no whole number is from the minimum to the maximum of {name}")


def _check_extension(type_: str, before: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    for name, attribute in before.items():
        if wanted.get(name) != attribute:
            raise EventTypeFixed(type=type_, attribute=name)
    for name, attribute in wanted.items():
        if name not in before and attribute["required"]:
            raise EventTypeFixed(type=type_, attribute=name)


def _view(row: EventTypeTable) -> EventType:
    attributes = orjson.loads(row.attributes)
    return EventType(
        type=row.type,
        title=orjson.loads(row.title),
        attributes={name: each["type"] for name, each in attributes.items()},
        optional=[name for name, each in attributes.items() if not each["required"]],
        minimum={name: each["minimum"] for name, each in attributes.items() if "minimum" in each},
        maximum={name: each["maximum"] for name, each in attributes.items() if "maximum" in each},
        partner=partners_numbered([row.partner_id])[row.partner_id].id,
    )


def _built_in(type_: str, kind: Kind) -> EventType:
    return EventType(
        type=type_,
        title=kind.title,
        attributes={name: each.kind.name.lower() for name, each in kind.schema.items()},
        optional=[name for name, each in kind.schema.items() if not each.required],
        minimum={name: each.least for name, each in kind.schema.items() if each.least != -MOST},
        maximum={name: each.most for name, each in kind.schema.items() if each.most != MOST},
        partner=None,
    )


def _json(document: Mapping[str, Any]) -> str:
    return orjson.dumps(document).decode()
