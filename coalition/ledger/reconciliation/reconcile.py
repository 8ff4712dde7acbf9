"""Reconciliation: the journal against the chain, entry by entry and total by total, and against what explains it.

The chain is read as anyone can read it, as it stands after one block: the batches that the contracts took, which the
heads prove complete, and the totals in their storage. What it does not have yet is no difference; it counts as pending.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_utils.address import is_hex_address
from peewee import fn

from coalition.config import LedgerMode
from coalition.domain.entries import KINDS, member_effect
from coalition.domain.packing import PackedEntry
from coalition.ledger.audit.books import Books
from coalition.ledger.audit.checks import call_problem
from coalition.ledger.audit.checks import totals as partner_totals
from coalition.ledger.chain_history import ChainBatch, read_batches, read_changes
from coalition.ledger.contract import GENESIS_HEAD, Badges, Contract, PartnerStatus, PartnerTotals, next_head
from coalition.ledger.deployments import deployment
from coalition.ledger.outbox import RECORDED
from coalition.ledger.reconciliation.badge_checks import compare_badges
from coalition.ledger.reconciliation.batch_checks import compare_batch
from coalition.ledger.reconciliation.differences import Difference
from coalition.ledger.reconciliation.document_checks import OtherDocuments, compare_documents
from coalition.ledger.reconciliation.journal_checks import compare_journal_with_itself
from coalition.store import ledger as store
from coalition.store import origins, tables
from coalition.store.ledger import JournalEntry
from coalition.store.tables import ChainTx

Progress = Callable[[str, int, int], None]
"""Called with what is being compared, how much of it is, and how much there is."""

_EFFECTS = {name: member_effect(kind, 1) for name, kind in KINDS.items()}


@dataclass
class Reconciliation:
    """What was compared, what was not, and every difference, in words and in the journal's order.

    ``total_supply`` is the chain's, None where it has none; ``sum_of_balances`` is that of the entries recorded so far.
    ``first_bad_entry`` is a public id: None where there is none, or the first that is bad is in the journal no more.
    """

    entries: int = 0
    pending: int = 0
    total_supply: int | None = None
    sum_of_balances: int = 0
    differences: list[str] = field(default_factory=list)
    first_bad_entry: str | None = None
    not_compared: list[str] = field(default_factory=list)


@dataclass
class _Totals:
    """What the recorded entries add up to, computed without the contract."""

    moved: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    balances: Counter[str] = field(default_factory=Counter)

    def add(self, entries: Sequence[JournalEntry]) -> None:
        for entry in entries:
            # What was changed into something that is no number of points is a difference of the entry's own.
            points = entry.points if type(entry.points) is int else 0
            self.moved[entry.kind, entry.issuer, entry.partner] += points
            self.balances[entry.address] += _EFFECTS.get(entry.kind, 0) * points

    def books(self) -> Books:
        """The books of all members as if they were one."""
        books = Books()
        for (name, issuer, partner), points in self.moved.items():
            if name in KINDS:
                books.enter(PackedEntry(KINDS[name], issuer, partner, points, b""))
        return books


def reconcile(
    contract: Contract,
    *,
    others: OtherDocuments | None = None,
    quick: bool = False,
    progress: Progress = lambda *_: None,
) -> Reconciliation:
    """Compare everything. The result names each difference; nothing is changed on either side.

    ``others`` makes the documents that the coalition does not know itself. ``quick`` leaves out all documents: what was
    changed in a purchase and not in its entries is then not found.
    """
    # First the block and then the journal: so the journal has all that the chain has there.
    block = contract.node.latest_block().number
    contract = Contract(contract.node, contract.address, contract.mode, hex(block))
    result = Reconciliation(pending=store.backlog()[0])
    totals = _Totals()
    found = list(_compare_history(contract, block, totals, result, progress))
    result.sum_of_balances = sum(totals.balances.values())
    if contract.mode is LedgerMode.FULL:
        result.total_supply = contract.total_supply()
        books = totals.books()
        _note_changes(books, recorded_by(ChainTx.change, block))
        found += _compare_totals(totals, books, result, contract)
        found += _compare_partners(books, contract)
    else:
        result.not_compared += ["total supply", "balances of members", "totals of partners", "obligations"]
    if bound := deployment():
        found += compare_badges(Badges(contract.node, bound.badges, contract.block), recorded_by(ChainTx.badges, block))
    found += _refused()
    found += compare_journal_with_itself()
    if quick:
        result.not_compared.append("documents")
    else:
        purchases = origins.count_purchases()
        found += compare_documents(others, lambda done: progress("purchases", done, purchases))
    found.sort(key=lambda difference: difference.order)
    result.differences = [difference.text for difference in found]
    result.first_bad_entry = next((difference.entry for difference in found if difference.row is not None), None)
    return result


def _compare_history(
    contract: Contract, block: int, totals: _Totals, result: Reconciliation, progress: Progress
) -> Iterator[Difference]:
    history = list(read_batches(contract, read_changes(contract, _first_block(), block)))
    formed = [row.sequence for row in tables.Batch.select(tables.Batch.sequence).order_by(tables.Batch.sequence)]
    heads = {0: GENESIS_HEAD}
    for expected, batch in enumerate(history, start=1):
        if batch.sequence != expected:
            yield Difference(f"the chain has batch {batch.sequence} where batch {expected} belongs")
        if problem := call_problem(batch):
            yield Difference(problem, batch=batch.sequence)
        heads[batch.sequence] = _head_after(heads.get(batch.sequence - 1, GENESIS_HEAD), batch)
    if (given := contract.head()) != (head := heads[max(heads)]):
        yield Difference(f"the batches on the chain lead to head 0x{head.hex()}, the contract has 0x{given.hex()}")
    on_chain = {batch.sequence: batch for batch in history}
    recorded = recorded_by(ChainTx.sequence, block)
    for done, sequence in enumerate(formed, start=1):
        entries = store.entries_of_batch(sequence)
        told = on_chain.pop(sequence, None)
        if told is None and sequence not in recorded:
            result.pending += len(entries)
            continue
        totals.add(entries)
        result.entries += len(entries)
        if told is None:
            yield Difference(
                f"batch {sequence} with {len(entries)} entries is in the journal and not on the chain", batch=sequence
            )
        elif told.call:
            row = tables.Batch.get(tables.Batch.sequence == sequence)
            yield from compare_batch(row, entries, told.call, heads[sequence])
        progress("batches", done, len(formed))
    for sequence in on_chain:
        yield Difference(f"batch {sequence} is on the chain and not in the journal", batch=sequence)


def _first_block() -> int:
    """Where the first of our transactions is: it created the ledger, or came before."""
    return ChainTx.select(fn.MIN(ChainTx.block_number)).scalar() or 0


def _head_after(head: bytes, batch: ChainBatch) -> bytes:
    """What the chain was told leads there; where that cannot be seen, what it says itself."""
    call = batch.call
    return next_head(head, call.sequence, call.root, call.entries_hash) if call else batch.head


def recorded_by(carried: Any, block: int) -> set[int]:
    """What of this kind is in transactions that the chain has up to this block, as far as we know."""
    there = ChainTx.status.in_(RECORDED), ChainTx.block_number <= block
    return {getattr(tx, carried.object_id_name) for tx in ChainTx.select(carried).where(carried.is_null(False), *there)}


def _note_changes(books: Books, recorded: set[int]) -> None:
    """What partners became by those changes that are recorded: each is of a limit or of a status, the first of both."""
    change = tables.PartnerChange
    before: dict[int, str] = {}
    for row in change.select().order_by(change.after_entry, change.id):
        was = before.get(row.partner_id)
        before[row.partner_id] = row.status
        if row.id in recorded and row.status != was:
            books.statuses[row.partner_id] = PartnerStatus.ACTIVE if row.status == "active" else PartnerStatus.SUSPENDED
        if row.id in recorded and was in (None, row.status):
            books.limits[row.partner_id] = row.limit_points


def _compare_totals(totals: _Totals, books: Books, result: Reconciliation, contract: Contract) -> Iterator[Difference]:
    yield from _unequal("total supply", result.sum_of_balances, result.total_supply or 0)
    addresses = sorted(filter(is_hex_address, totals.balances))
    for address, given in zip(addresses, contract.balances(addresses), strict=True):
        yield from _unequal(f"balance of member {address}", totals.balances[address], given)
    pairs = sorted(books.obligations)
    for pair, given in zip(pairs, contract.obligations(pairs), strict=True):
        yield from _unequal(f"what issuer {pair[0]} owes redeemer {pair[1]}", books.obligations[pair], given)


def _compare_partners(books: Books, contract: Contract) -> Iterator[Difference]:
    """What each partner did, and what it may."""
    numbers = sorted({row.id for row in tables.Partner.select(tables.Partner.id)}.union(books.partners()))
    for number, on_chain in zip(numbers, contract.partners(numbers), strict=True):
        for name, here, there in zip(PartnerTotals._fields, partner_totals(books, number), on_chain, strict=True):
            yield from _unequal(f"{name} of partner {number}", here, there)


def _refused() -> Iterator[Difference]:
    for row in tables.RefusedEntry.select(tables.RefusedEntry, tables.Entry).join(tables.Entry):
        entry = row.entry
        yield Difference(
            f"entry {entry.public_id} is set aside, because the contract refuses it: {row.reason}",
            entry.public_id,
            entry.sequence_id,
            entry.id,
        )


def _unequal(what: str, journal: int, chain: int) -> Iterator[Difference]:
    if journal != chain:
        yield Difference(f"{what}: {journal} in the journal, {chain} on the chain")
