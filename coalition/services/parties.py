"""The parties of settlement: partners, and the pool. Where each is paid, and the key it signs with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from eth_utils.address import (
    is_checksum_address,
    is_checksum_formatted_address,
    is_hex_address,
    to_checksum_address,
)

from coalition.domain.rate_cards import POOL
from coalition.errors import InvalidPartner
from coalition.ledger import deployments
from coalition.payments.bank_details import BankDetails, read_bank_details
from coalition.services import audit_log
from coalition.services.partners import POOL_NAME, list_partners, partner_named
from coalition.store import tables
from coalition.store.database import transaction


@dataclass(frozen=True, slots=True)
class Party:
    """``number`` is 0 for the pool; ``signer`` is the address whose key signs for it."""

    number: int
    name: str
    bank: BankDetails | None
    signer: str | None


def party_named(name: str) -> int:
    """The number of the partner, or of the pool.

    :raises UnknownPartner: neither has this name.
    """
    return POOL if name == POOL_NAME else partner_named(name).number


def parties() -> dict[int, Party]:
    """Everybody, by number, the pool first."""
    names = {POOL: POOL_NAME} | {partner.number: partner.name for partner in list_partners()}
    details = {row.party: row for row in tables.PartyDetails.select()}
    return {number: _party(number, name, details.get(number)) for number, name in names.items()}


def set_bank_details(name: str, document: dict[str, Any], by: str, *, now: datetime) -> Party:
    """Keep where the party is paid.

    :raises UnknownPartner: there is no such party.
    :raises InvalidBankDetails: the document has mistakes.
    """
    number, bank = party_named(name), read_bank_details(document)
    return _keep(number, {"bank": orjson.dumps(bank.document()).decode()}, "bank_details.set", by, now)


def set_signer(name: str, address: str, by: str, *, now: datetime) -> Party:
    """Keep the address whose key signs for the party. The contract is told once: see ``replace_signer``.

    :raises UnknownPartner: there is no such party.
    :raises InvalidPartner: it is no address, or mistyped as its capitals tell; or the party has another, and there is
        a settlement contract, which may know that.
    """
    known, found = parties()[party_named(name)].signer, deployments.deployment()
    if known not in (None, read_signer(name, address)) and found and found.settlement:
        problem = f'{known} signs for it on the chain; "coalition settle replace-key" lets another do so'
        raise InvalidPartner(name=name, problem=problem)
    return replace_signer(name, address, by, now=now)


def replace_signer(name: str, address: str, by: str, *, now: datetime) -> Party:
    """Keep the address of a key that the contract has by now in the place of another, or that it is to be told first.

    :raises UnknownPartner: there is no such party.
    :raises InvalidPartner: it is no address, or mistyped as its capitals tell.
    """
    return _keep(party_named(name), {"signer": read_signer(name, address)}, "signer.set", by, now)


def read_signer(name: str, address: str) -> str:
    """The address of a key, with the capitals that tell it from mistyped ones.

    :raises InvalidPartner: it is none.
    """
    mistyped = is_checksum_formatted_address(address) and not is_checksum_address(address)
    if mistyped or not is_hex_address(address) or not int(address, 16):
        raise InvalidPartner(name=name, problem=f"{address} is no address")
    return str(to_checksum_address(address))


def _keep(number: int, details: dict[str, str], action: str, by: str, now: datetime) -> Party:
    with transaction():
        tables.PartyDetails.insert(party=number).on_conflict_ignore().execute()
        tables.PartyDetails.update(**details).where(tables.PartyDetails.party == number).execute()
        audit_log.note(action, str(number), details, by, now=now)
    return parties()[number]


def _party(number: int, name: str, row: Any) -> Party:
    bank = read_bank_details(orjson.loads(row.bank)) if row and row.bank else None
    return Party(number, name, bank, row.signer if row else None)
