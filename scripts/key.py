"""``coalition key``: API keys for tills and operators."""

import click

from coalition.config import Settings
from coalition.services.keys import issue_key
from coalition.services.partners import partner_named
from scripts.composition import CLOCK, open_coalition
from scripts.output import json_option, print_json, refusals_exit


@click.group()
def key() -> None:
    """Keys to the API."""


@key.command()
@click.option("--partner", "name", help="The merchant that the key is for.")
@click.option("--operator", is_flag=True, help="A key for the operator.")
@json_option
@refusals_exit
def issue(name: str | None, operator: bool, as_json: bool) -> None:
    """Issue a key. It is shown this once; we keep only its hash."""
    if operator == bool(name):
        raise click.UsageError("say either --partner NAME or --operator")
    open_coalition(Settings.from_environment())
    now = CLOCK.now()
    issued = issue_key("partner", partner_named(name).id, now=now) if name else issue_key("operator", now=now)
    if as_json:
        print_json({"key": issued})
    else:
        print(issued)
