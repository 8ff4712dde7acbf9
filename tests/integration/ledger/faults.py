"""What tests do to a recorder, its node and its chain, and what must hold after it all the same."""

import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any

import orjson
import requests

from coalition.domain.entries import EntryKind
from coalition.domain.packing import WORD_SIZE, pack
from coalition.ledger.batches import packed_entry
from coalition.ledger.chain_history import ChainBatch, read_batches, read_changes
from coalition.ledger.contract import Contract, encode_call, encode_record
from coalition.ledger.deployments import account_of, deployment, ledger_at
from coalition.ledger.keys import Keyring
from coalition.ledger.reconciliation.reconcile import reconcile
from coalition.ledger.recorder import Progress, Recorder
from coalition.store import ledger as store
from coalition.store import tables
from coalition.store.database import connect, disconnect
from tests.integration.ledger.conftest import Ledger

FOREIGN_ROOT = bytes(31) + b"\1"
_FEE_WEI = 10**12


def contract_of(ledger: Ledger) -> Contract:
    """The contract as anybody reads it, without a recorder."""
    found = deployment()
    assert found and ledger.chain
    return ledger_at(ledger.chain.node, found)


def assert_each_once(ledger: Ledger) -> None:
    """The chain has every entry of the journal once, batch by batch in the journal's order, and no difference."""
    recorded = words_of(recorded_batches(ledger))
    batches = [row.sequence for row in tables.Batch.select().order_by(tables.Batch.sequence)]
    assert recorded == [packed_entry(entry) for sequence in batches for entry in store.entries_of_batch(sequence)]
    assert len(recorded) == tables.Entry.select().count()
    result = reconcile(contract_of(ledger))
    assert (result.differences, result.pending) == ([], 0)


def complete(recorder: Recorder) -> None:
    """Everything is confirmed, which takes few steps and no time; where blocks are waited for, they come."""
    steps = count(1)

    def look(state: Progress) -> None:
        assert next(steps) < 200, "it never becomes done"
        if recorder.confirmations and not (state.confirmed or state.signed or state.is_done):
            recorder.node.request("anvil_mine")

    recorder.drain(look, pause_s=0.001)


def recorded_batches(ledger: Ledger) -> list[ChainBatch]:
    """Every batch that the chain has, in its order."""
    contract = contract_of(ledger)
    return list(read_batches(contract, read_changes(contract, 0, contract.node.latest_block().number)))


def words_of(batches: list[ChainBatch]) -> list[bytes]:
    """The words of all entries that the chain has, in its order."""
    words = b"".join(batch.call.words or b"" for batch in batches if batch.call)
    return [words[start : start + WORD_SIZE] for start in range(0, len(words), WORD_SIZE)]


def sent_bytes() -> dict[int, bytes]:
    """What each transaction of the outbox is signed as."""
    return {tx.id: bytes(tx.signed_bytes) for tx in tables.ChainTx.select()}


# What others do with our keys


def send_as(ledger: Ledger, role: str, to: str, calldata: bytes = b"", fee_wei: int = _FEE_WEI) -> None:
    """Somebody uses the key of this role behind the recorder's back: the account's next nonce is used."""
    assert ledger.chain
    node = ledger.chain.node
    signer = Keyring(ledger.settings).signer(account_of(role))
    fees = {"maxFeePerGas": fee_wei, "maxPriorityFeePerGas": fee_wei}
    place = {"type": 2, "chainId": node.chain_id(), "nonce": node.nonce(signer.address)}
    node.send(signer.sign({**place, **fees, "value": 0, "gas": 1_000_000, "to": to, "data": calldata}).signed_bytes)


def call_as(ledger: Ledger, role: str, function: str, *arguments: Any) -> None:
    """Somebody with the key of this role calls the contract behind the recorder's back."""
    send_as(ledger, role, contract_of(ledger).address, encode_call(function, *arguments))


def take_nonce(ledger: Ledger, role: str = "recorder") -> None:
    """The account pays itself nothing."""
    send_as(ledger, role, account_of(role))


def record_foreign_batch(ledger: Ledger) -> None:
    """With the recorder's key somebody records one point of the cinema's as the next batch."""
    contract = contract_of(ledger)
    cinema, anna = tables.Partner.get(tables.Partner.name == "cinema"), tables.Member.get()
    word = pack(EntryKind.ACCRUAL, cinema.id, cinema.id, 1, bytes.fromhex(anna.address[2:]))
    sequence = contract.next_sequence()
    send_as(ledger, "recorder", contract.address, encode_record(contract.mode, sequence, FOREIGN_ROOT, word))


# What a chain does by itself


def mine(ledger: Ledger, blocks: int = 1) -> None:
    _request(ledger, "anvil_mine", hex(blocks))


def reorganise(ledger: Ledger, depth: int, *included: tuple[str, int]) -> None:
    """Other blocks take the place of the last ``depth``, with these signed transactions, each in the n-th of them."""
    _request(ledger, "anvil_reorg", depth, [list(each) for each in included])


def wipe(ledger: Ledger) -> None:
    """A new chain answers where the old one did."""
    _request(ledger, "anvil_reset")


def set_mining(ledger: Ledger, mining: bool) -> None:
    """Whether each transaction gets a block at once; otherwise it waits until somebody mines one."""
    _request(ledger, "evm_setAutomine", mining)


def set_base_fee(ledger: Ledger, wei: int) -> None:
    """Of the next block."""
    _request(ledger, "anvil_setNextBlockBaseFeePerGas", hex(wei))


def _request(ledger: Ledger, method: str, *parameters: Any) -> None:
    assert ledger.chain
    ledger.chain.node.request(method, *parameters)


# Between us and the node


class Relay:
    """Stands between the recorder and its node, over HTTP; what ``meddle`` says happens to each call.

    ``meddle(method, ask)`` returns the body of the answer, for which it may ``ask`` the node, or None: then the
    connection ends without any.
    """

    def __init__(self, node_url: str) -> None:
        self.node_url = node_url
        self.meddle: Callable[[str, Callable[[], bytes]], bytes | None] = lambda method, ask: ask()
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # The answer goes out whole, so that no half of it waits for an acknowledgement.
            wbufsize = -1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = relay.answer(body)
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, body: bytes) -> bytes | None:
        call = orjson.loads(body)
        method = call[0]["method"] if isinstance(call, list) else call["method"]
        return self.meddle(method, lambda: requests.post(self.node_url, data=body, headers=_JSON, timeout=30).content)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


_JSON = {"Content-Type": "application/json"}


@contextmanager
def relayed(node_url: str) -> Iterator[Relay]:
    relay = Relay(node_url)
    yield relay
    relay.close()


# Other processes


def fork(database_url: str, work: Callable[[], None]) -> int:
    """Do this in a process of its own, warm from the beginning; its id. It ends with 0, or 1 where that raised."""
    disconnect()
    if child := os.fork():
        return child
    status = 1
    try:
        # The parent's connections, even closed ones, are not ours.
        connect(database_url)
        work()
        disconnect()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def end_of(child: int) -> int:
    """How the process ended: its exit status, or the negative number of the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
