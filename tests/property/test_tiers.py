"""Tiers agree with a model that lives through every day, and counts by local dates alone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.programme import Programme, Tier, TierPeriod, TierTerms
from coalition.domain.tiers import PaidTier, Spend, standing

BASIC, CLUB = Tier("basic"), Tier("club", price_minor=100, term_months=3)
SILVER, GOLD = Tier("silver", qualifying_minor=5_000), Tier("gold", qualifying_minor=20_000)
TINY, HUGE = Tier("silver", qualifying_minor=1_000), Tier("gold", qualifying_minor=40_000)
FIRST_DAY, LAST_DAY = date(2023, 1, 1), date(2028, 12, 31)
# Havana's clocks change at midnight, Berlin's at night, Moscow's never.
ZONES = ("Europe/Moscow", "Europe/Berlin", "America/Havana")
TERMS = st.builds(
    TierTerms,
    levels=st.sampled_from([(BASIC, SILVER, GOLD), (BASIC, TINY, CLUB, HUGE), (BASIC, GOLD), (BASIC, CLUB)]),
    period=st.sampled_from(TierPeriod),
    grace_days=st.sampled_from([0, 1, 30]),
    one_step_down=st.booleans(),
)
DAYS = st.dates(FIRST_DAY, LAST_DAY) | st.sampled_from(
    [date(year, month, day) for year in (2024, 2025, 2026) for month, day in ((1, 1), (2, 28), (3, 1), (12, 31))]
    + [date(2024, 2, 29)]
)
TIMES = st.sampled_from([time.min, time(0, 30), time(12), time.max])
AMOUNTS = st.sampled_from([0, 1, 500, 1_000, 2_500, 5_000, 15_000, 20_000])


@dataclass
class History:
    zone: ZoneInfo
    spends: list[Spend]
    paid: list[PaidTier]
    versions: list[tuple[datetime, Programme]]
    moment: datetime

    def programme_at(self, moment: datetime) -> Programme:
        return [programme for since, programme in self.versions if since <= moment][-1]

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


@st.composite
def histories(draw: Callable) -> History:
    zone = draw(st.sampled_from(ZONES))
    moments = st.builds(lambda day, at: datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC), DAYS, TIMES)
    programmes = st.none() | TERMS | TERMS | TERMS
    versions = [(datetime.min.replace(tzinfo=UTC), draw(TERMS))]
    versions += sorted(draw(st.lists(st.tuples(moments, programmes), max_size=2)), key=lambda version: version[0])
    terms = st.tuples(st.sampled_from(["silver", "club", "gold", "unheard_of"]), moments, st.integers(1, 400))
    return History(
        ZoneInfo(zone),
        sorted(draw(st.lists(st.builds(Spend, moments, AMOUNTS), max_size=12))),
        [PaidTier(tier, at, at + timedelta(days=days)) for tier, at, days in draw(st.lists(terms, max_size=2))],
        [(since, Programme(time_zone=zone, tiers=each)) for since, each in versions],
        draw(moments),
    )


def a_year_from(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def names(terms: TierTerms) -> list[str]:
    return [level.name for level in terms.levels]


def place(terms: TierTerms, tier: str) -> int:
    return names(terms).index(tier) if tier in names(terms) else 0


def earned_place(terms: TierTerms, amount: int) -> int:
    reached = [i for i, level in enumerate(terms.levels) if level.qualifying_minor and amount >= level.qualifying_minor]
    return max(reached, default=0)


class Member:
    """Lives one day after the other; ``year`` are the first and the last local day of the tier's year."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.tier: str | None = None
        self.since: datetime | None = None
        self.year = (date.min, date.min)
        self.judged_on = date.max

    def sum(self, spends: list[Spend], first: date, last: date) -> int:
        return sum(spend.amount_minor for spend in spends if first <= self.history.day(spend.at) <= last)

    def hold(self, terms: TierTerms, tier: str, year: tuple[date, date]) -> None:
        self.tier, self.year = tier, year
        self.judged_on = year[1] + timedelta(days=1 + terms.grace_days)

    def live(self, day: date) -> None:
        midnight = datetime.combine(day, time.min, self.history.zone).astimezone(UTC)
        while self.tier and day == self.judged_on and midnight <= self.history.moment:
            self.judge(day, midnight)
        for count, spend in enumerate(self.history.spends, start=1):
            if self.history.day(spend.at) == day and spend.at <= self.history.moment and spend.amount_minor:
                self.buy(spend, day, self.history.spends[:count])

    def judge(self, day: date, midnight: datetime) -> None:
        terms = self.history.programme_at(midnight).tiers
        tier, self.tier = self.tier, None
        if terms is None or place(terms, tier) == 0:
            return
        spend = self.sum(self.history.spends, self.year[0], day - timedelta(days=1))
        earned = earned_place(terms, spend)
        if earned >= place(terms, tier):
            first = self.year[1] + timedelta(days=1)
        else:
            if terms.one_step_down:
                rungs = [name for name in names(terms) if name != "club"]
                earned = place(terms, rungs[rungs.index(tier) - 1]) if tier in rungs else 0
            tier, self.since, first = names(terms)[earned], midnight, day
        if place(terms, tier) == 0:
            return
        if terms.period is TierPeriod.CALENDAR_YEAR:
            self.hold(terms, tier, (date(first.year, 1, 1), date(first.year, 12, 31)))
        else:
            self.hold(terms, tier, (first, a_year_from(first - timedelta(days=1), 1)))

    def buy(self, spend: Spend, day: date, so_far: list[Spend]) -> None:
        terms = self.history.programme_at(spend.at).tiers
        if terms is None:
            return
        tomorrow = day + timedelta(days=1)
        calendar = terms.period is TierPeriod.CALENDAR_YEAR
        first = date(day.year, 1, 1) if calendar else a_year_from(day, -1) + timedelta(days=1)
        earned = earned_place(terms, self.sum(so_far, first, day))
        if earned > (place(terms, self.tier) if self.tier else 0):
            self.since = spend.at
            year = (first, date(day.year, 12, 31)) if calendar else (tomorrow, a_year_from(day, 1))
            self.hold(terms, names(terms)[earned], year)


