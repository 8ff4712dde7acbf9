"""Is every entry's document still the one that the entry was made with? Each is made again from what stands in the
database, as it was made when it was recorded, and hashed."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from itertools import groupby, permutations
from typing import Any, NamedTuple

from coalition.domain.documents import canonical_json, document_hash
from coalition.domain.source_documents import (
    adjustment_document,
    expiry_document,
    gift_document,
    line_document,
    purchase_document,
    redemption_document,
    repayment_document,
    return_document,
    revocation_document,
    tier_purchase_document,
    transfer_document,
)
from coalition.ledger.reconciliation.differences import Difference
from coalition.store import origins as store
from coalition.store.origins import Bought, OriginatedEntry

OtherDocuments = Callable[[Sequence[str]], Mapping[str, Any]]
"""Told sources that the coalition does not know itself, it returns their documents."""

_ORDERABLE = 6
"""Of a return with so many lines all orders can be tried. The order in which the till named them is not kept."""


class _Origin(NamedTuple):
    """What an entry must agree with; None where the origin says nothing of it. Any one hash will do."""

    hashes: Collection[str]
    member: str | None = None
    occurred_at: str | None = None
    recorded_at: str | None = None


_Loader = Callable[[Sequence[OriginatedEntry]], dict[int, _Origin]]


def compare_documents(
    others: OtherDocuments | None, progress: Callable[[int], None] = lambda _: None
) -> Iterator[Difference]:
    """Every entry that does not agree with what it comes from, and every purchase that is not as it was.

    Without ``others``, entries whose origin the coalition does not know are left out. ``progress`` hears how many
    purchases are done.
    """
    yield from _compare_purchases(progress)
    for entry in store.entries_unlike_purchases():
        yield _located(entry, "is not what its purchase says")
    for entries in store.other_entries():
        yield from _compare_others(entries, others)


def _compare_purchases(progress: Callable[[int], None]) -> Iterator[Difference]:
    done = 0
    for purchases in store.purchases():
        for purchase in purchases:
            if _hash_of(purchase) != purchase.document_hash:
                yield from _about(purchase, "is not the document whose hash was recorded: something of it was changed")
            if not _adds_up(purchase):
                yield from _about(purchase, "is not the sum of its lines")
        progress(done := done + len(purchases))


def _hash_of(purchase: Bought) -> str:
    lines = [line_document(*line[:5]) for line in purchase.lines]
    # Neither ``document_hash`` nor keywords: there are hundreds of thousands.
    document = purchase_document(*purchase[1:8], lines)
    return sha256(canonical_json(document)).hexdigest()


def _adds_up(purchase: Bought) -> bool:
    total = sum(line[4] for line in purchase.lines)
    discount = sum(line[5] for line in purchase.lines)
    return (total, discount) == (purchase.total_minor, purchase.discount_minor)


def _about(purchase: Bought, what: str) -> Iterator[Difference]:
    entries = store.entries_of([purchase.public_id])
    if not entries:
        yield Difference(f"purchase {purchase.public_id} {what}")
    for entry in entries:
        yield _located(entry, f"comes from purchase {purchase.public_id}, which {what}")


def _compare_others(entries: Sequence[OriginatedEntry], others: OtherDocuments | None) -> Iterator[Difference]:
    by_prefix: dict[str, list[OriginatedEntry]] = {}
    for entry in entries:
        by_prefix.setdefault(_prefix(entry), []).append(entry)
    found: dict[int, _Origin] = {}
    for prefix, some in by_prefix.items():
        if prefix in _LOADERS:
            found |= _LOADERS[prefix](some)
        elif others:
            found |= _load_others(some, others)
        else:
            found |= {entry.id: _Origin((entry.document_hash,)) for entry in some}
    for entry in entries:
        origin = found.get(entry.id)
        if origin is None:
            yield _located(entry, f"comes from {entry.source}, of which nothing is there")
            continue
        for what, here, there in (
            ("member", entry.member, origin.member),
            ("time", entry.occurred_at, origin.occurred_at),
            ("time of recording", entry.recorded_at, origin.recorded_at),
        ):
            if there is not None and here != there:
                yield _located(entry, f"has {what} {here}, and {entry.source} has {there}")
        if entry.document_hash not in origin.hashes:
            yield _located(entry, f"has another document hash than {entry.source}: one of them was changed")


def _load_returns(entries: Sequence[OriginatedEntry]) -> dict[int, _Origin]:
    origins = _returns_by_id([entry.source for entry in entries])
    return _by_entry(entries, origins)


def _load_debts(entries: Sequence[OriginatedEntry]) -> dict[int, _Origin]:
    """Points that a seller issued for a part of the refund, which repaid the debt at once: they carry the return."""
    sources = dict(store.debts([entry.source for entry in entries]))
    origins = _returns_by_id(list(sources.values()))
    return _by_entry(entries, {debt: origins[source] for debt, source in sources.items() if source in origins})


def _returns_by_id(ids: Sequence[str]) -> dict[str, _Origin]:
    lines = {
        id_: [(line_id, quantity) for _, line_id, quantity in some]
        for id_, some in groupby(sorted(store.returned_lines(ids), key=lambda row: row[0]), key=lambda row: row[0])
    }
    origins = {}
    for id_, purchase, return_id, member, recorded_hash, occurred_at, recorded_at in store.returns(ids):
        document = partial(return_document, id_, purchase, return_id, occurred_at)
        named = lines.get(id_, [])
        if len(named) > _ORDERABLE:
            hashes = {recorded_hash}
        else:
            hashes = {recorded_hash} & {document_hash(document(order)) for order in permutations(named)}
        origins[id_] = _Origin(hashes, member, occurred_at, recorded_at)
    return origins


def _load_repayments(entries: Sequence[OriginatedEntry]) -> dict[int, _Origin]:
    return _by_entry(
        entries,
        {
            id_: _origin(repayment_document(id_, debt, points), member, recorded_at=moment)
            for id_, debt, points, member, moment in store.repayments([entry.source for entry in entries])
        },
    )


def _load_adjustments(entries: Sequence[OriginatedEntry]) -> dict[int, _Origin]:
    return _by_entry(
        entries,
        {
            id_: _origin(adjustment_document(id_, member, issuer, points), member, moment, moment)
            for id_, issuer, points, member, moment in store.adjustments([entry.source for entry in entries])
        },
    )


def _load_gifts(entries: Sequence[OriginatedEntry]) -> dict[int, _Origin]:
    """Each member's entry has a source of its own."""
    gifts = sorted({_whole(entry) for entry in entries})
    return _by_entry(
        entries,
        {
            f"{id_}/{member}": _origin(gift_document(id_, member, points), member, moment, moment)
            for id_, points, member, moment in store.gifts(gifts)
        },
    )


