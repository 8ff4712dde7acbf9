"""Everything that is in one period, in order, as lines: journal entries, then monthly fees, then corrections.

The same journal, cards and corrections give the same lines at any time, so lines are not kept.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

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
        yield PartyLine(party, priced.currency, _entry_line(priced, late))


def other_flows(
    scope: Scope, programme: Programme, pricing: Pricing, payers: Collection[int], corrections: Iterable[Correction]
) -> Iterator[tuple[Flow, StatementLine]]:
    """Monthly fees of these payers for every month that begins in the period, unless they came later, and corrections.

    The line is without who pays whom: ``both_sides`` completes it.
    """
    registered_at, ends_at = store.registered_at(), to_column(scope.cut.ends_at)
    for first in scope.days.months_begun():
        moment = to_column(programme.start_of_day(first))
        over = to_column(programme.start_of_day(first + relativedelta(months=1)))
        for payer in sorted(payers):
            fee = monthly_fee(payer, pricing.cards.at(moment))
            # Whoever was registered after the period, and has entries in it, had them from elsewhere.
            if fee and not over <= registered_at[payer] < ends_at:
                yield fee, StatementLine(f"fee-{first:%Y-%m}-{payer}", moment, _FEE)
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
