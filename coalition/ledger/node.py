"""The node: the few questions and orders we have for a chain, with our errors instead of a library's."""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from coalition.ledger.artifacts import error_signatures
from coalition.ledger.errors import NodeRefused, NodeUnavailable, Underpriced
from coalition.ledger.json_rpc import SILENCE_S, Answer, JsonRpc, shown

T = TypeVar("T")

LATEST = "latest"

_BATCH = 100
"""Calls in one JSON-RPC batch."""

_QUANTITY = re.compile("0x[0-9a-fA-F]{1,64}")
_DATA = re.compile("0x(?:[0-9a-fA-F]{2})*")

# The words of geth, Besu, Nethermind, Erigon, Reth, anvil and Hardhat, in this order where they differ.
_HAS_IT = re.compile(
    r"already ?known|\bknown transaction|already imported|existing tx with same hash"
    r"|nonce (is )?too low|old ?nonce",
    re.IGNORECASE,
)
_UNDERPRICED = re.compile(
    r"underpriced|less than block base fee|gas price (is )?(below|too low)"
    r"|fee ?too ?low|replacement ?not ?allowed|could not replace existing tx|insufficient gas price to replace"
    r"|max ?fee ?per ?gas.{0,40}(too low|below|lower than)",
    re.IGNORECASE,
)
_IN_PROCESS_NONCE = re.compile(r"Invalid transaction nonce: Expected (\d+), but got (\d+)")


class TxOutcome(NamedTuple):
    """What became of a transaction that is in a block.

    It succeeded if it created a contract, or left an event, as all calls of ours do: a call to an address where there
    is no contract yet succeeds for the chain, and does nothing.
    """

    succeeded: bool
    block_number: int
    block_hash: str
    gas_used: int | None = None
    """Unknown where an event told of the transaction, and not its receipt."""


class Block(NamedTuple):
    """A block of the chain; ``base_fee`` in wei, 0 on chains that have none."""

    number: int
    hash: str
    base_fee: int


class Server(Protocol):
    """What answers JSON-RPC calls, each by an object with ``result`` or ``error``."""

    def ask(self, method: str, parameters: Sequence[Any]) -> Answer: ...

    def ask_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Answer]: ...


class Node:
    """A JSON-RPC node, or an in-process one that answers the same questions.

    Every method raises ``NodeUnavailable`` where there is no sensible answer, and ``NodeRefused`` where it is no.
    ``url`` is to be shown: scheme, host and port.
    """

    def __init__(self, server: Server, url: str) -> None:
        self.url = url
        self._server = server

    @classmethod
    def at(cls, url: str, silence_s: float = SILENCE_S) -> "Node":
        server = JsonRpc(url, silence_s)
        return cls(server, server.url)

    def request(self, method: str, *parameters: Any) -> Any:
        """The result of one JSON-RPC call."""
        return _result(method, self._server.ask(method, parameters))

    def request_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        """The results of many calls of one method, in order; over HTTP in few requests."""
        return [
            _result(method, answer)
            for start in range(0, len(parameters), _BATCH)
            for answer in self._server.ask_all(method, parameters[start : start + _BATCH])
        ]

    def understood(self, method: str, result: Any, read: Callable[[Any], T]) -> T:
        """What ``read`` makes of a result of the method.

        :raises NodeUnavailable: it makes nothing of it: that is no answer to this method.
        """
        try:
            return read(result)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError, DecodingError) as error:
            raise NodeUnavailable(url=self.url, reason=f"{method} was answered with {shown(result)}") from error

    def ask(self, read: Callable[[Any], T], method: str, *parameters: Any) -> T:
        """What ``read`` makes of the result of one call."""
        return self.understood(method, self.request(method, *parameters), read)

    def chain_id(self) -> int:
        return self.ask(to_int, "eth_chainId")

    def latest_block(self) -> Block:
        block = self.block(LATEST)
        if block is None:
            raise NodeUnavailable(url=self.url, reason="eth_getBlockByNumber: it has no latest block")
        return block

    def block(self, number: int | str) -> Block | None:
        """The block of that number, or None where the chain is not as long."""
        which = number if isinstance(number, str) else hex(number)
        try:
            return self.ask(_block, "eth_getBlockByNumber", which, False)
        except NodeRefused as refusal:
            if "not found" in refusal.reason.lower() or "no block" in refusal.reason.lower():
                return None
            raise

    def nonce(self, address: str) -> int:
        """How many transactions of the account are in blocks."""
        return self.ask(to_int, "eth_getTransactionCount", address, LATEST)

    def balance(self, address: str) -> int:
        return self.ask(to_int, "eth_getBalance", address, LATEST)

    def code(self, address: str, block: str = LATEST) -> bytes:
        return self.ask(to_bytes, "eth_getCode", address, block)

    def send(self, signed_bytes: bytes) -> None:
        """Hand over one signed transaction, as ``send_all`` does, and raise its refusal."""
        (refusal,) = self.send_all([signed_bytes])
        if refusal:
            raise refusal

    def send_all(self, transactions: Sequence[bytes]) -> list[NodeRefused | None]:
        """Hand over signed transactions, in order; for each the node's refusal, or None where it has it.

        One that the node has already is as good as a new one. So is one whose nonce is used: either it was this
        transaction, or asking for its outcome will tell. A refusal is ``Underpriced`` where the node wants a higher
        fee.
        """
        method = "eth_sendRawTransaction"
        answers = self._server.ask_all(method, [("0x" + each.hex(),) for each in transactions])
        return [_refusal(method, answer) for answer in answers]

    def outcome(self, tx_hash: str) -> TxOutcome | None:
        """What became of the transaction, or None while it is in no block."""
        try:
            return self.ask(_outcome, "eth_getTransactionReceipt", tx_hash)
        except NodeRefused as refusal:
            if "not found" in refusal.reason.lower():
                return None
            raise