def _load_transfers(entries: Sequence[OriginatedEntry]) -> dict[int, _Origin]:
    """The points of a transfer went lot by lot: from the sender, to the recipient."""
    origins: dict[tuple[str, str], _Origin] = {}
    for id_, sender, recipient, points, moment in store.transfers(sorted({_whole(entry) for entry in entries})):
        document = transfer_document(id_, sender, recipient, points)
        origins[id_, "adjustment_decrease"] = _origin(document, sender, moment, moment)
        origins[id_, "adjustment_increase"] = _origin(document, recipient, moment, moment)
    keys = {entry.id: (_whole(entry), entry.kind) for entry in entries}
    return {id_: origins[key] for id_, key in keys.items() if key in origins}


def _load_redemptions(entries: Sequence[OriginatedEntry]) -> dict[int, _Origin]:
    """The redemption, and the reversal of it."""
    origins: dict[tuple[str, str], _Origin] = {}
    for (
        id_,
        partner,
        points,
        reference,
        member,
        recorded_hash,
        occurred_at,
        recorded_at,
        reversed_at,
    ) in store.redemptions([entry.source for entry in entries]):
        document = redemption_document(id_, partner, member, points, reference, occurred_at)
        hashes = {recorded_hash} & {document_hash(document)}
        origins[id_, "redemption"] = _Origin(hashes, member, occurred_at, recorded_at)
        if reversed_at is not None:
            origins[id_, "redemption_reversal"] = _Origin(hashes, member, reversed_at, reversed_at)
    keys = {entry.id: (entry.source, entry.kind) for entry in entries}
    return {id_: origins[key] for id_, key in keys.items() if key in origins}


