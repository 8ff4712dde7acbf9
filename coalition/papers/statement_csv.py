"""All lines of a statement as CSV (RFC 4180), from which they can be read back exactly and the root recomputed.

Spreadsheets take text that begins with ``=``, ``+``, ``-`` or ``@`` for a formula. Before such text stands an
apostrophe, as it does before text that begins with one itself, and in the place of empty text; an empty cell is none.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from coalition.domain.statements import StatementLine
from coalition.papers.errors import UnreadableStatement
from coalition.papers.fields import LINE_FIELDS, Field, line_from

COLUMNS = [field.name for field in LINE_FIELDS]

_GUARD = "'"
_GUARDED = ("=", "+", "-", "@", "\t", "\r", "\n", _GUARD)
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII)
_FLAGS = {"true": True, "false": False}


def statement_csv(lines: Iterable[StatementLine]) -> Iterator[str]:
    """The header, then a record for each line as it comes."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    for record in _records(lines):
        writer.writerow(record)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def read_lines(stream: Iterable[str]) -> Iterator[StatementLine]:
    """The lines, as they are read. A file is to be opened with ``newline=""``.

    :raises UnreadableStatement: the columns are others, or a cell holds what its column cannot.
    """
    reader = csv.reader(stream, strict=True)
    try:
        if next(reader, None) != COLUMNS:
            raise UnreadableStatement("line 1", f"the columns are not {','.join(COLUMNS)}")
        for record in reader:
            yield _line(record, f"line {reader.line_num}")
    except csv.Error as error:
        raise UnreadableStatement(f"line {reader.line_num}", str(error)) from error


def _records(lines: Iterable[StatementLine]) -> Iterator[list[str]]:
    yield COLUMNS
    for line in lines:
        yield [_cell(getattr(line, name)) for name in COLUMNS]


def _cell(content: str | int | None) -> str:
    if content is None:
        return ""
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, int):
        return str(content)
    return _GUARD + content if not content or content.startswith(_GUARDED) else content


def _line(record: list[str], place: str) -> StatementLine:
    if len(record) != len(COLUMNS):
        raise UnreadableStatement(place, f"{len(record)} cells are not {len(COLUMNS)}")
    document = {field.name: _content(field, cell, place) for field, cell in zip(LINE_FIELDS, record, strict=True)}
    return line_from(document, place)


def _content(field: Field, cell: str, place: str) -> Any:
    if not cell:
        return None
    if field.type is str:
        return cell.removeprefix(_GUARD)
    if field.type is int and _INTEGER.fullmatch(cell):
        return int(cell)
    if field.type is bool and cell in _FLAGS:
        return _FLAGS[cell]
    raise UnreadableStatement(place, f"{field.name} cannot be {cell!r}")
