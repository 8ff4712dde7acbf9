"""The books of a period that is being closed: every entry gone through once, for what everybody owes and is told."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from coalition.domain.entries import EntryKind
from coalition.domain.merkle import merkle_root
from coalition.domain.programme import Programme
from coalition.domain.rate_cards import POOL, RateCard, issued_points, redeemed_points
from coalition.domain.settlement import Account, Books, Total, guarantees
from coalition.domain.statements import MICROS, CounterpartyTotal, Statement, line_leaf
from coalition.ids import new_id
from coalition.ledger import deployments
from coalition.services.partners import POOL_NAME, list_partners
from coalition.services.period_lines import (
    Correction,
    Scope,
    both_sides,
    entry_lines,
    fees_due,
    guarantee_line,
    other_flows,
    priced_entries,
)
from coalition.services.pricing import Pricing
from coalition.store import settlement as store
from coalition.store.database import to_column

_MOMENT = timedelta(milliseconds=1)


class PointTotals(NamedTuple):
    """Of one issuer's points in a period, less what was undone."""

    issued: int = 0
    redeemed: int = 0
    expired: int = 0

    def plus(self, kind: EntryKind, points: int) -> "PointTotals":
        return PointTotals(
            self.issued + issued_points(kind, points),
            self.redeemed + redeemed_points(kind, points),
            self.expired + (points if kind is EntryKind.EXPIRY else 0),
        )

    @property
    def outstanding(self) -> int:
        return self.issued - self.redeemed - self.expired


@dataclass
class PeriodBooks:
    """What a period comes to. ``leaves`` are the hashes of the lines of each party's statement in each currency."""

    scope: Scope
    totals: dict[Account, Total]
    points: dict[int, PointTotals]
    opening: dict[int, int]
    leaves: dict[tuple[int, str], list[bytes]]
    pricing: Pricing

    def statements(self, period: str, head: str, programme: Programme) -> Iterator[Statement]:
        """A statement for everybody who has a line, in each currency, and for every issuer of points in its own.

        That one tells of its points, and what they may still cost it.

        :raises NoExchangeRate: the card converts, and there is no rate for the last day.
        """
        names = {POOL: POOL_NAME} | {partner.number: partner.name for partner in list_partners()}
        card = self.pricing.cards.at(to_column(self.scope.cut.ends_at - _MOMENT))
        found = deployments.deployment()
        issuers = {issuer for issuer, points in self.opening.items() if points} | set(self.points)
        asked = set(self.leaves) | {(issuer, card.home_of(issuer)) for issuer in issuers}
        for party, currency in sorted(asked):
            points, opening = PointTotals(), 0
            if currency == card.home_of(party):
                points, opening = self.points.get(party, points), self.opening.get(party, 0)
            closing = opening + points.outstanding
            totals = tuple(self._totals_of(party, currency))
            yield Statement(
                id=new_id("stm"),
                period=period,
                partner=party,
                partner_name=names[party],
                currency=currency,
                first_day=self.scope.days.first,
                last_day=self.scope.days.last,
                time_zone=programme.time_zone,
                chain_id=found.chain_id if found else 0,
                ledger=found.contract if found else "",
                sequence=self.scope.cut.sequence,
                head=head,
                opening_points=opening,
                issued_points=points.issued,
                redeemed_points=points.redeemed,
                expired_points=points.expired,
                closing_points=closing,
                liability_minor=self._liability(card, party, closing),
                totals=totals,
                position_minor=sum(total.amount_minor for total in totals),
                root="0x" + merkle_root(self.leaves[party, currency]).hex(),
                lines=len(self.leaves[party, currency]),
            )

    def _liability(self, card: RateCard, issuer: int, points: int) -> int:
        """In minor units of the issuer's own currency."""
        price, home = card.price_of(issuer, None), card.home_of(issuer)
        if not points or price.currency == home:
            return points * price.issued_micros // MICROS
        rate = self.pricing.rates.at(price.currency, home, self.scope.days.last)
        return points * price.issued_micros * rate // MICROS**2

    def _totals_of(self, party: int, currency: str) -> Iterator[CounterpartyTotal]:
        for account, total in self.totals.items():
            if account.currency != currency or party not in (account.payer, account.payee):
                continue
            is_payee = party == account.payee
            yield CounterpartyTotal(
                counterparty=account.payer if is_payee else account.payee,
                cause=account.cause.value,
                issuer=account.issuer,
                points=total.points,
                amount_minor=total.amount_minor if is_payee else -total.amount_minor,
                carried_micros=total.carried_micros,
            )


def period_books(scope: Scope, programme: Programme, corrections: list[Correction]) -> PeriodBooks:
    """Go through the period once.

    :raises NoExchangeRate: a rate card converts, and there is no rate for the day of an entry.
    """
    pricing, books = Pricing(programme), Books()
    points = defaultdict[int, PointTotals](PointTotals)
    leaves = defaultdict[tuple[int, str], list[bytes]](list)
    for priced in priced_entries(scope, pricing):
        row = priced.row
        points[row.issuer] = points[row.issuer].plus(priced.kind, row.points)
        for flow in priced.flows:
            books.add(flow, priced.points)
        for party, currency, line in entry_lines(priced, scope):
            leaves[party, currency].append(line_leaf(line))
    for flow, draft in other_flows(fees_due(scope, programme, pricing), programme, pricing, corrections):
        books.add(flow, 0)
        for party, currency, line in both_sides(flow, draft):
            leaves[party, currency].append(line_leaf(line))
    before = store.micros_before(scope.number)
    for flow in guarantees(books.totals(before), store.deposits_left(scope.number, scope.cut.ends_at)):
        books.add(flow, 0)
        for party, currency, line in both_sides(flow, guarantee_line(flow, scope)):
            leaves[party, currency].append(line_leaf(line))
    opening = store.outstanding_at(scope.before) if scope.before else {}
    return PeriodBooks(scope, books.totals(before), points, opening, leaves, pricing)
