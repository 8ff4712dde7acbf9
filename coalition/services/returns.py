"""Returns of goods: the purchase is undone for what came back, line by line, and for nothing else."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from coalition import events
from coalition.domain.caps import cap_uses
from coalition.domain.documents import document_hash
from coalition.domain.entries import EntryKind
from coalition.domain.lots import LotUse
from coalition.domain.programme import Programme, SpentPoints
from coalition.domain.purchase import CLOCK_SKEW
from coalition.domain.returns import GoodsReturn, reckon_return, restore
from coalition.domain.source_documents import return_document
from coalition.domain.tiers import Spend
from coalition.errors import (
    DuplicateLine,
    DuplicateReturn,
    EmptyReturn,
    ReceiptFromFuture,
    RefundAbovePayment,
    ReturnBeforePurchase,
    UnknownPurchase,
)
from coalition.ids import new_id
from coalition.services.circumstances import CircumstanceBook
from coalition.services.journal import Account, JournalSession, Source
from coalition.services.partners import Partner, partners_numbered
from coalition.services.programmes import Rulebook, rulebook
from coalition.services.reversals import check_room, found_before, give_back, take_back
from coalition.services.tiers import TierBook
from coalition.store import caps as cap_store
from coalition.store import returns as store
from coalition.store.database import to_column, transaction

PURCHASE_RETURNED = "purchase.returned"
_SOURCE = "coalition"


@dataclass(frozen=True, slots=True)
class ReturnGoods:
    """Goods of a purchase, a public id, that came back to its partner, now unless ``occurred_at`` says when.

    ``lines`` are pairs of line id and quantity; ``return_id`` is the till's own name for the return.
    """

    partner: int
    purchase: str
    return_id: str
    lines: Sequence[tuple[str, int]]
    occurred_at: datetime | None = None


@dataclass(slots=True)
class SpentPart:
    """What became of points that the goods had earned and the member had spent already.

    ``points_owed`` are the member's debt, as far as other points did not repay it at once; ``points_written_off`` are
    the issuers' loss; for ``points_deducted`` the refund is lower by ``deducted_minor``.
    """

    points_owed: int = 0
    points_written_off: int = 0
    points_deducted: int = 0
    deducted_minor: int = 0


@dataclass(frozen=True, slots=True)
class RecordedReturn:
    """What came of it. ``points_reversed`` is what the goods had earned, ``points_given_back`` what had paid for them.

    ``refund_minor`` is the money to give back; ``balance`` and ``debt`` are the member's, afterwards.
    """

    id: str
    points_reversed: int
    points_given_back: int
    refund_minor: int
    balance: int
    debt: int
    spent: SpentPart = field(default_factory=SpentPart)


def return_goods(command: ReturnGoods, *, now: datetime) -> RecordedReturn:
    """Undo the purchase for these goods: points, caps, tier and, by its event, whatever else counted them.

    :raises UnknownPurchase: the partner has no such purchase.
    :raises DuplicateReturn: the partner has a return of that name.
    :raises ReturnExceedsPurchase: more than is left of a line.
    :raises IssuerLimitExceeded: an issuer has no room for the points that would be given back to the member.
    :raises CoalitionError: the return cannot be as it is; nothing was written.
    """
    if not command.lines or min(quantity for _, quantity in command.lines) < 1:
        raise EmptyReturn()
    wanted = dict(command.lines)
    if len(wanted) < len(command.lines):
        times = Counter(line_id for line_id, _ in command.lines)
        raise DuplicateLine(line_id=next(line_id for line_id in times if times[line_id] > 1))
    with transaction():
        found = store.bought_purchase(command.purchase, command.partner)
        if found is None:
            raise UnknownPurchase(purchase=command.purchase)
        return _Returning(command, found.member, now).record(wanted)


class _Returning:
    """One return, in the transaction that has locked the member."""

    def __init__(self, command: ReturnGoods, member: str, now: datetime) -> None:
        self.now = now
        self.command = command
        self.occurred_at = now if command.occurred_at is None else command.occurred_at
        self.rules: Rulebook = rulebook()
        self.journal = JournalSession([member], spenders=[member], now=now)
        self.account: Account = self.journal.accounts[member]
        # Read under the lock: what an earlier return left of the purchase.
        purchase = store.bought_purchase(command.purchase, command.partner)
        assert purchase is not None
        self.purchase = purchase
        self.programme: Programme = self.rules.at(purchase.occurred_at)
        self.partner: Partner = partners_numbered([command.partner])[command.partner]
        self.bought = store.bought_lines(purchase.id)

    def record(self, wanted: Mapping[str, int]) -> RecordedReturn:
        self._check()
        purchase = self.purchase
        reckoned = reckon_return(
            [line for line, _ in self.bought],
            wanted,
            purchase.points_redeemed,
            purchase.discount_minor,
            store.returned_discount(purchase.id),
        )
        refunds, paid = purchase.refunded_minor + reckoned.refund_minor, purchase.total_minor - purchase.discount_minor
        if refunds > paid:
            raise RefundAbovePayment(refund_minor=refunds, paid_minor=paid)
        return_id = new_id("ret")
        command = self.command
        document = return_document(
            return_id, purchase.public_id, command.return_id, to_column(self.occurred_at), command.lines
        )
        source = Source(return_id, document_hash(document), self.occurred_at)
        tiers = TierBook([self.account.id], self.rules)
        circumstances = CircumstanceBook([self.account.id], self.rules, tiers).of(
            self.account.id, self.partner, purchase.store_id, purchase.occurred_at
        )
        spent = self._move_points(reckoned, source)
        awards = [(award.rule, award.points) for line in reckoned.lines for award in line.awards]
        uses = cap_uses(self.programme, circumstances, awards)
        # Counters before partners, as purchases lock them: else the two could wait for each other.
        cap_store.add_uses({key: -points for key, points in uses.items()})
        self.journal.write()
        tiers.spent(self.account.id, self.partner, Spend(purchase.occurred_at, -reckoned.refund_minor))
        recorded = RecordedReturn(
            id=return_id,
            points_reversed=sum(reckoned.taken_back.values()),
            points_given_back=reckoned.points_given_back,
            refund_minor=reckoned.refund_minor - spent.deducted_minor,
            balance=self.journal.available(self.account),
            debt=self.account.debt,
            spent=spent,
        )
        self._keep(recorded, reckoned, source)
        tiers.write(self.now)
        return recorded

    def _check(self) -> None:
        if existing := store.existing_return(self.command.partner, self.command.return_id):
            raise DuplicateReturn(return_id=self.command.return_id, existing=existing)
        if self.occurred_at > self.now + CLOCK_SKEW:
            raise ReceiptFromFuture(occurred_at=self.occurred_at, now=self.now)
        if self.occurred_at < self.purchase.occurred_at:
            raise ReturnBeforePurchase(occurred_at=self.occurred_at)

    def _move_points(self, reckoned: GoodsReturn, source: Source) -> SpentPart:
        """Take back what the goods earned, give back what paid for them, and settle what is no longer there."""
        seller, origin = self.partner.number, self.purchase.public_id
        reversals: dict[int, int] = {}
        for (_, _, issuer), points in store.reversed_awards(self.purchase.id).items():
            reversals[issuer] = reversals.get(issuer, 0) + points
        earlier = store.returns_of(self.purchase.id)
        before = found_before(origin, reversals, earlier)
        gone = take_back(self.journal, self.account, origin, reckoned.taken_back, before, seller, source)
        if reckoned.points_given_back:
            uses = store.redeemed_uses(origin, earlier)
            restored = restore(uses, reckoned.points_given_back)
            check_room(self.journal, restored)
            give_back(self.journal, self.account, seller, restored, source, self.programme)
        spent = SpentPart()
        for issuer, points in gone.spent.items():
            self._settle(issuer, points, reckoned.refund_minor, spent, source)
        for issuer, points in gone.held.items():
            self.journal.owe(self.account, issuer, points, source, held=True)
            spent.points_owed += points
        self.journal.repay(self.account, source.occurred_at)
        return spent

    def _settle(self, issuer: int, points: int, refund_minor: int, spent: SpentPart, source: Source) -> None:
        """What the member has spent already is written off, or owed; the refund repays what it may of that."""
        policy = self.programme.returns.spent_points
        if policy is SpentPoints.WRITE_OFF:
            spent.points_written_off += points
            return
        debt = self.journal.owe(self.account, issuer, points, source)
        deducted = 0
        # Nothing can be redeemed at a suspended creditor, so nothing be repaid.
        if policy is SpentPoints.DEDUCT_FROM_REFUND and debt.creditor_active:
            price = self.rules.at(self.now).point_price_minor
            deducted = min(points, (refund_minor - spent.deducted_minor) // price, self._seller_room())
        if deducted > 0:
            # The seller keeps money and issues points for it, which repay the debt: so it owes whoever had issued them.
            bought = Source(debt.public_id, source.document_hash, source.occurred_at)
            expires_at = self.programme.expires_at(self.now)
            lot = self.journal.mint(
                EntryKind.ADJUSTMENT_INCREASE, self.partner.number, self.account, deducted, bought, expires_at
            )
            self.journal.repay_with(self.account, debt, [LotUse(lot.id, lot.issuer, deducted)], source.occurred_at)
            spent.points_deducted += deducted
            spent.deducted_minor += deducted * price
        spent.points_owed += points - deducted

    def _seller_room(self) -> int:
        """How many points the seller may issue now."""
        if self.partner.status != "active":
            return 0
        taken = self.journal.room_taken(self.partner.number, prepaid=self.partner.prepaid)
        return self.partner.limit - self.partner.outstanding - taken

    def _keep(self, recorded: RecordedReturn, reckoned: GoodsReturn, source: Source) -> None:
        spent = recorded.spent
        row = store.GoodsReturnRow(
            public_id=recorded.id,
            purchase_id=self.purchase.id,
            partner_id=self.partner.number,
            return_id=self.command.return_id,
            amount_minor=reckoned.amount_minor,
            refund_minor=recorded.refund_minor,
            points_reversed=recorded.points_reversed,
            points_owed=spent.points_owed,
            points_written_off=spent.points_written_off,
            points_deducted=spent.points_deducted,
            deducted_minor=spent.deducted_minor,
            points_given_back=recorded.points_given_back,
            document_hash=source.document_hash,
            occurred_at=to_column(self.occurred_at),
            recorded_at=to_column(self.now),
        )
        before = self._net()
        store.insert_return(row, reckoned.lines)
        store.add_to_purchase(self.purchase.id, reckoned.refund_minor, reckoned.points_given_back)
        purchase = store.bought_purchase(self.purchase.public_id, self.partner.number)
        assert purchase is not None
        self.purchase, self.bought = purchase, store.bought_lines(purchase.id)
        event = events.NewEvent(
            type=PURCHASE_RETURNED,
            source=_SOURCE,
            source_event_id=recorded.id,
            member=self.account.id,
            partner=self.partner.number,
            attributes={
                "purchase": self.purchase.public_id,
                "return": recorded.id,
                "purchase_event": store.event_of_receipt(self.partner.id, self.purchase.receipt_id),
                "purchased_at": to_column(self.purchase.occurred_at),
                "before": before,
                "after": self._net(),
            },
            occurred_at=self.occurred_at,
        )
        events.append([event], self.now)

    def _net(self) -> dict[str, Any] | None:
        """The purchase as ``purchase.recorded`` would tell of it without what came back; None if all did."""
        left = [(line, category) for line, category in self.bought if line.returned < line.quantity]
        if not left:
            return None
        purchase = self.purchase
        reversed_points = sum(store.reversed_awards(purchase.id).values())
        accrued = sum(award.points for line, _ in self.bought for award in line.awards)
        returned_discount = store.returned_discount(purchase.id)
        payable = purchase.total_minor - purchase.discount_minor - purchase.refunded_minor
        return {
            "purchase": purchase.public_id,
            "partner": self.partner.name,
            "store": purchase.store_id,
            "currency": purchase.currency,
            "total_minor": payable + purchase.discount_minor - returned_discount,
            "payable_minor": payable,
            "points_accrued": accrued - reversed_points,
            "points_redeemed": purchase.points_redeemed - purchase.points_given_back,
            "lines": len(left),
            "categories": sorted({category for _, category in left}),
        }
