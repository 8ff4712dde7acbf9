"""What happened, read back: a member's entries and a partner's purchases, each with where the ledger has it.

A partner reads what it took part in: its own purchases, and those of a member's entries whose points it issued or which
happened at its till. What the member does elsewhere is none of its business. The operator reads everything.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coalition.domain.entries import EntryKind, member_effect
from coalition.errors import UnknownMember, UnknownPurchase
from coalition.services.cursors import Page, page, read_cursor
from coalition.services.ledger import entry_status, purchase_records
from coalition.store import history as store


@dataclass(frozen=True, slots=True)
class Recording:
    """How far the ledger has it: ``sequence`` names its batch, ``chain_tx`` and ``block`` where the chain has that.

    ``status`` is as ``services.ledger`` says, or ``none`` for a purchase that moved no points: nothing to record.
    """

    status: str
    sequence: int | None = None
    chain_tx: str | None = None
    block: int | None = None


NOTHING_TO_RECORD = Recording("none")


@dataclass(frozen=True, slots=True)
class PastEntry:
    """A journal entry; ``change`` is its effect on the balance, ``source`` the purchase or grant behind it."""

    id: str
    kind: str
    issuer: str
    partner: str
    points: int
    change: int
    source: str
    occurred_at: datetime
    recorded_at: datetime
    ledger: Recording


@dataclass(frozen=True, slots=True)
class PastPurchase:
    """A purchase as it was recorded; ``lines`` are only there where one purchase was asked for."""

    id: str
    partner: str
    member: str
    receipt_id: str
    store_id: str | None
    currency: str
    total_minor: int
    discount_minor: int
    points_accrued: int
    points_redeemed: int
    refunded_minor: int
    points_given_back: int
    available_at: datetime
    expires_at: datetime
    occurred_at: datetime
    recorded_at: datetime
    ledger: Recording
    lines: list[store.LineRow] | None = None


def entries(member_id: str, *, partner: int | None, limit: int, cursor: str | None) -> Page[PastEntry]:
    """The member's entries, the youngest first: all, or those that a partner took part in.

    :raises UnknownMember: no member has this id.
    :raises InvalidCursor: this list did not give it.
    """
    found = store.member_balance(member_id)
    if found is None:
        raise UnknownMember(member=member_id)
    rows = store.member_entries(found[0], partner, read_cursor("entries", cursor), limit + 1)
    shown = page("entries", rows, limit, lambda row: row.id)
    return Page([_entry(row) for row in shown.data], shown.next_cursor)


def purchases(*, partner: int | None, limit: int, cursor: str | None) -> Page[PastPurchase]:
    """The partner's purchases, or everybody's, the youngest first.

    :raises InvalidCursor: this list did not give it.
    """
    rows = store.purchases_before(partner, read_cursor("purchases", cursor), limit + 1)
    shown = page("purchases", rows, limit, lambda row: row.id)
    records = purchase_records([row.public_id for row in shown.data])
    return Page([_purchase(row, records.get(row.public_id)) for row in shown.data], shown.next_cursor)


def purchase(purchase_id: str, *, partner: int | None) -> PastPurchase:
    """One purchase, with what each of its lines earned.

    :raises UnknownPurchase: there is none of this id, or it is another partner's.
    """
    row = store.purchase(purchase_id, partner)
    if row is None:
        raise UnknownPurchase(purchase=purchase_id)
    record = purchase_records([purchase_id]).get(purchase_id)
    return _purchase(row, record, store.purchase_awards(row.id))


def _entry(row: store.EntryRow) -> PastEntry:
    return PastEntry(
        id=row.public_id,
        kind=row.kind,
        issuer=row.issuer,
        partner=row.partner,
        points=row.points,
        change=member_effect(EntryKind[row.kind.upper()], row.points),
        source=row.source,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        ledger=Recording(entry_status(row.chain_status), row.sequence, row.chain_tx, row.block),
    )


def _purchase(
    row: store.PurchaseRow, record: dict[str, Any] | None, lines: list[store.LineRow] | None = None
) -> PastPurchase:
    return PastPurchase(
        id=row.public_id,
        partner=row.partner,
        member=row.member,
        receipt_id=row.receipt_id,
        store_id=row.store_id,
        currency=row.currency,
        total_minor=row.total_minor,
        discount_minor=row.discount_minor,
        points_accrued=row.points_accrued,
        points_redeemed=row.points_redeemed,
        refunded_minor=row.refunded_minor,
        points_given_back=row.points_given_back,
        available_at=row.available_at,
        expires_at=row.expires_at,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        ledger=Recording(**record) if record else NOTHING_TO_RECORD,
        lines=lines,
    )
