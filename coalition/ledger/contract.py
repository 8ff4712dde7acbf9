"""What is said to ``PointsLedger``, and what it answers.

The hot call, ``record``, is packed by hand: a general ABI encoder takes a hundred times longer.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from eth_abi.abi import decode, encode
from eth_utils.abi import collapse_if_tuple
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from coalition.ledger.artifacts import points_ledger
from coalition.ledger.errors import WrongContract
from coalition.ledger.node import Node, to_hex, to_int

TOKEN_NAME = "Coalition Points"
TOKEN_SYMBOL = "POINTS"

ROLES = {name: keccak(text=name) for name in ("RECORDER_ROLE", "REGISTRAR_ROLE", "PAUSER_ROLE")}

GENESIS_HEAD = bytes(32)


class PartnerTotals(NamedTuple):
    issued: int
    redeemed: int
    expired: int
    limit: int
    status: int


class RecordedBatch(NamedTuple):
    """A batch as the chain has it: who called the contract with what, found by the event it left."""

    sequence: int
    root: bytes
    words: bytes
    chain_tx: str
    block_number: int


@cache
def _function(name: str) -> tuple[bytes, list[str], list[str]]:
    """Selector, argument types and result types."""
    (item,) = (item for item in points_ledger().abi if item["type"] == "function" and item["name"] == name)
    arguments = [collapse_if_tuple(part) for part in item["inputs"]]
    results = [collapse_if_tuple(part) for part in item["outputs"]]
    return keccak(text=f"{name}({','.join(arguments)})")[:4], arguments, results


def encode_call(name: str, *arguments: Any) -> bytes:
    """The calldata of any function of the contract."""
    selector, types, _ = _function(name)
    return selector + encode(types, arguments)


def deployment(admin: str) -> bytes:
    """The init code that makes a new ledger whose roles ``admin`` may grant."""
    return points_ledger().bytecode + encode(["string", "string", "address"], [TOKEN_NAME, TOKEN_SYMBOL, admin])


def encode_record(sequence: int, root: bytes, words: bytes) -> bytes:
    """The calldata of ``record(uint64, bytes32, bytes)``; the words are whole, so nothing is padded."""
    selector, _, _ = _function("record")
    return selector + b"".join((sequence.to_bytes(32), root, (96).to_bytes(32), len(words).to_bytes(32), words))


def decode_record(calldata: bytes) -> tuple[int, bytes, bytes]:
    """Sequence, root and words of a call of ``record``.

    :raises ValueError: it is no such call.
    """
    selector, types, _ = _function("record")
    if calldata[:4] != selector:
        raise ValueError("the transaction does not call record")
    sequence, root, words = decode(types, calldata[4:])
    return sequence, root, words


def next_head(head: bytes, sequence: int, root: bytes, words: bytes) -> bytes:
    """The head after one more batch, as the contract computes it."""
    return keccak(b"".join((head, sequence.to_bytes(32), root, keccak(words))))


class Contract:
    """One deployed ledger, read through one node. Reading raises ``WrongContract`` where there is none."""

    def __init__(self, node: Node, address: str) -> None:
        self.node = node
        self.address = to_checksum_address(address)

    def is_deployed(self) -> bool:
        """Whether the code at the address is this ledger's."""
        return self.node.code(self.address) == points_ledger().deployed_bytecode

    def next_sequence(self) -> int:
        return int(self._read("nextSequence"))

    def head(self) -> bytes:
        return bytes(self._read("head"))

    def total_supply(self) -> int:
        return int(self._read("totalSupply"))

    def root_of(self, sequence: int) -> bytes:
        return bytes(self._read("rootOf", sequence))

    def partner(self, number: int) -> PartnerTotals:
        return PartnerTotals(*self._read("partner", number))

    def obligations(self, pairs: Sequence[tuple[int, int]]) -> list[int]:
        """What each ``(issuer, redeemer)`` comes to."""
        return [int(points) for points in self._read_all("obligation", pairs)]

    def balances(self, addresses: Sequence[str]) -> list[int]:
        return [int(points) for points in self._read_all("balanceOf", [(address,) for address in addresses])]

    def recorded_batches(self, from_block: int = 0) -> list[RecordedBatch]:
        """Every batch the ledger took since that block, in order, out of the transactions that brought them."""
        topic = keccak(text="Recorded(uint64,bytes32,bytes32,uint256)")
        logs = self.node.request(
            "eth_getLogs",
            {"address": self.address, "fromBlock": hex(from_block), "toBlock": "latest", "topics": [to_hex(topic)]},
        )
        transactions = self.node.request_all(
            "eth_getTransactionByHash", [(to_hex(log["transactionHash"]),) for log in logs]
        )
        return [_recorded_batch(log, transaction) for log, transaction in zip(logs, transactions, strict=True)]

    def _read(self, name: str, *arguments: Any) -> Any:
        (result,) = self._read_all(name, [arguments])
        return result

    def _read_all(self, name: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
        _, _, types = _function(name)
        parameters = [
            ({"to": self.address, "data": "0x" + encode_call(name, *arguments).hex()}, "latest") for arguments in calls
        ]
        answers = [to_hex(answer) for answer in self.node.request_all("eth_call", parameters)]
        if "0x" in answers:
            raise WrongContract(address=self.address)
        return [decode(types, bytes.fromhex(answer[2:]))[0] for answer in answers]


def _recorded_batch(log: dict[str, Any], transaction: dict[str, Any]) -> RecordedBatch:
    calldata = bytes.fromhex(to_hex(transaction.get("input") or transaction["data"])[2:])
    sequence, root, words = decode_record(calldata)
    return RecordedBatch(sequence, root, words, to_hex(log["transactionHash"]), to_int(log["blockNumber"]))
