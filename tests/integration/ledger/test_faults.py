"""Whatever the chain, its node or another user of our keys does: each entry is on the chain once, or we halt.

Times are the clock's, which these tests move: the recorder gives the chain five seconds before it believes a fault.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count

import orjson
import pytest
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes
from structlog.testing import capture_logs

from coalition.config import ROLES
from coalition.ledger.chains import Chain
from coalition.ledger.contract import ROLE_HASHES
from coalition.ledger.deployments import account_of
from coalition.ledger.errors import (
    AccountUnfunded,
    LedgerDiverged,
    NodeUnavailable,
    TransactionRefused,
    WrongChain,
    WrongContract,
)
from coalition.ledger.node import Node
from coalition.ledger.reconciliation.reconcile import reconcile
from coalition.ledger.recorder import Recorder
from coalition.services import ledger as ledger_service
from coalition.services.partners import UNLIMITED, set_limit, set_status
from coalition.store import ledger as store
from coalition.store import tables
from tests.integration.ledger.conftest import Ledger, needs_anvil, on_both_databases
from tests.integration.ledger.faults import (
    Relay,
    assert_each_once,
    call_as,
    complete,
    contract_of,
    mine,
    record_foreign_batch,
    recorded_batches,
    relayed,
    reorganise,
    sent_bytes,
    set_base_fee,
    set_mining,
    take_nonce,
    wipe,
)

pytestmark = needs_anvil

PATIENCE = timedelta(seconds=6)
GWEI = 10**9


@pytest.fixture
def ledger(reset_ledger: Ledger) -> Ledger:
    return reset_ledger


@pytest.fixture
def settled(ledger: Ledger) -> Ledger:
    """Three blocks make a transaction final."""
    ledger.settings = replace(ledger.settings, confirmations=3)
    return ledger


@pytest.fixture
def others_chain(ledger: Ledger) -> Ledger:
    """A chain that is not ours to fund."""
    assert ledger.chain
    ledger.chain = Chain(ledger.chain.node, ours=False)
    return ledger


def begun(ledger: Ledger, buy) -> Recorder:
    """The chain has a ledger with one batch, of one sale at the cinema."""
    buy("cinema")
    recorder = ledger.recorder()
    complete(recorder)
    return recorder


def go_on(ledger: Ledger, recorder: Recorder) -> None:
    """Let time pass, blocks come and the recorder work until everything is recorded."""
    for _ in range(20):
        if recorder.step().is_done:
            return
        mine(ledger)
        ledger.clock.advance(PATIENCE)
    raise AssertionError("it does not become done")


@pytest.fixture
def buy(buy, coalition) -> Callable[..., None]:
    """Anna buys for 1000 where she is told, with receipts that count on: ``buy("cinema", "cafe")``."""
    receipts = iter(range(10_000))

    def buy_at(*shops: str) -> None:
        for shop in shops:
            buy(getattr(coalition, shop), f"r-{next(receipts)}", 1000)

    return buy_at


def recorded_on() -> dict[int, tuple[int | None, str | None]]:
    """Block number and hash of each transaction that counts as recorded."""
    rows = tables.ChainTx.select().where(tables.ChainTx.status.in_(("confirmed", "final"))).order_by(tables.ChainTx.id)
    return {tx.id: (tx.block_number, tx.block_hash) for tx in rows}


def assert_blocks_are_the_chains(ledger: Ledger) -> None:
    for tx in tables.ChainTx.select().where(tables.ChainTx.status.in_(("confirmed", "final"))):
        outcome = ledger.chain.node.outcome(tx.hash)
        assert outcome and (outcome.block_number, outcome.block_hash) == (tx.block_number, tx.block_hash)


# Reorganisations


@pytest.mark.parametrize("depth", [1, 3])
def test_reorganised__within_k_and_transactions_dropped__the_same_bytes_are_sent_again(settled, coalition, buy, depth):
    recorder = begun(settled, buy)
    mine(settled, 3)
    for _ in range(3):
        set_limit(coalition.cafe.id, 9000)
        buy("cafe")
        complete(recorder)
    signed = sent_bytes()
    before = recorded_on()

    reorganise(settled, depth)
    recorder.step()
    complete(recorder)

    assert sent_bytes() == signed
    assert_each_once(settled)
    assert_blocks_are_the_chains(settled)
    assert recorded_on() != before


def test_reorganised__while_the_recorder_was_away__the_next_one_sends_the_same_bytes(settled, buy):
    begun(settled, buy)
    signed = sent_bytes()

    reorganise(settled, 2)
    complete(settled.recorder())

    assert sent_bytes() == signed
    assert_each_once(settled)
    assert_blocks_are_the_chains(settled)


def test_reorganised__transactions_are_in_other_blocks_now__receipts_name_these(settled, buy):
    recorder = begun(settled, buy)
    mine(settled, 3)
    for _ in range(2):
        buy("cafe")
        complete(recorder)
    signed = sent_bytes()
    last = list(signed.values())[-2:]

    reorganise(settled, 2, *(("0x" + each.hex(), 1) for each in last))
    recorder.step()
    complete(recorder)

    assert sent_bytes() == signed
    assert len({block for block, _ in list(recorded_on().values())[-2:]}) == 1
    assert_each_once(settled)
    assert_blocks_are_the_chains(settled)
    for entry in tables.Entry.select():
        receipt = ledger_service.receipt(entry.public_id, None)
        assert settled.chain.node.outcome(receipt["chain_tx"]).block_number == receipt["block"]


def test_reorganised__transactions_wait_again_unmined__are_confirmed_where_they_come_to_lie(settled, buy):
    recorder = begun(settled, buy)
    buy("cafe")
    complete(recorder)
    signed = sent_bytes()
    set_mining(settled, False)
    reorganise(settled, 1)

    recorder.step()
    assert ledger_service.status().in_flight == 1
    assert {row["status"] for row in ledger_service.purchase_records(purchases()).values()} == {
        "confirmed",
        "submitted",
    }
    mine(settled)
    complete(recorder)

    assert sent_bytes() == signed
    assert_each_once(settled)
    assert_blocks_are_the_chains(settled)


def purchases() -> list[str]:
    return [row.public_id for row in tables.Purchase.select()]


def test_reorganised__beyond_k_and_only_lost__what_was_final_is_sent_again(settled, buy):
    recorder = begun(settled, buy)
    buy("cafe")
    complete(recorder)
    mine(settled, 3)
    recorder.step()
    assert {tx.status for tx in tables.ChainTx.select()} == {"final"}
    signed, head = sent_bytes(), recorder.contract.head()

    reorganise(settled, 6)
    recorder.step()
    complete(recorder)

    assert (sent_bytes(), recorder.contract.head()) == (signed, head)
    assert_each_once(settled)


@pytest.mark.parametrize("is_seen", [True, False], ids=["seen amid", "seen after"])
def test_reorganised__beyond_k_to_another_history__halts_and_reconcile_names_the_batch(settled, buy, is_seen):
    recorder = begun(settled, buy)
    for _ in range(2):
        buy("cafe", "cinema")
        complete(recorder)
    mine(settled, 3)
    recorder.step()

    set_mining(settled, False)
    second = next(batch.block for batch in recorded_batches(settled) if batch.sequence == 2)
    reorganise(settled, settled.chain.node.latest_block().number - second + 1)
    if is_seen:
        wipe_pool(settled)
        recorder._observe()
    record_foreign_batch(settled)
    mine(settled)
    set_mining(settled, True)
    with pytest.raises(LedgerDiverged) as halt:
        go_on(settled, recorder)

    assert halt.value.sequence >= 2
    with pytest.raises(LedgerDiverged):
        settled.recorder()
    assert "batch 2" in str(reconcile(contract_of(settled)).differences[0])


def wipe_pool(ledger: Ledger) -> None:
    ledger.chain.node.request("anvil_dropAllTransactions")


# A chain that begins anew


def test_wiped__chain_of_our_own__is_rebuilt_identically(ledger, coalition, buy):
    recorder = begun(ledger, buy)
    set_status(coalition.cafe.id, "suspended")
    buy("grocer")
    complete(recorder)
    signed, head = sent_bytes(), recorder.contract.head()

    wipe(ledger)
    successor = ledger.recorder()
    successor.restore()

    assert (sent_bytes(), successor.contract.head()) == (signed, head)
    assert_each_once(ledger)


def test_wiped__under_a_recorder_that_runs_on__is_rebuilt_identically(ledger, buy):
    recorder = begun(ledger, buy)
    buy("cafe")
    complete(recorder)
    signed, head = sent_bytes(), recorder.contract.head()
    roles = [tx.account for tx in tables.ChainTx.select()]

    wipe(ledger)
    for account in roles:
        ledger.chain.fund(account)
    complete(recorder)

    assert (sent_bytes(), recorder.contract.head()) == (signed, head)
    assert_each_once(ledger)


def test_wiped__others_chain__goes_on_once_the_accounts_are_funded(others_chain, buy):
    buy("cinema")
    recorder = recorded_on_funding(others_chain)
    complete(recorder)
    signed, head = sent_bytes(), recorder.contract.head()

    wipe(others_chain)
    with pytest.raises(AccountUnfunded):
        complete(others_chain.recorder())
    successor = recorded_on_funding(others_chain)
    complete(successor)

    assert (sent_bytes(), successor.contract.head()) == (signed, head)
    assert_each_once(others_chain)


def recorded_on_funding(ledger: Ledger) -> Recorder:
    """Whichever account is said to be without funds gets some, until everything is recorded."""
    for _ in ROLES:
        try:
            recorder = ledger.recorder()
            complete(recorder)
            return recorder
        except AccountUnfunded as refusal:
            ledger.chain.node.request("anvil_setBalance", refusal.address, hex(10**24))
    return ledger.recorder()


def test_unfunded__the_account_that_is_named_gets_funds__goes_on(others_chain, buy):
    buy("cinema")

    complete(recorded_on_funding(others_chain))

    assert_each_once(others_chain)


def test_wiped__after_a_batch_was_split__is_rebuilt_identically(ledger, coalition, buy):
    """The limit was lowered by a transaction that is not ours, which the new chain never has."""
    recorder = begun(ledger, buy)
    call_as(ledger, "registrar", "setLimit", coalition.cafe.number, 0)
    buy("cinema", "cafe", "cinema")
    complete(recorder)
    head = recorder.contract.head()

    wipe(ledger)
    successor = ledger.recorder()
    successor.restore()
    assert successor.contract.head() == head
    ledger_service.retry_refused()
    complete(successor)

    assert_each_once(ledger)


def test_wiped__while_a_batch_was_refused_by_the_paused_contract__goes_on(settled, buy):
    """The old chain's blocks say nothing of when the refusal was final: the new one is far from having as many."""
    recorder = begun(settled, buy)
    mine(settled, 100)
    call_as(settled, "pauser", "pause")
    buy("cinema", "cafe")
    with pytest.raises(TransactionRefused):
        go_on(settled, recorder)

    wipe(settled)
    successor = settled.recorder()
    successor.restore()
    go_on(settled, successor)

    assert_each_once(settled)


