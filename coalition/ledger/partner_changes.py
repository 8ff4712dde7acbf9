"""Changes of partners, in their order among the entries: what a partner may do is told between what it did.

Whoever writes entries of a partner, or changes it, locks its row until the transaction ends, and takes ids only then.
So a change that notes the highest id there is stands behind every entry of the partner's from before it, and before
every later one. The chain is told in this order, and accepts what the journal accepted.
"""

from coalition.store import ledger as store
from coalition.store import tables
from coalition.store.tables import PartnerChange

_IN_ORDER = (PartnerChange.after_entry, PartnerChange.id)


def note(partner: tables.Partner) -> None:
    """The partner is now as this row says; under the lock on the row, and in the transaction that changes it."""
    known = _latest(PartnerChange.partner == partner.id)
    after_entry = store.highest_entry()
    if known is None or partner.limit_points != known.limit_points:
        _create(partner, known.status if known else "active", after_entry)
    if partner.status != (known.status if known else "active"):
        _create(partner, partner.status, after_entry)


def ensure_limit(partner: int, limit: int) -> None:
    """The chain is told of a limit of at least so much before it gets the entries that come now; under that lock."""
    known = _latest(PartnerChange.partner == partner)
    assert known is not None, "a partner is noted when it is registered"
    if known.limit_points < limit:
        PartnerChange.create(
            partner=partner, status=known.status, limit_points=limit, after_entry=store.highest_entry()
        )


def oldest_untold() -> PartnerChange | None:
    """The next change that the chain must hear of, once it has the entries before it.

    First come those that it was told of before, and must be again.
    """
    again = PartnerChange.before_batch.asc(nulls="last")
    return PartnerChange.select().where(~PartnerChange.told).order_by(again, *_IN_ORDER).first()


def call(change: PartnerChange) -> tuple[str, *tuple[int, ...]]:
    """The function of the contract that tells it of the change, with its arguments.

    A change that is told again does not undo those that the chain was told of since.
    """
    same_partner = PartnerChange.partner == change.partner_id
    same_place = PartnerChange.after_entry == change.after_entry
    before = (PartnerChange.after_entry < change.after_entry) | (same_place & (PartnerChange.id < change.id))
    since = (PartnerChange.after_entry > change.after_entry) | (same_place & (PartnerChange.id > change.id))
    known = _latest(same_partner, before)
    if known is None:
        return "registerPartner", change.partner_id, change.limit_points
    latest = _latest(same_partner, since, PartnerChange.told) or change
    if change.status == known.status:
        return "setLimit", change.partner_id, latest.limit_points
    return "suspend" if latest.status == "suspended" else "reinstate", change.partner_id


def mark_told(change: PartnerChange, before_batch: int) -> None:
    """A transaction that tells of the change is signed, ahead of that batch."""
    _update(change.id, told=True, before_batch=before_batch)


def mark_untold(change: int) -> None:
    """The transaction came to nothing: it must be told again, in the same place."""
    _update(change, told=False)


def _latest(*conditions: object) -> PartnerChange | None:
    return PartnerChange.select().where(*conditions).order_by(*(field.desc() for field in _IN_ORDER)).first()


def _create(partner: tables.Partner, status: str, after_entry: int) -> None:
    PartnerChange.create(partner=partner.id, status=status, limit_points=partner.limit_points, after_entry=after_entry)


def _update(change: int, **fields: object) -> None:
    PartnerChange.update(**fields).where(PartnerChange.id == change).execute()
