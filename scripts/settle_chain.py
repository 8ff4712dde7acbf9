"""``coalition settle anchor``: what the settlement contract should have of the closed periods is brought there.

``coalition settle replace-key``: another key signs for a partner from now on, there and here.
"""

import sys
from dataclasses import asdict
from typing import Any

import click

from coalition.config import Settings
from coalition.errors import NoSigningKey
from coalition.ledger.administration import Administrator
from coalition.ledger.keys import Keyring
from coalition.ledger.settlement.anchoring import Refused, replace_key, replace_lost_key, settlement_of
from coalition.ledger.settlement.anchoring import anchor as anchor_periods
from coalition.ledger.settlement.binding import NO_KEY
from coalition.ledger.settlement.typed_data import KeyReplacement, typed_data
from coalition.services import parties, settlement_chain
from scripts.adjust import operator_option
from scripts.administering import administering
from scripts.composition import CLOCK, open_coalition
from scripts.output import json_option, people, print_document, print_json, print_table, refusals_exit


class _Signature(click.ParamType[bytes]):
    name = "hex"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        try:
            return value if isinstance(value, bytes) else bytes.fromhex(str(value).removeprefix("0x"))
        except ValueError:
            self.fail(f"{value} is no signature in hexadecimal", param, ctx)


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


@click.command(name="replace-key")
@click.argument("partner")
@click.argument("address")
@click.option("--signature", type=_Signature(), help="Of what --to-sign prints, by the key until now.")
@click.option("--to-sign", is_flag=True, help="Print what the key until now signs (eth_signTypedData_v4), and end.")
@operator_option
@json_option
@refusals_exit
def replace_signing_key(
    partner: str, address: str, signature: bytes | None, to_sign: bool, by: str, as_json: bool
) -> None:
    """Let the key of ADDRESS sign for PARTNER from now on, in the settlement contract and here.

    Without a signature of the key until now it is replaced as lost, by the ledger's admin.
    """
    settings = Settings.from_environment()
    open_coalition(settings)
    number, key = parties.party_named(partner), parties.read_signer(partner, address)
    with administering(settings, Keyring(settings)) as administrator:
        contract = settlement_of(administrator)
        known = contract.keys([number])[0] if contract else NO_KEY
        if to_sign:
            if contract is None or known == NO_KEY:
                raise NoSigningKey(partner=partner)
            print_json(typed_data(contract.domain(), KeyReplacement(number, key, contract.key_number(number))))
            return
        # Where the contract knows none, it is told this one when periods are brought there.
        if known not in (NO_KEY, key):
            if signature is None:
                replace_lost_key(administrator, number, key)
            else:
                replace_key(administrator, number, key, signature)
    kept = parties.replace_signer(partner, key, by, now=CLOCK.now())
    print_document({"number": number, "name": kept.name, "signer": kept.signer}, as_json)


def bring(administrator: Administrator) -> list[Refused]:
    """Afterwards the contract has all that is closed, signed and confirmed; what it does not take is returned."""
    return anchor_periods(
        administrator,
        settlement_chain.described_periods(),
        settlement_chain.signing_keys(),
        settlement_chain.ceilings(),
        settlement_chain.taken_back(),
    )