# A node that is away, or answers too late


@pytest.fixture
def relay(ledger: Ledger, anvil_url: str) -> Iterator[Relay]:
    with relayed(anvil_url) as opened:
        ledger.chain = Chain(Node.at(opened.url, silence_s=0.1), ours=True)
        yield opened


def test_node_down__two_hundred_purchases_meanwhile__backlog_is_visible_and_drains_in_order(ledger, clock, buy, relay):
    recorder = begun(ledger, buy)
    relay.meddle = lambda method, ask: None
    since = clock.now()
    for number in range(200):
        buy("cafe" if number % 3 else "cinema")
        clock.advance(timedelta(seconds=1))
        if number % 40 == 0:
            with pytest.raises(NodeUnavailable):
                recorder.step()
    status = ledger_service.status()
    assert (status.backlog, status.waiting_since, status.in_flight) == (200, since, 0)

    relay.meddle = lambda method, ask: ask()
    complete(recorder)

    assert ledger_service.status().backlog == 0
    assert_each_once(ledger)


def lose(relay: Relay, method: str, lost: Callable[[Callable[[], bytes]], bytes | None]) -> list[str]:
    """The first call of the method comes to what ``lost`` says, all others get through. Returns it once it did."""
    done: list[str] = []

    def meddle(called: str, ask: Callable[[], bytes]) -> bytes | None:
        if called != method or done:
            return ask()
        done.append(called)
        return lost(ask)

    relay.meddle = meddle
    return done


