"""Changes of partners, in their order among the entries: what a partner may do is told between what it did.

Whoever writes entries of a partner, or changes it, locks its row until the transaction ends, and takes ids only then.
So a change that notes the highest id there is stands behind every entry of the partner's from before it, and before
every later one. The chain is told in this order, and accepts what the journal accepted.
"""

from collections.abc import Iterator

from coalition.store import ledger as store
from coalition.store import tables
from coalition.store.tables import PartnerChange


def note(partner: tables.Partner) -> None:
    """The partner is now as this row says; under the lock on the row, and in the transaction that changes it."""
    PartnerChange.create(
        partner=partner.id,
        status=partner.status,
        limit_points=partner.limit_points,
        after_entry=store.highest_entry(),
    )


def oldest_untold() -> PartnerChange | None:
    """The next change that the chain must hear of, once it has the entries before it."""
    untold = PartnerChange.select().where(~PartnerChange.told)
    return untold.order_by(PartnerChange.after_entry, PartnerChange.id).first()


def calls(change: PartnerChange) -> Iterator[tuple[str, *tuple[int, ...]]]:
    """The functions of the contract that tell it of the change, each with its arguments."""
    same_partner = PartnerChange.select().where(PartnerChange.partner == change.partner_id, PartnerChange.told)
    known = same_partner.order_by(PartnerChange.id.desc()).first()
    if known is None:
        yield "registerPartner", change.partner_id, change.limit_points
    elif change.limit_points != known.limit_points:
        yield "setLimit", change.partner_id, change.limit_points
    if change.status != (known.status if known else "active"):
        yield "suspend" if change.status == "suspended" else "reinstate", change.partner_id


def mark_told(change: PartnerChange) -> None:
    PartnerChange.update(told=True).where(PartnerChange.id == change.id).execute()
