"""The recorder brings every entry to the chain once and in order, whatever happens to it or to the chain."""

import os
import shutil
import signal
import time
from datetime import timedelta

import pytest

from coalition.domain.purchase import Line
from coalition.domain.redemption import Exactly
from coalition.ledger import batches
from coalition.ledger.batches import GAS_BUDGET
from coalition.ledger.deployments import account_of, unbind
from coalition.ledger.errors import FeeTooHigh, LeaseHeld, NodeUnavailable, Underpriced, WrongChain, WrongContract
from coalition.ledger.lease import RECORDER, TTL, Lease
from coalition.ledger.reconciliation.reconcile import reconcile
from coalition.ledger.sending import PATIENCE
from coalition.services import ledger as ledger_service
from coalition.services.members import EnrolMember, enrol_members
from coalition.services.partners import set_limit, set_status
from coalition.services.purchases import RecordPurchase, record_purchase
from coalition.store import ledger as store
from coalition.store import tables
from tests.integration.ledger.conftest import needs_anvil


def assert_complete(recorder, supply: int) -> None:
    result = reconcile(recorder.contract)
    assert (result.differences, result.pending) == ([], 0)
    assert result.total_supply == result.sum_of_balances == supply


def test_drain__entries_of_several_partners__all_on_chain_with_supply_and_debts(ledger, coalition, buy):
    buy(coalition.cinema, "r-1", 1000)
    buy(coalition.cafe, "r-2", 1000, redeem=Exactly(30))
    recorder = ledger.recorder()

    recorder.drain()

    assert_complete(recorder, supply=100 + 48 - 30)
    assert recorder.contract.obligations([(coalition.cinema.number, coalition.cafe.number)]) == [30]
    assert ledger_service.status().backlog == 0


def test_drain__again_with_nothing_new__sends_nothing(ledger, coalition, buy):
    buy(coalition.cinema, "r-1", 1000)
    ledger.recorder().drain()
    sent = tables.ChainTx.select().count()

    ledger.recorder().drain()

    assert tables.ChainTx.select().count() == sent


def test_step__killed_between_signing_and_sending__the_next_recorder_sends_the_same_bytes(ledger, coalition, buy):
    recorder = ledger.recorder()
    recorder.drain()
    buy(coalition.cinema, "r-1", 1000)
    recorder._sign_new()
    signed = tables.ChainTx.select().order_by(tables.ChainTx.id.desc()).get()

    successor = ledger.recorder()
    successor.drain()

    assert bytes(tables.ChainTx.get_by_id(signed.id).signed_bytes) == bytes(signed.signed_bytes)
    assert successor.node.nonce(signed.account) == signed.nonce + 1
    assert_complete(successor, supply=100)


def test_step__killed_between_sending_and_confirming__the_next_recorder_records_nothing_twice(ledger, coalition, buy):
    recorder = ledger.recorder()
    recorder.drain()
    buy(coalition.cinema, "r-1", 1000)
    recorder._sign_new()
    recorder._send()

    successor = ledger.recorder()
    successor.drain()

    assert_complete(successor, supply=100)


def test_drain__more_entries_than_one_transaction_can_take__several_batches_within_the_gas_cap(
    ledger, coalition, buy, monkeypatch
):
    monkeypatch.setattr("coalition.ledger.batches.GAS_BUDGET", 200_000)
    for number in range(40):
        buy(coalition.cinema, f"r-{number}", 1000)
    recorder = ledger.recorder()

    recorder.drain()
    recorder.note_gas()

    assert tables.Batch.select().count() > 1
    assert max(tx.gas_used for tx in tables.ChainTx.select().where(tables.ChainTx.sequence.is_null(False))) < GAS_BUDGET
    assert_complete(recorder, supply=4000)


EARN, EARN_MORE, SPEND_SOME, SPEND_ALL = (1000, 0), (1000, 0), (1000, 60), (100, 100)
SPELLS = {
    "new, then existing members": [[EARN], [EARN_MORE]],
    "only redemptions": [[EARN], [SPEND_SOME], [SPEND_SOME]],
    "everything is spent and earned again within the batch": [[EARN, SPEND_ALL] * 4, [EARN, SPEND_ALL] * 4],
    "back to what it was before the batch": [[EARN], [SPEND_ALL, EARN] * 4],
}


