"""A receipt proves an entry to anyone with a node, and one that was altered in anything proves nothing."""

import copy

import pytest

from coalition.domain.redemption import Exactly
from coalition.errors import EntryNotRecorded, UnknownEntry
from coalition.ledger.verification import InvalidReceipt, verify_receipt
from coalition.services.ledger import receipt
from coalition.store import tables


@pytest.fixture
def entries(coalition, buy) -> list[str]:
    buy(coalition.cinema, "r-1", 1000)
    buy(coalition.cafe, "r-2", 1000, redeem=Exactly(30))
    buy(coalition.grocer, "r-3", 5000)
    return [entry.public_id for entry in tables.Entry.select().order_by(tables.Entry.id)]


def test_receipt__every_entry_of_a_batch__verifies_against_the_chain(ledger, entries):
    recorder = ledger.recorder()
    recorder.drain()

    for entry in entries:
        verify_receipt(receipt(entry, None), recorder.node)


ALTERATIONS = {
    "points": lambda r: r["entry"].update(points=r["entry"]["points"] + 1),
    "kind": lambda r: r["entry"].update(kind="reward"),
    "member": lambda r: r["entry"].update(member="0x" + "11" * 20),
    "occurred_at": lambda r: r["entry"].update(occurred_at="2020-01-01T00:00:00.000Z"),
    "document_hash": lambda r: r["entry"].update(document_hash="00" * 32),
    "extra field": lambda r: r["entry"].update(note="paid"),
    "leaf": lambda r: r.update(leaf="0x" + "11" * 32),
    "index": lambda r: r.update(index=r["index"] + 1),
    "size": lambda r: r.update(size=r["size"] + 1),
    "path order": lambda r: r["path"].reverse(),
    "path cut": lambda r: r["path"].pop(),
    "root": lambda r: r.update(root="0x" + "11" * 32),
    "sequence": lambda r: r.update(sequence=r["sequence"] + 1),
    "chain": lambda r: r.update(chain_id=1),
    "contract": lambda r: r.update(contract="0x" + "11" * 20),
    "block": lambda r: r.update(block=r["block"] - 1),
    "chain_tx": lambda r: r.update(chain_tx="0x" + "11" * 32),
    "sequence as text": lambda r: r.update(sequence=str(r["sequence"])),
    "sequence below zero": lambda r: r.update(sequence=-1),
    "sequence beyond counting": lambda r: r.update(sequence=1 << 70),
    "block below zero": lambda r: r.update(block=-1),
    "block beyond counting": lambda r: r.update(block=1 << 70),
    "nothing left": lambda r: r.clear(),
}


@pytest.mark.parametrize("alter", ALTERATIONS.values(), ids=ALTERATIONS)
def test_verify__altered_in_any_field__refused(ledger, entries, alter):
    recorder = ledger.recorder()
    recorder.drain()
    altered = copy.deepcopy(receipt(entries[1], None))
    alter(altered)

    with pytest.raises(InvalidReceipt):
        verify_receipt(altered, recorder.node)


def test_receipt__not_yet_recorded__says_how_far_the_entry_is(coalition, entries):
    with pytest.raises(EntryNotRecorded, match="pending"):
        receipt(entries[0], None)


def test_receipt__of_others__unknown_to_the_asking_partner(ledger, coalition, entries):
    ledger.recorder().drain()

    assert receipt(entries[0], coalition.cinema.number)["entry"]["id"] == entries[0]
    with pytest.raises(UnknownEntry):
        receipt(entries[0], coalition.grocer.number)
