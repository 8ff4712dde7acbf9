"""``coalition report``: what issuers owe in points, for the books."""

import csv
import sys
from collections.abc import Callable, Sequence
from dataclasses import astuple, fields
from datetime import datetime
from typing import Any

import click

from coalition.config import Settings
from coalition.services import reports
from coalition.services.reports import Lapse, Liability
from scripts.composition import CLOCK, open_coalition
from scripts.output import DAY, json_option, print_json, print_table, refusals_exit

_AGES = ("0–3 months", "3–6", "6–12", "12–24", "over 24")
csv_option = click.option("--csv", "as_csv", is_flag=True, help="Print CSV, the names of the columns first.")


@click.group()
def report() -> None:
    """Points outstanding, lapsed and about to lapse, as the journal has them. Nothing is changed."""


@report.command()
@click.option("--at", type=DAY, help="The day at whose end it is told; default, and for a day that is not over: now.")
@json_option
@csv_option
@refusals_exit
def liability(at: datetime | None, as_json: bool, as_csv: bool) -> None:
    """What each issuer has outstanding, by the months since it was issued, in points and in money.

    Of a past day it is what had been recorded by then, at the price that a point had then.
    """
    _tell(
        "Outstanding",
        Liability,
        ("issuer", *_AGES, "points", "minor"),
        lambda now: reports.liability_on(at.date(), now=now) if at else reports.liability(now),
        as_json,
        as_csv,
    )


@report.command()
@click.option("--from", "from_", type=DAY, help="First day of the period; default: the beginning.")
@click.option("--to", type=DAY, help="The day after the period; default: no end.")
@json_option
@csv_option
@refusals_exit
def breakage(from_: datetime | None, to: datetime | None, as_json: bool, as_csv: bool) -> None:
    """Points that lapsed unspent, by issuer and the month of their last day, at the price they had then."""
    _tell(
        "Lapsed",
        Lapse,
        ("issuer", "month", "points", "minor"),
        lambda now: reports.breakage(from_ and from_.date(), to and to.date(), now=now),
        as_json,
        as_csv,
    )


@report.command()
@click.option("--until", type=DAY, help="The day after the last that counts; default: no end.")
@json_option
@csv_option
@refusals_exit
def expiring(until: datetime | None, as_json: bool, as_csv: bool) -> None:
    """Points there are that will lapse, by issuer and the month of their last day, at today's price."""
    _tell(
        "Will lapse",
        Lapse,
        ("issuer", "month", "points", "minor"),
        lambda now: reports.expiring(until and until.date(), now=now),
        as_json,
        as_csv,
    )


def _tell(
    title: str,
    kind: type[Any],
    headings: Sequence[str],
    rows_at: Callable[[datetime], Sequence[Any]],
    as_json: bool,
    as_csv: bool,
) -> None:
    """The last column, the currency, is the same everywhere: people read it in the title."""
    if as_json and as_csv:
        raise click.UsageError("say either --json or --csv")
    open_coalition(Settings.from_environment())
    columns = [field.name for field in fields(kind)]
    rows = [astuple(row) for row in rows_at(CLOCK.now())]
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([columns, *rows])
    else:
        currency = f", money in minor {rows[0][-1]}" if rows else ""
        print_table(f"{title}{currency}", headings, [row[:-1] for row in rows])
