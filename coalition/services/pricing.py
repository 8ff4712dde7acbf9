"""Journal entries priced: each by the card of its own day, a reversal by the card of what it undoes."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from coalition.domain.entries import EntryKind
from coalition.domain.programme import Programme
from coalition.domain.rate_cards import Deal, Flow, flows, issued_points, redeemed_points
from coalition.services.rate_cards import exchange_rates, rate_cards
from coalition.store import settlement as store
from coalition.store.settlement import EntryRow

_KINDS = {kind.name.lower(): kind for kind in EntryKind}
_REVERSALS = ("redemption_reversal", "accrual_reversal")


class Priced(NamedTuple):
    """An entry and the money that it moves. ``points`` count below zero where it undoes another; ``corrects`` names
    that."""

    row: EntryRow
    kind: EntryKind
    points: int
    currency: str
    corrects: str | None
    flows: list[Flow]


class Pricing:
    """Prices entries by the cards and rates that there are when it is made."""

    def __init__(self, programme: Programme) -> None:
        self.cards = rate_cards()
        self.rates = exchange_rates()

        @lru_cache(maxsize=1 << 16)
        def day_of_quarter(hour: str, quarter: int) -> date:
            return programme.local(datetime.fromisoformat(f"{hour}:{15 * quarter:02}:00Z")).date()

        self._day_of_quarter = day_of_quarter

    def is_current(self) -> bool:
        """Whether no card and no rate was given since."""
        cards = rate_cards()
        return (cards.since, cards.cards, exchange_rates()) == (self.cards.since, self.cards.cards, self.rates)

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
            kind = _KINDS[row.kind]
            day = self.day_of(moment) if card.settle_in else date.min
            moved = flows(Deal(kind, row.issuer, row.partner, row.points, day), card, self.rates)
            points = issued_points(kind, row.points) or redeemed_points(kind, row.points) or row.points
            currency = card.settle_in or card.price.currency
            yield Priced(row, kind, points, currency, original and original.reference, moved)
