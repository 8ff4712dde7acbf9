"""Batches: what is recorded of entries, and how many of them fit into one transaction."""

from hashlib import sha256

import pytest
import rfc8785

from coalition.domain.merkle import leaf_hash, merkle_root
from coalition.domain.packing import unpack
from coalition.ledger import batches
from coalition.ledger.batches import GasMeter, build_batch, leaf_document
from coalition.store.ledger import JournalEntry

ADDRESS = "0x" + bytes(range(20)).hex()
ENTRY = JournalEntry(
    id=7,
    public_id="ent_01KJP0000000000000000000AB",
    kind="redemption",
    issuer=2,
    partner=3,
    member=11,
    address=ADDRESS,
    points=250,
    source='ред_"1"\n',
    document_hash=sha256(b"document").hexdigest(),
    occurred_at="2026-03-02T09:00:00.000Z",
)


def entries(count: int) -> list[JournalEntry]:
    return [ENTRY._replace(id=number, kind="accrual", member=number) for number in range(count)]


def test_leaf__of_an_entry__is_what_it_was_in_every_batch_so_far():
    document = {
        "id": ENTRY.public_id,
        "kind": "redemption",
        "issuer": 2,
        "partner": 3,
        "member": ADDRESS,
        "points": 250,
        "source": ENTRY.source,
        "document_hash": ENTRY.document_hash,
        "occurred_at": "2026-03-02T09:00:00.000Z",
    }
    assert leaf_document(ENTRY) == document
    (leaf,) = build_batch([ENTRY]).leaves
    assert leaf == leaf_hash(rfc8785.dumps(document))
    assert leaf.hex() == "e8eea7a9c7cdf511548e9cef8cfc37d463ad9871dcef08c840bce3e8a2db801a"


def test_batch__of_entries__has_their_words_leaves_and_root_in_order():
    several = [ENTRY._replace(public_id=f"ent_{number}", points=number) for number in range(1, 6)]
    batch = build_batch(several)
    assert [word.points for word in unpack(batch.words)] == [1, 2, 3, 4, 5]
    assert batch.leaves == [build_batch([entry]).root for entry in several]
    assert batch.root == merkle_root(batch.leaves)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_gas_meter__fewer_entries_than_a_transaction_takes__all_fit(count):
    assert GasMeter({}, set()).fitting(entries(count)) == entries(count)


def test_gas_meter__more_entries_than_a_transaction_takes__the_longest_beginning_fits(monkeypatch):
    meter = GasMeter({}, set())
    estimates = list(meter.estimates(entries(10)))
    monkeypatch.setattr(batches, "GAS_BUDGET", estimates[6])
    assert meter.fitting(entries(10)) == entries(7)


def test_gas_meter__balance_comes_back_to_what_it_was__is_paid_for_again():
    there = ENTRY._replace(kind="accrual", points=5)
    back = ENTRY._replace(kind="expiry", points=5)
    start, first, second, third = [*GasMeter({11: 9}, set()).estimates([there, back, there, back])]
    assert first - start == third - second < second - first
