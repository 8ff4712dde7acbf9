"""A statement as one HTML page that needs nothing besides: no script, no font, no file."""

from collections.abc import Iterable, Sequence

from coalition.domain.statements import Statement, StatementLine, WeekTotal
from coalition.papers.messages import Language
from coalition.papers.scribe import Context
from coalition.papers.statement_paper import statement_paper
from coalition.papers.templating import fill_in


def statement_html(
    statement: Statement,
    lines: Iterable[StatementLine],
    weeks: Sequence[WeekTotal],
    context: Context,
    language: Language,
) -> str:
    """The whole page; what comes from people is escaped.

    :raises ValueError: the statement contradicts itself.
    """
    return fill_in("statement.html", paper=statement_paper(statement, lines, weeks, context, language))
