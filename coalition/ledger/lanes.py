"""The two histories that the chain keeps of us, of points and of badges: how the batches of each are formed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from eth_utils.crypto import keccak

from coalition.domain.packing import pack_badge
from coalition.ledger import contract as calls
from coalition.ledger.batches import TX_GAS_LIMIT, GasMeter, build_batch, packed_entry
from coalition.ledger.contract import BADGES, Contract, History
from coalition.ledger.node import to_hex
from coalition.ledger.outbox import Order
from coalition.store import badges as badge_store
from coalition.store import ledger as store
from coalition.store import tables
from coalition.store.badges import BadgeEntry
from coalition.store.ledger import JournalEntry
from coalition.store.tables import ChainTx

BADGES_A_BATCH = 300
"""An award takes two fresh storage slots at most: far below what one transaction may use."""


class Formed(NamedTuple):
    """A new batch: the calldata that records it, and how many entries it has."""

    sequence: int
    calldata: bytes
    entries: int


class Lane(Protocol):
    """What is recorded in batches of one contract. A batch is known by its sequence there."""

    carries: Any
    """The column of ``chain_tx`` that says which batch a transaction carries."""

    @property
    def contract(self) -> History: ...

    def order(self, sequence: int, calldata: bytes) -> Order:
        """The transaction that carries this batch."""

    def next_unsent(self) -> int | None:
        """The first formed batch that no transaction carries."""

    def form(self, waiting: Sequence[Any], now: datetime) -> Formed:
        """Make the longest beginning of these entries that one transaction can record the next batch."""

    def entries_of(self, sequence: int) -> list[Any]: ...

    def calldata(self, sequence: int, entries: Sequence[Any]) -> bytes:
        """What records these entries as that batch."""

    def dissolve(self, sequence: int) -> None:
        """Undo this batch and all after it, which the chain does not have."""

    def set_aside(self, entry: Any, reason: str, now: datetime) -> str:
        """The contract refuses this entry, so the others go on without it. Returns what people know it by."""

    def has_head(self, head: str) -> bool:
        """Whether a formed batch ends in this head, in hexadecimal; or none does yet, and it is the first one."""

    def is_carried_by(self, tx: ChainTx) -> bool: ...


class PointsLane:
    """The journal's entries."""

    carries = ChainTx.sequence

    def __init__(self, ledger: Contract) -> None:
        self.ledger = ledger
        self._meter: GasMeter | None = None

    @property
    def contract(self) -> History:
        return self.ledger

    def order(self, sequence: int, calldata: bytes) -> Order:
        return Order(f"record {sequence}", self.ledger.address, calldata, TX_GAS_LIMIT, sequence=sequence)

    def next_unsent(self) -> int | None:
        return store.next_unsent()

    def form(self, waiting: Sequence[JournalEntry], now: datetime) -> Formed:
        # In roots mode as well, so that the same batches can be told to a ledger that takes all entries.
        meter = self._meter or GasMeter(store.recorded_balances(), store.recorded_redeemers())
        fitting = meter.fitting(waiting)
        batch = build_batch(fitting)
        sequence, head = _next_after(tables.Batch)
        tables.Batch.create(
            sequence=sequence,
            entries=len(fitting),
            root=to_hex(batch.root),
            head=to_hex(calls.next_head(head, sequence, batch.root, keccak(batch.words))),
            leaves=b"".join(batch.leaves),
            formed_at=now,
            force_insert=True,
        )
        store.assign_to_batch(sequence, fitting)
        meter.add(fitting)
        self._meter = meter
        calldata = calls.encode_record(self.ledger.mode, sequence, batch.root, batch.words)
        return Formed(sequence, calldata, len(fitting))

    def forget(self) -> None:
        """What was formed may have been undone: gas is estimated anew from what the batches leave behind."""
        self._meter = None

    def entries_of(self, sequence: int) -> list[JournalEntry]:
        return store.entries_of_batch(sequence)

    def calldata(self, sequence: int, entries: Sequence[JournalEntry]) -> bytes:
        root = bytes.fromhex(store.root_of_batch(sequence)[2:])
        words = b"".join(map(packed_entry, entries))
        return calls.encode_record(self.ledger.mode, sequence, root, words)

    def dissolve(self, sequence: int) -> None:
        store.dissolve(sequence)
        self.forget()

    def set_aside(self, entry: JournalEntry, reason: str, now: datetime) -> str:
        tables.RefusedEntry.create(entry=entry.id, reason=reason, refused_at=now, force_insert=True)
        return entry.public_id

    def has_head(self, head: str) -> bool:
        return _has_head(tables.Batch, head)

    def is_carried_by(self, tx: ChainTx) -> bool:
        return tx.sequence_id is not None


class BadgesLane:
    """Awards and revocations of badges."""

    carries = ChainTx.badges

    def __init__(self, badges: History) -> None:
        self.badges = badges

    @property
    def contract(self) -> History:
        return self.badges

    def order(self, sequence: int, calldata: bytes) -> Order:
        return Order(f"record badges {sequence}", self.badges.address, calldata, TX_GAS_LIMIT, badges=sequence)

    def next_unsent(self) -> int | None:
        return store.next_unsent("badge_batch", "badges_id")

    def form(self, waiting: Sequence[BadgeEntry], now: datetime) -> Formed:
        sequence, head = _next_after(tables.BadgeBatch)
        entries = list(waiting[:BADGES_A_BATCH])
        tables.BadgeBatch.create(
            sequence=sequence,
            entries=len(entries),
            head=to_hex(calls.next_badges_head(head, sequence, keccak(badge_words(entries)))),
            formed_at=now,
            force_insert=True,
        )
        badge_store.assign_to_batch(sequence, entries)
        return Formed(sequence, self.calldata(sequence, entries), len(entries))

    def entries_of(self, sequence: int) -> list[BadgeEntry]:
        return badge_store.entries_of_batch(sequence)

    def calldata(self, sequence: int, entries: Sequence[BadgeEntry]) -> bytes:
        return calls.encode_call("record", sequence, badge_words(entries), contract=BADGES)

    def dissolve(self, sequence: int) -> None:
        badge_store.dissolve(sequence)

    def set_aside(self, entry: BadgeEntry, reason: str, now: datetime) -> str:
        tables.BadgeEntry.update(refused=reason).where(tables.BadgeEntry.id == entry.id).execute()
        return f"{entry.kind} of badge {entry.badge} to {entry.address}"

    def has_head(self, head: str) -> bool:
        return _has_head(tables.BadgeBatch, head)

    def is_carried_by(self, tx: ChainTx) -> bool:
        return tx.badges_id is not None


def badge_words(entries: Sequence[BadgeEntry]) -> bytes:
    return b"".join(
        pack_badge(entry.kind, entry.issuer, entry.badge, bytes.fromhex(entry.address[2:])) for entry in entries
    )


def _next_after(table: Any) -> tuple[int, bytes]:
    """The sequence of the next batch to be formed, and the head that it is to follow."""
    last = table.select(table.sequence, table.head).order_by(table.sequence.desc()).first()
    return (last.sequence + 1, bytes.fromhex(last.head[2:])) if last else (1, calls.GENESIS_HEAD)


def _has_head(table: Any, head: str) -> bool:
    return head == to_hex(calls.GENESIS_HEAD) or table.select().where(table.head == head).exists()
