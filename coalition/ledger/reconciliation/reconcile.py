"""Reconciliation: the journal against the chain, entry by entry and total by total, and against what explains it.

The chain is read as anyone can read it, as it stands after one block: the batches that the contracts took, which the
heads prove complete, and the totals in their storage. What is on its way there is no difference; it counts as pending.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_utils.address import is_hex_address

from coalition.config import LedgerMode
from coalition.domain.entries import ISSUING, EntryKind, member_effect
from coalition.ledger.audit.books import Status
from coalition.ledger.contract import GENESIS_HEAD, Badges, Contract, PartnerTotals, next_head
from coalition.ledger.deployments import deployment
from coalition.ledger.outbox import RECORDED, UNCONFIRMED
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

_TAKING_BACK = (EntryKind.ACCRUAL_REVERSAL, EntryKind.ADJUSTMENT_DECREASE)
_KINDS = {kind.name.lower(): kind for kind in EntryKind}
_EFFECTS = {name: member_effect(kind, 1) for name, kind in _KINDS.items()}


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

    def partner(self, number: int, told: PartnerTotals) -> PartnerTotals:
        """The partner's totals, and limit and status as ``told``."""
        issued = redeemed = expired = 0
        for (name, issuer, _), points in self.moved.items():
            kind = _KINDS.get(name)
            if issuer != number or kind is None:
                continue
            if kind in ISSUING:
                issued += points
            elif kind in _TAKING_BACK:
                issued -= points
            elif kind is EntryKind.EXPIRY:
                expired += points
            else:
                redeemed += points if kind is EntryKind.REDEMPTION else -points
        return told._replace(issued=issued, redeemed=redeemed, expired=expired)

    def obligations(self) -> Counter[tuple[int, int]]:
        owed: Counter[tuple[int, int]] = Counter()
        for (name, issuer, redeemer), points in self.moved.items():
            if name == "redemption":
                owed[issuer, redeemer] += points
            elif name == "redemption_reversal":
                owed[issuer, redeemer] -= points
        return owed


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
    found = list(_compare_history(contract, totals, result, progress))
    result.sum_of_balances = sum(totals.balances.values())
    if contract.mode is LedgerMode.FULL:
        result.total_supply = contract.total_supply()
        found += _compare_totals(totals, result, contract)
        found += _compare_partners(totals, contract, block)
    else:
        result.not_compared += ["total supply", "balances of members", "totals of partners", "obligations"]
    if bound := deployment():
        found += compare_badges(Badges(contract.node, bound.badges, contract.block), under_way(ChainTx.badges, block))
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
    contract: Contract, totals: _Totals, result: Reconciliation, progress: Progress
) -> Iterator[Difference]:
    recorded = {batch.sequence: batch for batch in contract.recorded_batches()}
    formed = [row.sequence for row in tables.Batch.select(tables.Batch.sequence).order_by(tables.Batch.sequence)]
    heads = {0: GENESIS_HEAD}
    for expected, batch in enumerate(recorded.values(), start=1):
        if batch.sequence != expected:
            yield Difference(f"the chain has batch {batch.sequence} where batch {expected} belongs")
        before = heads.get(batch.sequence - 1, GENESIS_HEAD)
        heads[batch.sequence] = next_head(before, batch.sequence, batch.root, batch.entries_hash)
    if (given := contract.head()) != (head := heads[max(heads)]):
        yield Difference(f"the batches on the chain lead to head 0x{head.hex()}, the contract has 0x{given.hex()}")
    on_their_way = under_way(ChainTx.sequence, int(contract.block, 16))
    for done, sequence in enumerate(formed, start=1):
        entries = store.entries_of_batch(sequence)
        told = recorded.pop(sequence, None)
        if told is None and sequence in on_their_way:
            result.pending += len(entries)
            continue
        totals.add(entries)
        result.entries += len(entries)
        if told:
            row = tables.Batch.get(tables.Batch.sequence == sequence)
            yield from compare_batch(row, entries, told, heads[sequence])
        else:
            yield Difference(
                f"batch {sequence} with {len(entries)} entries is in the journal and not on the chain", batch=sequence
            )
        progress("batches", done, len(formed))
    for sequence in recorded:
        yield Difference(f"batch {sequence} is on the chain and not in the journal", batch=sequence)


def under_way(carried: Any, block: int) -> set[int]:
    """What of this kind is in transactions that the chain does not have yet after this block; or in none any more."""
    live = ChainTx.status.in_((*UNCONFIRMED, *RECORDED))
    later = ChainTx.block_number.is_null() | (ChainTx.block_number > block)
    return {
        getattr(tx, carried.object_id_name) for tx in ChainTx.select(carried).where(carried.is_null(False), live, later)
    }


def _compare_totals(totals: _Totals, result: Reconciliation, contract: Contract) -> Iterator[Difference]:
    yield from _unequal("total supply", result.sum_of_balances, result.total_supply or 0)
    addresses = sorted(filter(is_hex_address, totals.balances))
    for address, given in zip(addresses, contract.balances(addresses), strict=True):
        yield from _unequal(f"balance of member {address}", totals.balances[address], given)
    owed = totals.obligations()
    pairs = sorted(owed)
    for pair, given in zip(pairs, contract.obligations(pairs), strict=True):
        yield from _unequal(f"what issuer {pair[0]} owes redeemer {pair[1]}", owed[pair], given)


def _compare_partners(totals: _Totals, contract: Contract, block: int) -> Iterator[Difference]:
    """What each partner did, and what it may as far as the chain was told."""
    on_their_way = under_way(ChainTx.change, block)
    told = {number: PartnerTotals(0, 0, 0, 0, Status.UNKNOWN) for _, number, _ in totals.moved}
    told |= {row.id: PartnerTotals(0, 0, 0, 0, Status.UNKNOWN) for row in tables.Partner.select(tables.Partner.id)}
    change = tables.PartnerChange
    for row in change.select().where(change.told).order_by(change.after_entry, change.id):
        if row.id in on_their_way:
            continue
        status = Status.ACTIVE if row.status == "active" else Status.SUSPENDED
        told[row.partner_id] = PartnerTotals(0, 0, 0, row.limit_points, status)
    for number, on_chain in zip(told, contract.partners(list(told)), strict=True):
        for name, here, there in zip(
            PartnerTotals._fields, totals.partner(number, told[number]), on_chain, strict=True
        ):
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
