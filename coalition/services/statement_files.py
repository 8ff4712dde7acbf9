"""A statement as a file: for people as HTML or PDF, for programs as CSV or JSON."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from coalition.papers.messages import Language
from coalition.papers.scribe import Context
from coalition.papers.statement_csv import statement_csv
from coalition.papers.statement_json import statement_json
from coalition.services.parties import parties
from coalition.services.statements import Issued, opening_liability, statement_lines, week_totals

Form = Literal["html", "pdf", "csv", "json"]


def statement_file(issued: Issued, form: Form, language: Language, *, now: datetime) -> Iterable[bytes]:
    """The statement in one of its forms; HTML and PDF show some of its lines, CSV and JSON have all of them."""
    found = issued.statement
    lines = list(statement_lines(found, now=now))
    if form == "csv":
        return (part.encode() for part in statement_csv(lines))
    if form == "json":
        return statement_json(found, lines)
    context = Context(
        names={number: party.name for number, party in parties().items()},
        dispute_until=issued.dispute_until,
        lines_file=f"{found.id}.csv",
        opening_liability_minor=opening_liability(found),
    )
    weeks = week_totals(found, lines)
    # Typesetting takes longer to load than all else, and few commands need it.
    if form == "pdf":
        from coalition.papers.statement_pdf import statement_pdf

        return [statement_pdf(found, lines, weeks, context, language)]
    from coalition.papers.statement_html import statement_html

    return [statement_html(found, lines, weeks, context, language).encode()]
