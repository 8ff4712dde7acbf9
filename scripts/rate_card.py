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
from scripts.output import DAY, as_told, dry_run_option, json_option, print_json, print_table, refusals_exit
from scripts.programme import FILE, Moment


@click.group(name="rate-card")
def rate_card() -> None:
    """What issuers pay for points and redeemers get, and the operator's fees. Cards are dated, never retroactive."""


@rate_card.command()
@click.argument("file", type=FILE)
@click.option(
    "--effective-from", type=Moment(), required=True, help="When it takes effect; without an offset, programme's time."
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
        card = rate_cards.draft(file.read_text("utf-8"), file.name)
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


@click.command(name="exchange-rate")
@click.argument("base")
@click.argument("quote")
@click.argument("day", type=DAY)
@click.argument("micros", type=click.IntRange(min=1))
@operator_option
@refusals_exit
def exchange_rate(base: str, quote: str, day: datetime, micros: int, by: str) -> None:
    """From DAY on, a minor unit of BASE is worth MICROS millionths of a minor unit of QUOTE."""
    open_coalition(Settings.from_environment())
    rate_cards.set_exchange_rate(base, quote, day.date(), micros, by, now=CLOCK.now())
    print_table("Exchange rate", ("from", "to", "day", "micros"), [(base, quote, str(day.date()), micros)])
