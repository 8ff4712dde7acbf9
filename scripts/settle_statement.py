"""``coalition settle statement``: a partner's statement as a file."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import click

from coalition.config import Settings
from coalition.errors import CoalitionError
from coalition.services import settlement, statements
from coalition.services.parties import party_named
from coalition.services.statements import Issued
from scripts.composition import CLOCK, open_coalition
from scripts.output import language_option, out_option, refusals_exit

if TYPE_CHECKING:
    from coalition.papers.messages import Language
    from coalition.services.statement_files import Form


@dataclass
class NoStatement(CoalitionError):
    code = "unknown_statement"
    template = "{partner} has no statement of {period} in {currency}."
    partner: str
    period: str
    currency: str


@dataclass
class CurrencyRequired(CoalitionError):
    code = "currency_required"
    template = "{partner} has a statement of {period} in each of {currencies}: say which one, with --currency."
    partner: str
    period: str
    currencies: str


@click.command()
@click.argument("period")
@click.argument("party", metavar="PARTNER")
@click.option("--currency", help="Of which statement, where PARTNER has several.")
@click.option("--format", "form", type=click.Choice(["html", "pdf", "csv", "json"]), default="html", show_default=True)
@language_option
@out_option
@refusals_exit
def statement(period: str, party: str, currency: str | None, form: "Form", language: "Language", out: BinaryIO) -> None:
    """Write the statement of PARTNER ("pool" is the pool) for PERIOD."""
    # What is needed to write one takes a while to load, and all other commands do without.
    from coalition.services.statement_files import statement_file

    open_coalition(Settings.from_environment())
    found = _statement(period, party, currency)
    for chunk in statement_file(found, form, language, now=CLOCK.now()):
        out.write(chunk)


def _statement(period: str, party: str, currency: str | None) -> Issued:
    number = settlement.period(period, now=CLOCK.now()).number
    issued = statements.list_statements(party_named(party), number)
    found = [each for each in issued if currency in (None, each.statement.currency)]
    if not found:
        raise NoStatement(partner=party, period=period, currency=currency or "any currency")
    if len(found) > 1:
        currencies = ", ".join(each.statement.currency for each in found)
        raise CurrencyRequired(partner=party, period=period, currencies=currencies)
    return found[0]
