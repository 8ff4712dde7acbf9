"""``where``: a closed grammar over an event's attributes, compiled once to closures.

``{field: value}`` is equality; ``{field: {op: value}}`` applies operators; several fields or operators must all hold;
``all``, ``any`` (lists) and ``not`` combine conditions. An attribute that is absent or null meets no operator but
``ne``.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gamification.event_types import FieldType

Attributes = Mapping[str, Any]
Predicate = Callable[[Attributes], bool]

ALL, ANY, NOT = "all", "any", "not"


def _eq(field: str, operand: Any) -> Predicate:
    return lambda attributes: attributes.get(field) == operand


def _ne(field: str, operand: Any) -> Predicate:
    return lambda attributes: attributes.get(field) != operand


def _in(field: str, operand: Any) -> Predicate:
    options = frozenset(operand)
    return lambda attributes: attributes.get(field) in options


def _gt(field: str, operand: Any) -> Predicate:
    return lambda attributes: (given := attributes.get(field)) is not None and given > operand


def _gte(field: str, operand: Any) -> Predicate:
    return lambda attributes: (given := attributes.get(field)) is not None and given >= operand


def _lt(field: str, operand: Any) -> Predicate:
    return lambda attributes: (given := attributes.get(field)) is not None and given < operand


def _lte(field: str, operand: Any) -> Predicate:
    return lambda attributes: (given := attributes.get(field)) is not None and given <= operand


def _contains(field: str, operand: Any) -> Predicate:
    return lambda attributes: operand in (attributes.get(field) or ())


class Operator(NamedTuple):
    """``applies_to``: the kinds of field it may stand at."""

    applies_to: frozenset[FieldType]
    compile: Callable[[str, Any], Predicate]


_SCALARS = frozenset({FieldType.TEXT, FieldType.INTEGER, FieldType.BOOLEAN})
_ORDERED = frozenset({FieldType.INTEGER})

OPERATORS: Mapping[str, Operator] = {
    "eq": Operator(_SCALARS, _eq),
    "ne": Operator(_SCALARS, _ne),
    "in": Operator(_SCALARS, _in),
    "gt": Operator(_ORDERED, _gt),
    "gte": Operator(_ORDERED, _gte),
    "lt": Operator(_ORDERED, _lt),
    "lte": Operator(_ORDERED, _lte),
    "contains": Operator(frozenset({FieldType.TEXTS}), _contains),
}


def compile_where(condition: Mapping[str, Any]) -> Predicate | None:
    """The checked condition as a function; None if it is empty, for then everything meets it."""
    parts = [part for key, value in condition.items() for part in _compile_member(key, value)]
    return _every(parts) if parts else None


def _compile_member(key: str, value: Any) -> list[Predicate]:
    if key in (ALL, ANY):
        compiled = [compile_where(condition) or _anything for condition in value]
        return [_every(compiled) if key == ALL else _some(compiled)]
    if key == NOT:
        inner = compile_where(value) or _anything
        return [lambda attributes: not inner(attributes)]
    if isinstance(value, Mapping):
        return [OPERATORS[name].compile(key, operand) for name, operand in value.items()]
    return [_eq(key, value)]


def _every(parts: list[Predicate]) -> Predicate:
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        first, second = parts
        return lambda attributes: first(attributes) and second(attributes)

    def every(attributes: Attributes) -> bool:
        for part in parts:  # noqa: SIM110
            if not part(attributes):
                return False
        return True

    return every


def _some(parts: list[Predicate]) -> Predicate:
    def some(attributes: Attributes) -> bool:
        for part in parts:  # noqa: SIM110
            if part(attributes):
                return True
        return False

    return some


def _anything(_: Attributes) -> bool:
    return True


def required_text(condition: Mapping[str, Any], field: str) -> str | None:
    """The text that the field must equal to meet the condition; None where no single one is required."""
    value = condition.get(field)
    wanted = value.get("eq") if isinstance(value, Mapping) else value
    return wanted if isinstance(wanted, str) else None
