"""The sections of a paper that say who owes what to whom, and for what."""

from coalition.domain.rate_cards import Cause
from coalition.domain.statements import CounterpartyTotal
from coalition.papers.content import Column, Section, Table
from coalition.papers.scribe import Scribe

PARTS = {
    "settlements": frozenset(
        {Cause.REDEMPTION, Cause.MARGIN, Cause.SUBSIDY, Cause.ISSUANCE, Cause.BREAKAGE, Cause.GUARANTEE}
    ),
    "fees": frozenset({Cause.FEE_ISSUED, Cause.FEE_REDEEMED, Cause.FEE_TURNOVER, Cause.FEE_MONTHLY}),
    "corrections": frozenset({Cause.CORRECTION}),
}
"""What the totals are divided into, and the causes of each."""


def summary(scribe: Scribe) -> Section:
    """What each part comes to, and all of them: the position. What is carried forward is in none."""
    rows = [
        (scribe.words(part), *scribe.sides(sum(total.amount_minor for total in _totals(scribe, part))))
        for part in PARTS
    ]
    return Section(
        title=scribe.words("summary"),
        notes=(scribe.words("carried_note"),),
        table=Table(
            columns=(Column(scribe.words("summary_of")), scribe.title("receive"), scribe.title("pay")),
            rows=tuple(rows),
            total=(scribe.words("position"), *scribe.sides(scribe.statement.position_minor)),
        ),
    )


def parts(scribe: Scribe) -> tuple[Section, ...]:
    """Every total by counterparty and cause, a section for each part.

    :raises ValueError: a total's cause is not one of ours.
    """
    return tuple(_part(scribe, part) for part in PARTS)


def _part(scribe: Scribe, part: str) -> Section:
    words, totals = scribe.words, _totals(scribe, part)
    if not totals:
        return Section(title=words(part), notes=(words("no_rows"),))
    columns = (
        Column(words("counterparty")),
        Column(words("cause")),
        Column(words("points_of")),
        Column(words("points"), number=True),
        scribe.title("receive"),
        scribe.title("pay"),
        scribe.title("carried"),
    )
    rows = [
        (
            scribe.party(total.counterparty),
            words(f"cause.{total.cause}"),
            words("none") if total.issuer is None else scribe.name(total.issuer),
            scribe.formats.points(total.points),
            *scribe.sides(total.amount_minor),
            scribe.formats.exact_amount(total.carried_micros),
        )
        for total in totals
    ]
    total = (
        words("total"),
        "",
        "",
        "",
        scribe.formats.amount(sum(max(total.amount_minor, 0) for total in totals)),
        scribe.formats.amount(sum(max(-total.amount_minor, 0) for total in totals)),
        "",
    )
    return Section(title=words(part), table=Table(columns, tuple(rows), total))


def _totals(scribe: Scribe, part: str) -> list[CounterpartyTotal]:
    return [total for total in scribe.statement.totals if Cause(total.cause) in PARTS[part]]


def bank_details(scribe: Scribe) -> tuple[Section, ...]:
    """Where the counterparties have their accounts; no section where nobody's is known."""
    hints = scribe.context.bank_hints
    numbers = sorted({total.counterparty for total in scribe.statement.totals} & hints.keys())
    if not numbers:
        return ()
    columns = (Column(scribe.words("counterparty")), Column(scribe.words("bank_hint")))
    rows = tuple((scribe.party(number), hints[number]) for number in numbers)
    return (Section(title=scribe.words("bank_details"), table=Table(columns, rows)),)