@pytest.mark.parametrize("spells", SPELLS.values(), ids=SPELLS)
def test_gas_meter__estimate__never_below_what_the_batch_uses(ledger, coalition, clock, monkeypatch, spells):
    phones = [EnrolMember(phone=f"+7916{number:07d}") for number in range(30)]
    members = list(enrol_members(phones, coalition.cinema.number, now=clock.now()).values())
    estimated = []
    fitting = batches.GasMeter.fitting
    monkeypatch.setattr(
        batches.GasMeter,
        "fitting",
        lambda meter, entries: (estimated.extend([*meter.estimates(entries)][-1:]), fitting(meter, entries))[1],
    )
    recorder = ledger.recorder()
    for batch, purchases in enumerate(spells):
        for turn, (amount_minor, points) in enumerate(purchases):
            line = Line("1", "sku", "things", 1, amount_minor)
            for member in members:
                receipt = f"{batch}-{turn}-{member}"
                partner = coalition.cinema.number
                command = RecordPurchase(partner, member, receipt, clock.now(), "USD", (line,), redeem=Exactly(points))
                record_purchase(command, now=clock.now())
        recorder.drain()
    recorder.note_gas()

    used = [tx.gas_used for tx in tables.ChainTx.select().where(tables.ChainTx.sequence.is_null(False))]
    assert len(used) == len(estimated) == len(spells)
    assert all(gas <= estimate for gas, estimate in zip(used, estimated, strict=True)), (used, estimated)


def test_drain__partner_suspended_after_its_sales__sales_are_recorded_before_the_suspension(ledger, coalition, buy):
    buy(coalition.cafe, "r-1", 1000)
    set_status(coalition.cafe.id, "suspended")
    set_limit(coalition.cinema.id, 5000)
    recorder = ledger.recorder()

    recorder.drain()

    assert_complete(recorder, supply=50)
    assert recorder.contract.partner(coalition.cafe.number).status == 2
    assert recorder.contract.partner(coalition.cinema.number).limit == 5000


def test_drain__limit_raised_and_used_while_the_chain_was_away__the_contract_hears_of_it_first(ledger, coalition, buy):
    set_limit(coalition.cinema.id, 100)
    buy(coalition.cinema, "r-1", 1000)
    ledger.recorder().drain()
    set_limit(coalition.cinema.id, 200)
    set_status(coalition.cafe.id, "suspended")
    buy(coalition.cinema, "r-2", 1000)
    recorder = ledger.recorder()

    recorder.drain()

    assert_complete(recorder, supply=200)
    assert recorder.contract.partner(coalition.cafe.number).status == 2


def test_assign_to_batch__an_entry_committed_between_the_others_meanwhile__stays_out(coalition, clock, buy):
    for number in range(3):
        buy(coalition.cinema, f"r-{number}", 1000)
    first, _, last = store.unrecorded_entries(10)
    tables.Batch.create(sequence=1, entries=2, root="", head="", leaves=b"", formed_at=clock.now(), force_insert=True)

    store.assign_to_batch(1, [first, last])

    assert [entry.id for entry in store.entries_of_batch(1)] == [first.id, last.id]
    assert store.backlog()[0] == 1


def test_open__other_chain_than_the_journals__refused(ledger, coalition, buy):
    ledger.recorder().drain()
    tables.Deployment.update(chain_id=1).execute()

    with pytest.raises(WrongChain):
        ledger.recorder()


def test_open__something_else_at_the_contracts_address__refused(ledger, coalition, buy):
    ledger.recorder().drain()
    tables.Deployment.update(contract=account_of("recorder")).execute()

    with pytest.raises(WrongContract):
        ledger.recorder()


def test_lease__held_by_another__refused_until_it_falls_silent(coalition, clock):
    first, second = Lease(RECORDER), Lease(RECORDER)
    second.holder = "another:1"
    first.hold(clock.now())
    with pytest.raises(LeaseHeld):
        second.hold(clock.now())

    clock.advance(TTL + timedelta(seconds=1))
    second.hold(clock.now())

    with pytest.raises(LeaseHeld):
        first.hold(clock.now())


@needs_anvil
def test_anvil_killed__restarted__journal_is_complete_and_nothing_twice(anvil_ledger, coalition, buy):
    buy(coalition.cinema, "r-1", 1000)
    recorder = anvil_ledger.recorder()
    recorder.drain()
    kill_anvil(anvil_ledger)
    purchase = buy(coalition.cafe, "r-2", 1000)
    with pytest.raises(NodeUnavailable):
        recorder.step()
    assert ledger_service.purchase_records([purchase.id])[purchase.id]["status"] == "pending"
    assert ledger_service.status().backlog == 1

    anvil_ledger.close()
    anvil_ledger.open()
    successor = anvil_ledger.recorder()
    successor.drain()

    assert_complete(successor, supply=150)


