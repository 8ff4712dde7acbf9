"""Recording purchases: a receipt becomes points, and points pay for receipts.

One path serves the till, which sends one receipt, and the importer, which sends a thousand: a batch is written in one
transaction, a receipt that must be refused leaves no trace, and the others are recorded as if it had never come.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from peewee import IntegrityError

from coalition import events
from coalition.domain import source_documents
from coalition.domain.accrual import Accrual
from coalition.domain.conditions import Circumstances
from coalition.domain.documents import document_hash
from coalition.domain.entries import EntryKind
from coalition.domain.programme import BASE_RULE, Programme
from coalition.domain.purchase import Line, check_receipt
from coalition.domain.reckoning import Reckoning, reckon
from coalition.domain.redemption import NOTHING, Wish
from coalition.domain.source_documents import line_document
from coalition.domain.tiers import Spend
from coalition.errors import CoalitionError, DuplicateReceipt, ReceiptTooLate, UnknownMember
from coalition.ids import new_id
from coalition.services.caps import CapBook
from coalition.services.circumstances import CircumstanceBook
from coalition.services.funding import Funders
from coalition.services.holds import OpenHold, capture, find_open_hold, wish_of
from coalition.services.journal import Account, JournalSession, Source
from coalition.services.partners import Partner, check_active, check_store, partners_numbered
from coalition.services.programmes import rulebook
from coalition.services.tiers import TierBook
from coalition.store import purchases as store
from coalition.store.database import to_column, transaction

PURCHASE_RECORDED = "purchase.recorded"


@dataclass(frozen=True, slots=True)
class RecordPurchase:
    """A receipt from a till. ``member`` is a member's public id, ``partner`` the selling partner's number.

    With ``hold``, the points that it set aside pay, as many of them as may; the others are free again.
    """

    partner: int
    member: str
    receipt_id: str
    occurred_at: datetime
    currency: str
    lines: tuple[Line, ...]
    store_id: str | None = None
    redeem: Wish = NOTHING
    hold: str | None = None


class LinePoints(NamedTuple):
    """Points of a line, the rule that gave them, and the id of the partner at whose cost.

    A line that earned nothing has no funder; its rule is the one that excludes it, or the base rate.
    """

    line_id: str
    rule: str
    points: int
    funder: str | None


@dataclass(frozen=True, slots=True)
class RecordedPurchase:
    """What came of it. ``balance`` is what the member can spend afterwards."""

    id: str
    points_accrued: int
    available_at: datetime
    expires_at: datetime
    points_redeemed: int
    discount_minor: int
    payable_minor: int
    balance: int
    lines: Sequence[Line] = field(repr=False)
    accrual: Accrual = field(repr=False)
    funders: Funders = field(repr=False, compare=False)

    @property
    def breakdown(self) -> tuple[LinePoints, ...]:
        """Where the points come from; importers of thousands of receipts do not ask."""
        return breakdown(self.lines, self.accrual, self.funders)


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
        self.rules = rulebook()
        self.partners = partners_numbered(command.partner for command in commands)
        self.funders = Funders(self.partners.values())
        self.journal = JournalSession(
            (command.member for command in commands),
            spenders=(command.member for command in commands if command.redeem != NOTHING or command.hold),
            now=now,
        )
        members = [account.id for account in self.journal.accounts.values()]
        self.tiers = TierBook(members, self.rules)
        self.circumstances = CircumstanceBook(members, self.rules, self.tiers)
        self.caps = CapBook(self._known_circumstances(commands), self.rules)
        # After the members are locked: the same receipt sent twice waits there, and the second then finds the first.
        self.receipts = store.recorded_receipts((command.partner, command.receipt_id) for command in commands)
        self.new: list[store.NewPurchase] = []
        self.events: list[events.NewEvent] = []

    def attempt(self, command: RecordPurchase) -> RecordedPurchase | CoalitionError:
        try:
            return self._record(command)
        except CoalitionError as refusal:
            return refusal

    def write(self) -> None:
        if self.new:
            store.insert_purchases(self.new)
            self.journal.write()
            self.caps.write()
            events.append(self.events, self.now)
            self.tiers.write(self.now)

    def _known_circumstances(self, commands: Sequence[RecordPurchase]) -> Iterator[Circumstances]:
        for command in commands:
            if account := self.journal.accounts.get(command.member):
                yield self._circumstances(command, account)

    def _circumstances(self, command: RecordPurchase, account: Account) -> Circumstances:
        partner = self.partners[command.partner]
        return self.circumstances.of(account.id, partner, command.store_id, command.occurred_at)

    def _record(self, command: RecordPurchase) -> RecordedPurchase:
        """Everything that can be refused is refused before the first change."""
        programme = self.rules.at(command.occurred_at)
        partner, account = self._check(command, programme)
        hold = find_open_hold(command.hold, partner.number, account, self.now) if command.hold else None
        reckoning = self._reckon(command, programme, partner, account, hold)
        accrual, redeemed = reckoning.accrual, reckoning.points_redeemed

        purchase_id = new_id("pur")
        document = purchase_document(command, partner.id, redeemed)
        source = Source(purchase_id, document_hash(document), command.occurred_at)
        expires_at = programme.expires_at(command.occurred_at)
        available_at = programme.available_at(command.occurred_at)
        if hold:
            capture(self.journal, account, hold, redeemed, source)
        elif redeemed:
            self.journal.redeem(partner.number, account, redeemed, source)
        for issuer, points in self._by_issuer(accrual).items():
            self.journal.issue(
                EntryKind.ACCRUAL, issuer, account, points, source, expires_at, available_at, partner.number
            )
        self.caps.use(accrual.cap_uses)
        self.tiers.spent(account.id, partner, Spend(command.occurred_at, reckoning.payable_minor))
        recorded = RecordedPurchase(
            id=purchase_id,
            points_accrued=accrual.points,
            available_at=available_at,
            expires_at=expires_at,
            points_redeemed=redeemed,
            discount_minor=reckoning.discount_minor,
            payable_minor=reckoning.payable_minor,
            balance=self.journal.available(account),
            lines=command.lines,
            accrual=accrual,
            funders=self.funders,
        )
        self._keep(command, recorded, accrual, partner, account, source)
        return recorded

    def _check(self, command: RecordPurchase, programme: Programme) -> tuple[Partner, Account]:
        partner = self.partners[command.partner]
        if existing := self.receipts.get((command.partner, command.receipt_id)):
            raise DuplicateReceipt(receipt_id=command.receipt_id, purchase=existing)
        check_active(partner)
        check_store(partner, command.store_id)
        programme.check_currency(command.currency)
        check_receipt(command.lines, command.occurred_at, self.now)
        late_days = programme.accrual.late_days
        if late_days is not None and self.now > programme.end_of_day(command.occurred_at, late_days):
            raise ReceiptTooLate(occurred_at=command.occurred_at, late_days=late_days)
        account = self.journal.accounts.get(command.member)
        if account is None:
            raise UnknownMember(member=command.member)
        return partner, account

    def _reckon(
        self, command: RecordPurchase, programme: Programme, partner: Partner, account: Account, hold: OpenHold | None
    ) -> Reckoning:
        available, wish = 0, command.redeem
        if hold:
            available, wish = hold.points, wish_of(hold, command.lines, programme)
        elif wish != NOTHING:
            available = self.journal.available(account)
        circumstances = self._circumstances(command, account)
        used = self.caps.used(programme, circumstances)

        def reckon_by(terms: Programme) -> Reckoning:
            return reckon(command.lines, wish, available, terms, circumstances, used)

        return self.funders.fund(reckon_by, programme, partner, self.journal)

    def _by_issuer(self, accrual: Accrual) -> dict[int, int]:
        points: dict[int, int] = {}
        for award in accrual.awards:
            issuer = self.funders.named(award.funder).number
            points[issuer] = points.get(issuer, 0) + award.points
        return points

    def _keep(
        self,
        command: RecordPurchase,
        recorded: RecordedPurchase,
        accrual: Accrual,
        partner: Partner,
        account: Account,
        source: Source,
    ) -> None:
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
            points_accrued=recorded.points_accrued,
            points_redeemed=recorded.points_redeemed,
            document_hash=source.document_hash,
            available_at=to_column(recorded.available_at),
            expires_at=to_column(recorded.expires_at),
            occurred_at=to_column(command.occurred_at),
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
                discount,
                accrual.excluded.get(position),
            )
            for position, (line, discount) in enumerate(zip(command.lines, accrual.discounts, strict=True))
        ]
        awards = [
            store.AwardRow(award.position, award.rule, self.funders.named(award.funder).number, award.points)
            for award in accrual.awards
        ]
        self.new.append(store.NewPurchase(purchase, lines, awards))
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


def breakdown(lines: Sequence[Line], accrual: Accrual, funders: Funders) -> tuple[LinePoints, ...]:
    """What each line earned by which rule at whose cost, in the receipt's order."""
    found: list[list[LinePoints]] = [[] for _ in lines]
    for position, rule, funder, points in accrual.awards:
        found[position].append(LinePoints(lines[position].line_id, rule, points, funders.named(funder).id))
    for position, line in enumerate(lines):
        if not found[position]:
            found[position].append(LinePoints(line.line_id, accrual.excluded.get(position, BASE_RULE), 0, None))
    return tuple(points for line in found for points in line)


def purchase_document(command: RecordPurchase, partner_id: str, points_redeemed: int) -> dict[str, Any]:
    """The document whose hash goes into the ledger: what the till sent, so that the partner can compute it again."""
    return source_documents.purchase_document(
        partner_id,
        command.member,
        command.receipt_id,
        to_column(command.occurred_at),
        command.store_id,
        command.currency,
        points_redeemed,
        [
            line_document(line.line_id, line.sku, line.category, line.quantity, line.amount_minor)
            for line in command.lines
        ],
    )


def _event_attributes(command: RecordPurchase, recorded: RecordedPurchase, partner: Partner) -> dict[str, Any]:
    """What rules may read of a purchase; ``gamification.event_types`` holds the schema."""
    return {
        "purchase": recorded.id,
        "partner": partner.name,
        "store": command.store_id,
        "currency": command.currency,
        "total_minor": recorded.payable_minor + recorded.discount_minor,
        "payable_minor": recorded.payable_minor,
        "points_accrued": recorded.points_accrued,
        "points_redeemed": recorded.points_redeemed,
        "lines": len(command.lines),
        "categories": sorted({line.category for line in command.lines}),
    }
