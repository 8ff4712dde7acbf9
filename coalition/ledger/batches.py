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

# What a slot costs (EIP-2929, EIP-2200): to touch it first, then to change it from the value it had before the batch,
# which costs that again whenever the value has come back to it.
_COLD_GAS = 2_100
_CHANGE_GAS = 2_900
_FILL_GAS = 20_000

_CODES = {kind.name.lower(): int(kind) for kind in EntryKind}
_EFFECTS = {kind.name.lower(): member_effect(kind, 1) for kind in EntryKind}
"""What one point of each kind does to the member's balance."""
_CHANGING_DEBTS = ("redemption", "redemption_reversal")


class Batch(NamedTuple):
    """What one chain transaction will record; ``leaves`` are the leaf hashes of the entries, and ``root`` is theirs."""

    entries: list[JournalEntry]
    words: bytes
    leaves: list[bytes]
    root: bytes


class GasMeter:
    """Estimates what entries cost, knowing what the ledger holds after the batches so far."""

    def __init__(self, balances: dict[int, int], redeemers: set[tuple[int, int]]) -> None:
        self._balances = balances
        self._redeemers = redeemers

    def fitting(self, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
        """The longest beginning of the entries that one transaction can record."""
        for count, gas in enumerate(self.estimates(entries)):
            if gas > GAS_BUDGET:
                return list(entries[:count])
        return list(entries)

    def estimates(self, entries: Iterable[JournalEntry]) -> Iterator[int]:
        """After each entry, the gas of a batch that ends with it: never less than it will use."""
        gas = _BASE_GAS
        held: dict[int, int] = {}
        partners: set[int] = set()
        debts: set[tuple[int, int]] = set()
        for entry in entries:
            gas += _ENTRY_GAS + self._purse(entry, held) + self._accounts(entry, partners, debts)
            yield gas

    def add(self, entries: Iterable[JournalEntry]) -> None:
        """These entries are in a batch now."""
        for entry in entries:
            member = entry.member
            self._balances[member] = self._balances.get(member, 0) + _EFFECTS[entry.kind] * entry.points
            if entry.kind == "redemption":
                self._redeemers.add((entry.issuer, entry.partner))

    def _purse(self, entry: JournalEntry, held: dict[int, int]) -> int:
        """The slot of the member's balance, given what the members of the batch hold so far."""
        member = entry.member
        before = self._balances.get(member, 0)
        now = held.get(member)
        held[member] = (before if now is None else now) + _EFFECTS[entry.kind] * entry.points
        if now is None:
            return _COLD_GAS + (_CHANGE_GAS if before else _FILL_GAS)
        if now == before:
            return _CHANGE_GAS if before else _FILL_GAS
        return 0

    def _accounts(self, entry: JournalEntry, partners: set[int], debts: set[tuple[int, int]]) -> int:
        """The slots of partners and of their debts, which a batch writes once."""
        gas = 0
        for partner in (entry.issuer, entry.partner):
            if partner not in partners:
                partners.add(partner)
                gas += 2 * (_COLD_GAS + _CHANGE_GAS)
        if entry.kind in _CHANGING_DEBTS:
            gas += _DEBT_GAS
            debt = (entry.issuer, entry.partner)
            if debt not in debts:
                debts.add(debt)
                gas += _COLD_GAS + (_CHANGE_GAS if debt in self._redeemers else _FILL_GAS)
        return gas


def build_batch(entries: list[JournalEntry]) -> Batch:
    """Pack the entries and hash them."""
    hashes = leaves(entries)
    return Batch(entries, b"".join(map(packed_entry, entries)), hashes, merkle_root(hashes))


def packed_entry(entry: JournalEntry) -> bytes:
    return pack(_CODES[entry.kind], entry.issuer, entry.partner, entry.points, bytes.fromhex(entry.address[2:]))


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
        "occurred_at": entry.occurred_at,
    }