@needs_anvil
@pytest.mark.parametrize("damage", ["wiped", "torn"])
def test_anvil_state_lost__restarted__chain_is_rebuilt_from_the_outbox(anvil_ledger, coalition, buy, damage):
    buy(coalition.cinema, "r-1", 1000)
    first = anvil_ledger.recorder()
    first.drain()
    address, head = first.contract.address, first.contract.head()
    anvil_ledger.close()
    state = anvil_ledger.settings.data_dir / "chain" / "state.json"
    if damage == "wiped":
        shutil.rmtree(state.parent)
    else:
        state.write_bytes(state.read_bytes()[: state.stat().st_size // 2])

    anvil_ledger.open()
    successor = anvil_ledger.recorder()
    successor.restore()

    assert (successor.contract.address, successor.contract.head()) == (address, head)
    assert_complete(successor, supply=100)


def kill_anvil(ledger) -> None:
    import json

    pid = json.loads((ledger.settings.data_dir / "chain" / "node.json").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            ledger.chain.node.chain_id()
        except NodeUnavailable:
            return
    raise AssertionError("anvil survives SIGKILL")


def test_rebuild__a_batch_is_too_large_for_the_new_chain__later_changes_of_partners_still_come_after_it(
    ledger, coalition, buy, clock, monkeypatch
):
    phones = [EnrolMember(phone=f"+7916{number:07d}") for number in range(30)]
    for member in enrol_members(phones, coalition.cafe.number, now=clock.now()).values():
        line = Line("1", "sku", "things", 1, 1000)
        record_purchase(
            RecordPurchase(coalition.cafe.number, member, member, clock.now(), "USD", (line,)), now=clock.now()
        )
    ledger.recorder().drain()
    set_status(coalition.cafe.id, "suspended")
    ledger.recorder().drain()
    assert tables.Batch.select().count() == 1

    for module in ("lanes", "orders"):
        monkeypatch.setattr(f"coalition.ledger.{module}.TX_GAS_LIMIT", 600_000)
    monkeypatch.setattr("coalition.ledger.batches.GAS_BUDGET", 500_000)
    unbind()
    recorder = ledger.recorder()
    recorder.drain()

    assert tables.Batch.select().count() > 1
    assert_complete(recorder, supply=30 * 50)
    assert recorder.contract.partner(coalition.cafe.number).status == 2


def test_step__node_is_never_satisfied_with_the_fee__gives_up_instead_of_offering_everything(
    ledger, coalition, buy, clock, monkeypatch
):
    recorder = ledger.recorder()
    recorder.drain()
    buy(coalition.cinema, "r-1", 1000)
    never = Underpriced(method="eth_sendRawTransaction", reason="transaction underpriced")
    monkeypatch.setattr(recorder.outbox, "send", lambda txs: [never for _ in txs])

    recorder.step()
    offered = unconfirmed_fee()
    recorder.step()
    assert unconfirmed_fee() == offered, "raised again without waiting"
    with pytest.raises(FeeTooHigh):
        for _ in range(100):
            clock.advance(2 * PATIENCE)
            recorder.step()
    assert unconfirmed_fee() < 1000 * offered

    monkeypatch.undo()
    ledger.recorder().drain()
    assert_complete(ledger.recorder(), supply=100)


def unconfirmed_fee() -> int:
    return tables.ChainTx.select().order_by(tables.ChainTx.id.desc()).get().max_fee


def test_step__batch_is_on_the_chain_in_a_form_that_a_backup_lacks__counts_as_recorded(ledger, coalition, buy, clock):
    ledger.recorder().drain()
    buy(coalition.cinema, "r-1", 1000)
    ledger.recorder().drain()
    tx = tables.ChainTx.select().where(tables.ChainTx.sequence == 1).get()
    tables.ChainTx.update(hash="0x" + "11" * 32, status="submitted", block_number=None, block_hash=None).where(
        tables.ChainTx.id == tx.id
    ).execute()

    recorder = ledger.recorder()
    recorder.step()
    clock.advance(2 * PATIENCE)
    recorder.drain()

    again = tables.ChainTx.get_by_id(tx.id)
    assert (again.hash, again.status, again.block_number) == (tx.hash, "final", tx.block_number)
    assert tables.ChainTx.select().count() == tx.id
    assert_complete(recorder, supply=100)
