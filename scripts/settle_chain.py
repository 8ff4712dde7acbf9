"""``coalition settle anchor``: what the settlement contract should have of the closed periods is brought there."""

import sys
from dataclasses import asdict

import click

from coalition.config import Settings
from coalition.ledger.administration import Administrator
from coalition.ledger.keys import Keyring
from coalition.ledger.settlement.anchoring import Refused
from coalition.ledger.settlement.anchoring import anchor as anchor_periods
from coalition.services import settlement_chain
from scripts.administering import administering
from scripts.composition import open_coalition
from scripts.output import json_option, people, print_json, print_table, refusals_exit


@click.command()
@json_option
@refusals_exit
def anchor(as_json: bool) -> None:
    """Bring closed periods, signatures and confirmations to the settlement contract; a running worker does so itself.

    Exit status 1: the contract does not take a signature or a key, which is then named.
    """
    settings = Settings.from_environment()
    open_coalition(settings)
    with administering(settings, Keyring(settings)) as administrator:
        refused = bring(administrator)
    if as_json:
        print_json([asdict(each) for each in refused])
    elif refused:
        print_table("Refused", list(asdict(refused[0])), [list(asdict(each).values()) for each in refused])
    else:
        people.print("the settlement contract has all closed periods", style="dim")
    sys.exit(1 if refused else 0)


def bring(administrator: Administrator) -> list[Refused]:
    """Afterwards the contract has all that is closed, signed and confirmed; what it does not take is returned."""
    return anchor_periods(
        administrator,
        settlement_chain.described_periods(),
        settlement_chain.signing_keys(),
        settlement_chain.ceilings(),
        settlement_chain.taken_back(),
    )
