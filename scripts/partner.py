"""``coalition partner``: who takes part."""

from dataclasses import asdict

import click

from coalition.config import Settings
from coalition.services.partners import UNLIMITED, Kind, list_partners, register_partner
from scripts.composition import CLOCK, open_coalition
from scripts.output import json_option, print_json, print_table, refusals_exit


@click.group()
def partner() -> None:
    """Merchants and charities of the coalition."""


@partner.command()
@click.argument("name")
@click.option("--rate-bps", type=int, required=True, help="Points earned per price, in basis points: 100 is 1 %.")
@click.option("--limit", type=int, default=UNLIMITED, help="Points that may be outstanding; default: no limit.")
@click.option(
    "--kind",
    type=click.Choice(["merchant", "charity"]),
    default="merchant",
    show_default=True,
    help="Members give points to charities.",
)
@json_option
@refusals_exit
def add(name: str, rate_bps: int, limit: int, kind: Kind, as_json: bool) -> None:
    """Take NAME into the coalition."""
    open_coalition(Settings.from_environment())
    added = register_partner(name, rate_bps, limit=limit, kind=kind, now=CLOCK.now())
    if as_json:
        print_json(asdict(added))
    else:
        print(f"{added.name} is partner {added.number}, {added.id}")


@partner.command(name="list")
@json_option
@refusals_exit
def list_(as_json: bool) -> None:
    """Everybody who takes part, and the points each has outstanding."""
    open_coalition(Settings.from_environment())
    partners = list_partners()
    if as_json:
        print_json([asdict(each) for each in partners])
    else:
        rows = [
            (each.number, each.name, each.kind, each.id, each.status, each.rate_bps, each.outstanding)
            for each in partners
        ]
        print_table("Partners", ("number", "name", "kind", "id", "status", "rate bps", "outstanding"), rows)
