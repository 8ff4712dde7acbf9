"""What a statement says on paper, section by section, in one language."""

from collections.abc import Iterable, Sequence

from coalition.domain.rate_cards import OPERATOR
from coalition.domain.statements import Statement, StatementLine, WeekTotal
from coalition.papers.content import Fact, Paper, Position, Section
from coalition.papers.line_sections import details
from coalition.papers.messages import Language
from coalition.papers.money_sections import bank_details, parts, summary
from coalition.papers.point_sections import liability, weeks
from coalition.papers.scribe import Context, Scribe


def statement_paper(
    statement: Statement,
    lines: Iterable[StatementLine],
    week_totals: Sequence[WeekTotal],
    context: Context,
    language: Language,
) -> Paper:
    """The lines are read once, and only those that are shown are kept.

    :raises ValueError: the statement contradicts itself: the totals do not come to the position, a cause is not one of
        ours, or there are more or fewer lines than it says.
    """
    if sum(total.amount_minor for total in statement.totals) != statement.position_minor:
        raise ValueError(f"the totals of statement {statement.id} do not come to its position")
    scribe = Scribe(statement, context, language)
    words = scribe.words
    first, last = scribe.formats.day(statement.first_day), scribe.formats.day(statement.last_day)
    return Paper(
        language=language,
        title=words("title"),
        subtitle=words("subtitle", number=statement.id, first=first, last=last),
        page=words("page"),
        of=words("of"),
        facts=(
            Fact(words("partner"), scribe.party(statement.partner)),
            Fact(words("operator"), scribe.party(OPERATOR)),
            Fact(words("number"), statement.id, code=True),
            Fact(words("period"), words("period_text", period=statement.period, first=first, last=last)),
            Fact(words("time_zone"), statement.time_zone),
            Fact(words("currency"), scribe.formats.currency),
            Fact(words("dispute_until"), scribe.formats.moment(context.dispute_until)),
        ),
        position=_position(scribe),
        sections=(
            summary(scribe),
            *parts(scribe),
            *bank_details(scribe),
            liability(scribe),
            weeks(scribe, week_totals),
            *details(scribe, lines),
            _proof(scribe),
        ),
        signatures=(
            words("signed_by_operator", name=scribe.name(OPERATOR)),
            words("signed_by_partner", name=statement.partner_name),
        ),
        signature=words("signature"),
    )


def _position(scribe: Scribe) -> Position:
    position = scribe.statement.position_minor
    key = "to_receive" if position > 0 else "to_pay" if position < 0 else "nothing_due"
    return Position(
        label=scribe.words(key),
        money=scribe.formats.money(abs(position)),
        meaning=scribe.words(f"{key}_meaning", name=scribe.statement.partner_name),
    )


def _proof(scribe: Scribe) -> Section:
    """Where the entries are kept for anyone to compare, and what to do with that."""
    statement, words, context = scribe.statement, scribe.words, scribe.context
    return Section(
        title=words("proof"),
        facts=(
            Fact(words("chain_id"), str(statement.chain_id), code=True),
            Fact(words("ledger"), statement.ledger, code=True),
            Fact(words("sequence"), str(statement.sequence), code=True),
            Fact(words("head"), statement.head, code=True),
            Fact(words("root"), statement.root, code=True),
            Fact(words("lines"), scribe.formats.points(statement.lines)),
        ),
        notes=(
            words("how_to_verify", file=context.lines_file),
            words("how_to_dispute", moment=scribe.formats.moment(context.dispute_until)),
        ),
    )
