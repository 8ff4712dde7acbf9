"""A deployed `PointsLedger` as a test sees it: short calls, decoded refusals, the people and partners of the tests."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_tester.exceptions import TransactionFailed
from eth_utils.crypto import keccak
from web3 import Web3
from web3.contract import Contract
from web3.logs import DISCARD
from web3.types import TxReceipt

CINEMA, CAFE, GROCER = 1, 2, 3
UNREGISTERED = 404

ANNA = Web3.to_checksum_address("0x" + "a1" * 20)
BORIS = Web3.to_checksum_address("0x" + "b2" * 20)
NOBODY = Web3.to_checksum_address("0x" + "00" * 20)

ROOT = bytes.fromhex("11" * 32)
TX_GAS_LIMIT = 16_777_216
"""The most gas that EIP-7825 lets one transaction have."""


class Kind(IntEnum):
    ACCRUAL = 1
    REDEMPTION = 2
    ACCRUAL_REVERSAL = 3
    REDEMPTION_REVERSAL = 4
    EXPIRY = 5
    REWARD = 6
    ADJUSTMENT_INCREASE = 7
    ADJUSTMENT_DECREASE = 8


class Refused(Exception):
    """The contract refused the call, with this error and these values."""

    def __init__(self, error: str, values: tuple[Any, ...]) -> None:
        super().__init__(error, values)
        self.error = error
        self.values = values


def entry(kind: int, points: int, member: str = ANNA, *, issuer: int = CINEMA, partner: int = CINEMA) -> bytes:
    """One packed entry, written out here so that the tests share no packing with the code that they check."""
    return (kind << 248 | issuer << 232 | partner << 216 | points << 160 | int(member, 16)).to_bytes(32)


def next_head(head: bytes, sequence: int, root: bytes, entries: bytes) -> bytes:
    """The head as anyone can recompute it from the batches recorded."""
    return keccak(encode(["bytes32", "uint64", "bytes32", "bytes32"], [head, sequence, root, keccak(entries)]))


class Ledger:
    """The contract, called by the clerk, who has every role but the admin's, unless a test says otherwise."""

    def __init__(self, web3: Web3, contract: Contract, admin: str, clerk: str) -> None:
        self.web3 = web3
        self.contract = contract
        self.admin = admin
        self.clerk = clerk

    def record(
        self, *entries: bytes, sequence: int | None = None, root: bytes = ROOT, by: str | None = None
    ) -> TxReceipt:
        """Record a batch: the next one, if no sequence is given.

        :raises Refused: it is not taken.
        """
        sequence = self.read("nextSequence") if sequence is None else sequence
        return self.call("record", sequence, root, b"".join(entries), by=by)

    def call(self, function: str, *arguments: Any, by: str | None = None) -> TxReceipt:
        """Send a transaction. A refused one is mined too, as on any chain, so that what it left behind can be seen.

        :raises Refused: it was reverted.
        """
        call = self.contract.functions[function](*arguments)
        sender = {"from": by or self.clerk, "gas": TX_GAS_LIMIT}
        receipt = self.web3.eth.wait_for_transaction_receipt(call.transact(sender), poll_latency=0)
        if receipt["status"] != 1:
            try:
                call.call(sender)
            except TransactionFailed as failure:
                raise Refused(*self._decoded(failure)) from None
            raise AssertionError(f"{function} was reverted, and then was not")
        return receipt

    def read(self, function: str, *arguments: Any) -> Any:
        return self.contract.functions[function](*arguments).call()

    def balance(self, member: str) -> int:
        return self.read("balanceOf", member)

    def partner(self, number: int) -> dict[str, int]:
        names = ("issued", "redeemed", "expired", "limit", "status")
        return dict(zip(names, self.read("partner", number), strict=True))

    def events(self, receipt: TxReceipt, name: str) -> list[dict[str, Any]]:
        """The arguments of each event of that name, in order."""
        return [dict(event["args"]) for event in self.contract.events[name]().process_receipt(receipt, errors=DISCARD)]

    def storage_root(self) -> bytes:
        """A hash over every storage slot of the contract. py-evm has no public way to it."""
        state = self.web3.provider.ethereum_tester.backend.chain.get_vm().state
        return state._account_db._get_account(bytes.fromhex(self.contract.address[2:])).storage_root

    @contextmanager
    def refuses(self, error: str, *values: Any) -> Iterator[None]:
        """What happens inside is refused with this error and these values, and not one storage slot has changed."""
        before = self.storage_root()
        with pytest.raises(Refused) as refusal:
            yield
        given = (refusal.value.error, *refusal.value.values)
        assert given == (error, *values), f"refused with {given}"
        assert self.storage_root() == before

    def _decoded(self, failure: TransactionFailed) -> tuple[str, tuple[Any, ...]]:
        data = ast.literal_eval(str(failure).removeprefix("execution reverted: "))
        for item in self.contract.abi:
            if item["type"] == "error":
                types = [part["type"] for part in item["inputs"]]
                if data[:4] == keccak(text=f"{item['name']}({','.join(types)})")[:4]:
                    values = decode(types, data[4:])
                    return item["name"], tuple(
                        Web3.to_checksum_address(value) if of == "address" else value
                        for of, value in zip(types, values, strict=True)
                    )
        raise AssertionError(f"reverted without an error that the ABI knows: {data.hex()}")