@given(histories())
def test_standing__any_history__is_that_of_a_life_lived_day_by_day(history: History):
    member = Member(history)
    day = min((history.day(spend.at) for spend in history.spends), default=LAST_DAY)
    while day <= history.day(history.moment):
        member.live(day)
        day += timedelta(days=1)
    found = standing(history.spends, history.paid, history.programme_at, history.moment)
    terms = history.programme_at(history.moment).tiers
    assert (found is None) == (terms is None)
    if found is None or terms is None:
        return
    candidates = [(place(terms, paid.tier), paid) for paid in history.paid if paid.from_ <= history.moment < paid.until]
    if member.tier:
        until = datetime.combine(member.judged_on, time.min, history.zone).astimezone(UTC)
        candidates.append((place(terms, member.tier), PaidTier(member.tier, member.since, until)))
    best, holding = max(candidates, key=lambda each: (each[0], each[1].until), default=(0, None))
    assert found.tier == names(terms)[best]
    assert found.until == (holding.until if best else None)
    if [each[0] for each in candidates].count(best) == 1:
        assert found.since == (holding.from_ if best else None)


@given(histories(), st.data())
def test_standing__purchase_added_and_taken_away__is_as_it_was(history: History, data: st.DataObject):
    at = data.draw(st.sampled_from([history.moment, *(spend.at for spend in history.spends)]))
    amount = data.draw(AMOUNTS)
    returned = sorted([*history.spends, Spend(at, amount), Spend(at, -amount)])
    before, after = (
        standing(spends, history.paid, history.programme_at, history.moment) for spends in (history.spends, returned)
    )
    assert before == after


@given(histories())
def test_standing__purchases_to_come__change_nothing(history: History):
    past = [spend for spend in history.spends if spend.at <= history.moment]
    whole, known = (
        standing(spends, history.paid, history.programme_at, history.moment) for spends in (history.spends, past)
    )
    assert whole == known


@given(histories())
def test_standing__any_history__is_sound(history: History):
    found = standing(history.spends, history.paid, history.programme_at, history.moment)
    terms = history.programme_at(history.moment).tiers
    if found is None or terms is None:
        return
    assert (found.since is None) == (found.until is None) == (found.tier == names(terms)[0])
    if found.since and found.until:
        assert found.since <= history.moment < found.until
    assert (found.next_tier is None) == (found.missing_minor is None)
    if found.next_tier is not None:
        assert place(terms, found.next_tier) > place(terms, found.tier)
        assert found.missing_minor is not None and found.missing_minor >= 0
