"""A statement as JSON: ``{"statement": {…, "header": {…}}, "lines": […]}``.

The root is over ``lines``, each in its canonical form; ``header`` is what they come to, and the rest tells which
one it is and where to compare it.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

import orjson

from coalition.domain.documents import canonical_json
from coalition.domain.statements import CounterpartyTotal, Statement, StatementLine
from coalition.papers.errors import UnreadableStatement
from coalition.papers.fields import line_from

_IDENTIFICATION = ("id", "period", "partner_name", "chain_id", "ledger", "root", "lines")
_DAYS = ("first_day", "last_day")


class ReadStatement(NamedTuple):
    statement: Statement
    lines: list[StatementLine]


def statement_document(statement: Statement) -> dict[str, Any]:
    """Which statement it is, and what its lines come to."""
    return {**{name: getattr(statement, name) for name in _IDENTIFICATION}, "header": statement.header()}


def statement_json(statement: Statement, lines: Iterable[StatementLine]) -> Iterator[bytes]:
    """In pieces, the lines as they come."""
    yield b'{"statement":' + orjson.dumps(statement_document(statement)) + b',"lines":['
    separator = b"\n"
    for line in lines:
        yield separator + orjson.dumps(line.document())
        separator = b",\n"
    yield b"\n]}\n"


def read_statement_json(content: bytes) -> ReadStatement:
    """What ``statement_json`` wrote, in whatever layout of JSON. That the root is over the rest is not checked here.

    :raises UnreadableStatement: it is no JSON, or not of this form.
    """
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise UnreadableStatement("JSON", str(error)) from error
    if not isinstance(document, dict) or document.keys() != {"statement", "lines"}:
        raise UnreadableStatement("JSON", "it does not have just a statement and lines")
    if not isinstance(document["lines"], list):
        raise UnreadableStatement("lines", "they are not a list")
    lines = [line_from(line, f"lines[{number}]") for number, line in enumerate(document["lines"])]
    return ReadStatement(read_statement(document["statement"]), lines)


def read_statement(document: Any) -> Statement:
    """The statement whose ``statement_document`` it is.

    :raises UnreadableStatement: it is nobody's.
    """
    try:
        header = document["header"]
        fields = {**header, **{name: document[name] for name in _IDENTIFICATION}}
        fields |= {name: date.fromisoformat(header[name]) for name in _DAYS}
        fields["totals"] = tuple(CounterpartyTotal(*total) for total in header["totals"])
        statement = Statement(**fields)
        same = canonical_json(statement_document(statement)) == canonical_json(document)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableStatement("statement", f"{type(error).__name__}: {error}") from error
    if not same:
        raise UnreadableStatement("statement", "there are fields too many")
    _check_types(statement)
    return statement


def _check_types(statement: Statement) -> None:
    """JSON has one kind of number: a fraction or a truth value in the place of an integer is refused."""
    texts = {"id", "period", "partner_name", "currency", "time_zone", "ledger", "head", "root"}
    for name in Statement.__slots__:
        content = getattr(statement, name)
        if name not in (*_DAYS, "totals") and type(content) is not (str if name in texts else int):
            raise UnreadableStatement("statement", f"{name} cannot be {content!r}")
    for total in statement.totals:
        issuer = 0 if total.issuer is None else total.issuer
        numbers = (total.counterparty, issuer, total.points, total.amount_minor, total.carried_micros)
        if type(total.cause) is not str or any(type(number) is not int for number in numbers):
            raise UnreadableStatement("statement", f"a total cannot be {total}")
