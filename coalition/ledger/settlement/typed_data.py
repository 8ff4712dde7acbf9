"""What partners sign for the settlement contract, as EIP-712 has it, so that any wallet shows what it signs."""

from dataclasses import astuple, dataclass
from typing import Any, ClassVar, NamedTuple

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_keys.exceptions import BadSignature
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

Fields = tuple[tuple[str, str], ...]

_SIZE = 65
_CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

_DOMAIN = (("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"))


class Domain(NamedTuple):
    """Where what is signed counts, and nowhere else: one settlement contract on one chain."""

    chain_id: int
    contract: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The partner agrees to the statement with this root and position."""

    fields: ClassVar[Fields] = (
        ("period", "uint32"),
        ("partner", "uint16"),
        ("currency", "bytes3"),
        ("root", "bytes32"),
        ("positionMinor", "int128"),
    )
    period: int
    partner: int
    currency: str
    root: bytes
    position_minor: int


@dataclass(frozen=True, slots=True)
class Dispute:
    """The partner does not agree to lines of the statement with this root."""

    fields: ClassVar[Fields] = (
        ("period", "uint32"),
        ("partner", "uint16"),
        ("currency", "bytes3"),
        ("root", "bytes32"),
        ("lines", "bytes32"),
    )
    period: int
    partner: int
    currency: str
    root: bytes
    lines: bytes


@dataclass(frozen=True, slots=True)
class Payment:
    """The payee has this from the payer."""

    fields: ClassVar[Fields] = (
        ("period", "uint32"),
        ("payer", "uint16"),
        ("payee", "uint16"),
        ("currency", "bytes3"),
        ("amountMinor", "uint128"),
        ("number", "uint64"),
    )
    period: int
    payer: int
    payee: int
    currency: str
    amount_minor: int
    number: int


@dataclass(frozen=True, slots=True)
class KeyReplacement:
    """This key signs for the partner from now on; ``number`` is how many it has had, the one that signs this too."""

    fields: ClassVar[Fields] = (("partner", "uint16"), ("key", "address"), ("number", "uint32"))
    partner: int
    key: str
    number: int


Message = Acknowledgement | Dispute | Payment | KeyReplacement


def typed_data(domain: Domain, message: Message) -> dict[str, Any]:
    """The document that ``eth_signTypedData_v4`` of a wallet takes, as JSON has it."""
    kind, fields = type(message).__name__, type(message).fields
    return {
        "types": {"EIP712Domain": _listed(_DOMAIN), kind: _listed(fields)},
        "primaryType": kind,
        "domain": {
            "name": "Coalition Settlement",
            "version": "1",
            "chainId": domain.chain_id,
            "verifyingContract": to_checksum_address(domain.contract),
        },
        "message": {name: _shown(kind, value) for (name, kind), value in zip(fields, astuple(message), strict=True)},
    }


def digest(domain: Domain, message: Message) -> bytes:
    """The 32 bytes that are signed."""
    signable = encode_typed_data(full_message=typed_data(domain, message))
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def sign(domain: Domain, message: Message, account: LocalAccount) -> bytes:
    """The account's signature, 65 bytes."""
    return bytes(account.sign_message(encode_typed_data(full_message=typed_data(domain, message))).signature)


def canonical(signature: bytes) -> bytes | None:
    """The form of a key's signature that the contract takes: 65 bytes, ``s`` in the lower half, ``v`` 27 or 28.

    Wallets that give 0 or 1 for ``v``, or the other ``s``, mean the same. None where it is no such signature.
    """
    if len(signature) != _SIZE:
        return None
    s, v = int.from_bytes(signature[32:64]), signature[64]
    if v in (0, 1):
        v += 27
    if v not in (27, 28) or not 0 < s < _CURVE_ORDER:
        return None
    if s > _CURVE_ORDER // 2:
        s, v = _CURVE_ORDER - s, 55 - v
    return signature[:32] + s.to_bytes(32) + bytes([v])


def signer_of(domain: Domain, message: Message, signature: bytes) -> str | None:
    """The address whose key made this signature, or None where it is none, as that of a contract wallet may be."""
    made = canonical(signature)
    if made is None:
        return None
    signable = encode_typed_data(full_message=typed_data(domain, message))
    try:
        return str(Account.recover_message(signable, signature=made))
    except (BadSignature, ValidationError, ValueError, TypeError):
        return None


def _listed(fields: Fields) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in fields]


def _shown(kind: str, value: Any) -> Any:
    if kind.startswith("bytes"):
        return "0x" + (value.encode() if isinstance(value, str) else value).hex()
    return value
