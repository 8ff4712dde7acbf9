"""Batches: consecutive journal entries, packed for the contract, with the Merkle root that receipts lead to.

A batch is as large as the gas of one chain transaction allows (EIP-7825), so gas is estimated here from what makes it:
the storage slots that the batch touches, and whether they held anything before.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from coalition.domain.documents import canonical_json
from coalition.domain.entries import EntryKind, member_effect
from coalition.domain.merkle import leaf_hash, merkle_root
from coalition.domain.packing import pack
from coalition.store.database import to_column
from coalition.store.ledger import JournalEntry

TX_GAS_LIMIT = 16_777_216
"""EIP-7825: no transaction may use more."""
GAS_BUDGET = 16_400_000
"""What we plan to use of it; the rest is for an estimate that falls short."""

_BASE_GAS = 150_000
_ENTRY_GAS = 2_900
"""An entry whose slots the batch has touched before: calldata, log, warm reads and writes."""
_DEBT_GAS = 1_300
"""On top of that, where it changes what an issuer owes a redeemer."""
_WARM_UP_GAS = 5_000
"""The first change of a slot that holds something."""
_FILL_GAS = 22_100
"""The first change of a slot that holds nothing."""

_CHANGING_DEBTS = ("redemption", "redemption_reversal")


class Batch(NamedTuple):
    """What one chain transaction will record."""

    entries: list[JournalEntry]
    words: bytes
    root: bytes


class GasMeter:
    """Estimates what entries cost, knowing what the ledger holds after the batches so far."""

    def __init__(self, balances: dict[int, int], redeemers: set[tuple[int, int]]) -> None:
        self._balances = balances
        self._redeemers = redeemers

    def fitting(self, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
        """The longest beginning of the entries that one transaction can record."""
        return [entry for entry, gas in zip(entries, self.estimates(entries), strict=True) if gas <= GAS_BUDGET]

    def estimates(self, entries: Iterable[JournalEntry]) -> Iterator[int]:
        """After each entry, the gas of a batch that ends with it: never less than it will use."""
        gas = _BASE_GAS
        touched: set[Any] = set()
        for entry in entries:
            gas += _ENTRY_GAS + self._first_touch(entry, touched)
            gas += _DEBT_GAS if entry.kind in _CHANGING_DEBTS else 0
            yield gas

    def add(self, entries: Iterable[JournalEntry]) -> None:
        """These entries are in a batch now."""
        for entry in entries:
            kind = EntryKind[entry.kind.upper()]
            self._balances[entry.member] = self._balances.get(entry.member, 0) + member_effect(kind, entry.points)
            if kind is EntryKind.REDEMPTION:
                self._redeemers.add((entry.issuer, entry.partner))

    def _first_touch(self, entry: JournalEntry, touched: set[Any]) -> int:
        """What the entry costs more because it is the first of the batch to change something."""
        gas = 0
        if entry.member not in touched:
            touched.add(entry.member)
            gas += _WARM_UP_GAS if self._balances.get(entry.member) else _FILL_GAS
        for account in (("partner", entry.issuer), ("partner", entry.partner)):
            if account not in touched:
                touched.add(account)
                gas += 2 * _WARM_UP_GAS
        debt = (entry.issuer, entry.partner)
        if entry.kind in _CHANGING_DEBTS and debt not in touched:
            touched.add(debt)
            gas += _WARM_UP_GAS if debt in self._redeemers else _FILL_GAS
        return gas


def build_batch(entries: list[JournalEntry]) -> Batch:
    """Pack the entries and hash them."""
    words = b"".join(packed_entry(entry) for entry in entries)
    return Batch(entries, words, merkle_root(leaves(entries)))


def packed_entry(entry: JournalEntry) -> bytes:
    return pack(
        EntryKind[entry.kind.upper()], entry.issuer, entry.partner, entry.points, bytes.fromhex(entry.address[2:])
    )


def leaves(entries: Iterable[JournalEntry]) -> list[bytes]:
    return [leaf_hash(canonical_json(leaf_document(entry))) for entry in entries]


def leaf_document(entry: JournalEntry) -> dict[str, Any]:
    """What a receipt proves of an entry: its terms, what it comes from, and when it happened."""
    return {
        "id": entry.public_id,
        "kind": entry.kind,
        "issuer": entry.issuer,
        "partner": entry.partner,
        "member": entry.address,
        "points": entry.points,
        "source": entry.source,
        "document_hash": entry.document_hash,
        "occurred_at": to_column(entry.occurred_at),
    }
