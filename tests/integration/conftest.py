"""A till of any partner, and people beside Anna."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple

import orjson
import pytest

from coalition.clock import ManualClock
from coalition.domain.programme_document import programme_document
from coalition.domain.purchase import Line
from coalition.domain.redemption import Exactly, Wish
from coalition.services.balances import balance
from coalition.services.holds import CaptureHold, EndedHold, Hold, PlaceHold, capture_hold, place_hold
from coalition.services.members import EnrolMember, Member, enrol_member
from coalition.services.partners import Partner
from coalition.services.programmes import draft, rulebook
from coalition.services.purchases import RecordedPurchase, RecordPurchase, record_purchase
from coalition.services.redemptions import ChangedRedemption, RedeemPoints, redeem_points
from coalition.services.returns import RecordedReturn, ReturnGoods, return_goods
from coalition.store import tables
from tests.conftest import Coalition
from tests.integration.books import assert_books_balance


class Purse(NamedTuple):
    """What a member has."""

    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0


def goods(line_id: str, amount_minor: int, quantity: int = 1, category: str = "category") -> Line:
    return Line(line_id, f"sku-{line_id}", category, quantity, amount_minor)


@dataclass
class Till:
    """Serves Anna unless told otherwise: one line per price, and each receipt with a number of its own."""

    coalition: Coalition
    clock: ManualClock
    serial: Iterator[int] = field(default_factory=lambda: count(1))

    def rules(self, text: str) -> None:
        """Give the coalition this programme, as if it had had it from the beginning."""
        document = orjson.dumps(programme_document(draft(text, "test"))).decode()
        tables.Programme.update(document=document).execute()

    def receipt(
        self,
        partner: Partner,
        *prices: int,
        to: Member | None = None,
        redeem: int | Wish = 0,
        receipt_id: str | None = None,
        at: datetime | None = None,
        **other: Any,
    ) -> RecordPurchase:
        command = RecordPurchase(
            partner=partner.number,
            member=self._member(to),
            receipt_id=receipt_id or f"r-{next(self.serial)}",
            occurred_at=at or self.clock.now(),
            currency=rulebook().at(self.clock.now()).currency,
            lines=tuple(goods(str(number), price) for number, price in enumerate(prices, 1)),
            redeem=Exactly(redeem) if isinstance(redeem, int) else redeem,
        )
        return replace(command, **other)

    def sell(self, partner: Partner, *prices: int, **other: Any) -> RecordedPurchase:
        return record_purchase(self.receipt(partner, *prices, **other), now=self.clock.now())

    def take_back(
        self, partner: Partner, bought: RecordedPurchase, /, *lines: str | tuple[str, int], **other: Any
    ) -> RecordedReturn:
        """The goods of these lines, one piece of each unless told otherwise."""
        wanted = [(line, 1) if isinstance(line, str) else line for line in lines]
        command = ReturnGoods(partner.number, bought.id, f"back-{next(self.serial)}", wanted)
        return return_goods(replace(command, **other), now=self.clock.now())

    def hold(self, partner: Partner, points: int, of: Member | None = None, ttl_s: int | None = None) -> Hold:
        return place_hold(PlaceHold(partner.number, self._member(of), points, ttl_s), now=self.clock.now())

    def capture(self, partner: Partner, hold: Hold, points: int | None = None) -> EndedHold:
        command = CaptureHold(partner.number, hold.id, f"r-{next(self.serial)}", points)
        return capture_hold(command, now=self.clock.now())

    def redeem(
        self, partner: Partner, points: int, of: Member | None = None, reference: str | None = None
    ) -> ChangedRedemption:
        command = RedeemPoints(partner.number, self._member(of), points, reference or f"r-{next(self.serial)}")
        return redeem_points(command, now=self.clock.now())

    def purse(self, of: Member | None = None) -> Purse:
        now_has = balance(self._member(of), now=self.clock.now())
        return Purse(now_has.available, now_has.pending, now_has.held, now_has.debt)

    def enrol(self, number: int, **other: Any) -> Member:
        command = EnrolMember(phone=f"+7916{number:07d}", **other)
        return enrol_member(command, self.coalition.cinema.number, now=self.clock.now())

    def _member(self, member: Member | None) -> str:
        return (member or self.coalition.anna).id


@pytest.fixture
def till(coalition: Coalition, clock: ManualClock) -> Iterator[Till]:
    """After the test, whatever it did, the books balance."""
    yield Till(coalition, clock)
    assert_books_balance()
