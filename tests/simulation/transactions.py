"""Signed transactions as a network reads them."""

from typing import NamedTuple

import coincurve
import rlp
from eth_utils.crypto import keccak

_DYNAMIC_FEE = b"\x02"
_BASE_GAS = 21_000
_CREATION_GAS = 32_000
_ZERO_GAS, _BYTE_GAS = 4, 16


class Transaction(NamedTuple):
    """``to`` is None where it creates a contract; fees are in wei for each gas."""

    hash: str
    chain_id: int
    sender: str
    nonce: int
    to: str | None
    data: bytes
    value: int
    gas: int
    max_fee: int
    tip: int

    @property
    def cost(self) -> int:
        """The most that it can take from its sender."""
        return self.gas * self.max_fee + self.value

    @property
    def least_gas(self) -> int:
        """What it costs before anything runs."""
        zeros = self.data.count(0)
        data_gas = _ZERO_GAS * zeros + _BYTE_GAS * (len(self.data) - zeros)
        return _BASE_GAS + data_gas + (0 if self.to else _CREATION_GAS)


def read_transaction(signed_bytes: bytes) -> Transaction:
    """What the network reads in these bytes, and who signed them.

    :raises ValueError: it is no transaction of the type that we send (EIP-1559).
    """
    if signed_bytes[:1] != _DYNAMIC_FEE:
        raise ValueError("transaction type not supported")
    chain_id, nonce, tip, max_fee, gas, to, value, data, _, parity, r, s = fields = rlp.decode(signed_bytes[1:])
    digest = keccak(_DYNAMIC_FEE + rlp.encode(fields[:9]))
    signature = r.rjust(32, b"\0") + s.rjust(32, b"\0") + bytes([int.from_bytes(parity)])
    signer = coincurve.PublicKey.from_signature_and_message(signature, digest, hasher=None).format(compressed=False)
    return Transaction(
        hash="0x" + keccak(signed_bytes).hex(),
        chain_id=int.from_bytes(chain_id),
        sender="0x" + keccak(signer[1:])[12:].hex(),
        nonce=int.from_bytes(nonce),
        to="0x" + to.hex() if to else None,
        data=data,
        value=int.from_bytes(value),
        gas=int.from_bytes(gas),
        max_fee=int.from_bytes(max_fee),
        tip=int.from_bytes(tip),
    )
