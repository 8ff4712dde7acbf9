"""Kill -9 of the recorder, and of its node, at every step: each entry is on the chain once."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random

import pytest
from peewee import Database, IntegrityError

from coalition.errors import CoalitionError
from coalition.ledger.chains import Anvil, Chain, anvil_binary
from coalition.ledger.errors import LeaseHeld, LedgerDiverged, NodeUnavailable
from coalition.ledger.json_rpc import JsonRpc
from coalition.ledger.keys import Keyring
from coalition.ledger.lease import TTL, Lease
from coalition.ledger.node import Node
from coalition.ledger.recorder import Recorder
from coalition.services import ledger as ledger_service
from coalition.services.partners import set_limit, set_status
from coalition.store import ledger as store
from coalition.store import tables
from coalition.store.database import connect, database
from tests.integration.ledger.conftest import Ledger, needs_anvil, on_both_databases
from tests.integration.ledger.faults import assert_each_once, complete, die, end_of, fork, sent_bytes

pytestmark = needs_anvil

SILENCE = TTL + timedelta(seconds=1)
STAGES = {"signed", "sent", "submitted", "confirmed", "final"}
"""What the death of a recorder may leave of a transaction: signed but not sent, sent but not noted, and so on."""
STRIDES = {"sqlite": 1, "postgresql": 5}
"""Lives die at the first step, then so many later each, up to the last; on one of the databases at every single one."""
AT_RANDOM = 5


@pytest.fixture
def ledger(reset_ledger: Ledger) -> Ledger:
    reset_ledger.settings = replace(reset_ledger.settings, confirmations=2)
    return reset_ledger


@pytest.fixture
def shop(coalition, buy) -> Callable[[], None]:
    """Each time something else happens that the chain must hear of."""
    turns = count()
    partners = (coalition.cinema, coalition.cafe)

    def shop() -> None:
        turn = next(turns)
        buy(partners[turn % 2], f"before-{turn}", 1000)
        if turn % 5 == 1:
            set_status(coalition.grocer.id, "suspended" if turn % 2 else "active")
            buy(partners[turn % 2], f"between-{turn}", 1000)
            set_limit(coalition.cafe.id, 100_000 + turn)
            buy(coalition.cafe, f"after-{turn}", 1000)

    return shop


def die_at(last: int, note: Callable[[str], None]) -> None:
    """From now on this process counts what others could see of it: what it asks the node, and what it commits.

    It is killed right before the n-th of these, which is right after the one before it.
    """
    boundaries = count(1)

    def boundary(name: str) -> None:
        if next(boundaries) == last:
            note(name)
            die()

    post, commit, execute = JsonRpc._post, Database.commit, Database.execute_sql

    def counted_post(self: JsonRpc, method: str, content: object) -> bytes:
        boundary(method)
        return post(self, method, content)

    def counted_commit(self: Database) -> object:
        boundary("COMMIT")
        return commit(self)

    def counted_execute(self: Database, sql: str, params: object = None) -> object:
        if not self.in_transaction() and not sql.startswith("SELECT"):
            boundary(sql.split()[0])
        return execute(self, sql, params)

    JsonRpc._post, Database.commit, Database.execute_sql = counted_post, counted_commit, counted_execute


def live(ledger: Ledger, database_url: str, last: int) -> str | None:
    """A process that records everything, or dies at the n-th step; then the step."""
    ledger.clock.advance(SILENCE)
    reading, writing = os.pipe()

    def work() -> None:
        # The parent goes on with its own connection to the node.
        ledger.chain = Chain(Node.at(ledger.chain.node.url), ours=True)
        die_at(last, lambda name: os.write(writing, name.encode()))
        recorder = ledger.recorder()
        recorder.restore()
        complete(recorder)

    status = end_of(fork(database_url, work))
    os.close(writing)
    step = os.read(reading, 100).decode()
    os.close(reading)
    assert status == (-9 if step else 0)
    return step or None


def stages(ledger: Ledger) -> set[str]:
    """How far transactions are by our records and, where these are behind, on the chain."""
    nonces = {
        row.account: ledger.chain.node.nonce(row.account)
        for row in tables.ChainTx.select(tables.ChainTx.account).distinct()
    }
    rows = tables.ChainTx.select(tables.ChainTx.status, tables.ChainTx.account, tables.ChainTx.nonce)
    return {"sent" if tx.status == "signed" and tx.nonce < nonces[tx.account] else tx.status for tx in rows}


@on_both_databases
def test_recorder__killed_at_every_step__each_entry_is_on_the_chain_once(ledger, database_url, shop):
    killed_at: Counter[str] = Counter()
    left_behind: set[str] = set()

    def dies(last: int) -> bool:
        shop()
        step = live(ledger, database_url, last)
        killed_at.update([step] if step else [])
        left_behind.update(stages(ledger))
        return step is not None

    stride = STRIDES[database_url.partition(":")[0]]
    steps = next(last for last in count(1, stride) if not dies(last))
    random = Random(4)
    for _ in range(AT_RANDOM):
        dies(random.randint(1, steps))
    assert not dies(10**9)

    assert sum(killed_at.values()) >= steps // stride
    if stride == 1:
        assert left_behind == STAGES
        assert {"COMMIT", "INSERT", "UPDATE", "eth_sendRawTransaction"} <= set(killed_at)
    assert_each_once(ledger)


# The node


@pytest.fixture
def own_anvil(tmp_path: Path) -> Iterator[Anvil]:
    anvil = Anvil(anvil_binary(), tmp_path / "chain")
    anvil.start()
    yield anvil
    anvil.stop()


def kill(anvil: Anvil) -> None:
    anvil.process.kill()
    anvil.process.wait()


def leave(anvil: Anvil, saved: bytes, turn: int) -> None:
    """The dead node leaves the state that it saved some time ago: whole, or the half of it, or nothing."""
    match turn % 3:
        case 0:
            anvil.state.write_bytes(saved)
        case 1:
            anvil.state.write_bytes(saved[: len(saved) // 2])
        case _:
            anvil.state.unlink(missing_ok=True)


def test_node__killed_at_every_step_from_sending_to_final__has_everything_once(
    ledger, own_anvil, buy, coalition, monkeypatch
):
    ledger.chain = Chain(Node.at(own_anvil.url), ours=True)
    buy(coalition.cinema, "r", 1000)
    complete(ledger.recorder())
    own_anvil.stop()
    saved = own_anvil.state.read_bytes()
    own_anvil.start()
    post = JsonRpc._post
    killed_at: list[str] = []

    def killing(last: int) -> Callable[..., bytes]:
        """Of the calls from the first sending on, the n-th finds the node dead."""
        seen: list[str] = []

        def counted(self: JsonRpc, method: str, content: object) -> bytes:
            if seen or method == "eth_sendRawTransaction":
                seen.append(method)
            if len(seen) == last:
                kill(own_anvil)
                killed_at.append(method)
            return post(self, method, content)

        return counted

    def until_final(recorder: Recorder) -> None:
        complete(recorder)
        ledger.chain.node.request("anvil_mine", hex(ledger.settings.confirmations))
        recorder.step()

    for last in count(1):
        ledger.chain = Chain(Node.at(own_anvil.url), ours=True)
        recorder = ledger.recorder()
        recorder.restore()
        buy(coalition.cafe, f"r-{last}", 1000)
        # From here on blocks come when they are asked for: so the calls are the same ones on a machine of any speed.
        ledger.chain.node.request("evm_setAutomine", False)
        with monkeypatch.context() as patched, suppress(NodeUnavailable):
            patched.setattr(JsonRpc, "_post", killing(last))
            until_final(recorder)
            break
        leave(own_anvil, saved, last)
        own_anvil.start()

    assert {"eth_sendRawTransaction", "eth_getBlockByNumber", "eth_getTransactionCount"} < set(killed_at)
    assert {tx.status for tx in tables.ChainTx.select()} == {"final"}
    assert_each_once(ledger)


# Two recorders


def patient(ledger: Ledger, lease: Lease) -> None:
    """Like a worker: goes on until everything is recorded, whatever is in the way; its time passes step by step."""
    ledger.chain = Chain(Node.at(ledger.chain.node.url), ours=True)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            recorder = Recorder(ledger.chain, ledger.settings, Keyring(ledger.settings), ledger.clock, lease)
            while not recorder.step().is_done:
                ledger.clock.advance(timedelta(seconds=1))
                ledger.chain.node.request("anvil_mine")
            lease.release()
            return
        except LeaseHeld:
            time.sleep(0.01)
        except (CoalitionError, IntegrityError):
            lease.release()
            ledger.clock.advance(timedelta(seconds=1))
    raise AssertionError("it never becomes done")


class BrokenLease(Lease):
    """Of a process that fell silent in the middle of a step, was given up, and goes on."""

    def hold(self, now: object) -> None:
        pass


@on_both_databases
@pytest.mark.parametrize("kind", [Lease, BrokenLease])
def test_recorders__two_on_one_database__each_entry_is_on_the_chain_once(
    ledger, coalition, buy, database_url, monkeypatch, kind
):
    monkeypatch.setattr("coalition.ledger.orders._READ_AHEAD", 2)
    waiting = store.unrecorded_entries

    def read_at_leisure(*arguments: int, **more: int) -> list[store.JournalEntry]:
        found = waiting(*arguments, **more)
        time.sleep(0.01)
        return found

    monkeypatch.setattr(store, "unrecorded_entries", read_at_leisure)
    ledger.settings = replace(ledger.settings, confirmations=0)
    complete(ledger.recorder())
    ledger.clock.advance(SILENCE)
    for number in range(30):
        buy((coalition.cinema, coalition.cafe)[number % 2], f"r-{number}", 1000)

    children = [fork(database_url, lambda: patient(ledger, kind("recorder"))) for _ in range(2)]

    assert [end_of(child) for child in children] == [0, 0]
    ledger.clock.advance(SILENCE)
    complete(ledger.recorder())
    assert ledger_service.status().refused == 0
    assert_each_once(ledger)


@pytest.mark.parametrize("is_running", [True, False], ids=["both running", "one after the other"])
def test_recorders__on_two_copies_of_a_database__the_later_one_halts_and_does_no_harm(
    ledger, coalition, buy, database_url, tmp_path, is_running
):
    ledger.settings = replace(ledger.settings, confirmations=0)
    buy(coalition.cinema, "r-1", 1000)
    original = ledger.recorder()
    complete(original)
    database.close()
    shutil.copy(tmp_path / "coalition.db", tmp_path / "copy.db")
    connect(f"sqlite:///{tmp_path / 'copy.db'}")
    buy(coalition.cafe, "r-2", 2000)
    copied = ledger.recorder()
    if is_running:
        copied._sign_new()
    database.close()

    connect(database_url)
    buy(coalition.cafe, "r-2", 1000)
    complete(original)
    chain = original.contract.head()
    database.close()

    connect(f"sqlite:///{tmp_path / 'copy.db'}")
    with pytest.raises(LedgerDiverged):
        complete_slowly(ledger, copied if is_running else ledger.recorder())
    with pytest.raises(LedgerDiverged):
        ledger.recorder()
    database.close()

    connect(database_url)
    assert original.contract.head() == chain
    assert_each_once(ledger)


def complete_slowly(ledger: Ledger, recorder: Recorder) -> None:
    for _ in range(10):
        recorder.step()
        ledger.clock.advance(timedelta(seconds=1))


def test_recorders__a_backup_from_after_signing__sends_the_same_bytes_and_is_at_one_with_the_chain(
    ledger, coalition, buy, database_url, tmp_path
):
    ledger.settings = replace(ledger.settings, confirmations=0)
    complete(ledger.recorder())
    buy(coalition.cinema, "r-1", 1000)
    recorder = ledger.recorder()
    recorder._sign_new()
    database.close()
    shutil.copy(tmp_path / "coalition.db", tmp_path / "backup.db")
    complete(recorder)
    signed = sent_bytes()
    database.close()

    connect(f"sqlite:///{tmp_path / 'backup.db'}")
    complete(ledger.recorder())

    assert sent_bytes() == signed
    assert_each_once(ledger)
