"""The audit: everything that a ledger has in storage, recomputed from what the chain was told.

It reads the chain and nothing of ours, and all of it as it stands after one block, so that a recorder at work meanwhile
does not disturb it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import zip_longest
from typing import Any

from coalition.config import LedgerMode
from coalition.domain.documents import canonical_json
from coalition.domain.packing import PackedEntry
from coalition.ledger.audit.books import Books
from coalition.ledger.audit.checks import (
    Check,
    Debt,
    Total,
    call_problem,
    compared,
    counted,
    debt_problem,
    expected_transfer,
    head_problems,
    partner_problem,
    root_problem,
    totals,
    unequal,
)
from coalition.ledger.chain_history import (
    ChainBatch,
    Event,
    read_batches,
    read_changes,
    read_transfers,
)
from coalition.ledger.contract import GENESIS_HEAD, Contract, PartnerStatus, next_head
from coalition.ledger.errors import NodeUnavailable
from coalition.ledger.node import Block, Node

Progress = Callable[[str, int, int], None]
"""Called with what is being read, how much of it is, and how much there is."""

NOT_ON_CHAIN = "not on the chain"


@dataclass
class Audit:
    """What was found. In roots mode there are no words, so no books: ``partners`` and ``obligations`` are empty."""

    chain_id: int
    contract: str
    mode: LedgerMode
    block: Block
    head: bytes = GENESIS_HEAD
    checks: list[Check] = field(default_factory=list)
    partners: list[Total] = field(default_factory=list)
    obligations: list[Debt] = field(default_factory=list)
    books: Books = field(default_factory=Books)
    batches: dict[int, ChainBatch] = field(default_factory=dict)
    entries: list[PackedEntry] = field(default_factory=list)

    @property
    def differences(self) -> list[str]:
        return [difference for check in self.checks for difference in check.differences]

    def place(self, index: int) -> str:
        """Where on the chain the entry of this index is."""
        for sequence, batch in self.batches.items():
            if index < batch.size:
                return f"batch {sequence}, place {index}"
            index -= batch.size
        raise IndexError(index)

    def statement(self) -> dict[str, Any]:
        """What two auditors compare: it follows from the chain alone. Points are text, as they can exceed 2⁵³."""
        books = self.books
        statement = {
            "chain_id": self.chain_id,
            "contract": self.contract,
            "mode": str(self.mode),
            "block": {"number": self.block.number, "hash": self.block.hash},
            "batches": len(self.batches),
            "head": "0x" + self.head.hex(),
            "differences": len(self.differences),
        }
        if self.mode is LedgerMode.FULL:
            statement["entries"] = books.entries
            statement["members"] = len(books.balances)
            statement["total_supply"] = str(sum(books.balances.values()))
            statement["partners"] = [
                {name: str(value) for name, value in totals(books, number)._asdict().items()}
                | {
                    "number": number,
                    "outstanding": str(books.outstanding(number)),
                    "status": books.statuses.get(number, PartnerStatus.UNKNOWN).name.lower(),
                }
                for number in books.partners()
            ]
            statement["obligations"] = [
                {"issuer": issuer, "redeemer": redeemer, "points": str(points)}
                for (issuer, redeemer), points in sorted(books.obligations.items())
            ]
        return statement

    def digest(self) -> bytes:
        """SHA-256 of the statement's canonical form (RFC 8785)."""
        return sha256(canonical_json(self.statement())).digest()


def audit(node: Node, address: str, *, from_block: int = 0, progress: Progress = lambda *_: None) -> Audit:
    """Recompute the ledger at this address. Nothing of it may be older than ``from_block``.

    :raises WrongContract: there is no ledger at the address.
    :raises NodeUnavailable: the node gives no sensible answers, or takes back meanwhile what it said.
    :raises NodeRefused: it does not answer them.
    """
    block = node.latest_block()
    contract = Contract.at(node, address, hex(block.number))
    result = Audit(node.chain_id(), contract.address, contract.mode, block)
    events = read_changes(contract, from_block, block.number)
    _read_history(contract, events, result, progress)
    result.checks += _check_history(contract, events, result)
    if contract.mode is LedgerMode.FULL:
        result.checks.append(_check_transfers(contract, events, result, from_block, progress))
        result.checks += _check_books(contract, result)
    else:
        result.checks += [
            Check(what, NOT_ON_CHAIN, NOT_ON_CHAIN)
            for what in ("total supply", "balances of members", "totals of partners", "obligations")
        ]
    if node.block(block.number) != block:
        raise NodeUnavailable(node.url, f"block {block.number} was replaced by another while it was read: audit again")
    return result


