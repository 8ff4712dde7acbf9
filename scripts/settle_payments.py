"""``coalition settle plan``, ``pay`` and ``confirm``: the payments that clear a period."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, BinaryIO

import click

from coalition.config import Settings
from coalition.services import payments, settlement
from coalition.services.parties import parties, party_named
from scripts.adjust import operator_option
from scripts.composition import CLOCK, open_coalition
from scripts.output import (
    DAY,
    as_told,
    dry_run_option,
    json_option,
    language_option,
    out_option,
    print_document,
    print_json,
    print_table,
    refusals_exit,
)
from scripts.settle_documents import outlook_document

_DUE_DAYS = 5


@click.command()
@click.argument("period")
@json_option
@refusals_exit
def plan(period: str, as_json: bool) -> None:
    """The payments that clear PERIOD. Nothing is changed.

    Once it is settled they are planned for good; before, they are what they would be now.
    """
    open_coalition(Settings.from_environment())
    found = settlement.period(period, now=CLOCK.now())
    names = {number: party.name for number, party in parties().items()}
    planned = [
        {
            "id": each.id,
            "from": names[each.payer],
            "to": names[each.payee],
            "amount_minor": each.amount_minor,
            "currency": each.currency,
            "confirmed_at": each.confirmed_at,
        }
        for each in payments.list_payments(found.number)
    ]
    document: dict[str, Any] = {"period": found.name, "status": found.status, "payments": planned}
    if found.settled_at is None:
        document["payments"] = outlook_document(settlement.result(found))["transfers"]
    if as_json:
        print_json(document)
    else:
        rows = [list(row.values()) for row in document["payments"]]
        columns = list(document["payments"][0]) if rows else ["nothing"]
        print_table(f"Payments of {found.name} ({found.status})", columns, rows)


@click.command()
@click.argument("period")
@click.option("--format", "form", type=click.Choice(["pain001", "1c"]), default="pain001", show_default=True)
@click.option("--payer", help="Only what this partner has to pay: a bank takes the orders of its own customers.")
@click.option("--due", type=DAY, help=f"When to pay; default: in {_DUE_DAYS} days.")
@language_option
@out_option
@refusals_exit
def pay(period: str, form: str, payer: str | None, due: datetime | None, language: str, out: BinaryIO) -> None:
    """Write the payment file of PERIOD: what is not confirmed yet, for a bank.

    It first settles the periods that are accepted, or were not disputed in time; a running worker does so by itself.

    pain001 is ISO 20022 pain.001.001.09; 1c is 1CClientBankExchange, in roubles.
    """
    open_coalition(Settings.from_environment())
    now = CLOCK.now()
    settlement.settle_accepted(now=now)
    found = settlement.period(period, now=now)
    write = payments.pain001_file if form == "pain001" else payments.bank_1c_file
    day = due.date() if due else (now + timedelta(days=_DUE_DAYS)).date()
    out.write(write(found, language, day, party_named(payer) if payer else None, now=now))


@click.command()
@click.argument("payment")
@operator_option
@dry_run_option
@json_option
@refusals_exit
def confirm(payment: str, by: str, dry_run: bool, as_json: bool) -> None:
    """Note that the money of PAYMENT has come. Its payee can say so itself over the API."""
    open_coalition(Settings.from_environment())
    with as_told(dry_run):
        confirmed = payments.confirm_payment(payment, None, None, by, now=CLOCK.now())
    print_document(asdict(confirmed) | {"dry_run": dry_run}, as_json)
