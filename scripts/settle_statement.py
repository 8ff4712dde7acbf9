"""``coalition settle statement``: a partner's statement as a file."""

import sys
from typing import BinaryIO

import click

from coalition.config import Settings
from coalition.papers.messages import Language
from coalition.services import settlement, statements
from coalition.services.parties import party_named
from coalition.services.statement_files import Form, statement_file
from scripts.composition import CLOCK, open_coalition
from scripts.output import language_option, out_option, people, refusals_exit


@click.command()
@click.argument("period")
@click.argument("party", metavar="PARTNER")
@click.option("--currency", help="Where the partner has statements in several.")
@click.option("--format", "form", type=click.Choice(["html", "pdf", "csv", "json"]), default="html", show_default=True)
@language_option
@out_option
@refusals_exit
def statement(period: str, party: str, currency: str | None, form: Form, language: Language, out: BinaryIO) -> None:
    """Write the statement of PARTNER ("pool" is the pool) for PERIOD."""
    open_coalition(Settings.from_environment())
    number = settlement.period(period, now=CLOCK.now()).number
    found = [
        each
        for each in statements.list_statements(party_named(party), number)
        if currency in (None, each.statement.currency)
    ]
    if not found:
        people.print(f"{party} has no statement for {period}", style="red")
        sys.exit(1)
    for chunk in statement_file(found[0], form, language, now=CLOCK.now()):
        out.write(chunk)
