"""Reading ``where``: every field must be one of the event's, every operator and every value one for its kind."""

from typing import Any

from coalition.domain.places import Place, did_you_mean
from gamification.event_types import EVENT_TYPES, FieldType
from gamification.rules.predicate import ALL, ANY, NOT, OPERATORS


def read_condition(place: Place, event_type: str) -> dict[str, Any]:
    """The condition in the form that ``predicate.compile_where`` takes."""
    condition: dict[str, Any] = {}
    for key, value in place.mapping().items():
        if key in (ALL, ANY):
            condition[key] = [read_condition(item, event_type) for item in value.items()]
        elif key == NOT:
            condition[key] = read_condition(value, event_type)
        elif field_type := field_of(value, key, event_type):
            condition[key] = _read_field(value, field_type)
    if place.is_mapping() and not place.node.value:
        place.mistake("has no condition in it; leave it out to take every event")
    return condition


def field_of(place: Place, name: str, event_type: str) -> FieldType | None:
    """The kind of the event's field, or None, and a mistake, if it has none of that name."""
    fields = EVENT_TYPES[event_type]
    if name not in fields:
        place.mistake(f"unknown field of {event_type}{did_you_mean(name, fields)}")
        return None
    return fields[name]


def _read_field(place: Place, field_type: FieldType) -> Any:
    if not place.is_mapping():
        if field_type is FieldType.TEXTS:
            place.mistake("is a list of texts; ask what it contains: {contains: …}")
            return None
        return _read_value(place, field_type)
    operators: dict[str, Any] = {}
    for name, operand in place.mapping().items():
        allowed = [operator for operator, rule in OPERATORS.items() if field_type in rule.applies_to]
        if name not in allowed:
            operand.mistake(f"no operator of {field_type.value}, which has {', '.join(allowed)}")
        elif name == "in":
            operators[name] = [_read_value(item, field_type) for item in operand.items()]
        else:
            operators[name] = _read_value(operand, field_type)
    if not place.node.value:
        place.mistake("has no operator in it")
    return operators


def _read_value(place: Place, field_type: FieldType) -> int | str | None:
    return place.integer() if field_type is FieldType.INTEGER else place.string()
