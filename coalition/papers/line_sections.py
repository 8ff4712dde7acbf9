"""The sections of a paper that show single lines: those to look at in any case, and the first of the others."""

from collections.abc import Iterable
from datetime import datetime

from coalition.domain.rate_cards import Cause
from coalition.domain.statements import StatementLine
from coalition.papers.content import Column, Section, Table
from coalition.papers.scribe import Scribe

_USUAL = frozenset({Cause.REDEMPTION, Cause.ISSUANCE, Cause.BREAKAGE, Cause.CORRECTION})
"""Causes that the kind of the entry implies."""


def details(scribe: Scribe, lines: Iterable[StatementLine]) -> tuple[Section, Section]:
    """Corrections and late lines, all of them; then the first of the others. Each line is shown once, in its order.

    :raises ValueError: there are more or fewer lines than the statement says.
    """
    special: list[StatementLine] = []
    first: list[StatementLine] = []
    read = 0
    for line in lines:
        read += 1
        if line.late or line.corrects or line.kind == "correction":
            special.append(line)
        elif len(first) < scribe.context.first_lines:
            first.append(line)
    statement = scribe.statement
    if read != statement.lines:
        raise ValueError(f"statement {statement.id} has {statement.lines} lines, not {read}")
    note = scribe.words(
        "lines_note",
        shown=scribe.formats.points(len(special) + len(first)),
        all=scribe.formats.points(read),
        file=scribe.context.lines_file,
    )
    return _section(scribe, "special_lines", special), _section(scribe, "first_lines", first, note)


def _section(scribe: Scribe, title: str, lines: list[StatementLine], *notes: str) -> Section:
    words = scribe.words
    if not lines:
        return Section(title=words(title), notes=(words("no_rows"), *notes))
    columns = (
        Column(words("moment")),
        Column(words("kind")),
        Column(words("counterparty")),
        Column(words("points"), number=True),
        scribe.title("money"),
        Column(words("reference")),
    )
    return Section(title=words(title), notes=notes, table=Table(columns, tuple(_row(scribe, line) for line in lines)))


def _row(scribe: Scribe, line: StatementLine) -> tuple[str, ...]:
    words, none = scribe.words, scribe.words("none")
    references = [line.id]
    if line.corrects:
        references.append(words("corrects", id=line.corrects))
    if line.late:
        references.append(words("late"))
    return (
        scribe.formats.short_moment(datetime.fromisoformat(line.occurred_at)),
        _kind(scribe, line),
        none if line.counterparty is None else scribe.name(line.counterparty),
        scribe.formats.points(line.points),
        scribe.formats.exact_amount(line.micros) if line.cause else none,
        ", ".join(references),
    )


def _kind(scribe: Scribe, line: StatementLine) -> str:
    """With the cause where it says more."""
    kind = scribe.words(f"kind.{line.kind}")
    if line.cause is None or line.cause in _USUAL:
        return kind
    return f"{kind}: {scribe.words(f'cause.{line.cause}')}"
