"""The books of a ledger, kept by hand from what the chain was told, and without the contract's help.

Every rule of the contract is checked here a second time, at every entry and in the order of history.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from coalition.domain.entries import ISSUING, MINTING, EntryKind, member_effect
from coalition.domain.packing import PackedEntry, unpack
from coalition.ledger.chain_history import ChainBatch, Event
from coalition.ledger.contract import PartnerStatus

_KINDS = frozenset(EntryKind)
_STATUS_AFTER = {
    "Registered": PartnerStatus.ACTIVE,
    "Suspended": PartnerStatus.SUSPENDED,
    "Reinstated": PartnerStatus.ACTIVE,
}


@dataclass
class Books:
    """What history adds up to so far, and every rule that it broke, in words."""

    entries: int = 0
    balances: Counter[bytes] = field(default_factory=Counter)
    issued: Counter[int] = field(default_factory=Counter)
    redeemed: Counter[int] = field(default_factory=Counter)
    expired: Counter[int] = field(default_factory=Counter)
    obligations: Counter[tuple[int, int]] = field(default_factory=Counter)
    limits: dict[int, int] = field(default_factory=dict)
    statuses: dict[int, PartnerStatus] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def outstanding(self, partner: int) -> int:
        return self.issued[partner] - self.redeemed[partner] - self.expired[partner]

    def partners(self) -> list[int]:
        """Every partner that history names."""
        return sorted(self.statuses.keys() | self.issued.keys() | self.redeemed.keys() | self.expired.keys())

    def change_partner(self, event: Event) -> None:
        """Take note of a change of a partner."""
        if event.name in _STATUS_AFTER:
            self.statuses[event.number] = _STATUS_AFTER[event.name]
        if event.values:
            self.limits[event.number] = int.from_bytes(event.values[0])

    def add(self, batch: ChainBatch, words: bytes) -> list[PackedEntry]:
        """Enter a batch, and return its entries."""
        entries = unpack(words)
        for place, entry in enumerate(entries):
            if entry.kind in _KINDS:
                self.enter(entry)
            for problem in self._problems(entry):
                self.broken.append(f"batch {batch.sequence}, place {place}: {problem}")
        self.entries += len(entries)
        return entries

    def enter(self, entry: PackedEntry) -> None:
        """One entry, or what entries that differ only in their points come to."""
        kind, points = EntryKind(entry.kind), entry.points
        self.balances[entry.address] += member_effect(kind, points)
        if kind in ISSUING:
            self.issued[entry.issuer] += points
        elif kind in (EntryKind.ACCRUAL_REVERSAL, EntryKind.ADJUSTMENT_DECREASE):
            self.issued[entry.issuer] -= points
        elif kind is EntryKind.EXPIRY:
            self.expired[entry.issuer] += points
        else:
            change = points if kind is EntryKind.REDEMPTION else -points
            self.redeemed[entry.issuer] += change
            self.obligations[entry.issuer, entry.partner] += change

    def _problems(self, entry: PackedEntry) -> Iterator[str]:
        """What is wrong now that the entry is entered."""
        kind, issuer, partner, points, address = entry
        if kind not in _KINDS or not points or not any(address):
            yield f"an entry of kind {kind}, {points} points, member 0x{address.hex()} is none"
        if self.balances[address] < 0:
            yield f"member 0x{address.hex()} has {self.balances[address]} points"
        outstanding = self.outstanding(issuer)
        if outstanding < 0:
            yield f"partner {issuer} has {outstanding} points outstanding"
        if kind in MINTING and outstanding > self.limits.get(issuer, 0):
            yield f"partner {issuer} has {outstanding} points outstanding, above its limit {self.limits.get(issuer, 0)}"
        if self.obligations[issuer, partner] < 0:
            yield f"issuer {issuer} owes redeemer {partner} {self.obligations[issuer, partner]} points"
        for number, acts in ((issuer, kind in ISSUING), (partner, kind == EntryKind.REDEMPTION)):
            status = self.statuses.get(number, PartnerStatus.UNKNOWN)
            if status is PartnerStatus.UNKNOWN or (acts and status is PartnerStatus.SUSPENDED):
                yield f"partner {number} takes part while {status.name.lower()}"
