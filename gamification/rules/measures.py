"""Measures, compiled: what an event adds to a counter. A field that the event lacks adds nothing."""

from collections.abc import Callable, Collection

from coalition.domain.documents import document_hash
from gamification.rules.document import ExperienceSource, Measure
from gamification.rules.predicate import Attributes

_LONGEST_ELEMENT = 200
"""Characters; a longer element is remembered by its hash."""

Amount = Callable[[Attributes], int]
Elements = Callable[[Attributes], Collection[str]]


def compile_amount(measure: Measure) -> Amount:
    """``count``, ``sum`` and ``max``."""
    field = measure.field
    if field is None:
        return _one
    return lambda attributes: attributes.get(field) or 0


def compile_elements(measure: Measure) -> Elements:
    """``distinct``: the elements that the event shows; of a list, all."""
    field = measure.field
    assert field is not None, "distinct names its field"

    def elements(attributes: Attributes) -> Collection[str]:
        given = attributes.get(field)
        if isinstance(given, list):
            return given
        return () if given is None else (str(given),)

    return elements


def element_key(element: str) -> str:
    """As what it is remembered."""
    return element if len(element) <= _LONGEST_ELEMENT else document_hash(element)


def compile_experience(source: ExperienceSource) -> Amount:
    """What an event that meets the source's condition is worth."""
    each, field, per = source.each, source.of, source.per
    if field is None:
        return lambda _: each
    return lambda attributes: (attributes.get(field) or 0) // per * each


def _one(_: Attributes) -> int:
    return 1
