"""``coalition party``: what settlement needs to know of partners and of the pool."""

import json
from pathlib import Path

import click
import yaml

from coalition.config import Settings
from coalition.services import parties
from scripts.adjust import operator_option
from scripts.composition import CLOCK, open_coalition
from scripts.output import as_told, dry_run_option, json_option, print_json, print_table, refusals_exit
from scripts.programme import FILE


@click.group()
def party() -> None:
    """Where partners, and the pool, are paid, and which key signs for them. The pool's name is "pool"."""


@party.command(name="list")
@json_option
@refusals_exit
def list_(as_json: bool) -> None:
    """Everybody who is settled with."""
    open_coalition(Settings.from_environment())
    rows = [
        {
            "number": each.number,
            "name": each.name,
            "bank_details": each.bank and each.bank.document(),
            "signer": each.signer,
        }
        for each in parties.parties().values()
    ]
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
@refusals_exit
def bank(name: str, file: Path, by: str, dry_run: bool) -> None:
    """Keep where NAME is paid: FILE, YAML or JSON, has legal_name, country, and iban and bic or a Russian account."""
    open_coalition(Settings.from_environment())
    try:
        # As text all of it: YAML would make numbers of accounts.
        document = yaml.load(file.read_text("utf-8"), yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise click.BadParameter(f"{file} is not YAML: {error}") from error
    with as_told(dry_run):
        kept = parties.set_bank_details(name, document, by, now=CLOCK.now())
    assert kept.bank is not None
    print(json.dumps(kept.bank.document(), ensure_ascii=False))


@party.command()
@click.argument("name")
@click.argument("address")
@operator_option
@refusals_exit
def signer(name: str, address: str, by: str) -> None:
    """Keep the ADDRESS whose key signs NAME's acknowledgements."""
    open_coalition(Settings.from_environment())
    kept = parties.set_signer(name, address, by, now=CLOCK.now())
    print(f"{kept.name} signs with {kept.signer}")
