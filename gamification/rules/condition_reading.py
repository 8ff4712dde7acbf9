"""Reading ``where``: every field must be one of the event's, every operator and every value one for its kind."""

from typing import Any

from coalition.domain.places import Place
from gamification.event_types import FieldType
from gamification.rules.predicate import ALL, ANY, NOT, OPERATORS
from gamification.rules.surroundings import Surroundings


def read_condition(place: Place, event_type: str, around: Surroundings) -> dict[str, Any]:
    """The condition in the form that ``predicate.compile_where`` takes."""
    condition: dict[str, Any] = {}
    for key, value in place.mapping().items():
        if key in (ALL, ANY):
            condition[key] = [read_condition(item, event_type, around) for item in value.items()]
        elif key == NOT:
            condition[key] = read_condition(value, event_type, around)
        elif field_type := around.field_of(value, key, event_type):
            condition[key] = _read_field(value, field_type)
    if place.is_mapping() and not place.node.value:
        place.mistake("has no condition in it; leave it out to take every event")
    return condition


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


def _read_value(place: Place, field_type: FieldType) -> int | str | bool | None:
    if field_type is FieldType.BOOLEAN:
        return place.boolean()
    return place.integer() if field_type is FieldType.INTEGER else place.string()
