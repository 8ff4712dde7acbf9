"""The node through which a recorder sees the chain: JSON-RPC as public nodes speak it, and fail at it."""

from collections.abc import Callable
from enum import Enum
from typing import Any

import orjson

from coalition.ledger.json_rpc import JsonRpc
from tests.simulation.chain import BLOCK_GAS, Block, Receipt, Refused, SimulatedChain
from tests.simulation.evm import Execution, Log
from tests.simulation.process import LIFE
from tests.simulation.transactions import Transaction

URL = "simulated://"
_NOBODY = "0x" + "00" * 20
_ERROR, _REVERTED, _UNKNOWN_METHOD, _LIMITED = -32000, 3, -32601, -32005


class Fault(Enum):
    """How one request fails."""

    DOWN = "node down"
    QUESTION_LOST = "question lost"
    ANSWER_LOST = "answer lost"
    NOT_JSON = "answer is not JSON"
    CUT_OFF = "answer cut off"
    EMPTY = "answer without a result"
    OF_ANOTHER = "answer to another call"
    NULL = "answer is null"
    LIMITED = "too many requests"
    LAGS = "node lags behind"


_LAG = 2
"""Blocks that a node which lags has not seen yet; behind one address there may be many nodes."""
_NEVER_ARRIVE = {Fault.DOWN, Fault.QUESTION_LOST, Fault.LIMITED}


