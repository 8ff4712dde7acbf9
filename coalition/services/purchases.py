"""Recording purchases: a receipt becomes points, and points pay for receipts.

One path serves the till, which sends one receipt, and the importer, which sends a thousand: a batch is written in one
transaction, a receipt that must be refused leaves no trace, and the others are recorded as if it had never come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import IntegrityError

from coalition import events
from coalition.domain.accrual import Accrual
from coalition.domain.documents import document_hash
from coalition.domain.entries import EntryKind
from coalition.domain.programme import Programme
from coalition.domain.purchase import Line, check_receipt
from coalition.domain.reckoning import reckon
from coalition.domain.redemption import NOTHING, Wish
from coalition.errors import (
    CoalitionError,
    DuplicateReceipt,
    UnknownMember,
)
from coalition.ids import new_id
from coalition.services.journal import Account, JournalSession, Source
from coalition.services.partners import Partner, check_active, check_limit, check_store, partners_numbered
from coalition.services.programmes import Rulebook, rulebook
from coalition.store import purchases as store
from coalition.store.database import to_column, transaction

PURCHASE_RECORDED = "purchase.recorded"


@dataclass(frozen=True, slots=True)
class RecordPurchase:
    """A receipt from a till. ``member`` is a member's public id, ``partner`` the selling partner's number."""

    partner: int
    member: str
    receipt_id: str
    occurred_at: datetime
    currency: str
    lines: tuple[Line, ...]
    store_id: str | None = None
    redeem: Wish = NOTHING


@dataclass(frozen=True, slots=True)
class RecordedPurchase:
    """What came of it. ``balance`` is the member's, afterwards."""

    id: str
    accrual: Accrual
    available_at: datetime
    expires_at: datetime
    points_redeemed: int
    discount_minor: int
    payable_minor: int
    balance: int


def record_purchase(command: RecordPurchase, *, now: datetime) -> RecordedPurchase:
    """Record one receipt, once.

    :raises CoalitionError: it is refused, and nothing was written.
    """
    try:
        (outcome,) = record_purchases([command], now=now)
    except IntegrityError as error:
        # The same receipt came twice at the same moment, for different members; the other one was first.
        found = store.recorded_receipts([(command.partner, command.receipt_id)])
        if not found:
            raise
        raise DuplicateReceipt(receipt_id=command.receipt_id, purchase=found.popitem()[1]) from error
    if isinstance(outcome, CoalitionError):
        raise outcome
    return outcome


def record_purchases(commands: Sequence[RecordPurchase], *, now: datetime) -> list[RecordedPurchase | CoalitionError]:
    """Record the receipts in this order and tell of each what came of it, or why it was refused."""
    with transaction():
        recording = _Recording(commands, now)
        outcomes = [recording.attempt(command) for command in commands]
        recording.write()
    return outcomes