def never_asked(ask: Callable[[], bytes]) -> None:
    """The connection ends, and the node has not heard of the call."""


def answer_lost(ask: Callable[[], bytes]) -> None:
    """The node does as it is told; then the connection ends."""
    ask()


def too_late(ask: Callable[[], bytes]) -> bytes:
    """The node does as it is told at once; its answer comes when nobody waits for it any more."""
    answer = ask()
    time.sleep(0.15)
    return answer


def test_connection__ends_before_any_one_answer__is_asked_again_and_nothing_is_twice(ledger, buy, relay):
    begun(ledger, buy)
    asked: set[str] = set()

    def is_unavailable(last: int) -> bool:
        """All calls but the n-th get through."""
        calls = count(1)

        def meddle(method: str, ask: Callable[[], bytes]) -> bytes | None:
            if next(calls) != last:
                return ask()
            asked.add(method)
            return (never_asked, answer_lost)[last % 2](ask)

        relay.meddle = meddle
        buy("cafe")
        try:
            complete(ledger.recorder())
        except NodeUnavailable:
            return True
        return False

    assert next(last for last in count(1) if not is_unavailable(last)) > 10

    relay.meddle = lambda method, ask: ask()
    assert asked > {"eth_chainId", "eth_call", "eth_sendRawTransaction", "eth_getTransactionCount"}
    assert_each_once(ledger)