def describe_revert(reason: str) -> str:
    """A node's words about a revert, with the contract's typed error decoded where there is one."""
    for selector, item in error_signatures().items():
        types = [part["type"] for part in item["inputs"]]
        if found := re.search(selector.hex() + f"([0-9a-f]{{{64 * len(types)}}})", reason):
            values = decode(types, bytes.fromhex(found[1]))
            named = ", ".join(f"{part['name']}={value}" for part, value in zip(item["inputs"], values, strict=True))
            return f"{item['name']}({named})"
    return reason


def _result(method: str, answer: Answer) -> Any:
    if (error := answer.get("error")) is not None:
        reason = f"{error.get('message')} {error.get('data') or ''}" if isinstance(error, dict) else str(error)
        raise NodeRefused(method=method, reason=describe_revert(reason.strip()))
    return answer["result"]


def _refusal(method: str, answer: Answer) -> NodeRefused | None:
    """Why the node does not take a transaction, or None where it has it."""
    try:
        _result(method, answer)
    except NodeRefused as refusal:
        if _HAS_IT.search(refusal.reason) or _has_used_nonce(refusal.reason):
            return None
        return Underpriced(method, refusal.reason) if _UNDERPRICED.search(refusal.reason) else refusal
    return None


def _block(block: Any) -> Block | None:
    if block is None:
        return None
    return Block(to_int(block["number"]), to_hex(block["hash"]), to_int(block.get("baseFeePerGas") or 0))


def _outcome(receipt: Any) -> TxOutcome | None:
    if receipt is None or receipt["blockNumber"] is None:
        return None
    return TxOutcome(
        succeeded=to_int(receipt["status"]) == 1 and bool(receipt.get("contractAddress") or receipt["logs"]),
        block_number=to_int(receipt["blockNumber"]),
        block_hash=to_hex(receipt["blockHash"]),
        gas_used=to_int(receipt["gasUsed"]),
    )


def _has_used_nonce(reason: str) -> bool:
    """The in-process node has one wording for a nonce that is too low and for one that is too high."""
    found = _IN_PROCESS_NONCE.search(reason)
    return found is not None and int(found[2]) < int(found[1])


def to_int(value: Any) -> int:
    """A JSON-RPC quantity, which nodes give as hexadecimal text and the in-process one as a number.

    :raises ValueError: it is none.
    """
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return int(value, 16)
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no quantity")
    return value


def to_bytes(value: Any) -> bytes:
    """JSON-RPC data, which nodes give as hexadecimal text and the in-process one sometimes as bytes.

    :raises ValueError: it is none.
    """
    if isinstance(value, bytes):
        return bytes(value)
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise ValueError(f"{value!r} is no data")
    return bytes.fromhex(value[2:])


def to_hex(value: Any) -> str:
    """JSON-RPC data as lower-case text with its prefix.

    :raises ValueError: it is none.
    """
    return "0x" + to_bytes(value).hex()