class _Recording:
    """What one transaction knows and is about to write."""

    def __init__(self, commands: Sequence[RecordPurchase], now: datetime) -> None:
        self.now = now
        self.now_column = to_column(now)
        self.partners = partners_numbered(command.partner for command in commands)
        self.rules: Rulebook = rulebook()
        self.journal = JournalSession(
            (command.member for command in commands),
            spenders=(command.member for command in commands if command.redeem != NOTHING),
        )
        # After the members are locked: the same receipt sent twice waits there, and the second then finds the first.
        self.receipts = store.recorded_receipts((command.partner, command.receipt_id) for command in commands)
        self.rows: list[tuple[store.PurchaseRow, list[store.LineRow]]] = []
        self.events: list[events.NewEvent] = []

    def attempt(self, command: RecordPurchase) -> RecordedPurchase | CoalitionError:
        try:
            return self._record(command)
        except CoalitionError as refusal:
            return refusal

    def write(self) -> None:
        if self.rows:
            store.insert_purchases(self.rows)
            self.journal.write()
            events.append(self.events, self.now)

    def _record(self, command: RecordPurchase) -> RecordedPurchase:
        """Everything that can be refused is refused before the first change."""
        programme = self.rules.at(command.occurred_at)
        partner, account = self._check(command, programme)
        reckoning = reckon(command.lines, command.redeem, account.balance, partner.rate_bps, programme)
        accrual, redeemed = reckoning.accrual, reckoning.points_redeemed
        check_limit(partner, accrual.points, self.journal.outstanding_change(partner.number))

        purchase_id = new_id("pur")
        source = Source(
            purchase_id, document_hash(purchase_document(command, partner.id, redeemed)), command.occurred_at
        )
        expires_at = programme.expires_at(command.occurred_at)
        if redeemed:
            self.journal.redeem(partner.number, account, redeemed, source, self.now)
        if accrual.points:
            self.journal.issue(EntryKind.ACCRUAL, partner.number, account, accrual.points, source, expires_at, self.now)
        recorded = RecordedPurchase(
            id=purchase_id,
            accrual=accrual,
            available_at=command.occurred_at,
            expires_at=expires_at,
            points_redeemed=redeemed,
            discount_minor=reckoning.discount_minor,
            payable_minor=reckoning.payable_minor,
            balance=account.balance,
        )
        self._keep(command, recorded, partner, account, source)
        return recorded

    def _check(self, command: RecordPurchase, programme: Programme) -> tuple[Partner, Account]:
        partner = self.partners[command.partner]
        if existing := self.receipts.get((command.partner, command.receipt_id)):
            raise DuplicateReceipt(receipt_id=command.receipt_id, purchase=existing)
        check_active(partner)
        check_store(partner, command.store_id)
        programme.check_currency(command.currency)
        check_receipt(command.lines, command.occurred_at, self.now)
        account = self.journal.accounts.get(command.member)
        if account is None:
            raise UnknownMember(member=command.member)
        return partner, account

    def _keep(
        self, command: RecordPurchase, recorded: RecordedPurchase, partner: Partner, account: Account, source: Source
    ) -> None:
        occurred_at = to_column(command.occurred_at)
        self.receipts[command.partner, command.receipt_id] = recorded.id
        purchase = store.PurchaseRow(
            public_id=recorded.id,
            partner_id=partner.number,
            member_id=account.id,
            receipt_id=command.receipt_id,
            store_id=command.store_id,
            currency=command.currency,
            total_minor=recorded.payable_minor + recorded.discount_minor,
            discount_minor=recorded.discount_minor,
            points_accrued=recorded.accrual.points,
            points_redeemed=recorded.points_redeemed,
            document_hash=source.document_hash,
            expires_at=to_column(recorded.expires_at),
            occurred_at=occurred_at,
            recorded_at=self.now_column,
        )
        lines = [
            store.LineRow(
                position,
                line.line_id,
                line.sku,
                line.category,
                line.name,
                line.quantity,
                line.amount_minor,
                line.discounted,
                earned.discount_minor,
                earned.points,
                earned.rule,
            )
            for position, (line, earned) in enumerate(zip(command.lines, recorded.accrual.lines, strict=True))
        ]
        self.rows.append((purchase, lines))
        self.events.append(
            events.NewEvent(
                type=PURCHASE_RECORDED,
                source=partner.id,
                source_event_id=command.receipt_id,
                member=account.id,
                partner=partner.number,
                attributes=_event_attributes(command, recorded, partner),
                occurred_at=command.occurred_at,
            )
        )


def purchase_document(command: RecordPurchase, partner_id: str, points_redeemed: int) -> dict[str, Any]:
    """The document whose hash goes into the ledger: what the till sent, so that the partner can compute it again."""
    return {
        "partner": partner_id,
        "member": command.member,
        "receipt_id": command.receipt_id,
        "occurred_at": to_column(command.occurred_at),
        "store_id": command.store_id,
        "currency": command.currency,
        "points_redeemed": points_redeemed,
        "lines": [
            {
                "line_id": line.line_id,
                "sku": line.sku,
                "category": line.category,
                "quantity": line.quantity,
                "amount_minor": line.amount_minor,
            }
            for line in command.lines
        ],
    }


def _event_attributes(command: RecordPurchase, recorded: RecordedPurchase, partner: Partner) -> dict[str, Any]:
    """What rules may read of a purchase; ``gamification.event_types`` holds the schema."""
    return {
        "purchase": recorded.id,
        "partner": partner.name,
        "store": command.store_id,
        "currency": command.currency,
        "total_minor": recorded.payable_minor + recorded.discount_minor,
        "payable_minor": recorded.payable_minor,
        "points_accrued": recorded.accrual.points,
        "points_redeemed": recorded.points_redeemed,
        "lines": len(command.lines),
        "categories": sorted({line.category for line in command.lines}),
    }
