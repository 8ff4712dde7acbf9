"""Reconciliation: the journal against the chain, entry by entry and total by total.

The chain is read as anyone can read it: the batches that the contract took, which the head proves complete, and the
totals in its storage. What is in no batch yet is no difference; it is counted as pending.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from coalition.domain.entries import ISSUING, EntryKind, member_effect
from coalition.domain.merkle import merkle_root
from coalition.domain.packing import WORD_SIZE, PackedEntry, unpack
from coalition.ledger.batches import leaves, packed_entry
from coalition.ledger.contract import GENESIS_HEAD, Contract, RecordedBatch, next_head
from coalition.store import ledger as store
from coalition.store.database import execute

_TAKING_BACK = (EntryKind.ACCRUAL_REVERSAL, EntryKind.ADJUSTMENT_DECREASE)


@dataclass
class Reconciliation:
    """What was compared, and every difference in words; ``sum_of_balances`` is that of the entries recorded so far."""

    entries: int = 0
    pending: int = 0
    total_supply: int = 0
    sum_of_balances: int = 0
    differences: list[str] = field(default_factory=list)


@dataclass
class _Totals:
    """What a list of entries adds up to, computed without the contract."""

    balances: Counter[str] = field(default_factory=Counter)
    issued: Counter[int] = field(default_factory=Counter)
    redeemed: Counter[int] = field(default_factory=Counter)
    expired: Counter[int] = field(default_factory=Counter)
    obligations: Counter[tuple[int, int]] = field(default_factory=Counter)

    def add(self, kind: EntryKind, issuer: int, partner: int, points: int, address: str) -> None:
        self.balances[address] += member_effect(kind, points)
        if kind in ISSUING:
            self.issued[issuer] += points
        elif kind in _TAKING_BACK:
            self.issued[issuer] -= points
        elif kind is EntryKind.EXPIRY:
            self.expired[issuer] += points
        else:
            redeemed = points if kind is EntryKind.REDEMPTION else -points
            self.redeemed[issuer] += redeemed
            self.obligations[issuer, partner] += redeemed


def reconcile(contract: Contract) -> Reconciliation:
    """Compare everything. The result names each difference; nothing is changed on either side."""
    result = Reconciliation(pending=store.backlog()[0])
    journal = _Totals()
    recorded = contract.recorded_batches()
    result.differences += _compare_chain_of_heads(recorded, contract)
    by_sequence = {batch.sequence: batch for batch in recorded}
    for sequence in _formed_batches():
        entries = store.entries_of_batch(sequence)
        result.entries += len(entries)
        for entry in entries:
            kind = EntryKind[entry.kind.upper()]
            journal.add(kind, entry.issuer, entry.partner, entry.points, entry.address)
        result.differences += _compare_batch(sequence, entries, by_sequence.pop(sequence, None))
    result.differences += [f"batch {sequence} is on the chain and not in the journal" for sequence in by_sequence]
    result.total_supply = contract.total_supply()
    result.sum_of_balances = sum(journal.balances.values())
    result.differences += _compare_totals(journal, contract)
    result.differences += _compare_journal_with_itself()
    return result


def _formed_batches() -> list[int]:
    return [row[0] for row in execute("SELECT sequence FROM batch ORDER BY sequence").fetchall()]


def _compare_chain_of_heads(recorded: Iterable[RecordedBatch], contract: Contract) -> Iterator[str]:
    head = GENESIS_HEAD
    for expected, batch in enumerate(recorded, start=1):
        if batch.sequence != expected:
            yield f"the chain has batch {batch.sequence} where batch {expected} belongs"
        head = next_head(head, batch.sequence, batch.root, batch.entries_hash)
    if (given := contract.head()) != head:
        yield f"the batches on the chain lead to head 0x{head.hex()}, the contract has 0x{given.hex()}"


def _compare_batch(sequence: int, entries: list[store.JournalEntry], batch: RecordedBatch | None) -> Iterator[str]:
    if batch is None:
        yield f"batch {sequence} with {len(entries)} entries is in the journal and not on the chain"
        return
    if batch.size != len(entries):
        yield f"batch {sequence} has {len(entries)} entries in the journal, {batch.size} on the chain"
    for index, entry in enumerate(entries if batch.words else ()):
        word = (batch.words or b"")[index * WORD_SIZE :][:WORD_SIZE]
        if word and word != packed_entry(entry):
            (here,), (there,) = unpack(packed_entry(entry)), unpack(word)
            yield (
                f"entry {entry.public_id} (batch {sequence}, place {index}) is {_terms(here)} in the journal,"
                f" {_terms(there)} on the chain"
            )
    if store.root_of_batch(sequence) != "0x" + batch.root.hex():
        yield f"batch {sequence} is kept in the journal with another root than it has on the chain"
    if merkle_root(leaves(entries)) != batch.root:
        yield f"the entries of batch {sequence} do not lead to its root on the chain: one was changed since"


def _terms(entry: PackedEntry) -> str:
    return (
        f"{EntryKind(entry.kind).name.lower()} of {entry.points} points, issuer {entry.issuer},"
        f" partner {entry.partner}, member 0x{entry.address.hex()}"
    )


def _compare_totals(journal: _Totals, contract: Contract) -> Iterator[str]:
    yield from _unequal("total supply", sum(journal.balances.values()), contract.total_supply())
    addresses = sorted(journal.balances)
    for address, given in zip(addresses, contract.balances(addresses), strict=True):
        yield from _unequal(f"balance of member {address}", journal.balances[address], given)
    for number in sorted(journal.issued.keys() | journal.redeemed.keys() | journal.expired.keys()):
        totals = contract.partner(number)
        yield from _unequal(f"points issued by partner {number}", journal.issued[number], totals.issued)
        yield from _unequal(f"points of partner {number} redeemed", journal.redeemed[number], totals.redeemed)
        yield from _unequal(f"points of partner {number} expired", journal.expired[number], totals.expired)
    pairs = sorted(journal.obligations)
    for pair, given in zip(pairs, contract.obligations(pairs), strict=True):
        yield from _unequal(f"what issuer {pair[0]} owes redeemer {pair[1]}", journal.obligations[pair], given)


def _compare_journal_with_itself() -> Iterator[str]:
    """What is kept beside the journal for speed must be what the journal adds up to."""
    rows = execute(
        "SELECT m.public_id, m.balance, COALESCE(p.points, 0), COALESCE(l.points, 0) FROM member m"
        " LEFT JOIN (SELECT member_id, SUM(points) AS points FROM posting"
        " WHERE account = 'member' GROUP BY member_id) p ON p.member_id = m.id"
        " LEFT JOIN (SELECT member_id, SUM(remaining) AS points FROM lot GROUP BY member_id) l ON l.member_id = m.id"
        " WHERE m.balance <> COALESCE(p.points, 0) OR m.balance <> COALESCE(l.points, 0)"
    ).fetchall()
    for member, balance, posted, in_lots in rows:
        yield f"member {member} has a balance of {balance}, postings of {posted} and lots of {in_lots}"
    rows = execute(
        "SELECT m.public_id, m.pending, COALESCE(l.pending, 0), m.held, COALESCE(l.held, 0), m.debt,"
        " COALESCE(d.points, 0) FROM member m"
        " LEFT JOIN (SELECT member_id, SUM(CASE WHEN pending_until IS NULL THEN 0 ELSE remaining END) AS pending,"
        " SUM(held) AS held FROM lot GROUP BY member_id) l ON l.member_id = m.id"
        " LEFT JOIN (SELECT member_id, SUM(remaining) AS points FROM debt GROUP BY member_id) d ON d.member_id = m.id"
        " WHERE m.pending <> COALESCE(l.pending, 0) OR m.held <> COALESCE(l.held, 0) OR m.debt <> COALESCE(d.points, 0)"
    ).fetchall()
    for member, pending, in_pending_lots, held, in_held_lots, debt, owed in rows:
        yield (
            f"member {member} has {pending} points pending and {in_pending_lots} in pending lots,"
            f" {held} held and {in_held_lots} held in lots, {debt} owed and {owed} in debts"
        )
    rows = execute(
        "SELECT u.public_id, u.points_accrued, u.points_redeemed FROM purchase u LEFT JOIN"
        " (SELECT source, SUM(CASE kind WHEN 'accrual' THEN points ELSE 0 END) AS accrued,"
        " SUM(CASE kind WHEN 'redemption' THEN points ELSE 0 END) AS redeemed FROM entry GROUP BY source) e"
        " ON e.source = u.public_id"
        " WHERE u.points_accrued <> COALESCE(e.accrued, 0) OR u.points_redeemed <> COALESCE(e.redeemed, 0)"
    ).fetchall()
    for purchase, accrued, redeemed in rows:
        yield f"purchase {purchase} says {accrued} points accrued, {redeemed} redeemed; its entries say otherwise"
    rows = execute(
        "SELECT a.name, a.outstanding, COALESCE(l.points, 0) FROM partner a"
        " LEFT JOIN (SELECT issuer_id, SUM(remaining) AS points FROM lot GROUP BY issuer_id) l ON l.issuer_id = a.id"
        " WHERE a.outstanding <> COALESCE(l.points, 0)"
    ).fetchall()
    for name, outstanding, in_lots in rows:
        yield f"partner {name} has {outstanding} points outstanding, and {in_lots} in lots"


def _unequal(what: str, journal: Any, chain: Any) -> Iterator[str]:
    if journal != chain:
        yield f"{what}: {journal} in the journal, {chain} on the chain"
