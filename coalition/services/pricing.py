"""Journal entries priced: each by the card of its own day, a reversal by the card of what it undoes."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from coalition.domain.entries import KINDS, EntryKind
from coalition.domain.programme import Programme
from coalition.domain.rate_cards import Deal, Flow, RateCard, flows, issued_points, redeemed_points
from coalition.services.rate_cards import exchange_rates, rate_cards
from coalition.store import settlement as store
from coalition.store.settlement import EntryRow

_REVERSALS = ("redemption_reversal", "accrual_reversal")


class Priced(NamedTuple):
    """An entry and the money that it moves. ``points`` count below zero where it undoes another; ``corrects`` names
    that."""

    row: EntryRow
    kind: EntryKind
    points: int
    card: RateCard
    corrects: str | None
    flows: list[Flow]


class Pricing:
    """Prices entries by the cards and rates that there are when it is made."""

    def __init__(self, programme: Programme) -> None:
        self.cards = rate_cards()
        self.rates = exchange_rates()
        self._prepaid_since = store.prepaid_since()

        @lru_cache(maxsize=1 << 16)
        def day_of_quarter(hour: str, quarter: int) -> date:
            return programme.local(datetime.fromisoformat(f"{hour}:{15 * quarter:02}:00Z")).date()

        self._day_of_quarter = day_of_quarter

    def is_current(self) -> bool:
        """Whether no card and no rate was given since, and nobody became prepaid."""
        cards = rate_cards()
        if (cards.since, cards.cards) != (self.cards.since, self.cards.cards):
            return False
        return (exchange_rates(), store.prepaid_since()) == (self.rates, self._prepaid_since)

    def day_of(self, moment: str) -> date:
        """The local day of a moment as ``to_column`` makes it: zones are whole quarters of an hour away from UTC."""
        return self._day_of_quarter(moment[:13], int(moment[14:16]) // 15)

    def price(self, rows: Sequence[EntryRow]) -> Iterator[Priced]:
        """:raises NoExchangeRate: a card converts, and there is no rate for the day of an entry."""
        undone = store.originals([row.source for row in rows if row.kind in _REVERSALS])
        for row in rows:
            original = undone.get(row.source) if row.kind in _REVERSALS else None
            moment = original.occurred_at if original else row.occurred_at
            card = self.cards.at(moment)
            kind = KINDS[row.kind]
            day = self.day_of(moment) if card.settle_in else date.min
            since = self._prepaid_since.get(row.issuer)
            prepaid = since is not None and moment >= since
            moved = flows(Deal(kind, row.issuer, row.partner, row.points, day, prepaid), card, self.rates)
            points = issued_points(kind, row.points) or redeemed_points(kind, row.points) or row.points
            yield Priced(row, kind, points, card, original and original.reference, moved)
