"""A draft of the programme tried on history: what would have been earned under it, before anything is published.

It is judged as if nothing else had changed. The same goods were bought and the same points paid for them; partners have
the rates they have now; caps begin with the period at zero, and every funder can pay. Goods that came back count among
points as they were bought, because that is what was earned; among spend, which leads to tiers, they do not count.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from coalition.domain.accrual import accrue
from coalition.domain.caps import CapKey
from coalition.domain.programme import Programme
from coalition.domain.tiers import Spend
from coalition.errors import CurrencyFixed, InvalidPeriod
from coalition.services.circumstances import CircumstanceBook
from coalition.services.members import public_ids
from coalition.services.partners import list_partners
from coalition.services.programmes import Rulebook, rulebook, unknown_categories
from coalition.services.tiers import TierBook
from coalition.store import tiers as tier_store
from coalition.store import trial as store

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_CHUNK = 500
_TOP = 10


@dataclass(frozen=True, slots=True)
class FunderCost:
    """What a partner paid for points, and would have paid, in minor units at the draft's price of a point."""

    funder: str
    points_before: int
    points_after: int
    cost_before_minor: int
    cost_after_minor: int


@dataclass(frozen=True, slots=True)
class MemberChange:
    member: str
    points_before: int
    points_after: int


@dataclass(frozen=True, slots=True)
class TierChange:
    """How many members would stand at the end of the period at another tier; None is the lowest, or no tiers at all."""

    before: str | None
    after: str | None
    members: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the purchases of a period earned, and would have earned.

    ``most_gained`` and ``most_lost`` are those members with the greatest difference. ``unknown_categories`` are named
    in the draft and on no receipt so far.
    """

    purchases: int
    points_before: int
    points_after: int
    costs: list[FunderCost]
    members_gaining: int
    members_losing: int
    members_unchanged: int
    most_gained: list[MemberChange]
    most_lost: list[MemberChange]
    members_changing_tier: int
    tier_changes: list[TierChange]
    unknown_categories: tuple[str, ...]


class Trial:
    """The draft and the purchases of the days from ``from_`` until before ``to``, in its own zone, to try it on.

    :raises InvalidPeriod: no day lies between the two.
    :raises CurrencyFixed: another currency than that of the purchases.
    """

    def __init__(self, draft: Programme, from_: date | None, to: date | None, *, now: datetime) -> None:
        if from_ is not None and to is not None and from_ >= to:
            raise InvalidPeriod(from_=str(from_), to=str(to))
        rules = rulebook()
        if draft.currency != rules.versions[-1].currency:
            raise CurrencyFixed(currency=rules.versions[-1].currency)
        begin = None if from_ is None else draft.start_of_day(from_)
        end = None if to is None else draft.start_of_day(to)
        self.purchases, self._members = store.purchases_between(begin, end)
        self._draft = draft
        self._end = now if end is None else min(end, now)
        self._partners = {partner.number: partner for partner in list_partners()}
        drafted = Rulebook((_BEGINNING,), (draft,))
        self._tiers_before = _TiersSoFar(self._members, rules, begin)
        self._tiers_after = _TiersSoFar(self._members, drafted, begin)
        self._circumstances = CircumstanceBook(self._members, drafted, self._tiers_after)
        self._caps_used: Counter[CapKey] = Counter()
        self._cost_before: Counter[str] = Counter()
        self._cost_after: Counter[str] = Counter()
        self._earned_before: Counter[int] = Counter()
        self._earned_after: Counter[int] = Counter()

    def run(self, progress: Callable[[int], None] | None = None, *, top: int = _TOP) -> Outcome:
        """Go through all of it, once, in the order of time; ``progress`` hears how many purchases are done."""
        for start in range(0, len(self.purchases), _CHUNK):
            chunk = self.purchases[start : start + _CHUNK]
            for bought in store.bought(chunk):
                self._judge(bought)
            if progress:
                progress(start + len(chunk))
        return self._outcome(top)

    def _judge(self, bought: store.Bought) -> None:
        partner = self._partners[bought.partner]
        circumstances = self._circumstances.of(bought.member, partner, bought.store, bought.occurred_at)
        accrual = accrue(bought.lines, bought.discounts, self._draft, circumstances, self._caps_used)
        self._caps_used.update(accrual.cap_uses)
        self._earned_before[bought.member] += bought.points
        self._earned_after[bought.member] += accrual.points
        for issuer, points in bought.cost.items():
            self._cost_before[self._partners[issuer].name] += points
        for award in accrual.awards:
            self._cost_after[award.funder] += award.points
        spend = Spend(bought.occurred_at, bought.spent_minor)
        self._tiers_before.spent(bought.member, partner, spend)
        self._tiers_after.spent(bought.member, partner, spend)

    def _outcome(self, top: int) -> Outcome:
        # Of equals the one who came first, so that the same trial always tells the same.
        gains = {member: self._earned_after[member] - self._earned_before[member] for member in sorted(self._members)}
        gaining = sorted((member for member in gains if gains[member] > 0), key=lambda member: -gains[member])
        losing = sorted((member for member in gains if gains[member] < 0), key=lambda member: gains[member])
        tier_changes = self._tier_changes()
        return Outcome(
            purchases=len(self.purchases),
            points_before=self._earned_before.total(),
            points_after=self._earned_after.total(),
            costs=self._costs(),
            members_gaining=len(gaining),
            members_losing=len(losing),
            members_unchanged=len(gains) - len(gaining) - len(losing),
            most_gained=self._changes(gaining[:top]),
            most_lost=self._changes(losing[:top]),
            members_changing_tier=sum(change.members for change in tier_changes),
            tier_changes=tier_changes,
            unknown_categories=unknown_categories(self._draft),
        )

    def _costs(self) -> list[FunderCost]:
        price = self._draft.point_price_minor
        costs = [
            (partner.name, self._cost_before[partner.name], self._cost_after[partner.name])
            for partner in self._partners.values()
        ]
        return [
            FunderCost(name, before, after, before * price, after * price)
            for name, before, after in costs
            if before or after
        ]

    def _changes(self, members: list[int]) -> list[MemberChange]:
        ids = public_ids(members)
        return [MemberChange(ids[each], self._earned_before[each], self._earned_after[each]) for each in members]

    def _tier_changes(self) -> list[TierChange]:
        changes = Counter(
            (self._tiers_before.reached(member, self._end), self._tiers_after.reached(member, self._end))
            for member in self._members
        )
        return [
            TierChange(before, after, members)
            for (before, after), members in sorted(changes.items(), key=lambda each: (-each[1], str(each[0])))
            if before != after
        ]


class _TiersSoFar(TierBook):
    """Tiers while history goes on: known is only what was spent before the period, and then what is told."""

    def __init__(self, members: Iterable[int], rules: Rulebook, begin: datetime | None) -> None:
        super().__init__((), rules)
        if rules.has_tiers:
            wanted = sorted(set(members))
            self._paid = tier_store.paid_tiers(wanted)
            if begin:
                for member, partner, spend in tier_store.spends(wanted):
                    if spend.at < begin:
                        self._add(member, partner, spend)

    def reached(self, member: int, moment: datetime) -> str | None:
        """The member's tier; None is the lowest, whatever its name, or that there are none."""
        standing = self.standing(member, moment)
        return standing.tier if standing and standing.since else None