def _read_history(contract: Contract, events: Sequence[Event], result: Audit, progress: Progress) -> None:
    """Apply every batch and every change of a partner in the chain's order."""
    total = sum(int.from_bytes(event.values[2]) for event in events if event.name == "Recorded")
    done = 0

    def seen(entries: int) -> None:
        nonlocal done
        done += entries
        progress("entries", done, total)

    batches = read_batches(contract, events, seen)
    for event in events:
        if event.name != "Recorded":
            result.books.change_partner(event)
            continue
        batch = next(batches)
        result.batches[batch.sequence] = batch
        if batch.call is not None:
            result.head = next_head(result.head, batch.call.sequence, batch.call.root, batch.call.entries_hash)
            if batch.call.words is not None:
                result.entries += result.books.add(batch, batch.call.words)


def _check_history(contract: Contract, events: Sequence[Event], result: Audit) -> Iterator[Check]:
    batches = list(result.batches.values())
    recorded = [event.number for event in events if event.name == "Recorded"]
    last = contract.next_sequence() - 1
    gaps = [
        f"the chain has batch {given} where batch {expected} belongs"
        for expected, given in zip_longest(range(1, last + 1), recorded)
        if given != expected
    ]
    yield Check("batches, without a gap", len(recorded), last, gaps)
    yield Check("calls of record", *counted([call_problem(batch) for batch in batches]))
    roots = contract.roots([batch.sequence for batch in batches])
    yield Check("roots of batches", *counted([root_problem(*pair) for pair in zip(batches, roots, strict=True)]))
    yield Check("head after each batch", *counted(list(head_problems(batches))))
    head = contract.head()
    yield Check("head", *compared("the head", "0x" + result.head.hex(), "0x" + head.hex()))


def _check_transfers(
    contract: Contract, events: Sequence[Event], result: Audit, from_block: int, progress: Progress
) -> Check:
    """There is one event for each entry, and it says the same."""
    differences: list[str] = []
    told = 0
    expected = iter(result.entries)
    for told, transfer in enumerate(read_transfers(contract, events, from_block, result.block.number), start=1):
        entry = next(expected, None)
        if (entry is None or transfer != expected_transfer(entry)) and not differences:
            differences.append(f"Transfer event {told} is not that of entry {told}")
        if told % 1000 == 0:
            progress("Transfer events", told, len(result.entries))
    if told != len(result.entries):
        differences.append(f"there are {len(result.entries)} entries and {told} Transfer events")
    return Check("Transfer events", len(result.entries), told, differences)


def _check_books(contract: Contract, result: Audit) -> Iterator[Check]:
    books = result.books
    yield Check("rules broken in history", len(books.broken), 0, books.broken)
    supply = contract.total_supply()
    yield Check("total supply", *compared("the total supply", sum(books.balances.values()), supply))
    outstanding = sum(books.outstanding(number) for number in books.partners())
    yield Check("points outstanding", *compared("what partners have outstanding", outstanding, supply))
    members = sorted(books.balances)
    balances = contract.balances(["0x" + member.hex() for member in members])
    yield Check("balances of members", *counted(unequal("member 0x{}", members, books.balances, balances)))
    numbers = books.partners()
    for number, on_chain in zip(numbers, contract.partners(numbers), strict=True):
        result.partners.append(Total(number, totals(books, number), on_chain))
    yield Check("totals of partners", *counted([partner_problem(total) for total in result.partners]))
    pairs = sorted(books.obligations)
    for pair, owed in zip(pairs, contract.obligations(pairs), strict=True):
        result.obligations.append(Debt(*pair, books.obligations[pair], owed))
    yield Check("obligations", *counted([debt_problem(debt) for debt in result.obligations]))
