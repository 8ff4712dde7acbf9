"""GET /v1/ledger/status, /batches/{sequence}, /entries/{id}/receipt, and what purchases and entries say of it"""

import pytest

from coalition.ledger.batches import build_batch
from coalition.store import ledger, tables
from tests.api.callers import refused


@pytest.fixture
def purchase(cinema, receipt):
    return cinema.post("/v1/purchases", receipt).get_json()


@pytest.fixture
def entry(cinema, coalition, purchase):
    return cinema.get(f"/v1/members/{coalition.anna.id}/entries").get_json()["data"][0]["id"]


@pytest.fixture
def recorded(clock, purchase):
    """The batch that has all entries so far, as the recorder would leave it; call it with how far the chain is."""

    def record(status, block=None):
        entries = ledger.unrecorded_entries(100)
        batch = build_batch(entries)
        tables.Batch.create(
            sequence=1,
            entries=len(entries),
            root=batch.root.hex(),
            head="0xhead",
            leaves=b"".join(batch.leaves),
            formed_at=clock.now(),
            force_insert=True,
        )
        ledger.assign_to_batch(1, entries)
        tables.Deployment.create(chain_id=31337, mode="full", contract="0xc", badges="0xb", force_insert=True)
        tables.ChainTx.create(
            account="0xr",
            nonce=0,
            purpose="record",
            sequence=1,
            hash="0xtx",
            signed_bytes=b"",
            max_fee=0,
            status=status,
            block_number=block,
            signed_at=clock.now(),
        )

    return record


@pytest.mark.parametrize(
    ("chain_status", "block", "status"),
    [
        ("signed", None, "submitted"),
        ("submitted", None, "submitted"),
        ("confirmed", 7, "confirmed"),
        ("final", 7, "final"),
    ],
)
def test_get_purchase__in_a_batch__tells_how_far_the_chain_has_it(
    cinema, coalition, purchase, recorded, chain_status, block, status
):
    recorded(chain_status, block)
    expected = {"status": status, "sequence": 1, "chain_tx": "0xtx", "block": block}
    assert cinema.get(f"/v1/purchases/{purchase['id']}").get_json()["ledger"] == expected
    assert cinema.get("/v1/purchases").get_json()["data"][0]["ledger"] == expected
    entries = cinema.get(f"/v1/members/{coalition.anna.id}/entries").get_json()["data"]
    assert [each["ledger"] for each in entries] == [expected]


def test_get_receipt__confirmed__proves_the_entry_to_those_who_took_part(cinema, operator, entry, recorded):
    recorded("confirmed", 7)
    proof = cinema.get(f"/v1/ledger/entries/{entry}/receipt").get_json()
    assert proof["entry"]["id"] == entry
    assert (proof["sequence"], proof["index"], proof["size"], proof["path"]) == (1, 0, 1, [])
    assert (proof["root"], proof["chain_id"], proof["block"]) == (proof["leaf"], 31337, 7)
    assert operator.get(f"/v1/ledger/entries/{entry}/receipt").get_json() == proof


def test_get_receipt__not_yet_confirmed__refused_saying_how_far_it_is(cinema, entry, recorded):
    url = f"/v1/ledger/entries/{entry}/receipt"
    assert refused(cinema.get(url), 409, "entry_not_recorded")["values"]["status"] == "pending"
    recorded("signed")
    assert refused(cinema.get(url), 409, "entry_not_recorded")["values"]["status"] == "submitted"


def test_get_receipt__of_others__is_as_unknown_as_none(cafe, entry, recorded):
    recorded("confirmed", 7)
    refused(cafe.get(f"/v1/ledger/entries/{entry}/receipt"), 404, "unknown_entry")
    refused(cafe.get("/v1/ledger/entries/ent_none/receipt"), 404, "unknown_entry")


def test_get_batch__formed__shown(cafe, recorded):
    recorded("confirmed", 7)
    batch = cafe.get("/v1/ledger/batches/1").get_json()
    assert (batch["sequence"], batch["entries"], batch["status"], batch["block"]) == (1, 1, "confirmed", 7)


@pytest.mark.parametrize("sequence", ["2", "0", "9" * 18])
def test_get_batch__none__refused(cafe, sequence):
    refused(cafe.get(f"/v1/ledger/batches/{sequence}"), 404, "unknown_batch")


def test_get_status__before_and_after_recording__tells_the_backlog(cinema, purchase, recorded):
    before = cinema.get("/v1/ledger/status").get_json()
    assert (before["backlog"], before["waiting_since"]) == (1, "2026-03-02T09:00:00Z")
    assert (before["next_sequence"], before["chain_id"]) == (1, None)
    recorded("confirmed", 7)
    after = cinema.get("/v1/ledger/status").get_json()
    assert (after["backlog"], after["waiting_since"]) == (0, None)
    assert (after["next_sequence"], after["head"], after["chain_id"]) == (2, "0xhead", 31337)
    assert (after["refused"], after["lost"]) == (0, 0)
