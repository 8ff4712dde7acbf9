"""A node that is slow, broken, or no node at all: each time an error with a name, which says what came."""

import gzip
import json
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import coalition.ledger.json_rpc
from coalition.ledger.contract import Contract
from coalition.ledger.errors import NodeRefused, NodeUnavailable, Underpriced, WrongContract
from coalition.ledger.node import Node

ADDRESS = "0x" + "11" * 20
TX = "0x" + "22" * 32

Answer = Callable[[Any], Any]


class Server(ThreadingHTTPServer):
    """Answers every call with what ``answer`` makes of it: JSON, bytes, or a status with headers and a body."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer: Answer = lambda call: None
        self.calls: list[Any] = []
        self.ended = threading.Event()

    def handle_error(self, *_: Any) -> None:
        """A client that has hung up is what some of the tests are about."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self) -> None:
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls.append(call)
        answer = self.server.answer(call)
        status, headers, body = answer if isinstance(answer, tuple) else (200, {}, answer)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self.server.calls.append("GET")
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.ended.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def node(server: Server) -> Node:
    return Node.at(server.url, silence_s=0.1)


def result(value: Any) -> Answer:
    def answer(call: Any) -> Any:
        if isinstance(call, list):
            return [answer(each) for each in call]
        return {"jsonrpc": "2.0", "id": call["id"], "result": value}

    return answer


