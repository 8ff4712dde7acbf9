"""``coalition init``: a new data directory with a programme of one's own."""

import click

from coalition.config import Settings
from coalition.domain.programme import Programme
from coalition.services.partners import ensure_operator
from coalition.services.programmes import create_programme
from scripts.composition import CLOCK, open_database
from scripts.output import json_option, print_json, refusals_exit


@click.command()
@click.option("--currency", default="USD", show_default=True, help="ISO 4217 code.")
@click.option("--point-price-minor", default=1, show_default=True, help="What one point pays, in minor units.")
@click.option("--max-share-bps", default=10_000, show_default=True, help="How much of a receipt points may pay.")
@click.option("--lifetime-months", default=24, show_default=True, help="How long points live.")
@click.option("--time-zone", default="UTC", show_default=True, help="IANA zone whose days the programme counts by.")
@json_option
@refusals_exit
def init(as_json: bool, **rules: str | int) -> None:
    """Make the data directory and its programme. Without this command the first one that needs it makes a default."""
    programme = Programme(**rules)  # type: ignore[arg-type]
    open_database(Settings.from_environment())
    create_programme(programme, now=CLOCK.now())
    ensure_operator(now=CLOCK.now())
    if as_json:
        print_json(programme.document())
    else:
        print(f"1 point = {programme.point_price_minor} minor units of {programme.currency}")
