"""``coalition init``: a new data directory with a programme of one's own."""

import json
from pathlib import Path

import click

from coalition.config import Settings
from coalition.domain.programme import Programme
from coalition.domain.programme_document import programme_document, read_programme
from coalition.services.partners import ensure_operator
from coalition.services.programmes import create_programme
from scripts.composition import CLOCK, open_database
from scripts.documents import FILE, read_document
from scripts.output import json_option, print_json, refusals_exit

_USUAL = Programme()


@click.command()
@click.option("--programme", "file", type=FILE, help="A file with the whole programme, instead of the options below.")
@click.option("--currency", help=f"ISO 4217 code; default: {_USUAL.currency}.")
@click.option(
    "--point-price-minor",
    type=int,
    help=f"What one point pays, in minor units; default: {_USUAL.point_price_minor}.",
)
@click.option(
    "--max-share-bps",
    type=int,
    help=f"How much of a receipt points may pay; default: {_USUAL.redemption.max_share_bps}.",
)
@click.option("--lifetime-months", type=int, help=f"How long points live; default: {_USUAL.expiry.lifetime_months}.")
@click.option("--time-zone", help=f"IANA zone whose days the programme counts by; default: {_USUAL.time_zone}.")
@json_option
@refusals_exit
def init(file: Path | None, as_json: bool, **options: str | int | None) -> None:
    """Make the data directory and its programme. Without this command the first one that needs it makes a default."""
    given = {name: value for name, value in options.items() if value is not None}
    if file and given:
        raise click.UsageError("say either --programme FILE or the programme's terms one by one")
    # Nobody has joined yet, so nobody knows which partners there will be.
    text, name = (read_document(file), file.name) if file else (_document(given), "options")
    programme = read_programme(text, name)
    open_database(Settings.from_environment())
    create_programme(programme, now=CLOCK.now())
    ensure_operator(now=CLOCK.now())
    if as_json:
        print_json(programme_document(programme))
    else:
        print(f"1 point = {programme.point_price_minor} minor units of {programme.currency}")


def _document(options: dict[str, str | int]) -> str:
    sections = {"max_share_bps": "redemption", "lifetime_months": "expiry"}
    terms = {name: {name: value} if name in sections else value for name, value in options.items()}
    return json.dumps({sections.get(name, name): value for name, value in terms.items()})
