"""What the ledger says of entries and batches, read from our own records: no request waits for the chain."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coalition.errors import EntryNotRecorded, UnknownBatch, UnknownEntry
from coalition.ledger.batches import leaf_document
from coalition.ledger.outbox import LOST, RECORDED, UNCONFIRMED
from coalition.ledger.receipts import build_receipt
from coalition.store import ledger as store
from coalition.store import tables
from coalition.store.database import transaction

PENDING = "pending"

_IS_REFUSED = tables.BadgeEntry.refused.is_null(False)


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """How far the chain is behind.

    ``backlog`` entries wait for a batch, the oldest since ``waiting_since``; ``in_flight`` transactions are signed and
    not yet confirmed; ``refused`` entries are set aside, because the contract does not accept them; ``lost``
    transactions had their nonce taken by one that is not ours. ``next_sequence`` is that of the next batch to be
    confirmed, and ``head`` where the chain stands.
    """

    backlog: int
    waiting_since: datetime | None
    in_flight: int
    refused: int
    lost: int
    next_sequence: int
    head: str | None
    chain_id: int | None
    contract: str | None


def status() -> LedgerStatus:
    """How far the chain is behind the journal."""
    backlog, waiting_since = store.backlog()
    bound = tables.Deployment.get_or_none()
    confirmed = (
        tables.Batch.select()
        .join(tables.ChainTx)
        .where(tables.ChainTx.status.in_(RECORDED))
        .order_by(tables.Batch.sequence.desc())
        .first()
    )
    return LedgerStatus(
        backlog=backlog,
        waiting_since=waiting_since,
        in_flight=tables.ChainTx.select().where(tables.ChainTx.status.in_(UNCONFIRMED)).count(),
        refused=tables.RefusedEntry.select().count() + _refused_badges().count(),
        lost=tables.ChainTx.select().where(tables.ChainTx.status == LOST).count(),
        next_sequence=confirmed.sequence + 1 if confirmed else 1,
        head=confirmed.head if confirmed else None,
        chain_id=bound.chain_id if bound else None,
        contract=bound.contract if bound else None,
    )


def refused_entries() -> list[dict[str, str]]:
    """``{entry, reason}`` of each entry that a contract refused, in each journal's order: of points, then of badges."""
    badges = [
        (f"{row.kind} of badge {row.badge_id} for grant {row.grant}", row.refused)
        for row in _refused_badges().order_by(tables.BadgeEntry.id)
    ]
    return [{"entry": entry, "reason": reason} for entry, reason in store.refused() + badges]


def retry_refused() -> int:
    """The refused entries, of points and of badges, wait to be recorded again. Returns how many they are."""
    with transaction():
        badges = tables.BadgeEntry.update(refused=None).where(_IS_REFUSED).execute()
        return int(tables.RefusedEntry.delete().execute() + badges)


def recorded_entries() -> int:
    """How many entries are in batches."""
    return store.entries_in_batches()


def entry_status(chain_tx_status: str | None) -> str:
    """How far an entry has come: ``pending``, ``submitted``, ``confirmed`` or ``final``."""
    if chain_tx_status is None:
        return PENDING
    return "submitted" if chain_tx_status == "signed" else chain_tx_status


def purchase_records(purchase_ids: list[str]) -> dict[str, dict[str, Any]]:
    """``{purchase id: {status, sequence, chain_tx, block}}``, by the entry of each purchase that is least far.

    A purchase that moved no points has no entry, and stays out.
    """
    return {
        source: {
            "status": entry_status(status),
            "sequence": sequence,
            "chain_tx": chain_tx,
            "block": block,
        }
        for source, sequence, status, chain_tx, block in store.recording_of(purchase_ids)
    }


def batch(sequence: int) -> dict[str, Any]:
    """A batch and how far it has come.

    :raises UnknownBatch: there is none of that sequence.
    """
    row = tables.Batch.get_or_none(tables.Batch.sequence == sequence)
    if row is None:
        raise UnknownBatch(sequence=sequence)
    chain_tx = _carrying(sequence)
    return {
        "sequence": row.sequence,
        "entries": row.entries,
        "root": row.root,
        "head": row.head,
        "formed_at": row.formed_at,
        "status": entry_status(chain_tx.status if chain_tx else None),
        "chain_tx": chain_tx and chain_tx.hash,
        "block": chain_tx and chain_tx.block_number,
        "gas_used": chain_tx and chain_tx.gas_used,
    }


def receipt(entry_id: str, partner: int | None) -> dict[str, Any]:
    """Proof that the ledger has the entry; for the partners it concerns, or with None for the operator.

    :raises UnknownEntry: no such entry, or it concerns others.
    :raises EntryNotRecorded: the chain has not confirmed it yet.
    """
    entry = tables.Entry.get_or_none(tables.Entry.public_id == entry_id)
    if entry is None or (partner is not None and partner not in (entry.issuer_id, entry.partner_id)):
        raise UnknownEntry(entry=entry_id)
    sequence = entry.sequence_id
    chain_tx = _carrying(sequence)
    if sequence is None or chain_tx is None or chain_tx.block_number is None:
        raise EntryNotRecorded(entry=entry_id, status=entry_status(chain_tx.status if chain_tx else None))
    bound = tables.Deployment.get()
    entries = store.entries_of_batch(sequence)
    index = next(index for index, each in enumerate(entries) if each.id == entry.id)
    return build_receipt(
        leaf_document(entries[index]),
        store.leaves_of_batch(sequence),
        index,
        sequence=sequence,
        chain_id=bound.chain_id,
        contract=bound.contract,
        chain_tx=chain_tx.hash,
        block=chain_tx.block_number,
    )


def _refused_badges() -> Any:
    return tables.BadgeEntry.select().where(_IS_REFUSED)


def _carrying(sequence: int | None) -> tables.ChainTx | None:
    """The transaction that carries the batch, if there is one."""
    live = tables.ChainTx.status.in_((*UNCONFIRMED, *RECORDED))
    return tables.ChainTx.get_or_none(tables.ChainTx.sequence == sequence, live)