@pytest.mark.parametrize("lost", [never_asked, answer_lost, too_late])
def test_send__no_answer_in_time__the_same_recorder_sends_the_same_bytes_again(ledger, buy, relay, lost):
    recorder = begun(ledger, buy)
    buy("cafe")
    lose(relay, "eth_sendRawTransaction", lost)

    with pytest.raises(NodeUnavailable):
        recorder.step()
    signed = sent_bytes()
    complete(recorder)

    assert sent_bytes() == signed
    assert_each_once(ledger)


def test_send__already_in_the_pool__is_as_good_as_sent(ledger, buy, relay):
    recorder = begun(ledger, buy)
    set_mining(ledger, False)
    buy("cafe")
    lose(relay, "eth_sendRawTransaction", answer_lost)
    with pytest.raises(NodeUnavailable):
        recorder.step()
    answers = []
    relay.meddle = lambda method, ask: [ask(), answers.append(method)][0]

    recorder.step()
    assert "eth_sendRawTransaction" in answers
    assert ledger_service.status().in_flight == 1
    mine(ledger)
    complete(recorder)

    assert_each_once(ledger)


def test_send__the_pool_forgot_it__the_same_bytes_are_sent_again_after_a_while(ledger, buy):
    recorder = begun(ledger, buy)
    set_mining(ledger, False)
    buy("cafe")
    recorder.step()
    signed = sent_bytes()
    wipe_pool(ledger)
    set_mining(ledger, True)

    go_on(ledger, recorder)

    assert sent_bytes() == signed
    assert_each_once(ledger)


