"""The fields of a statement's lines, and what each may hold, as ``StatementLine`` declares them."""

from types import NoneType
from typing import Any, NamedTuple, get_args, get_type_hints

from coalition.domain.statements import StatementLine
from coalition.papers.errors import UnreadableStatement


class Field(NamedTuple):
    """``type`` is ``str``, ``int`` or ``bool``; ``optional`` that it may hold nothing."""

    name: str
    type: type
    optional: bool

    def accepts(self, content: Any) -> bool:
        return type(content) is self.type or (self.optional and content is None)


def _field(name: str, declared: Any) -> Field:
    types = get_args(declared) or (declared,)
    return Field(name, types[0], NoneType in types)


LINE_FIELDS = tuple(_field(name, declared) for name, declared in get_type_hints(StatementLine).items())
"""In their order."""


def line_from(document: Any, place: str) -> StatementLine:
    """The line whose ``document()`` it is.

    :raises UnreadableStatement: it is nobody's.
    """
    if not isinstance(document, dict) or document.keys() != {field.name for field in LINE_FIELDS}:
        raise UnreadableStatement(place, "the fields are not those of a line")
    for field in LINE_FIELDS:
        if not field.accepts(document[field.name]):
            raise UnreadableStatement(place, f"{field.name} cannot be {document[field.name]!r}")
    return StatementLine(**document)
