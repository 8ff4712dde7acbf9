"""Measures, compiled: what an event adds to a counter. A field that the event lacks adds nothing."""

from collections.abc import Callable, Iterable

from coalition.domain.documents import document_hash
from gamification.event_types import EVENT_TYPES, FieldType
from gamification.rules.document import ExperienceSource, Measure
from gamification.rules.predicate import Attributes

_LONGEST_ELEMENT = 200
"""Characters; a longer element is remembered by its hash, for an index takes no text of any length."""

Amount = Callable[[Attributes], int]
Elements = Callable[[Attributes], Iterable[str]]


def compile_amount(measure: Measure) -> Amount:
    """``count`` and ``sum``."""
    if measure.kind == "count":
        return _one
    field = measure.field
    assert field is not None, "a sum names its field"
    return lambda attributes: attributes.get(field) or 0


def compile_elements(measure: Measure, event_type: str) -> Elements:
    """``distinct``: the elements that the event shows, each once; of a list, all."""
    field = measure.field
    assert field is not None, "distinct names its field"
    if EVENT_TYPES[event_type][field] is FieldType.TEXTS:
        return lambda attributes: {_key(element) for element in attributes.get(field) or ()}
    return lambda attributes: () if (given := attributes.get(field)) is None else (_key(str(given)),)


def compile_experience(source: ExperienceSource) -> Amount:
    """What an event that meets the source's condition is worth."""
    each, field, per = source.each, source.of, source.per
    if field is None:
        return lambda _: each
    return lambda attributes: (attributes.get(field) or 0) // per * each


def _key(element: str) -> str:
    return element if len(element) <= _LONGEST_ELEMENT else document_hash(element)


def _one(_: Attributes) -> int:
    return 1
