"""The member's tier: a pure function of what they spent and bought, worked out anew whenever it is asked for.

So a returned purchase undoes its progress by itself, and a late receipt counts where it belongs. A purchase is judged
by the terms in force at its moment, and the end of a tier's year by those in force then.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from coalition.domain.programme import Programme, TierPeriod, TierTerms

_DAY = timedelta(days=1)
_YEAR = relativedelta(years=1)
_LOWEST = 0


class Spend(NamedTuple):
    """A purchase, or below zero what came back of it, at the moment of the purchase.

    What was bought and came back whole is as if it had never been.
    """

    at: datetime
    amount_minor: int


class PaidTier(NamedTuple):
    """A tier bought for the time from ``from_`` to ``until``, exclusive."""

    tier: str
    from_: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands at a moment.

    ``until`` is when the tier will be judged again: the end of its year and of the days of grace, or of the paid term.
    Neither it nor ``since`` exists for the lowest. ``spend_minor`` is what a purchase at that moment would be added to;
    ``missing_minor`` more of it lead to ``next_tier``, the next that spend can reach, unless there is none.
    """

    tier: str
    since: datetime | None
    until: datetime | None
    spend_minor: int
    next_tier: str | None
    missing_minor: int | None
    perks: tuple[str, ...]


def standing(
    spends: Sequence[Spend],
    paid: Sequence[PaidTier],
    programme_at: Callable[[datetime], Programme],
    moment: datetime,
) -> Standing | None:
    """Where a member with these purchases, in the order of time, stands at the moment; later ones do not count.

    None where the programme in force has no tiers. The spend that leads up is that of the year that ends with the local
    day of the purchase: either the days after the same day a year before, or those since 1 January.
    """
    programme = programme_at(moment)
    terms = programme.tiers
    if terms is None:
        return None
    spending = _Spending(spends)
    current = [
        (rank, held.until, held.from_)
        for held in (_reached(spending, programme_at, moment), *paid)
        if held and held.from_ <= moment < held.until and (rank := _rank(terms, held.tier)) > _LOWEST
    ]
    rank, until, since = max(current, default=(_LOWEST, None, None))
    spend = spending.between(_year_begins(programme, terms, moment), spending.count_through(moment))
    next_tier, missing = next(
        (
            (level.name, max(level.qualifying_minor - spend, 0))
            for level in terms.levels[rank + 1 :]
            if level.qualifying_minor is not None
        ),
        (None, None),
    )
    return Standing(terms.levels[rank].name, since, until, spend, next_tier, missing, terms.levels[rank].perks)


class _ReachedTier(NamedTuple):
    """A tier reached by spend, for the year of local days after ``eve`` up to ``last``, and grace, up to ``until``."""

    tier: str
    from_: datetime
    eve: date
    last: date
    until: datetime


class _Spending:
    """Purchases in the order of time, those of one moment as one, with the sum of any stretch of them at hand."""

    def __init__(self, spends: Sequence[Spend]) -> None:
        amounts: dict[datetime, int] = {}
        for at, amount in spends:
            amounts[at] = amounts.get(at, 0) + amount
        self.moments = [at for at, amount in amounts.items() if amount]
        self._sums = [0, *accumulate(amounts[at] for at in self.moments)]

    def count_before(self, moment: datetime) -> int:
        return bisect_left(self.moments, moment)

    def count_through(self, moment: datetime) -> int:
        return bisect_right(self.moments, moment)

    def between(self, begin: datetime, count: int) -> int:
        """What the first ``count`` purchases come to, without those before ``begin``."""
        return self._sums[count] - self._sums[min(self.count_before(begin), count)]


def _reached(
    spending: _Spending, programme_at: Callable[[datetime], Programme], moment: datetime
) -> _ReachedTier | None:
    """The tier that spend alone has led to by the moment; None is the lowest."""
    held = None
    for count, at in enumerate(spending.moments[: spending.count_through(moment)], start=1):
        held = _judged_until(at, held, spending, programme_at)
        programme = programme_at(at)
        terms = programme.tiers
        if terms is None:
            continue
        rank = _rank(terms, held.tier) if held else _LOWEST
        if rank == len(terms.levels) - 1:
            continue
        led_to = _rank_by_spend(terms, spending.between(_year_begins(programme, terms, at), count))
        if led_to > rank:
            today = programme.local(at).date()
            first_day = today if terms.period is TierPeriod.CALENDAR_YEAR else today + _DAY
            held = _hold(programme, terms, terms.levels[led_to].name, at, first_day)
    return _judged_until(moment, held, spending, programme_at)


def _judged_until(
    moment: datetime,
    held: _ReachedTier | None,
    spending: _Spending,
    programme_at: Callable[[datetime], Programme],
) -> _ReachedTier | None:
    """What a tier has become by the moment, after every end of its year up to then."""
    while held and held.until <= moment:
        held = _judged(held, spending, programme_at(held.until))
    return held


def _judged(held: _ReachedTier, spending: _Spending, programme: Programme) -> _ReachedTier | None:
    """What a tier becomes at its end: renewed from the end of its year, or from now on a lower one."""
    terms = programme.tiers
    if terms is None or (rank := _rank(terms, held.tier)) == _LOWEST:
        return None
    spend = spending.between(_midnight_after(held.eve, programme.time_zone), spending.count_before(held.until))
    led_to = _rank_by_spend(terms, spend)
    if led_to >= rank:
        return _hold(programme, terms, held.tier, held.from_, held.last + _DAY)
    if terms.one_step_down:
        led_to = max((below for below in range(rank) if terms.levels[below].qualifying_minor is not None), default=0)
    if led_to == _LOWEST:
        return None
    return _hold(programme, terms, terms.levels[led_to].name, held.until, programme.local(held.until).date())


def _hold(programme: Programme, terms: TierTerms, tier: str, from_: datetime, first_day: date) -> _ReachedTier:
    """A tier for the year that begins with, or if it is a calendar year has in it, the local day."""
    eve = date(first_day.year - 1, 12, 31) if terms.period is TierPeriod.CALENDAR_YEAR else first_day - _DAY
    last = eve + _YEAR
    until = _midnight_after(last + timedelta(days=terms.grace_days), programme.time_zone)
    return _ReachedTier(tier, from_, eve, last, until)


def _rank(terms: TierTerms, tier: str) -> int:
    """Its place among the levels; a tier that they no longer have counts as the lowest."""
    return next((rank for rank, level in enumerate(terms.levels) if level.name == tier), _LOWEST)


def _rank_by_spend(terms: TierTerms, spend_minor: int) -> int:
    """The highest place that a year's spend leads to."""
    for rank in range(len(terms.levels) - 1, _LOWEST, -1):
        qualifying = terms.levels[rank].qualifying_minor
        if qualifying is not None and spend_minor >= qualifying:
            return rank
    return _LOWEST


def _year_begins(programme: Programme, terms: TierTerms, moment: datetime) -> datetime:
    """When the year began of which the spend counts at the moment."""
    return _begin_of_year_to(programme.local(moment).date(), terms.period, programme.time_zone)


@lru_cache(maxsize=4096)
def _begin_of_year_to(day: date, period: TierPeriod, time_zone: str) -> datetime:
    eve = date(day.year - 1, 12, 31) if period is TierPeriod.CALENDAR_YEAR else day - _YEAR
    return _midnight_after(eve, time_zone)


@lru_cache(maxsize=4096)
def _midnight_after(day: date, time_zone: str) -> datetime:
    """In UTC, so that no zone need be asked when moments are compared."""
    return datetime.combine(day + _DAY, time.min, ZoneInfo(time_zone)).astimezone(UTC)