@pytest.mark.parametrize("words", ["already known", "nonce too low: next nonce 9, tx nonce 8", "Known transaction"])
def test_send__refused_though_the_node_took_it__is_confirmed(ledger, buy, relay, words):
    recorder = begun(ledger, buy)
    buy("cafe")

    def refused(ask: Callable[[], bytes]) -> bytes:
        call = orjson.loads(ask())
        return orjson.dumps({"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32000, "message": words}})

    done = lose(relay, "eth_sendRawTransaction", refused)
    complete(recorder)

    assert done
    assert_each_once(ledger)


# Others use the recorder's key


def test_foreign_transaction__while_we_are_idle__the_next_batch_comes_after_it(ledger, buy):
    recorder = begun(ledger, buy)
    take_nonce(ledger)
    buy("cafe")

    go_on(ledger, recorder)

    assert_each_once(ledger)


@pytest.mark.parametrize("batches", [1, 3])
def test_foreign_transaction__takes_the_nonce_that_we_signed_for__told_and_signed_anew(
    ledger, buy, monkeypatch, batches
):
    recorder = begun(ledger, buy)
    monkeypatch.setattr("coalition.ledger.orders._READ_AHEAD", 1)
    buy(*["cafe"] * batches)
    recorder._sign_new()
    take_nonce(ledger)

    with capture_logs() as logs:
        go_on(ledger, recorder)

    assert ledger_service.status().lost == 1
    assert [each["nonce"] for each in logs if each["event"] == "recorder.foreign_transaction"] == [1]
    assert_each_once(ledger)


def test_foreign_transaction__takes_the_nonce_of_a_partners_change__the_chain_hears_of_it_all_the_same(
    ledger, coalition, buy
):
    recorder = begun(ledger, buy)
    set_limit(coalition.cafe.id, 500)
    recorder._sign_new()
    take_nonce(ledger, "registrar")
    buy("cafe")

    go_on(ledger, recorder)

    assert recorder.contract.partner(coalition.cafe.number).limit == 500
    assert_each_once(ledger)


def test_foreign_transaction__outlived_by_a_restart__told_and_signed_anew(ledger, buy):
    recorder = begun(ledger, buy)
    buy("cafe")
    recorder._sign_new()
    take_nonce(ledger)

    go_on(ledger, ledger.recorder())

    assert ledger_service.status().lost == 1
    assert_each_once(ledger)


@pytest.mark.parametrize("is_restarted", [True, False], ids=["restarted", "running on"])
def test_nonce_gap__a_foreign_nonce_is_missing_on_the_new_chain__is_filled(ledger, buy, is_restarted):
    recorder = begun(ledger, buy)
    take_nonce(ledger)
    take_nonce(ledger)
    buy("cafe")
    go_on(ledger, recorder)
    signed, head = sent_bytes(), recorder.contract.head()

    wipe(ledger)
    for role in ROLES:
        ledger.chain.fund(account_of(role))
    if is_restarted:
        recorder = ledger.recorder()
        recorder.restore()
    go_on(ledger, recorder)

    assert (sent_bytes(), recorder.contract.head()) == (signed, head)
    assert_each_once(ledger)


# Fees


def payload(signed_bytes: bytes) -> tuple:
    fields = TypedTransaction.from_bytes(HexBytes(signed_bytes)).as_dict()
    return tuple(fields[name] for name in ("nonce", "to", "data", "gas", "value"))


def fee(signed_bytes: bytes) -> int:
    most: int = TypedTransaction.from_bytes(HexBytes(signed_bytes)).as_dict()["maxFeePerGas"]
    return most


def stuck(ledger: Ledger, recorder: Recorder, buy) -> tables.ChainTx:
    """A transaction that the pool holds, and whose fee is too low for the next block."""
    set_mining(ledger, False)
    buy("cafe")
    recorder.step()
    tx = tables.ChainTx.select().order_by(tables.ChainTx.id.desc()).get()
    set_base_fee(ledger, 2 * fee(tx.signed_bytes))
    mine(ledger)
    recorder.step()
    ledger.clock.advance(PATIENCE)
    return tx


def test_underpriced__in_the_pool__is_replaced_at_the_same_nonce_with_the_same_payload(ledger, buy):
    recorder = begun(ledger, buy)
    tx = stuck(ledger, recorder, buy)

    recorder.step()
    recorder.step()
    set_mining(ledger, True)
    mine(ledger)
    complete(recorder)

    now = tables.ChainTx.get_by_id(tx.id)
    assert payload(now.signed_bytes) == payload(tx.signed_bytes)
    assert fee(now.signed_bytes) > fee(tx.signed_bytes)
    assert (now.status, tables.ReplacedTx.get().hash) == ("final", tx.hash)
    assert_each_once(ledger)


def test_underpriced__refused_by_the_node__is_replaced_before_it_is_sent(ledger, buy):
    recorder = begun(ledger, buy)
    buy("cafe")
    recorder._sign_new()
    tx = tables.ChainTx.select().order_by(tables.ChainTx.id.desc()).get()
    set_base_fee(ledger, 3 * fee(tx.signed_bytes))
    mine(ledger)

    complete(recorder)

    assert payload(tables.ChainTx.get_by_id(tx.id).signed_bytes) == payload(tx.signed_bytes)
    assert fee(tables.ChainTx.get_by_id(tx.id).signed_bytes) > fee(tx.signed_bytes)
    assert_each_once(ledger)


def test_underpriced__several_in_the_pool__each_is_replaced(ledger, buy, monkeypatch):
    recorder = begun(ledger, buy)
    monkeypatch.setattr("coalition.ledger.orders._READ_AHEAD", 1)
    buy("cinema", "grocer")
    stuck(ledger, recorder, buy)
    set_mining(ledger, True)

    go_on(ledger, recorder)

    assert tables.ReplacedTx.select().count() == 3
    assert_each_once(ledger)


def mine_earlier_form(ledger: Ledger, tx: tables.ChainTx) -> None:
    """Not the replacement, which the recorder has just sent."""
    replacement = tables.ChainTx.get_by_id(tx.id)
    assert replacement.hash != tx.hash
    ledger.chain.node.request("anvil_dropTransaction", replacement.hash)
    set_base_fee(ledger, GWEI)
    mine(ledger)
    ledger.chain.node.send(bytes(tx.signed_bytes))
    set_base_fee(ledger, GWEI)
    mine(ledger)


def test_underpriced__the_earlier_form_is_mined_after_all__is_known(ledger, buy):
    recorder = begun(ledger, buy)
    tx = stuck(ledger, recorder, buy)
    recorder.step()
    mine_earlier_form(ledger, tx)
    complete(recorder)

    assert tables.ChainTx.get_by_id(tx.id).hash == tx.hash
    assert tables.ChainTx.get_by_id(tx.id).status == "final"
    assert ledger_service.status().lost == 0
    assert_each_once(ledger)


def test_underpriced__one_form_is_mined_and_then_in_another_chain_the_other__is_known(settled, buy):
    recorder = begun(settled, buy)
    tx = stuck(settled, recorder, buy)
    recorder.step()
    replacement = tables.ChainTx.get_by_id(tx.id)
    mine_earlier_form(settled, tx)
    complete(recorder)
    assert tables.ChainTx.get_by_id(tx.id).hash == tx.hash

    reorganise(settled, 1, ("0x" + bytes(replacement.signed_bytes).hex(), 0))
    go_on(settled, recorder)

    assert tables.ChainTx.get_by_id(tx.id).hash == replacement.hash
    assert_each_once(settled)


# What the contract refuses


@pytest.fixture
def cafe_is_bad(ledger: Ledger, coalition, buy) -> Iterator[Recorder]:
    """Behind our back the cafe's limit is lowered: the contract takes no sale of the cafe's any more."""
    recorder = begun(ledger, buy)
    call_as(ledger, "registrar", "setLimit", coalition.cafe.number, 0)
    return recorder


PLACES = {
    "in the middle": ["cinema", "cafe", "grocer", "cinema"],
    "first": ["cafe", "cinema", "grocer"],
    "last": ["cinema", "grocer", "cafe"],
    "adjacent": ["cinema", "cafe", "cafe", "grocer"],
    "first, last and between": ["cafe", "cinema", "cafe", "grocer", "cafe"],
    "alone": ["cafe"],
    "all": ["cafe", "cafe", "cafe"],
}


@pytest.mark.parametrize(
    ("database_url", "shops"),
    [
        *(pytest.param("sqlite", shops, id=place) for place, shops in PLACES.items()),
        pytest.param("postgresql", PLACES["first, last and between"], id="postgresql"),
    ],
    indirect=["database_url"],
)
def test_refused__some_entries__stand_alone_and_the_others_go_on(ledger, coalition, buy, cafe_is_bad, shops):
    buy(*shops)

    complete(cafe_is_bad)

    bad = [
        row.public_id for row in tables.Entry.select().order_by(tables.Entry.id) if row.partner_id == cafe(coalition)
    ]
    reason = f"LimitExceeded(partner={cafe(coalition)}, limit=0, outstanding=50)"
    assert store.refused() == [(entry, reason) for entry in bad]
    status = ledger_service.status()
    assert (status.refused, status.backlog, status.in_flight) == (len(bad), 0, 0)
    good = tables.Entry.select().where(tables.Entry.partner != cafe(coalition)).count()
    assert sum(batch.size for batch in recorded_batches(ledger)) == good
    assert all(any(entry in str(each) for each in reconcile(contract_of(ledger)).differences) for entry in bad)


def cafe(coalition) -> int:
    number: int = coalition.cafe.number
    return number


@on_both_databases
def test_refused__then_the_cause_is_mended__is_recorded_on_request(ledger, coalition, buy, cafe_is_bad):
    buy("cinema", "cafe", "grocer")
    complete(cafe_is_bad)
    call_as(ledger, "registrar", "setLimit", coalition.cafe.number, UNLIMITED)

    ledger_service.retry_refused()
    complete(cafe_is_bad)

    assert ledger_service.status().refused == 0
    assert_each_once(ledger)


def test_refused__while_later_batches_are_on_their_way__all_others_are_recorded(
    ledger, coalition, buy, monkeypatch, cafe_is_bad
):
    monkeypatch.setattr("coalition.ledger.orders._READ_AHEAD", 2)
    buy(*["cinema", "grocer", "cafe", "grocer"] * 5)

    go_on(ledger, cafe_is_bad)

    assert ledger_service.status().refused == 5
    call_as(ledger, "registrar", "setLimit", coalition.cafe.number, UNLIMITED)
    ledger_service.retry_refused()
    complete(cafe_is_bad)
    assert_each_once(ledger)


def test_refused__an_expiry_of_points_that_nobody_has__stands_alone(ledger, coalition, clock, buy):
    recorder = begun(ledger, buy)
    buy("cinema")
    bad = tables.Entry.create(
        public_id="ent_bad",
        kind="expiry",
        issuer=coalition.cinema.number,
        partner=coalition.cinema.number,
        member=tables.Member.get().id,
        points=10**6,
        source="nowhere",
        document_hash="0x" + "00" * 32,
        occurred_at=clock.now(),
        recorded_at=clock.now(),
    )
    buy("grocer")

    complete(recorder)

    ((entry, reason),) = store.refused()
    assert (entry, reason.partition("(")[0]) == (bad.public_id, "InsufficientOutstanding")
    assert contract_of(ledger).total_supply() == 100 + 100 + 10


def test_refused__paused__nothing_is_dissolved_and_the_same_batch_goes_on(ledger, coalition, buy):
    recorder = begun(ledger, buy)
    call_as(ledger, "pauser", "pause")
    buy("cinema", "cafe")
    with pytest.raises(TransactionRefused) as halt:
        complete(recorder)
    assert halt.value.reason == "EnforcedPause()"
    root = store.root_of_batch(2)
    with pytest.raises(TransactionRefused):
        complete(ledger.recorder())

    call_as(ledger, "pauser", "unpause")
    complete(recorder)

    assert (store.root_of_batch(2), ledger_service.status().refused) == (root, 0)
    assert_each_once(ledger)


def test_refused__then_accepted_on_a_reorganised_chain__counts_as_recorded(settled, buy):
    recorder = begun(settled, buy)
    mine(settled, 3)
    call_as(settled, "pauser", "pause")
    buy("cinema", "cafe")
    recorder.step()
    recorder.step()
    signed = sent_bytes()
    assert tables.ChainTx.get(tables.ChainTx.sequence == 2).status == "reverted"

    reorganise(settled, 2, ("0x" + signed[max(signed)].hex(), 0))
    go_on(settled, recorder)

    assert sent_bytes() == signed
    assert_each_once(settled)


def test_refused__role_revoked__goes_on_once_it_is_granted_again(ledger, buy):
    recorder = begun(ledger, buy)
    call_as(ledger, "admin", "revokeRole", ROLE_HASHES["recorder"], account_of("recorder"))
    buy("cinema", "cafe")
    with pytest.raises(TransactionRefused) as halt:
        complete(recorder)
    assert halt.value.reason.startswith("AccessControlUnauthorizedAccount(")

    call_as(ledger, "admin", "grantRole", ROLE_HASHES["recorder"], account_of("recorder"))
    complete(recorder)

    assert ledger_service.status().refused == 0
    assert_each_once(ledger)


def test_refused__for_want_of_gas__is_split_and_no_entry_is_blamed(ledger, buy, monkeypatch):
    recorder = begun(ledger, buy)
    for module in ("lanes", "orders"):
        monkeypatch.setattr(f"coalition.ledger.{module}.TX_GAS_LIMIT", 150_000)
    buy(*["cinema", "cafe"] * 30)

    complete(recorder)

    assert ledger_service.status().refused == 0
    sizes = [row.entries for row in tables.Batch.select().order_by(tables.Batch.sequence)]
    assert len(sizes) > 2 and max(sizes) < 60
    assert_each_once(ledger)


def test_refused__a_partners_change__goes_on_once_the_contract_takes_it(ledger, coalition, buy):
    recorder = begun(ledger, buy)
    call_as(ledger, "admin", "revokeRole", ROLE_HASHES["registrar"], account_of("registrar"))
    set_status(coalition.grocer.id, "suspended")
    buy("cafe")
    with pytest.raises(TransactionRefused) as halt:
        complete(recorder)
    assert halt.value.purpose == f"suspend {coalition.grocer.number}"
    assert halt.value.reason.startswith("AccessControlUnauthorizedAccount(")

    call_as(ledger, "admin", "grantRole", ROLE_HASHES["registrar"], account_of("registrar"))
    complete(recorder)

    assert recorder.contract.partner(coalition.grocer.number).status == 2
    assert_each_once(ledger)


# Somewhere else than we think


def test_open__the_node_serves_another_chain__refused(ledger, buy):
    begun(ledger, buy)
    ledger.chain.node.request("anvil_setChainId", 1)
    try:
        with pytest.raises(WrongChain):
            ledger.recorder()
    finally:
        ledger.chain.node.request("anvil_setChainId", 31337)


@pytest.mark.parametrize("code", [lambda code: b"", lambda code: code + b"0"], ids=["no code", "other code"])
@pytest.mark.parametrize("which", ["contract", "badges"])
def test_open__not_our_code_at_the_address__refused(ledger, buy, which, code):
    begun(ledger, buy)
    node, address = ledger.chain.node, getattr(tables.Deployment.get(), which)
    node.request("anvil_setCode", address, "0x" + code(node.code(address)).hex())

    with pytest.raises(WrongContract) as refusal:
        ledger.recorder()

    assert refusal.value.address == address
