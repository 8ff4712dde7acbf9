"""``coalition rate-card``: what points cost, from when on; and ``coalition exchange-rate``."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import yaml

from coalition.config import Settings
from coalition.services import rate_cards
from coalition.services.programmes import rulebook
from scripts.adjust import operator_option
from scripts.composition import CLOCK, open_coalition
from scripts.documents import FILE, read_document
from scripts.output import (
    DAY,
    as_told,
    dry_run_option,
    json_option,
    print_document,
    print_json,
    print_table,
    refusals_exit,
)
from scripts.programme import Moment


@click.group(name="rate-card")
def rate_card() -> None:
    """What issuers pay for points and redeemers get, and the operator's fees. Cards are dated, never retroactive."""


@rate_card.command()
@click.argument("file", type=FILE)
@click.option(
    "--effective-from",
    type=Moment(),
    required=True,
    help="When it takes effect; without an offset, in the programme's time zone.",
)
@operator_option
@dry_run_option
@json_option
@refusals_exit
def publish(file: Path, effective_from: datetime, by: str, dry_run: bool, as_json: bool) -> None:
    """Let FILE price what happens from a moment on."""
    open_coalition(Settings.from_environment())
    now = CLOCK.now()
    if effective_from.tzinfo is None:
        effective_from = effective_from.replace(tzinfo=ZoneInfo(rulebook().at(now).time_zone))
    with as_told(dry_run):
        card = rate_cards.draft(read_document(file), file.name)
        version = rate_cards.publish_rate_card(card, effective_from, by, now=now)
    if as_json:
        print_json({**version._asdict(), "dry_run": dry_run})
    else:
        print(f"rate card {version.version} takes effect {version.effective_from.isoformat()}")


@rate_card.command(name="list")
@json_option
@refusals_exit
def list_(as_json: bool) -> None:
    """Every card, and from when each is in force. Before the first a point costs what it pays at the till."""
    open_coalition(Settings.from_environment())
    versions = rate_cards.versions()
    if as_json:
        print_json([each._asdict() for each in versions])
        return
    for each in versions:
        print(f"# rate card {each.version}, in force from {each.effective_from.isoformat()}")
        print(yaml.safe_dump(each.document, sort_keys=False, allow_unicode=True))


@click.group(name="exchange-rate")
def exchange_rate() -> None:
    """What currencies are worth in each other, from a day on: for rate cards that convert (settle_in)."""


@exchange_rate.command(name="set")
@click.argument("base")
@click.argument("quote")
@click.argument("day", type=DAY, metavar="DAY")
@click.argument("micros", type=int)
@operator_option
@dry_run_option
@json_option
@refusals_exit
def set_(base: str, quote: str, day: datetime, micros: int, by: str, dry_run: bool, as_json: bool) -> None:
    """Give the rate from BASE to QUOTE, from DAY on.

    A minor unit of BASE is then worth MICROS millionths of a minor unit of QUOTE. Until that day is closed, the rate
    may be given anew.
    """
    open_coalition(Settings.from_environment())
    with as_told(dry_run):
        rate_cards.set_exchange_rate(base, quote, day.date(), micros, by, now=CLOCK.now())
    rate = {"base": base, "quote": quote, "day": str(day.date()), "micros": micros}
    print_document(rate | {"dry_run": dry_run}, as_json)


@exchange_rate.command(name="list")
@json_option
@refusals_exit
def list_rates(as_json: bool) -> None:
    """Every rate that was given, by day. Each holds until the next of its currencies."""
    open_coalition(Settings.from_environment())
    found = rate_cards.list_exchange_rates()
    if as_json:
        print_json([each._asdict() for each in found])
    else:
        print_table("Exchange rates", rate_cards.DatedRate._fields, found)