def _load_tier_purchases(entries: Sequence[OriginatedEntry]) -> dict[int, _Origin]:
    return _by_entry(
        entries,
        {
            id_: _origin(tier_purchase_document(id_, member, tier, points), member, moment, moment)
            for id_, tier, points, member, moment in store.tier_purchases([entry.source for entry in entries])
        },
    )


def _load_expiries(entries: Sequence[OriginatedEntry]) -> dict[int, _Origin]:
    """An expiry has no row of its own: it is what its lot lost, when it was to."""
    moments: dict[int, set[str]] = {}
    for id_, moment in store.lapses([entry.id for entry in entries]):
        moments.setdefault(id_, set()).add(moment)
    return {
        entry.id: _Origin(
            [document_hash(expiry_document(entry.source, entry.points, moment)) for moment in moments[entry.id]],
            occurred_at=entry.occurred_at if entry.occurred_at in moments[entry.id] else min(moments[entry.id]),
        )
        for entry in entries
        if entry.id in moments
    }


def _load_others(entries: Sequence[OriginatedEntry], others: OtherDocuments) -> dict[int, _Origin]:
    """Rewards, by the documents of others; what takes one back has a document that follows from it."""
    documents = _ask(others, sorted({entry.source for entry in entries}))
    found = {}
    for entry in entries:
        if entry.source in documents:
            document = documents[entry.source]
            taken_back = entry.kind == "accrual_reversal"
            found[entry.id] = _origin(
                revocation_document(entry.source, document["member"]) if taken_back else document,
                document["member"],
                None if taken_back else document["earned_at"],
            )
    return found


def _ask(others: OtherDocuments, sources: Sequence[str]) -> Mapping[str, Any]:
    """All at once, and one by one only where a row was changed into what no document can be made of."""
    try:
        return others(sources)
    except (LookupError, TypeError, ValueError):
        if len(sources) == 1:
            return {}
        return {source: document for each in sources for source, document in _ask(others, [each]).items()}


_LOADERS: dict[str, _Loader] = {
    "ret": _load_returns,
    "deb": _load_debts,
    "rep": _load_repayments,
    "adj": _load_adjustments,
    "gft": _load_gifts,
    "trf": _load_transfers,
    "red": _load_redemptions,
    "tpu": _load_tier_purchases,
    "exp": _load_expiries,
}
"""By the prefix of the source's id."""


def _origin(
    document: Any, member: str | None = None, occurred_at: str | None = None, recorded_at: str | None = None
) -> _Origin:
    return _Origin((document_hash(document),), member, occurred_at, recorded_at)


def _by_entry(entries: Sequence[OriginatedEntry], origins: Mapping[str, _Origin]) -> dict[int, _Origin]:
    return {entry.id: origins[entry.source] for entry in entries if entry.source in origins}


def _prefix(entry: OriginatedEntry) -> str:
    return entry.source.partition("_")[0]


def _whole(entry: OriginatedEntry) -> str:
    """What the entry is a part of."""
    return entry.source.partition("/")[0]


def _located(entry: OriginatedEntry, what: str) -> Difference:
    where = "in no batch yet" if entry.batch is None else f"batch {entry.batch}, place {store.place_of(entry.id)}"
    return Difference(f"entry {entry.public_id} ({where}) {what}", entry.public_id, entry.batch, entry.id)
