"""The journal's batches against those that the chain took: is every entry the one that was recorded, in its place?

The chain has the root of a batch, and the words of its entries or only their hash. The journal has the leaf hashes that
the entries had: where these lead to the root on the chain they are proven, and name the entry that is not as it was.
"""

from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from eth_utils.crypto import keccak

from coalition.domain.documents import canonical_json
from coalition.domain.merkle import leaf_hash, merkle_root
from coalition.domain.packing import WORD_SIZE, PackedEntry, unpack
from coalition.ledger.audit.purchases import describe
from coalition.ledger.batches import leaf_document, leaves, packed_entry
from coalition.ledger.chain_history import RecordCall
from coalition.ledger.reconciliation.differences import Difference
from coalition.store import ledger as store
from coalition.store.ledger import JournalEntry
from coalition.store.tables import Batch

_LEAF_SIZE = 32
_MOST_WAITING = 100_000
_INCOMPUTABLE = (LookupError, TypeError, ValueError, OverflowError)
"""What packing or hashing an entry raises whose columns hold what no entry can."""


class _Forms(NamedTuple):
    """The entries of a batch as they are compared; what cannot be computed is empty."""

    entries: Sequence[JournalEntry]
    hashes: list[bytes]
    words: list[bytes]


def compare_batch(
    formed: Batch, entries: Sequence[JournalEntry], recorded: RecordCall, head: bytes
) -> Iterator[Difference]:
    """Every way in which the batch is not as it was recorded; ``head`` is what the chain was told until after it."""
    here = _Forms(entries, _hashes(entries), _words(entries))
    kept = _split(bytes(formed.leaves), _LEAF_SIZE)
    if merkle_root(here.hashes) == recorded.root and keccak(b"".join(here.words)) == recorded.entries_hash:
        if kept != here.hashes:
            yield _of_batch(formed, "is kept with other leaf hashes than its entries have: they were changed")
    elif kept != here.hashes and merkle_root(kept) == recorded.root:
        yield from _compare_places(formed.sequence, here, here.hashes, kept, recorded)
    else:
        if recorded.words is not None:
            yield from _compare_places(formed.sequence, here, here.words, _split(recorded.words, WORD_SIZE), recorded)
        yield _of_batch(
            formed,
            "has entries that do not lead to its root on the chain, nor do the leaf hashes kept of them:"
            " both were changed, or the chain was told otherwise",
        )
    for what, mine, given in (
        ("root", formed.root, "0x" + recorded.root.hex()),
        ("head", formed.head, "0x" + head.hex()),
        ("number of entries", formed.entries, recorded.size),
    ):
        if mine != given:
            yield _of_batch(formed, f"is kept in the journal with another {what} than it has on the chain")
    if len(entries) != recorded.size:
        yield _of_batch(formed, f"has {len(entries)} entries in the journal, {recorded.size} on the chain")


def _compare_places(
    sequence: int, here: _Forms, mine: list[bytes], given: list[bytes], recorded: RecordCall
) -> Iterator[Difference]:
    """Where ``mine``, a form of the entries, is not what was ``given`` to the chain."""
    told = unpack(recorded.words) if recorded.words is not None else None
    waiting: dict[bytes, JournalEntry] | None = None
    for tag, start, end, first, last in SequenceMatcher(None, given, mine, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for offset in range(max(end - start, last - first)):
            was, now = start + offset, first + offset
            on_chain = told[was] if told and was < len(told) else None
            if was < end and now < last:
                entry = here.entries[now]
                yield _of_entry(entry, sequence, now, _changed(here.words[now], on_chain))
            elif now < last:
                place = given.index(mine[now]) if mine[now] in given else None
                how = "was not among those recorded" if place is None else f"was recorded at place {place}"
                yield _of_entry(here.entries[now], sequence, now, how)
            elif given[was] not in mine:
                waiting = _waiting() if waiting is None else waiting
                if astray := waiting.get(given[was]):
                    yield _of_entry(astray, sequence, was, "was recorded there, and waits for a batch again")
                else:
                    yield _missing(sequence, was, here, on_chain)


def _changed(word: bytes, on_chain: PackedEntry | None) -> str:
    if on_chain is None:
        return "is not as it was recorded"
    if not word:
        return f"is nothing that can be recorded, and {describe(on_chain)} on the chain"
    (mine,) = unpack(word)
    if mine == on_chain:
        return "has another id, source, document hash or time than when it was recorded"
    return f"is {describe(mine)} in the journal, {describe(on_chain)} on the chain"


def _missing(sequence: int, place: int, here: _Forms, on_chain: PackedEntry | None) -> Difference:
    what = f", {describe(on_chain)}," if on_chain else ""
    row = here.entries[min(place, len(here.entries) - 1)].id if here.entries else 0
    return Difference(
        f"the entry recorded in batch {sequence} at place {place}{what} is in the journal no more", None, sequence, row
    )


def _waiting() -> dict[bytes, JournalEntry]:
    """By leaf hash: an entry may have been taken out of its batch."""
    entries = store.unrecorded_entries(_MOST_WAITING)
    return dict(zip(_hashes(entries), entries, strict=True))


def _hashes(entries: Sequence[JournalEntry]) -> list[bytes]:
    return _all(entries, leaves, lambda entry: leaf_hash(canonical_json(leaf_document(entry))))


def _words(entries: Sequence[JournalEntry]) -> list[bytes]:
    return _all(entries, lambda entries: list(map(packed_entry, entries)), packed_entry)


def _all(
    entries: Sequence[JournalEntry],
    compute: Callable[[Sequence[JournalEntry]], list[bytes]],
    compute_one: Callable[[JournalEntry], bytes],
) -> list[bytes]:
    """All at once, and one by one only where an entry was changed into none."""
    try:
        return compute(entries)
    except _INCOMPUTABLE:
        return [_or_empty(compute_one, entry) for entry in entries]


def _or_empty(compute: Callable[[JournalEntry], bytes], entry: JournalEntry) -> bytes:
    try:
        return compute(entry)
    except _INCOMPUTABLE:
        return b""


def _split(whole: bytes, size: int) -> list[bytes]:
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def _of_entry(entry: JournalEntry, batch: int, place: int, what: str) -> Difference:
    return Difference(
        f"entry {entry.public_id} (batch {batch}, place {place}) {what}", entry.public_id, batch, entry.id
    )


def _of_batch(formed: Batch, what: str) -> Difference:
    return Difference(f"batch {formed.sequence} {what}", batch=formed.sequence)
