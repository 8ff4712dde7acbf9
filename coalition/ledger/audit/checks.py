"""What an audit compares: each thing as it was recomputed, as the chain has it, and in words where they differ."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from coalition.domain.entries import MINTING
from coalition.domain.packing import PackedEntry
from coalition.ledger.audit.books import Books
from coalition.ledger.chain_history import ChainBatch
from coalition.ledger.contract import GENESIS_HEAD, PartnerStatus, PartnerTotals, next_head

_NOBODY = bytes(20)


class Check(NamedTuple):
    """``what`` as it was recomputed, and as the chain has it; ``differences`` names each that there is."""

    what: str
    recomputed: Any
    on_chain: Any
    differences: Sequence[str] = ()


class Total(NamedTuple):
    """What a history says of a partner, and what the contract has of it."""

    number: int
    recomputed: PartnerTotals
    on_chain: PartnerTotals


class Debt(NamedTuple):
    issuer: int
    redeemer: int
    recomputed: int
    on_chain: int


def call_problem(batch: ChainBatch) -> str | None:
    call = batch.call
    if call is None:
        return f"batch {batch.sequence} came by transaction {batch.chain_tx}, which does not call record"
    if (call.sequence, call.root, call.size) != (batch.sequence, batch.root, batch.size):
        return f"the event of batch {batch.sequence} says otherwise than transaction {batch.chain_tx}"
    return None


def root_problem(batch: ChainBatch, stored: bytes) -> str | None:
    if batch.root == stored:
        return None
    return f"batch {batch.sequence} was recorded with root 0x{batch.root.hex()}, the contract has 0x{stored.hex()}"


def head_problems(batches: Sequence[ChainBatch]) -> Iterator[str | None]:
    head = GENESIS_HEAD
    for batch in batches:
        if batch.call is not None:
            head = next_head(head, batch.call.sequence, batch.call.root, batch.call.entries_hash)
        agrees = head == batch.head
        yield None if agrees else f"batch {batch.sequence} leads to head 0x{head.hex()}, not 0x{batch.head.hex()}"
        # What follows is measured from where the chain says it stands, so that one false batch is one difference.
        head = batch.head


def expected_transfer(entry: PackedEntry) -> list[bytes]:
    points = entry.points.to_bytes(32)
    return [_NOBODY, entry.address, points] if entry.kind in MINTING else [entry.address, _NOBODY, points]


def totals(books: Books, number: int) -> PartnerTotals:
    status = books.statuses.get(number, PartnerStatus.UNKNOWN)
    return PartnerTotals(
        books.issued[number], books.redeemed[number], books.expired[number], books.limits.get(number, 0), status
    )


def partner_problem(total: Total) -> str | None:
    words = ", ".join(
        f"{name} {here} and not {there}"
        for name, here, there in zip(PartnerTotals._fields, total.recomputed, total.on_chain, strict=True)
        if here != there
    )
    return f"partner {total.number} is recomputed with {words} as on the chain" if words else None


def debt_problem(debt: Debt) -> str | None:
    if debt.recomputed == debt.on_chain:
        return None
    return (
        f"issuer {debt.issuer} owes redeemer {debt.redeemer} {debt.recomputed} points as recomputed,"
        f" {debt.on_chain} on the chain"
    )


def unequal(
    what: str, keys: Sequence[bytes], recomputed: Mapping[bytes, int], on_chain: Sequence[int]
) -> list[str | None]:
    return [
        None
        if recomputed[key] == given
        else f"{what.format(key.hex())} has {recomputed[key]} points as recomputed, {given} on the chain"
        for key, given in zip(keys, on_chain, strict=True)
    ]


def counted(problems: Sequence[str | None]) -> tuple[int, int, list[str]]:
    """How many there are, how many of them agree, and how the others do not."""
    differences = [problem for problem in problems if problem]
    return len(problems), len(problems) - len(differences), differences


def compared(what: str, recomputed: Any, on_chain: Any) -> tuple[Any, Any, list[str]]:
    differs = [] if recomputed == on_chain else [f"{what}: {recomputed} as recomputed, {on_chain} on the chain"]
    return recomputed, on_chain, differs
