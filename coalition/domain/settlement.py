"""What a period comes to: who owes whom, by each cause, in whole minor units that lose nothing.

Sums are exact in micros. What a pair comes to is rounded down over all time, and a period gets what that has grown by:
the rest is carried, so twelve months come to what one year does. Everything that somebody pays somebody gets.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from coalition.domain.rate_cards import OPERATOR, POOL, Cause, Flow
from coalition.domain.statements import MICROS


class Account(NamedTuple):
    """What one party owes another for one cause; ``issuer`` is whose points were redeemed, None for other causes."""

    payer: int
    payee: int
    cause: Cause
    currency: str
    issuer: int | None


class Total(NamedTuple):
    """Of an account in a period. ``points`` count what they were owed for, less what was undone."""

    points: int
    micros: int
    amount_minor: int
    carried_micros: int


class Claim(NamedTuple):
    """What a redeemer honoured of an issuer's points, and what it gets for that, from the issuer or from the pool."""

    issuer: int
    redeemer: int
    currency: str
    points: int
    amount_minor: int
    by_pool: bool


@dataclass
class Books:
    """The sums of a period while its entries are gone through."""

    points: dict[Account, int] = field(default_factory=lambda: defaultdict(int))
    micros: dict[Account, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, flow: Flow, points: int) -> None:
        """The flow is of an entry of that many points, which count below zero where it undoes another."""
        account = Account(flow.payer, flow.payee, flow.cause, flow.currency, flow.issuer)
        self.points[account] += points
        self.micros[account] += flow.micros

    def totals(self, before: Mapping[Account, int]) -> dict[Account, Total]:
        """What each account comes to in the period, given the micros of all periods ``before``; in a fixed order."""
        return {
            account: _total(self.points[account], self.micros[account], before.get(account, 0))
            for account in sorted(self.micros, key=_order)
        }


def _total(points: int, micros: int, before: int) -> Total:
    owed = (before + micros) // MICROS - before // MICROS
    return Total(points, micros, owed, (before + micros) % MICROS)


def _order(account: Account) -> tuple[object, ...]:
    return (*account[:4], account.issuer or 0)


def positions(totals: Mapping[Account, Total]) -> dict[str, dict[int, int]]:
    """By currency and party, what it gets (above zero) or pays, in minor units. Each currency sums to zero."""
    found: dict[str, dict[int, int]] = {}
    for account, total in totals.items():
        of_currency = found.setdefault(account.currency, {})
        of_currency[account.payer] = of_currency.get(account.payer, 0) - total.amount_minor
        of_currency[account.payee] = of_currency.get(account.payee, 0) + total.amount_minor
    return found


def claims(totals: Mapping[Account, Total]) -> list[Claim]:
    """What redeemers honoured of each issuer's points, ordered by issuer, redeemer and currency."""
    found = [
        Claim(account.issuer, account.payee, account.currency, total.points, total.amount_minor, account.payer == POOL)
        for account, total in totals.items()
        if account.cause is Cause.REDEMPTION and account.issuer is not None
    ]
    return sorted(found)


def guarantees(totals: Mapping[Account, Total], deposits: Mapping[tuple[int, str], int]) -> list[Flow]:
    """What the operator pays in place of failed partners, beyond what is left of their deposits in a currency."""
    found, nets = [], positions(totals)
    for (party, currency), left_minor in sorted(deposits.items()):
        short = -nets.get(currency, {}).get(party, 0) - left_minor
        if short > 0:
            found.append(Flow(OPERATOR, party, Cause.GUARANTEE, currency, None, 0, short * MICROS))
    return found