def refusal(message: str) -> Answer:
    return lambda call: {"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32000, "message": message}}


NO_ANSWERS: dict[str, Answer] = {
    "HTML": lambda call: b"<html><title>Welcome</title></html>",
    "nothing": lambda call: b"",
    "half of JSON": lambda call: b'{"jsonrpc": "2.0", "id"',
    "not UTF-8": lambda call: b"\xff\xfe\x00",
    "deep": lambda call: b"[" * 100_000,
    "text": lambda call: "0x1",
    "null": lambda call: b"null",
    "list": lambda call: [result("0x1")(call)],
    "empty object": lambda call: {},
    "neither result nor error": lambda call: {"jsonrpc": "2.0", "id": call["id"]},
    "both": lambda call: {**result("0x1")(call), "error": {"message": "no"}},
    "another id": lambda call: {**result("0x1")(call), "id": call["id"] + 1},
    "no id": lambda call: {"result": "0x1"},
    "id of another kind": lambda call: {**result("0x1")(call), "id": [1]},
    "HTTP 500": lambda call: (500, {}, b"oops"),
    "HTTP 503 in JSON-RPC": lambda call: (503, {}, refusal("busy")(call)),
    "HTTP 429": lambda call: (429, {"Retry-After": "1"}, refusal("slow down")(call)),
    "HTTP 401": lambda call: (401, {}, b"who are you?"),
    "redirect": lambda call: (302, {"Location": "/elsewhere"}, b""),
    "redirect that keeps the method": lambda call: (307, {"Location": "/elsewhere"}, b""),
    "shorter than said": lambda call: (200, {"Content-Length": "5000", "Connection": "close"}, result("0x1")(call)),
    "broken compression": lambda call: (200, {"Content-Encoding": "gzip"}, b"no gzip"),
}


@pytest.mark.parametrize("answer", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_node__is_answered_with_no_answer__is_unavailable_and_says_what_came(server, node, answer):
    server.answer = answer
    with pytest.raises(NodeUnavailable) as refused:
        node.chain_id()
    assert "eth_chainId" in refused.value.reason
    assert len(server.calls) == 1, "the question was not asked twice, nor anywhere else"


QUANTITIES = {
    "0xzz": "0xzz",
    "no prefix": "12",
    "empty": "0x",
    "null": None,
    "true": True,
    "below zero": "-0x1",
    "fraction": 1.5,
    "list": ["0x1"],
    "object": {"a": "0x1"},
    "beyond counting": "0x" + "f" * 1001,
}
ASKED: dict[str, Callable[[Node], Any]] = {
    "chain id": lambda node: node.chain_id(),
    "nonce": lambda node: node.nonce(ADDRESS),
    "balance": lambda node: node.balance(ADDRESS),
    "latest block": lambda node: node.latest_block(),
    "outcome": lambda node: node.outcome(TX) or node.chain_id(),
    "next sequence": lambda node: Contract(node, ADDRESS).next_sequence(),
    "balances": lambda node: Contract(node, ADDRESS).balances([ADDRESS, ADDRESS]),
    "partner": lambda node: Contract(node, ADDRESS).partner(1),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("value", QUANTITIES.values(), ids=QUANTITIES)
def test_node__is_answered_with_a_result_of_another_kind__is_unavailable(server, node, ask, value):
    server.answer = result(value)
    with pytest.raises((NodeUnavailable, WrongContract)) as refused:
        ask(node)
    assert ADDRESS in str(refused.value) or "eth_" in str(refused.value)


@pytest.mark.parametrize("missing", ["number", "hash"])
def test_node__is_answered_with_half_a_block__is_unavailable(server, node, missing):
    block = {"number": "0x1", "hash": TX, "baseFeePerGas": "0x1"}
    server.answer = result({**block, missing: None})
    with pytest.raises(NodeUnavailable, match="eth_getBlockByNumber"):
        node.latest_block()


def test_node__does_not_answer__is_unavailable_after_a_while(server, node):
    server.answer = lambda call: server.ended.wait(5) and b""
    with pytest.raises(NodeUnavailable, match="eth_chainId"):
        node.chain_id()


def test_node__answers_without_end__is_unavailable(server, node, monkeypatch):
    monkeypatch.setattr(coalition.ledger.json_rpc, "MOST_BYTES", 1 << 20)
    server.answer = lambda call: b" " * (1 << 21)
    with pytest.raises(NodeUnavailable, match="more than"):
        node.chain_id()


def test_node__is_not_there__is_unavailable():
    for url in ("http://127.0.0.1:1", "no address", "ftp://127.0.0.1", ""):
        with pytest.raises(NodeUnavailable):
            Node.at(url).chain_id()


UNANSWERING: dict[str, Answer] = {
    "not JSON": lambda call: b"<html>",
    "HTTP 401": lambda call: (401, {}, b"who are you?"),
    "broken compression": lambda call: (200, {"Content-Encoding": "gzip"}, b"no gzip"),
    "silent": lambda call: (200, {"Content-Length": "5"}, b""),
}


@pytest.mark.parametrize("answer", UNANSWERING.values(), ids=UNANSWERING)
def test_node__has_a_password_or_a_key_in_its_url__is_shown_without(server, answer):
    server.answer = answer
    node = Node.at(server.url.replace("//", "//user:s3cret@") + "/v2/API%20KEY?key=KEY", silence_s=0.1)
    with pytest.raises(NodeUnavailable) as refused:
        node.chain_id()
    assert node.url == refused.value.url == server.url
    assert_keeps_secrets(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://user:s3cret@127.0.0.1:1/v2/KEY",
        "http://user:s3cret@[::1]:1/v2/KEY",
        "http://user:s3cret@-/v2/KEY",
        "http://user:s3cret@a..b/v2/KEY",
        "http://user:s3cret@127.0.0.1:port/v2/KEY",
        "ftp://user:s3cret@127.0.0.1/v2/KEY",
        "user:s3cret@127.0.0.1/v2/KEY",
        "http://[user:s3cret@127.0.0.1/v2/KEY",
        "s3cret",
    ],
)
def test_node__is_not_there_under_a_url_with_a_key__is_shown_without(url):
    with pytest.raises(NodeUnavailable) as refused:
        Node.at(url).chain_id()
    assert_keeps_secrets(refused.value)


def test_node__refuses_the_connection__says_so():
    with pytest.raises(NodeUnavailable, match=r"at http://127\.0\.0\.1:1 did .* Connection refused"):
        Node.at("http://127.0.0.1:1/v2/KEY").chain_id()


def assert_keeps_secrets(error: Exception) -> None:
    told = "".join(traceback.format_exception(error))
    # The traceback shows lines of this file, but no values of it.
    assert [secret for secret in ("s3cret@", "user:", "/v2/") if secret in told] == []


def test_node__answers_compressed__is_understood(server, node):
    server.answer = lambda call: (
        200,
        {"Content-Encoding": "gzip"},
        gzip.compress(json.dumps({**result("0x7a69")(call), "padding": "x" * 1_000_000}).encode()),
    )
    assert node.chain_id() == 31337


@pytest.mark.parametrize("status", [200, 400])
def test_node__refuses__says_why(server, node, status):
    server.answer = lambda call: (status, {}, refusal("missing trie node")(call))
    with pytest.raises(NodeRefused) as refused:
        node.chain_id()
    assert refused.value.reason == "missing trie node"


@pytest.mark.parametrize("error", ["text", 7, [], {"code": 1}, {"message": None, "data": {"a": 1}}], ids=str)
def test_node__refuses_in_a_form_of_its_own__is_a_refusal_or_no_answer(server, node, error):
    server.answer = lambda call: {"id": call["id"], "error": error}
    with pytest.raises((NodeRefused, NodeUnavailable)):
        node.chain_id()


def test_node__says_that_there_is_no_error__is_believed(server, node):
    server.answer = lambda call: {**result("0x1")(call), "error": None}
    assert node.chain_id() == 1


# Many calls at once


def echo(call: Any) -> Any:
    """Each call is answered with its own parameter."""
    if isinstance(call, list):
        return [echo(each) for each in call]
    return {"jsonrpc": "2.0", "id": call["id"], "result": call["params"][0]}


def test_batch__answered_in_another_order__is_matched_by_id(server, node):
    server.answer = lambda calls: echo(calls)[::-1]
    assert node.request_all("m", [(number,) for number in range(250)]) == list(range(250))
    assert [len(calls) for calls in server.calls] == [100, 100, 50]


def at_most(most: int) -> Answer:
    def answer(call: Any) -> Any:
        if isinstance(call, list) and len(call) > most:
            return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batch too large"}}
        return echo(call)

    return answer


@pytest.mark.parametrize("most", [1, 3, 64])
def test_batch__larger_than_the_node_takes__is_asked_in_parts(server, node, most):
    server.answer = at_most(most)
    assert node.request_all("m", [(number,) for number in range(20)]) == list(range(20))


def test_batch__of_nothing__asks_nothing(server, node):
    assert node.request_all("m", []) == []
    assert server.calls == []


BROKEN_BATCHES: dict[str, Answer] = {
    "partly": lambda calls: echo(calls)[1:],
    "empty": lambda calls: [],
    "one answer twice": lambda calls: [echo(calls)[0]] * len(calls),
    "one answer more": lambda calls: [*echo(calls), echo(calls)[0]],
    "with a foreign one": lambda calls: [*echo(calls)[1:], {"id": 10_000, "result": 1}],
    "with garbage": lambda calls: [*echo(calls)[1:], "garbage"],
}


@pytest.mark.parametrize("answer", BROKEN_BATCHES.values(), ids=BROKEN_BATCHES)
def test_batch__answered_otherwise_than_asked__is_unavailable(server, node, answer):
    server.answer = answer
    with pytest.raises(NodeUnavailable):
        node.request_all("m", [(number,) for number in range(5)])


def test_batch__one_call_refused__is_a_refusal(server, node):
    server.answer = lambda calls: [*echo(calls)[1:], {"id": calls[0]["id"], "error": {"message": "no"}}]
    with pytest.raises(NodeRefused):
        node.request_all("m", [(number,) for number in range(5)])


# Handing over a transaction

HAS_IT = (
    "already known",  # geth, Erigon, Reth
    "nonce too low",
    "nonce too low: next nonce 5, tx nonce 4",
    "nonce too low: address 0x11, current nonce (5) > tx nonce (4)",
    "Known transaction",  # Besu
    "Nonce too low",
    "AlreadyKnown",  # Nethermind
    "OldNonce, Current nonce: 5, nonce of rejected tx: 4",
    "transaction already imported",  # anvil
    "Known transaction: 0x1234",  # Hardhat
    "Nonce too low. Expected nonce to be 5 but got 4.",
    "Transaction nonce is too low. Try incrementing the nonce.",  # OpenEthereum
    "INTERNAL_ERROR: existing tx with same hash",  # Erigon
    "Invalid transaction nonce: Expected 5, but got 4",  # eth-tester
)
UNDERPRICED = (
    "transaction underpriced",  # geth
    "transaction underpriced: gas tip cap 0, minimum needed 1",
    "transaction gas price below minimum: gas tip cap 0, minimum needed 1",
    "replacement transaction underpriced",
    "replacement transaction underpriced: new tx gas fee cap 1 <= 1 queued",
    "max fee per gas less than block base fee: address 0x11, maxFeePerGas: 1, baseFee: 7",
    "Gas price below configured minimum gas price",  # Besu
    "Gas price below current base fee",
    "Replacement transaction underpriced",
    "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 7, MaxPriorityFeePerGas:1, Block number: 9",
    "FeeTooLowToCompete",  # Nethermind
    "ReplacementNotAllowed, new tx fee 1",
    "fee too low",  # Erigon
    "could not replace existing tx",
    "[0x12]: insufficient gas price to replace existing transaction.",  # Reth
    "Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 7",  # Hardhat
    "Transaction gas price is too low. It does not satisfy your node's minimal gas price",  # OpenEthereum
)
REFUSED = (
    "insufficient funds for gas * price + value: balance 0, tx cost 5",  # geth
    "Upfront cost exceeds account balance",  # Besu
    "InsufficientFunds, Account balance: 0, cumulative cost: 5",  # Nethermind
    "Insufficient funds for gas * price + value",  # anvil
    "Sender doesn't have enough funds to send tx.",  # Hardhat
    "unknown transaction type",
    "nonce too high",
    "NonceGap, Future nonce. Expected nonce: 5",
    "Invalid transaction nonce: Expected 4, but got 5",
    "intrinsic gas too low",
    "exceeds block gas limit",
    "max priority fee per gas higher than max fee per gas",
    "invalid sender",
    "txpool is full",
)


@pytest.mark.parametrize("words", HAS_IT)
def test_send__node_has_it__is_as_good_as_taken(server, node, words):
    server.answer = refusal(words)
    node.send(b"signed")


@pytest.mark.parametrize("words", UNDERPRICED)
def test_send__fee_too_low__is_underpriced(server, node, words):
    server.answer = refusal(words)
    with pytest.raises(Underpriced) as refused:
        node.send(b"signed")
    assert refused.value.reason == words


@pytest.mark.parametrize("words", REFUSED)
def test_send__for_another_reason__is_refused_and_not_for_the_fee(server, node, words):
    server.answer = refusal(words)
    with pytest.raises(NodeRefused) as refused:
        node.send(b"signed")
    assert type(refused.value) is NodeRefused
    assert refused.value.reason == words
