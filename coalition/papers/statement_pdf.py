"""A statement as a PDF to be filed: PDF/A-2a for archives, PDF/UA-1 for screen readers, with its fonts inside."""

from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any

import orjson
import typst

from coalition.domain.statements import Statement, StatementLine, WeekTotal
from coalition.papers.messages import Language
from coalition.papers.scribe import Context
from coalition.papers.statement_paper import statement_paper

_TEMPLATE = files("coalition.papers").joinpath("templates/statement.typ").read_bytes()
_STANDARDS: Any = ["a-2a", "ua-1"]
_FONTS = typst.Fonts(include_system_fonts=False)
"""Those of the library: a machine's own would make another document of the same statement."""


def statement_pdf(
    statement: Statement,
    lines: Iterable[StatementLine],
    weeks: Sequence[WeekTotal],
    context: Context,
    language: Language,
) -> bytes:
    """The same bytes for the same statement: its date is the last day of the period.

    Content reaches the template as data, so nothing in it is taken for markup. Both standards forbid characters that no
    font shows; a name in such (Chinese, emoji) is written in the machine's fonts, as a PDF of no standard.

    :raises ValueError: the statement contradicts itself.
    """
    paper = statement_paper(statement, lines, weeks, context, language)
    day = statement.last_day
    data = orjson.dumps({"paper": paper, "day": [day.year, day.month, day.day]}).decode()
    try:
        return _compile(data, _FONTS, _STANDARDS)
    except typst.TypstError:
        return _compile(data, typst.Fonts(), [])


def _compile(data: str, fonts: typst.Fonts, standards: Any) -> bytes:
    compiler = typst.Compiler(font_paths=fonts)
    pdf = compiler.compile(_TEMPLATE, format="pdf", sys_inputs={"data": data}, pdf_standards=standards)
    assert isinstance(pdf, bytes)
    return pdf
