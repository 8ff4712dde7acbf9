"""``coalition settle``: who owes whom for a period, and the fewest payments that clear it."""

from datetime import datetime
from typing import Any

import click

from coalition.config import Settings
from coalition.services.partners import list_partners
from coalition.services.settlement import Settlement
from coalition.services.settlement import settle as compute
from scripts.composition import CLOCK, open_coalition
from scripts.output import json_option, print_json, print_table, refusals_exit

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.option("--from", "from_", type=DAY, help="First day of the period; default: the beginning.")
@click.option("--to", type=DAY, help="The day after the period; default: no end.")
@json_option
@refusals_exit
def settle(from_: datetime | None, to: datetime | None, as_json: bool) -> None:
    """Net what partners owe each other for points redeemed in a period. Nothing is changed."""
    open_coalition(Settings.from_environment())
    document = settlement_document(compute(from_ and from_.date(), to and to.date(), now=CLOCK.now()))
    if as_json:
        print_json(document)
        return
    for title, rows in document.items():
        if isinstance(rows, list):
            columns = list(rows[0]) if rows else ["nothing"]
            print_table(title.capitalize(), columns, [list(row.values()) for row in rows])


def settlement_document(settlement: Settlement) -> dict[str, Any]:
    """The settlement with partners' names in place of numbers."""
    names = {partner.number: partner.name for partner in list_partners()}
    return {
        "currency": settlement.currency,
        "obligations": [
            {"issuer": names[issuer], "redeemer": names[redeemer], "points": points}
            for (issuer, redeemer), points in settlement.obligations.items()
        ],
        "positions": [
            {"partner": names[partner], "points": points, "amount_minor": points * settlement.point_price_minor}
            for partner, points in settlement.positions.items()
        ],
        "transfers": [
            {"from": names[transfer.payer], "to": names[transfer.payee], "amount_minor": transfer.amount_minor}
            for transfer in settlement.transfers
        ],
    }
