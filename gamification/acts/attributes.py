"""What may be said of an act: its attributes by name, each of a kind and within bounds; pure checks."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from coalition.domain.places import did_you_mean
from gamification.acts.errors import AttributeMistake, InvalidAttributes
from gamification.event_types import FieldType

MOST = (1 << 53) - 1
"""The largest whole number that every JSON reader keeps."""
LONGEST = 200
MOST_TEXTS = 100

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_IN_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Attribute:
    """``least`` and ``most`` bound a number, ``longest`` each text, ``texts`` a list; ``lines`` may be broken.

    A text has the ``form``, which ``form_is`` describes.
    """

    kind: FieldType
    required: bool = True
    least: int = -MOST
    most: int = MOST
    longest: int = LONGEST
    texts: int = MOST_TEXTS
    lines: bool = False
    form: re.Pattern[str] | None = None
    form_is: str = ""


Schema = Mapping[str, Attribute]


def check_attributes(given: Mapping[str, Any], schema: Schema) -> None:
    """:raises InvalidAttributes: one is missing, unknown, or not of its kind; all of them are named."""
    mistakes = tuple(_mistakes(given, schema))
    if mistakes:
        raise InvalidAttributes(mistakes=mistakes)


def _mistakes(given: Mapping[str, Any], schema: Schema) -> Iterator[AttributeMistake]:
    for name in given:
        if name not in schema:
            yield AttributeMistake(name, f"Unknown attribute{did_you_mean(name, schema)}.".replace("?.", "?"))
    for name, attribute in schema.items():
        if name in given:
            problem = _CHECKS[attribute.kind](given[name], attribute)
            if problem:
                yield AttributeMistake(name, problem)
        elif attribute.required:
            yield AttributeMistake(name, "Missing attribute.")


def _check_text(value: Any, attribute: Attribute) -> str | None:
    if not isinstance(value, str):
        return "Not a text."
    if not value.strip() or len(value) > attribute.longest:
        return f"Not from 1 to {attribute.longest} characters."
    if (_CONTROL_IN_LINES if attribute.lines else _CONTROL).search(value):
        return "Contains control characters."
    if not _is_unicode(value):
        return "Not Unicode text."
    if attribute.form and not attribute.form.fullmatch(value):
        return f"Not {attribute.form_is}."
    return None


def _check_integer(value: Any, attribute: Attribute) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return "Not a whole number."
    if not attribute.least <= value <= attribute.most:
        return f"Not from {attribute.least} to {attribute.most}."
    return None


def _check_boolean(value: Any, attribute: Attribute) -> str | None:
    return None if isinstance(value, bool) else "Not true or false."


def _check_texts(value: Any, attribute: Attribute) -> str | None:
    if not isinstance(value, list):
        return "Not a list of texts."
    if len(value) > attribute.texts:
        return f"More than {attribute.texts} texts."
    problems = (_check_text(each, attribute) for each in value)
    return next((f"Of the list: {problem}" for problem in problems if problem), None)


def _is_unicode(text: str) -> bool:
    """A lone surrogate is none, and no database keeps it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_CHECKS: Mapping[FieldType, Callable[[Any, Attribute], str | None]] = {
    FieldType.TEXT: _check_text,
    FieldType.INTEGER: _check_integer,
    FieldType.BOOLEAN: _check_boolean,
    FieldType.TEXTS: _check_texts,
}
