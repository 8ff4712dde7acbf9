"""Whether a party's own key signed what the settlement contract is to be told; anybody may bring it there.

Only keys: whether a contract wallet agrees, its chain says, and nothing here asks a node. It tells the contract itself.
"""

from hashlib import sha256
from typing import Any

from coalition.errors import NoSigningKey, WrongSigner
from coalition.ledger import deployments
from coalition.ledger.settlement.typed_data import (
    Acknowledgement,
    Dispute,
    Domain,
    Message,
    Payment,
    signer_of,
    typed_data,
)
from coalition.ledger.settlement.typed_data import canonical as canonical_bytes
from coalition.services.parties import parties


def domain() -> Domain | None:
    """Where signatures count; None while there is no settlement contract."""
    found = deployments.deployment()
    return Domain(found.chain_id, found.settlement) if found and found.settlement else None


def acknowledgement_of(statement: Any) -> Acknowledgement:
    """What a party signs to accept the statement, a row of it."""
    root = bytes.fromhex(statement.root[2:])
    return Acknowledgement(statement.period_id, statement.party, statement.currency, root, statement.position_minor)


def dispute_of(statement: Any, line: str) -> Dispute:
    """What a party signs not to accept a line: the contract knows the line by the SHA-256 of its id."""
    root = bytes.fromhex(statement.root[2:])
    return Dispute(statement.period_id, statement.party, statement.currency, root, line_digest(line))


def payment_of(payment: Any) -> Payment:
    """What a payee signs to say that the money has come."""
    return Payment(payment.period_id, payment.payer, payment.payee, payment.currency, payment.amount_minor, payment.id)


def line_digest(line: str) -> bytes:
    return sha256(line.encode()).digest()


def to_sign(message: Message) -> dict[str, Any] | None:
    """The document for ``eth_signTypedData_v4``; None while there is no settlement contract."""
    where = domain()
    return typed_data(where, message) if where else None


def canonical(signature: str) -> str | None:
    """The form of a key's signature, in hexadecimal, that the contract takes; None where it is none."""
    try:
        found = canonical_bytes(bytes.fromhex(signature.removeprefix("0x")))
    except ValueError:
        return None
    return "0x" + found.hex() if found else None


def check_signature(party: int, message: Message, signature: str) -> str:
    """The signature in its canonical form, if the party's key signed just this, for the settlement contract there is.

    :raises NoSigningKey: it has none, or there is no contract yet.
    :raises WrongSigner: another key signed, or something else was signed.
    """
    known, where = parties()[party], domain()
    if known.signer is None or where is None:
        raise NoSigningKey(partner=known.name)
    made = canonical(signature)
    given = signer_of(where, message, bytes.fromhex(made[2:])) if made else None
    if made is None or given != known.signer:
        raise WrongSigner(partner=known.name, expected=known.signer, given=given or "nobody")
    return made
