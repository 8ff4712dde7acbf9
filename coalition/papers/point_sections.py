"""The sections of a paper that say what became of points."""

from collections.abc import Sequence

from coalition.domain.statements import WeekTotal
from coalition.papers.chart import weeks_chart
from coalition.papers.content import Column, Section, Table
from coalition.papers.scribe import Scribe


def liability(scribe: Scribe) -> Section:
    """From the opening to the closing, so that the rows add up; money where it is known."""
    statement, words, none = scribe.statement, scribe.words, scribe.words("none")
    changes = [
        ("issued", statement.issued_points),
        ("redeemed", -statement.redeemed_points),
        ("expired", -statement.expired_points),
    ]
    other = statement.closing_points - statement.opening_points - sum(points for _, points in changes)
    if other:
        changes.append(("other_changes", other))
    opening = scribe.context.opening_liability_minor
    return Section(
        title=words("liability"),
        table=Table(
            columns=(Column(words("liability_row")), Column(words("points"), number=True), scribe.title("worth")),
            rows=(
                (
                    words("opening"),
                    scribe.formats.points(statement.opening_points),
                    none if opening is None else scribe.formats.amount(opening),
                ),
                *((words(key), scribe.formats.points(points), none) for key, points in changes),
            ),
            total=(
                words("closing"),
                scribe.formats.points(statement.closing_points),
                scribe.formats.amount(statement.liability_minor),
            ),
        ),
    )


def weeks(scribe: Scribe, totals: Sequence[WeekTotal]) -> Section:
    """A chart, and the numbers in it."""
    words, formats = scribe.words, scribe.formats
    description = words("weeks_description", name=scribe.statement.partner_name)
    if not totals:
        return Section(title=words("weeks"), notes=(words("no_rows"),))
    return Section(
        title=words("weeks"),
        notes=(description,),
        chart=weeks_chart(totals, words, formats, description),
        table=Table(
            columns=(
                Column(words("week")),
                Column(words("week_issued"), number=True),
                Column(words("week_redeemed"), number=True),
            ),
            rows=tuple(
                (formats.day(week.monday), formats.points(week.issued), formats.points(week.redeemed))
                for week in totals
            ),
            total=(
                words("total"),
                formats.points(sum(week.issued for week in totals)),
                formats.points(sum(week.redeemed for week in totals)),
            ),
        ),
    )
