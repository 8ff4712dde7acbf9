"""The node: the few questions and orders we have for a chain, over web3, with our errors instead of a library's."""

import ast
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from eth_abi.abi import decode
from hexbytes import HexBytes
from requests.exceptions import RequestException
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3Exception
from web3.providers import BaseProvider
from web3.types import RPCEndpoint

from coalition.ledger.artifacts import error_signatures
from coalition.ledger.errors import NodeRefused, NodeUnavailable

_TIMEOUT_S = 30
_BATCH = 200
"""Calls in one JSON-RPC batch."""


class TxOutcome(NamedTuple):
    """What became of a transaction that is in a block."""

    succeeded: bool
    block_number: int
    block_hash: str
    gas_used: int


class Node:
    """A JSON-RPC node, or an in-process one that answers the same questions.

    Every method raises ``NodeUnavailable`` where there is no sensible answer, and ``NodeRefused`` where it is no.
    """

    def __init__(self, provider: BaseProvider, url: str) -> None:
        self.provider = provider
        self.url = url
        web3 = Web3(provider, middleware=[])
        self._ask = provider.request_func(web3, web3.middleware_onion)

    @classmethod
    def at(cls, url: str) -> "Node":
        provider = HTTPProvider(url, request_kwargs={"timeout": _TIMEOUT_S}, exception_retry_configuration=None)
        return cls(provider, url)

    def request(self, method: str, *parameters: Any) -> Any:
        """The result of one JSON-RPC call."""
        try:
            answer = self._ask(RPCEndpoint(method), list(parameters))
        except (RequestException, Web3Exception, ValueError, OSError) as error:
            raise NodeUnavailable(url=self.url, reason=f"{type(error).__name__}: {error}") from error
        except Exception as error:
            # The in-process node raises what its libraries raise, instead of answering with an error.
            raise NodeRefused(method=method, reason=describe_revert(_in_process_reason(error))) from error
        return _result(method, answer, self.url)

    def request_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        """The results of many calls of one method, in order; over HTTP in few requests."""
        if not isinstance(self.provider, HTTPProvider):
            return [self.request(method, *each) for each in parameters]
        results: list[Any] = []
        for start in range(0, len(parameters), _BATCH):
            calls = [(RPCEndpoint(method), list(each)) for each in parameters[start : start + _BATCH]]
            try:
                answers = self.provider.make_batch_request(calls)
            except (RequestException, Web3Exception, ValueError, OSError) as error:
                raise NodeUnavailable(url=self.url, reason=f"{type(error).__name__}: {error}") from error
            if not isinstance(answers, list):
                raise NodeUnavailable(url=self.url, reason="one answer to many calls")
            results += [_result(method, answer, self.url) for answer in answers]
        return results

    def chain_id(self) -> int:
        return to_int(self.request("eth_chainId"))

    def block_number(self) -> int:
        return to_int(self.request("eth_blockNumber"))

    def nonce(self, address: str) -> int:
        """How many transactions of the account are in blocks."""
        return to_int(self.request("eth_getTransactionCount", address, "latest"))

    def balance(self, address: str) -> int:
        return to_int(self.request("eth_getBalance", address, "latest"))

    def base_fee(self) -> int:
        block = self.request("eth_getBlockByNumber", "latest", False)
        return to_int(block.get("baseFeePerGas") or 0)

    def code(self, address: str) -> bytes:
        return bytes(HexBytes(self.request("eth_getCode", address, "latest")))

    def send(self, signed_bytes: bytes) -> None:
        """Hand over a signed transaction; one that the node has already is as good as a new one."""
        try:
            self.request("eth_sendRawTransaction", "0x" + signed_bytes.hex())
        except NodeRefused as refusal:
            known = ("already known", "already imported", "nonce too low", "invalid transaction nonce")
            if not any(words in refusal.reason.lower() for words in known):
                raise

    def outcome(self, tx_hash: str) -> TxOutcome | None:
        """What became of the transaction, or None while it is in no block."""
        try:
            receipt = self.request("eth_getTransactionReceipt", tx_hash)
        except NodeRefused as refusal:
            if "not found" in refusal.reason.lower():
                return None
            raise
        if receipt is None or receipt.get("blockNumber") is None:
            return None
        return TxOutcome(
            succeeded=to_int(receipt["status"]) == 1,
            block_number=to_int(receipt["blockNumber"]),
            block_hash=to_hex(receipt["blockHash"]),
            gas_used=to_int(receipt["gasUsed"]),
        )


def describe_revert(reason: str) -> str:
    """A node's words about a revert, with the contract's typed error decoded where there is one."""
    for selector, item in error_signatures().items():
        types = [part["type"] for part in item["inputs"]]
        if found := re.search(selector.hex() + f"([0-9a-f]{{{64 * len(types)}}})", reason):
            values = decode(types, bytes.fromhex(found[1]))
            named = ", ".join(f"{part['name']}={value}" for part, value in zip(item["inputs"], values, strict=True))
            return f"{item['name']}({named})"
    return reason


def _in_process_reason(error: Exception) -> str:
    """The in-process node shows the bytes of a typed error as a Python literal; others show them in hexadecimal."""
    before, literal, content = str(error).partition("execution reverted: b")
    if literal:
        return f"{before}execution reverted: 0x{ast.literal_eval('b' + content).hex()}"
    return f"{type(error).__name__}: {error}"


def _result(method: str, answer: Any, url: str) -> Any:
    if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
        raise NodeUnavailable(url=url, reason=f"{method} was answered with something that is not JSON-RPC")
    if error := answer.get("error"):
        reason = f"{error.get('message')} {error.get('data') or ''}" if isinstance(error, dict) else str(error)
        raise NodeRefused(method=method, reason=describe_revert(reason.strip()))
    return answer["result"]


def to_int(value: Any) -> int:
    """A JSON-RPC quantity, which nodes give as hexadecimal text and the in-process one as a number."""
    return int(value, 16) if isinstance(value, str) else int(value)


def to_hex(value: Any) -> str:
    """A JSON-RPC hash as lower-case text with its prefix."""
    return "0x" + bytes(HexBytes(value)).hex()
