"""Everything that is in one period, in order, as lines: journal entries, then monthly fees, then corrections.

The same journal, cards and corrections give the same lines at any time, so lines are not kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from coalition.domain.monthly_fees import Month, months_due
from coalition.domain.periods import Cut, Days
from coalition.domain.programme import Programme
from coalition.domain.rate_cards import Cause, Flow, monthly_fee
from coalition.domain.statements import MICROS, StatementLine
from coalition.services.pricing import Priced, Pricing
from coalition.store import settlement as store
from coalition.store.database import to_column

_FEE = "fee"
_CORRECTION = "correction"
_GUARANTEE = "guarantee"


@dataclass(frozen=True)
class Scope:
    """Which entries a period has: see ``domain.periods.belongs``."""

    number: int
    days: Days
    starts_at: datetime
    cut: Cut
    before: Cut | None


class Correction(NamedTuple):
    """Money that moves by hand: it settles a dispute, or mends what nobody disputed."""

    id: str
    payer: int
    payee: int
    currency: str
    amount_minor: int
    created_at: str
    dispute: str | None


class PartyLine(NamedTuple):
    """A line as this party sees it, on its statement in that currency."""

    party: int
    currency: str
    line: StatementLine


def priced_entries(scope: Scope, pricing: Pricing, party: int | None = None) -> Iterator[Priced]:
    """The period's entries; of a ``party``, those that it issued or that happened at it.

    :raises NoExchangeRate: a card converts, and there is no rate for the day of an entry.
    """
    for rows in store.entries_of_period(scope.cut, scope.before, party):
        yield from pricing.price(rows)


def entry_lines(priced: Priced, scope: Scope) -> Iterator[PartyLine]:
    """A line for whoever pays or gets something for the entry, and for its issuer and the partner where it happened,
    also where no money moves."""
    row = priced.row
    late = row.occurred_at < to_column(scope.starts_at)
    told = set()
    for flow in priced.flows:
        told |= {flow.payer, flow.payee}
        yield PartyLine(flow.payer, flow.currency, _entry_line(priced, late, flow, flow.payee, -flow.micros))
        yield PartyLine(flow.payee, flow.currency, _entry_line(priced, late, flow, flow.payer, flow.micros))
    for party in sorted({row.issuer, row.partner} - told):
        yield PartyLine(party, priced.card.home_of(party), _entry_line(priced, late))


def fees_due(scope: Scope, programme: Programme, pricing: Pricing) -> list[tuple[date, int]]:
    """The months, by their first day, that each merchant is to pay for in the period: see ``domain.monthly_fees``.

    A month that is only known to be due once its period is closed, as when somebody joins in its second half and a
    period ends with the first, is due in the next one: so twelve months have the fees of their year.
    """
    if not any(fees.monthly_minor for card in pricing.cards.all() for fees in card.fees.values()):
        return []
    first, left = store.first_day() or scope.days.first, store.left()

    def due(cut: Cut, last: date) -> set[tuple[date, int]]:
        begun = Days(first, last).months_begun()
        months = [Month(each, start_of(each), start_of(each + relativedelta(months=1))) for each in begun]
        return months_due(months, store.joined(cut.sequence), left, to_column(cut.ends_at))

    def start_of(day: date) -> str:
        return to_column(programme.start_of_day(day))

    earlier = due(scope.before, scope.days.first - timedelta(days=1)) if scope.before else set()
    return sorted(due(scope.cut, scope.days.last) - earlier)


def other_flows(
    fees: Iterable[tuple[date, int]], programme: Programme, pricing: Pricing, corrections: Iterable[Correction]
) -> Iterator[tuple[Flow, StatementLine]]:
    """Monthly fees for the months that they are due for, see ``fees_due``, and corrections.

    The line is without who pays whom: ``both_sides`` completes it.
    """
    for month, payer in fees:
        moment = to_column(programme.start_of_day(month))
        if fee := monthly_fee(payer, pricing.cards.at(moment)):
            yield fee, StatementLine(f"fee-{month:%Y-%m}-{payer}", moment, _FEE)
    for each in corrections:
        flow = Flow(each.payer, each.payee, Cause.CORRECTION, each.currency, None, 0, each.amount_minor * MICROS)
        yield flow, StatementLine(each.id, each.created_at, _CORRECTION, corrects=each.dispute)


def guarantee_line(flow: Flow, scope: Scope) -> StatementLine:
    """The line of what the operator pays in place of a failed partner."""
    return StatementLine(f"guarantee-{scope.days.last:%Y-%m-%d}-{flow.payee}", to_column(scope.cut.ends_at), _GUARANTEE)


def both_sides(flow: Flow, line: StatementLine) -> Iterator[PartyLine]:
    """The line of a fee, correction or guarantee, for its payer and its payee."""
    for party, counterparty, micros in ((flow.payer, flow.payee, -flow.micros), (flow.payee, flow.payer, flow.micros)):
        of_party = StatementLine(
            line.id,
            line.occurred_at,
            line.kind,
            cause=flow.cause.value,
            counterparty=counterparty,
            micros=micros,
            corrects=line.corrects,
        )
        yield PartyLine(party, flow.currency, of_party)


def _entry_line(
    priced: Priced, late: bool, flow: Flow | None = None, counterparty: int | None = None, micros: int = 0
) -> StatementLine:
    row = priced.row
    return StatementLine(
        row.public_id,
        row.occurred_at,
        row.kind,
        row.points,
        row.sequence,
        row.issuer,
        row.partner,
        row.address,
        flow.cause.value if flow else None,
        counterparty,
        flow.price_micros if flow else 0,
        micros,
        priced.corrects,
        late,
    )
