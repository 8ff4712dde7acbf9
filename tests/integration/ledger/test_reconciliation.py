"""Reconciliation finds any difference between journal and chain, and names it."""

import pytest

from coalition.domain.redemption import Exactly
from coalition.ledger.reconciliation import reconcile
from coalition.store.database import execute


@pytest.fixture
def recorded(ledger, coalition, buy):
    buy(coalition.cinema, "r-1", 1000)
    buy(coalition.cafe, "r-2", 1000, redeem=Exactly(30))
    recorder = ledger.recorder()
    recorder.drain()
    return recorder


def tamper(statement: str) -> None:
    """What somebody with the database's password could do."""
    execute("DROP TRIGGER entry_unchanged")
    execute("DROP TRIGGER entry_kept")
    execute(statement)


TAMPERING = {
    "points of an entry": ("UPDATE entry SET points = points + 1 WHERE id = 1", "accrual of 101 points"),
    "issuer of an entry": ("UPDATE entry SET issuer_id = 4 WHERE id = 1", "issuer 4"),
    "kind of an entry": ("UPDATE entry SET kind = 'reward' WHERE id = 1", "is reward of 100 points"),
    "time of an entry": ("UPDATE entry SET occurred_at = '2020-01-01T00:00:00.000Z' WHERE id = 1", "root"),
    "hash of a purchase": ("UPDATE entry SET document_hash = 'ff' WHERE id = 1", "root"),
    "balance of a member": ("UPDATE member SET balance = balance + 1", "has a balance of 119"),
    "remains of a lot": ("UPDATE lot SET remaining = remaining + 1 WHERE entry_id = 1", "lots of 119"),
    "root of a batch": ("UPDATE batch SET root = '0x00'", "another root"),
    "points of a purchase": ("UPDATE purchase SET points_accrued = 9999 WHERE id = 1", "9999 points accrued"),
    "points outstanding": ("UPDATE partner SET outstanding = outstanding + 1 WHERE id = 2", "outstanding"),
}


@pytest.mark.parametrize("statement, named", TAMPERING.values(), ids=TAMPERING)
def test_reconcile__tampered_row__named(recorded, statement, named):
    assert reconcile(recorded.contract).differences == []

    tamper(statement)

    assert any(named in difference for difference in reconcile(recorded.contract).differences)


def test_reconcile__entries_not_yet_recorded__counted_as_pending_and_no_difference(recorded, coalition, buy):
    buy(coalition.grocer, "r-3", 10_000)

    result = reconcile(recorded.contract)

    assert (result.pending, result.differences) == (1, [])
    assert result.total_supply == result.sum_of_balances == 118


def test_reconcile__chain_lacks_a_batch__named(recorded, coalition, buy):
    buy(coalition.grocer, "r-3", 10_000)
    recorded._sign_new()

    differences = reconcile(recorded.contract).differences

    assert "batch 2 with 1 entries is in the journal and not on the chain" in differences
