"""A till of any partner, and people beside Anna."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

import pytest

from coalition.clock import ManualClock
from coalition.domain.purchase import Line
from coalition.domain.redemption import Exactly, Wish
from coalition.services.members import EnrolMember, Member, enrol_member
from coalition.services.partners import Partner
from coalition.services.purchases import RecordedPurchase, RecordPurchase, record_purchase
from tests.conftest import Coalition
from tests.integration.books import assert_books_balance


@dataclass
class Till:
    """Sells to Anna unless told otherwise, one line per price, each receipt with a number of its own."""

    coalition: Coalition
    clock: ManualClock
    serial: Iterator[int] = field(default_factory=lambda: count(1))

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
        lines = tuple(
            Line(str(number), f"sku-{number}", "category", 1, price) for number, price in enumerate(prices, 1)
        )
        command = RecordPurchase(
            partner=partner.number,
            member=(to or self.coalition.anna).id,
            receipt_id=receipt_id or f"r-{next(self.serial)}",
            occurred_at=at or self.clock.now(),
            currency="USD",
            lines=lines,
            redeem=Exactly(redeem) if isinstance(redeem, int) else redeem,
        )
        return replace(command, **other)

    def sell(self, partner: Partner, *prices: int, **other: Any) -> RecordedPurchase:
        return record_purchase(self.receipt(partner, *prices, **other), now=self.clock.now())

    def enrol(self, number: int) -> Member:
        return enrol_member(EnrolMember(phone=f"+7916{number:07d}"), self.coalition.cinema.number, now=self.clock.now())


@pytest.fixture
def till(coalition: Coalition, clock: ManualClock) -> Iterator[Till]:
    """After the test, whatever it did, the books balance."""
    yield Till(coalition, clock)
    assert_books_balance()
