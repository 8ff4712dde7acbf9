"""What the ledger of roots takes, and that its head is the one of the ledger that applies the entries."""

import pytest
from eth_utils.crypto import keccak

from tests.contracts.ledger import CAFE, ROOT, Kind, Ledger, entry
from tests.contracts.roots import Roots


def test_record__the_same_batches__same_head_roots_and_events_as_the_points_ledger(
    roots: Roots, ledger: Ledger
) -> None:
    batches = [
        [entry(Kind.ACCRUAL, 100), entry(Kind.REDEMPTION, 30, partner=CAFE)],
        [entry(Kind.EXPIRY, 5)],
        [entry(Kind.REWARD, 7)] * 3,
    ]
    for sequence, entries in enumerate(batches, start=1):
        root = keccak(text=f"batch {sequence}")
        told, applied = roots.record(*entries, root=root), ledger.record(*entries, root=root)

        assert roots.events(told, "Recorded") == ledger.events(applied, "Recorded")
        assert roots.read("head") == ledger.read("head")
        assert roots.read("nextSequence") == ledger.read("nextSequence") == sequence + 1
        assert roots.read("rootOf", sequence) == ledger.read("rootOf", sequence) == root
    assert roots.read("rootOf", 4) == bytes(32)


@pytest.mark.parametrize("given", [0, 1, 3, 2**64 - 1])
def test_record__out_of_order_sequence__refused_and_nothing_changes(roots: Roots, given: int) -> None:
    roots.record(entry(Kind.ACCRUAL, 100))
    with roots.refuses("SequenceMismatch", 2, given):
        roots.record(entry(Kind.ACCRUAL, 100), sequence=given)


def test_record__no_entries__refused_as_the_points_ledger_does(roots: Roots, ledger: Ledger) -> None:
    for either in (roots, ledger):
        with either.refuses("MalformedEntries", 0):
            either.record()


def test_record__most_entries_that_can_be_counted__told_in_the_event(roots: Roots) -> None:
    (event,) = roots.events(roots.call("record", 1, ROOT, keccak(b""), 2**32 - 1), "Recorded")
    assert event["entries"] == 2**32 - 1
