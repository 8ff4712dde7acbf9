"""The parts of the JSON Schema of rule files that depend on which event is counted, through its fields."""

from collections.abc import Collection

from gamification.event_types import Fields, FieldType
from gamification.rules.document import STEPS
from gamification.rules.limits import LARGEST, MOST_FREEZES
from gamification.rules.predicate import ALL, ANY, NOT, OPERATORS
from gamification.rules.schema_parts import Schema, choice, mapping, ref, some, whole

_OPERATOR_TEXTS = {
    "eq": "Equal to it.",
    "ne": "Not equal to it; also where the event has no such field.",
    "in": "One of these.",
    "gt": "More than it.",
    "gte": "As much or more.",
    "lt": "Less than it.",
    "lte": "As much or less.",
    "contains": "The list has it.",
}


def of_type(type_: str, keys: Collection[str]) -> Schema:
    """What these keys of a mapping must be if it counts this event."""
    return {
        "if": {"required": ["on"], "properties": {"on": {"const": type_}}},
        "then": {"properties": {key: ref(f"{key}:{type_}") for key in keys}},
    }


def conditions(type_: str, fields: Fields) -> Schema:
    """The conditions that may be put to events of the type."""
    this = ref(f"where:{type_}")
    own = {name: _condition(kind) | {"description": f"{name}: {kind.value}."} for name, kind in fields.items()}
    combined = {
        ALL: some(this, "All of these hold."),
        ANY: some(this, "One of these holds, or more."),
        NOT: this | {"description": "This does not hold."},
    }
    return mapping((), own | combined, "Which of these events count: all that is named must hold.", minProperties=1)


def measures(fields: Fields) -> Schema:
    numbers = names(fields, {FieldType.INTEGER})
    freezes = whole(0, MOST_FREEZES, "Steps of a calendar month that a member may skip, and say so.", default=0)
    options: list[Schema] = [{"const": "count", "description": "How many events."}]
    if numbers["enum"]:
        options.append(mapping(("sum",), {"sum": numbers | {"description": "The sum of the field."}}))
        options.append(mapping(("max",), {"max": numbers | {"description": "The greatest of the field."}}))
    every = names(fields, set(FieldType)) | {"description": "How many different values of the field."}
    options.append(mapping(("distinct",), {"distinct": every}))
    step = choice(STEPS, "How many days, weeks or months in a row have an event.")
    options.append(mapping(("streak",), {"streak": step, "freezes": freezes}))
    return {"anyOf": options}


def names(fields: Fields, kinds: Collection[FieldType]) -> Schema:
    return {"enum": [name for name, kind in fields.items() if kind in kinds]}


def counting() -> Schema:
    """``on``, ``where`` and ``measure``, as far as they do not depend on the event."""
    return {
        "on": ref("event"),
        "where": {"description": "Which of these events count; all, where it is left out."},
        "measure": {
            "description": "What is counted: count, {sum: FIELD}, {max: FIELD}, {distinct: FIELD}, {streak: STEP}."
        },
    }


def _condition(kind: FieldType) -> Schema:
    value = _value(kind)
    operators = {
        name: {"description": _OPERATOR_TEXTS[name], **(some(value, _OPERATOR_TEXTS[name]) if name == "in" else value)}
        for name, operator in OPERATORS.items()
        if kind in operator.applies_to
    }
    by_operators = mapping((), operators, minProperties=1)
    return by_operators if kind is FieldType.TEXTS else {"anyOf": [value, by_operators]}


def _value(kind: FieldType) -> Schema:
    if kind is FieldType.BOOLEAN:
        return {"type": "boolean"}
    if kind is FieldType.INTEGER:
        return {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST}
    return {"type": "string", "pattern": r"\S"}
