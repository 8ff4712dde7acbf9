"""A partner's own purchases against the chain: is each entry there, once, and on the terms that the partner knows?

The export is JSON Lines, a purchase a line; ``docs/merchants.md`` says what a line has.
"""

from collections import defaultdict
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

_API_ID = "pur_"
"""What the id of a purchase begins with, unless the partner numbers its purchases itself."""
_STATED = ("id", "source", "document_hash", "occurred_at")
"""What an export may say of an entry, beside its terms."""


@dataclass
class InvalidExport(CoalitionError):
    code = "invalid_export"
    template = "Line {line} of the export is no purchase: {reason}."
    line: int
    reason: str


class Purchase(NamedTuple):
    """``stated`` are the entries as the export has them.

    ``unrecorded`` counts those, in neither list, that were not on the chain when the export was made.
    """

    id: str
    entries: list[PackedEntry]
    stated: list[dict[str, Any]]
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
    taken: set[tuple[int, int]] = set()
    for purchase in purchases:
        result.purchases += 1
        result.unrecorded += purchase.unrecorded
        unproven = _unproven(purchase, audited, taken, result)
        if audited.mode is LedgerMode.ROOTS:
            # A receipt is the one way to find an entry there.
            result.found += len(purchase.entries) - len(unproven)
            result.differences += [
                f"purchase {purchase.id}: {describe(entry)} has no receipt, and this chain has no entries to look among"
                for entry in unproven
            ]
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
    return Purchase(line["purchase"], unpack(words), recorded, len(entries) - len(recorded), receipts)


def _unproven(
    purchase: Purchase, audited: Audit, taken: set[tuple[int, int]], result: PurchaseAudit
) -> list[PackedEntry]:
    """The entries of the purchase that no receipt of its own proves.

    ``taken`` are the places on the chain, batch and index, of entries that are proven: each proves one.
    """
    left = list(range(len(purchase.entries)))
    for receipt in purchase.receipts:
        try:
            _check_receipt(receipt, audited)
            place = receipt["sequence"], receipt["index"]
            if place in taken:
                raise InvalidReceipt(reason=f"batch {place[0]}, place {place[1]} has proved another entry already")
            left.remove(_entry_of(receipt["entry"], purchase, left))
        except InvalidReceipt as error:
            result.differences.append(f"purchase {purchase.id}: {error}")
        else:
            taken.add(place)
            result.proven += 1
    return [purchase.entries[index] for index in left]


def _check_receipt(receipt: Any, audited: Audit) -> None:
    """Returns where the receipt proves that its entry is in the ledger that was audited."""
    check_proof(receipt)
    batch = audited.batches.get(receipt["sequence"])
    if (receipt["chain_id"], receipt["contract"]) != (audited.chain_id, audited.contract):
        raise InvalidReceipt(reason="it is of another ledger")
    if batch is None:
        raise InvalidReceipt(reason=f"there is no batch {receipt['sequence']}")
    check_batch(receipt, batch)


def _entry_of(proven: dict[str, Any], purchase: Purchase, left: list[int]) -> int:
    """Which of these entries of the purchase a receipt's entry is."""
    (terms,) = unpack(packed(proven))
    if purchase.id.startswith(_API_ID) and proven.get("source") != purchase.id:
        raise InvalidReceipt(reason=f"it is of {describe(terms)}, which comes from {proven.get('source')}")
    alike = [index for index in left if purchase.entries[index] == terms]
    if not alike:
        raise InvalidReceipt(reason=f"it is of {describe(terms)}, which the purchase has not, or has proved")
    # The entry of which most is stated goes first: one of which nothing is stated can be any.
    for index in sorted(alike, key=lambda index: -len(purchase.stated[index])):
        if all(purchase.stated[index].get(name) in (None, proven.get(name)) for name in _STATED):
            return index
    raise InvalidReceipt(reason=f"it is of {describe(terms)}, but with another {', '.join(_STATED[:-1])} or time")


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
