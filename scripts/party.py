"""``coalition party``: what settlement needs to know of partners and of the pool."""

from pathlib import Path
from typing import Any

import click

from coalition.config import Settings
from coalition.services import parties
from coalition.services.parties import Party
from scripts.adjust import operator_option
from scripts.composition import CLOCK, open_coalition
from scripts.documents import FILE, read_texts
from scripts.output import (
    as_told,
    dry_run_option,
    json_option,
    print_document,
    print_json,
    print_table,
    refusals_exit,
)


@click.group()
def party() -> None:
    """Where partners, and the pool, are paid, and which key signs for them. The pool's name is "pool"."""


@party.command(name="list")
@json_option
@refusals_exit
def list_(as_json: bool) -> None:
    """Everybody who is settled with."""
    open_coalition(Settings.from_environment())
    rows = [_document(each) for each in parties.parties().values()]
    if as_json:
        print_json(rows)
        return
    columns = ("number", "name", "bank details", "signer")
    shown = [(row["number"], row["name"], "given" if row["bank_details"] else "", row["signer"] or "") for row in rows]
    print_table("Parties", columns, shown)


@party.command()
@click.argument("name")
@click.argument("file", type=FILE)
@operator_option
@dry_run_option
@json_option
@refusals_exit
def bank(name: str, file: Path, by: str, dry_run: bool, as_json: bool) -> None:
    """Keep where NAME is paid.

    FILE is YAML or JSON. It has legal_name, country, and iban and bic; or, of a Russian account, account, bik,
    correspondent_account, inn, kpp, bank_name and bank_city.
    """
    open_coalition(Settings.from_environment())
    document = read_texts(file)
    with as_told(dry_run):
        kept = parties.set_bank_details(name, document, by, now=CLOCK.now())
    _tell(kept, dry_run, as_json)


@party.command()
@click.argument("name")
@click.argument("address")
@operator_option
@dry_run_option
@json_option
@refusals_exit
def signer(name: str, address: str, by: str, dry_run: bool, as_json: bool) -> None:
    """Keep the ADDRESS whose key signs for NAME.

    It signs what NAME accepts, disputes and has been paid. In place of one that the settlement contract may know,
    see "coalition settle replace-key".
    """
    open_coalition(Settings.from_environment())
    with as_told(dry_run):
        kept = parties.set_signer(name, address, by, now=CLOCK.now())
    _tell(kept, dry_run, as_json)


def _tell(kept: Party, dry_run: bool, as_json: bool) -> None:
    document = _document(kept) | {"dry_run": dry_run}
    if as_json:
        print_json(document)
    else:
        print_document(document | (document.pop("bank_details") or {}), as_json=False)


def _document(party: Party) -> dict[str, Any]:
    return {
        "number": party.number,
        "name": party.name,
        "bank_details": party.bank and party.bank.document(),
        "signer": party.signer,
    }