class SimulatedNode(JsonRpc):
    """Answers as a server would, byte for byte, only without a network between.

    ``fault`` is asked before each request, by its method, how it is to fail, if at all.
    """

    def __init__(self, chain: SimulatedChain, fault: Callable[[str], Fault | None] = lambda _: None) -> None:
        super().__init__(URL)
        self.chain = chain
        self.fault = fault
        self._seen = 0

    def _post(self, method: str, content: Any) -> bytes:
        LIFE.passes(f"before {method}")
        fault = self.fault(method)
        self._seen = max(self.chain.head.number - (_LAG if fault is Fault.LAGS else 0), 0)
        calls = content if isinstance(content, list) else [content]
        answers = [] if fault in _NEVER_ARRIVE else [self._answer(call) for call in calls]
        LIFE.passes(f"after {method}")
        if fault in (Fault.DOWN, Fault.QUESTION_LOST, Fault.ANSWER_LOST):
            raise self._unavailable(fault.value)
        if fault is Fault.NOT_JSON:
            return b"<html>502 Bad Gateway</html>"
        if fault is Fault.LIMITED:
            answers = [_error(_LIMITED, "limit exceeded") | {"id": call["id"]} for call in calls]
        for answer in answers:
            if fault in (Fault.EMPTY, Fault.NULL):
                answer.pop("error", None)
                answer["result"] = None
            if fault is Fault.EMPTY:
                del answer["result"]
            if fault is Fault.OF_ANOTHER:
                answer["id"] += 1000
        body = orjson.dumps(answers if isinstance(content, list) else answers[0])
        return body[: len(body) // 2] if fault is Fault.CUT_OFF else body

    def _answer(self, call: dict[str, Any]) -> dict[str, Any]:
        return self._result(call["method"], call["params"]) | {"id": call["id"]}

    def _result(self, method: str, parameters: list[Any]) -> dict[str, Any]:
        answer = getattr(self, "_" + method, None)
        if answer is None:
            return _error(_UNKNOWN_METHOD, f"the method {method} does not exist/is not available")
        try:
            return {"jsonrpc": "2.0", "result": answer(*parameters)}
        except Refused as refusal:
            return _error(_ERROR, str(refusal))
        except _Reverted as reverted:
            return _error(_REVERTED, reverted.words, reverted.data)

    def _eth_chainId(self) -> str:
        return hex(self.chain.chain_id)

    def _eth_blockNumber(self) -> str:
        return hex(self._seen)

    def _eth_getBalance(self, address: str, _: str) -> str:
        return hex(self.chain.world_after(self._seen).accounts.balance(address.lower()))

    def _eth_getCode(self, address: str, moment: str) -> str:
        return _hex(self.chain.world_after(self._number(moment)).machine.code(address.lower()))

    def _eth_getTransactionCount(self, address: str, moment: str) -> str:
        if moment == "pending":
            return hex(self.chain.pending_nonce(address.lower()))
        return hex(self.chain.world_after(self._seen).accounts.nonce(address.lower()))

    def _eth_gasPrice(self) -> str:
        return hex(self.chain.base_fee + 10**9)

    def _eth_maxPriorityFeePerGas(self) -> str:
        return hex(10**9)

    def _eth_getBlockByNumber(self, moment: str, whole: bool) -> dict[str, Any] | None:
        number = self._seen if moment == "latest" else int(moment, 16)
        return _block(self.chain.blocks[number], whole) if number <= self._seen else None

    def _eth_sendRawTransaction(self, signed_bytes: str) -> str:
        return self.chain.submit(bytes.fromhex(signed_bytes[2:]))

    def _eth_getTransactionReceipt(self, tx_hash: str) -> dict[str, Any] | None:
        receipt = self._receipt(tx_hash)
        if receipt is None:
            return None
        every = self.chain.logs(None, (), receipt.block_number, receipt.block_number)
        return _receipt(receipt, [each for each in every if each[0] == receipt])

    def _eth_getTransactionByHash(self, tx_hash: str) -> dict[str, Any] | None:
        if receipt := self._receipt(tx_hash):
            return _transaction(receipt.tx, receipt)
        for tx in self.chain.pool.values():
            if tx.hash == tx_hash:
                return _transaction(tx, None)
        return None

    def _eth_getLogs(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        topics = [
            None if each is None else {bytes.fromhex(one[2:]) for one in ([each] if isinstance(each, str) else each)}
            for each in query.get("topics", [])
        ]
        address = query["address"].lower() if "address" in query else None
        first, last = self._number(query.get("fromBlock", "latest")), self._number(query.get("toBlock", "latest"))
        return [_log(*each) for each in self.chain.logs(address, topics, first, last)]

    def _eth_call(self, call: dict[str, Any], moment: str = "latest") -> str:
        return _hex(_output(self.chain.call(*_question(call), self._number(moment))))

    def _eth_estimateGas(self, call: dict[str, Any], _: str = "latest") -> str:
        done = self.chain.call(*_question(call), self._seen)
        _output(done)
        return hex(done.gas_used)

    def _number(self, moment: str) -> int:
        if moment == "earliest":
            return 0
        number = self._seen if moment in ("latest", "pending") else int(moment, 16)
        if number > self._seen:
            raise Refused("header not found")
        return number

    def _receipt(self, tx_hash: str) -> Receipt | None:
        receipt = self.chain.receipts.get(tx_hash)
        return receipt if receipt and receipt.block_number <= self._seen else None


class _Reverted(Exception):
    def __init__(self, words: str, data: str) -> None:
        super().__init__(words)
        self.words = words
        self.data = data


def _question(call: dict[str, Any]) -> tuple[str, str, bytes]:
    data = call.get("data") or call.get("input") or "0x"
    return call.get("from", _NOBODY).lower(), call["to"].lower(), bytes.fromhex(data[2:])


def _output(done: Execution) -> bytes:
    if done.halted:
        raise Refused(f"execution halted: {done.halted}")
    if not done.succeeded:
        selector, arguments = done.output[:4].hex(), done.output[4:].hex()
        raise _Reverted(f"execution reverted: custom error 0x{selector}: {arguments}", _hex(done.output))
    return done.output


def _error(code: int, words: str, data: str | None = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": words}
    return {"jsonrpc": "2.0", "error": error | ({"data": data} if data else {})}


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _block(block: Block, whole: bool) -> dict[str, Any]:
    return {
        "number": hex(block.number),
        "hash": block.hash,
        "parentHash": block.parent,
        "timestamp": hex(block.timestamp),
        "baseFeePerGas": hex(block.base_fee),
        "gasLimit": hex(BLOCK_GAS),
        "transactions": [_transaction(tx, None) if whole else tx.hash for tx in block.transactions],
    }


def _transaction(tx: Transaction, receipt: Receipt | None) -> dict[str, Any]:
    return {
        "hash": tx.hash,
        "type": "0x2",
        "chainId": hex(tx.chain_id),
        "from": tx.sender,
        "to": tx.to,
        "nonce": hex(tx.nonce),
        "value": hex(tx.value),
        "gas": hex(tx.gas),
        "maxFeePerGas": hex(tx.max_fee),
        "maxPriorityFeePerGas": hex(tx.tip),
        "input": _hex(tx.data),
        "blockNumber": hex(receipt.block_number) if receipt else None,
        "blockHash": receipt.block_hash if receipt else None,
        "transactionIndex": hex(receipt.index) if receipt else None,
    }


def _receipt(receipt: Receipt, logs: list[tuple[Receipt, int, Log]]) -> dict[str, Any]:
    return {
        "transactionHash": receipt.tx.hash,
        "transactionIndex": hex(receipt.index),
        "blockNumber": hex(receipt.block_number),
        "blockHash": receipt.block_hash,
        "from": receipt.tx.sender,
        "to": receipt.tx.to,
        "status": hex(receipt.execution.succeeded),
        "gasUsed": hex(receipt.execution.gas_used),
        "effectiveGasPrice": hex(receipt.price),
        "contractAddress": receipt.created,
        "logs": [_log(*each) for each in logs],
    }


def _log(receipt: Receipt, place: int, log: Log) -> dict[str, Any]:
    return {
        "address": log.address,
        "topics": [_hex(topic) for topic in log.topics],
        "data": _hex(log.data),
        "blockNumber": hex(receipt.block_number),
        "blockHash": receipt.block_hash,
        "transactionHash": receipt.tx.hash,
        "transactionIndex": hex(receipt.index),
        "logIndex": hex(place),
        "removed": False,
    }
