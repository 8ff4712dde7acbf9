"""A partner's own purchases against the chain: is each entry there, once, and on the terms that the partner knows?

The export is JSON Lines, a purchase a line; ``docs/merchants.md`` says what a line has.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from coalition.config import LedgerMode
from coalition.domain.entries import EntryKind
from coalition.domain.packing import PackedEntry, unpack
from coalition.errors import CoalitionError
from coalition.ledger.audit.audit import Audit
from coalition.ledger.audit.verification import InvalidReceipt, check_batch, check_proof, packed

UNRECORDED = ("pending", "submitted")
"""What the API says of an entry that the chain does not have yet. It names no member's address until then."""


@dataclass
class InvalidExport(CoalitionError):
    code = "invalid_export"
    template = "Line {line} of the export is no purchase: {reason}."
    line: int
    reason: str


class Purchase(NamedTuple):
    """``unrecorded`` counts the entries that were not on the chain when the export was made."""

    id: str
    entries: list[PackedEntry]
    unrecorded: int
    receipts: list[Any]


@dataclass
class PurchaseAudit:
    """``not_in_export`` are accruals and redemptions at the partner that it says nothing of: information, no fault."""

    purchases: int = 0
    entries: int = 0
    found: int = 0
    proven: int = 0
    unrecorded: int = 0
    differences: list[str] = field(default_factory=list)
    not_in_export: list[str] = field(default_factory=list)


class _Missing(NamedTuple):
    purchase: str
    entry: PackedEntry


_Likeness = Callable[[PackedEntry], tuple[Any, ...]]

_LIKENESSES: tuple[_Likeness, ...] = (
    lambda e: (e.partner, e.address, e.kind, e.issuer),
    lambda e: (e.partner, e.address, e.kind, e.points),
    lambda e: (e.partner, e.address, e.kind),
    lambda e: (e.partner, e.kind, e.issuer, e.points),
    lambda e: (e.partner, e.address, e.issuer, e.points),
)
"""What an entry that was recorded under other terms has in common with the one it should be, the likeliest first."""


def read_export(lines: Iterable[bytes]) -> Iterator[Purchase]:
    """:raises InvalidExport: a line is not of the form."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield _purchase(orjson.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
                raise InvalidExport(line=number, reason=f"{type(error).__name__}: {error}") from error


def audit_purchases(purchases: Iterable[Purchase], audited: Audit) -> PurchaseAudit:
    """Look for every entry of these purchases among those of the ledger that was audited."""
    result = PurchaseAudit()
    wanted: list[_Missing] = []
    partners: set[int] = set()
    for purchase in purchases:
        result.purchases += 1
        result.unrecorded += purchase.unrecorded
        proven = _proven(purchase, audited, result)
        if audited.mode is LedgerMode.ROOTS:
            result.found += _found_by_receipt(purchase, proven, result)
        partners |= {entry.partner for entry in purchase.entries}
        wanted += [_Missing(purchase.id, entry) for entry in purchase.entries]
    result.entries = len(wanted)
    if audited.mode is LedgerMode.FULL:
        _match(wanted, partners, audited, result)
    return result


def _purchase(line: dict[str, Any]) -> Purchase:
    entries, receipts = line["entries"], line.get("receipts") or []
    if not isinstance(line["purchase"], str) or not isinstance(entries, list) or not isinstance(receipts, list):
        raise TypeError("purchase is text, entries and receipts are lists")
    recorded = [entry for entry in entries if entry.get("status") not in UNRECORDED]
    words = b"".join(packed(entry) for entry in recorded)
    return Purchase(line["purchase"], unpack(words), len(entries) - len(recorded), receipts)


def _proven(purchase: Purchase, audited: Audit, result: PurchaseAudit) -> Counter[PackedEntry]:
    """The entries of the purchase that its receipts prove."""
    proven: Counter[PackedEntry] = Counter()
    for receipt in purchase.receipts:
        try:
            check_proof(receipt)
            batch = audited.batches.get(receipt["sequence"])
            if (receipt["chain_id"], receipt["contract"]) != (audited.chain_id, audited.contract):
                raise InvalidReceipt(reason="it is of another ledger")
            if batch is None:
                raise InvalidReceipt(reason=f"there is no batch {receipt['sequence']}")
            check_batch(receipt, batch)
        except InvalidReceipt as error:
            result.differences.append(f"purchase {purchase.id}: {error}")
            continue
        (entry,) = unpack(packed(receipt["entry"]))
        if entry in purchase.entries:
            proven[entry] += 1
            result.proven += 1
        else:
            result.differences.append(f"purchase {purchase.id}: a receipt is of {describe(entry)}, which it has not")
    return proven


def _found_by_receipt(purchase: Purchase, proven: Counter[PackedEntry], result: PurchaseAudit) -> int:
    """Where the chain has roots only, a receipt is the one way to find an entry."""
    unproven = Counter(purchase.entries) - proven
    result.differences += [
        f"purchase {purchase.id}: {describe(entry)} has no receipt, and this chain has no entries to look among"
        for entry in unproven.elements()
    ]
    return len(purchase.entries) - unproven.total()


def _match(wanted: list[_Missing], partners: set[int], audited: Audit, result: PurchaseAudit) -> None:
    places: dict[PackedEntry, list[int]] = defaultdict(list)
    for index in range(len(audited.entries) - 1, -1, -1):
        if audited.entries[index].partner in partners:
            places[audited.entries[index]].append(index)
    missing = []
    for each in wanted:
        if places[each.entry]:
            places[each.entry].pop()
        else:
            missing.append(each)
    result.found = len(wanted) - len(missing)
    left = sorted(index for indexes in places.values() for index in indexes)
    for likeness in _LIKENESSES:
        missing, left = _match_alike(missing, left, likeness, audited, result)
    result.differences += [f"purchase {each.purchase}: {describe(each.entry)} is not on the chain" for each in missing]
    result.not_in_export = [
        f"{describe(audited.entries[index])} ({audited.place(index)})"
        for index in left
        if audited.entries[index].kind in (EntryKind.ACCRUAL, EntryKind.REDEMPTION)
    ]


def _match_alike(
    missing: list[_Missing], left: list[int], likeness: _Likeness, audited: Audit, result: PurchaseAudit
) -> tuple[list[_Missing], list[int]]:
    """Take for each missing entry the most similar one that nothing else accounts for; what remains of both."""
    if not missing:
        return missing, left
    alike: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for index in left:
        alike[likeness(audited.entries[index])].append(index)
    taken, remaining = set(), []
    for each in missing:
        candidates = alike[likeness(each.entry)]
        if not candidates:
            remaining.append(each)
            continue
        index = min(candidates, key=lambda index: abs(audited.entries[index].points - each.entry.points))
        candidates.remove(index)
        taken.add(index)
        result.differences.append(
            f"purchase {each.purchase}: {describe(each.entry)} is on the chain as"
            f" {describe(audited.entries[index])} ({audited.place(index)})"
        )
    return remaining, [index for index in left if index not in taken]


def describe(entry: PackedEntry) -> str:
    return (
        f"{EntryKind(entry.kind).name.lower()} of {entry.points} points, issuer {entry.issuer},"
        f" partner {entry.partner}, member 0x{entry.address.hex()}"
    )
