"""Tiers go up with a purchase and down with time, each by the rules of its own moment. Amounts are in kopecks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from coalition.domain.programme import Programme, Tier, TierPeriod, TierTerms
from coalition.domain.tiers import PaidTier, Spend, Standing, standing

MOSCOW, BERLIN = "Europe/Moscow", "Europe/Berlin"
ROUBLE = 100
BASIC = Tier("basic")
SILVER = Tier("silver", qualifying_minor=5_000 * ROUBLE, perks=("delivery",))
GOLD = Tier("gold", qualifying_minor=20_000 * ROUBLE, perks=("delivery", "lounge"))
CLUB = Tier("club", price_minor=1_000 * ROUBLE, term_months=3)
TERMS = TierTerms((BASIC, SILVER, GOLD))
CALENDAR = replace(TERMS, period=TierPeriod.CALENDAR_YEAR)


def at(day: str, time: str = "12:00", zone: str = MOSCOW) -> datetime:
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def spent(day: str, roubles: int, time: str = "12:00") -> Spend:
    return Spend(at(day, time), roubles * ROUBLE)


def always(terms: TierTerms | None, zone: str = MOSCOW) -> Callable[[datetime], Programme]:
    programme = Programme(currency="RUB", time_zone=zone, tiers=terms)
    return lambda moment: programme


def changing(first: TierTerms | None, since: datetime, then: TierTerms | None) -> Callable[[datetime], Programme]:
    return lambda moment: always(then if moment >= since else first)(moment)


def stands(moment: datetime, *spends: Spend, terms: TierTerms = TERMS, paid: tuple[PaidTier, ...] = ()) -> Standing:
    found = standing(spends, paid, always(terms), moment)
    assert found is not None
    return found


def tiers_after(*spends: Spend, terms: TierTerms, days: tuple[str, ...]) -> list[str]:
    return [stands(at(day), *spends, terms=terms).tier for day in days]


def test_standing__programme_without_tiers__there_is_none():
    assert standing([spent("2026-03-01", 9_000)], [], always(None), at("2026-03-02")) is None


def test_standing__nothing_spent__is_the_lowest():
    assert stands(at("2026-03-02")) == Standing("basic", None, None, 0, "silver", 5_000 * ROUBLE, ())


def test_standing__only_one_level__has_nothing_above_it():
    assert stands(at("2026-03-02"), terms=TierTerms((BASIC,))) == Standing("basic", None, None, 0, None, None, ())


def test_reach__one_kopeck_short__stays_below():
    short = Spend(at("2026-03-01"), SILVER.qualifying_minor - 1)
    assert stands(at("2026-03-02"), short).missing_minor == 1
    assert stands(at("2026-03-02"), short).tier == "basic"


def test_reach__the_purchase_that_makes_the_sum__counts_at_once():
    spends = spent("2026-03-01", 3_000), spent("2026-04-01", 2_000)
    assert stands(at("2026-04-01") - timedelta(microseconds=1), *spends).tier == "basic"
    assert stands(at("2026-04-01"), *spends) == Standing(
        "silver", at("2026-04-01"), at("2027-04-02", "00:00"), 5_000 * ROUBLE, "gold", 15_000 * ROUBLE, ("delivery",)
    )


def test_reach__one_large_purchase__jumps_rungs():
    gold = stands(at("2026-03-01"), spent("2026-03-01", 20_000))
    assert (gold.tier, gold.next_tier, gold.missing_minor) == ("gold", None, None)


def test_reach__next_rung_from_a_tier_already_held__begins_a_year_of_its_own():
    silver, more = spent("2026-03-01", 5_000), spent("2026-06-01", 15_000)
    gold = stands(at("2026-07-01"), silver, more)
    assert (gold.tier, gold.since, gold.until) == ("gold", more.at, at("2027-06-02", "00:00"))


def test_reach__two_purchases_at_one_moment__count_together():
    assert stands(at("2026-03-01"), spent("2026-03-01", 3_000), spent("2026-03-01", 2_000)).tier == "silver"


def test_reach__purchases_to_come__do_not_count():
    assert stands(at("2026-03-01"), spent("2026-03-02", 20_000)) == stands(at("2026-03-01"))


def test_reach__purchase_returned_whole__is_as_if_it_had_never_been():
    spends = [spent("2026-03-01", 3_000), spent("2026-04-01", 2_000)]
    assert stands(at("2026-05-01"), *spends, spent("2026-04-01", -2_000)) == stands(at("2026-05-01"), spends[0])
    assert stands(at("2026-05-01"), spends[0], spent("2026-04-01", 0)) == stands(at("2026-05-01"), spends[0])


def test_reach__late_receipt__counts_where_it_belongs():
    late, known = spent("2025-12-01", 3_000), spent("2026-01-10", 2_000)
    assert stands(at("2026-02-01"), late, known).since == known.at


@pytest.mark.parametrize(("first", "tier"), [("2025-03-10", "basic"), ("2025-03-11", "silver")])
def test_rolling_year__same_day_a_year_ago__is_out_and_the_next_is_in(first: str, tier: str):
    spends = spent(first, 3_000, "23:59" if tier == "basic" else "00:00"), spent("2026-03-10", 2_000, "00:00")
    assert stands(at("2026-03-10"), *spends).tier == tier


@pytest.mark.parametrize(
    ("first", "time", "tier"), [("2025-12-31", "23:59", "basic"), ("2026-01-01", "00:00", "silver")]
)
def test_calendar_year__begins__with_the_local_new_year(first: str, time: str, tier: str):
    spends = spent(first, 3_000, time), spent("2026-03-10", 2_000)
    assert stands(at("2026-03-10"), *spends, terms=CALENDAR).tier == tier


def test_spend__as_time_passes__leaves_the_year_that_counts():
    spend = spent("2025-03-10", 3_000)
    assert stands(at("2026-03-09", "23:59"), spend).spend_minor == 3_000 * ROUBLE
    assert stands(at("2026-03-10", "00:00"), spend).spend_minor == 0
    assert stands(at("2025-12-31", "23:59"), spend, terms=CALENDAR).spend_minor == 3_000 * ROUBLE
    assert stands(at("2026-01-01", "00:00"), spend, terms=CALENDAR).spend_minor == 0


def test_rolling_tier__ends__with_the_local_day_a_year_later():
    spend = spent("2025-03-10", 5_000)
    assert stands(at("2026-03-10", "23:59"), spend).tier == "silver"
    assert stands(at("2026-03-11", "00:00"), spend) == Standing("basic", None, None, 0, "silver", 5_000 * ROUBLE, ())


def test_calendar_tier__spend_of_its_own_year__renews_it_for_the_next():
    spend = spent("2025-03-10", 5_000)
    assert stands(at("2025-12-31"), spend, terms=CALENDAR).until == at("2026-01-01", "00:00")
    assert stands(at("2026-01-01", "00:00"), spend, terms=CALENDAR).until == at("2027-01-01", "00:00")
    assert stands(at("2027-01-01", "00:00"), spend, terms=CALENDAR).tier == "basic"


def test_renewal__enough_spent_in_the_tiers_year__goes_on_from_its_end():
    spends = spent("2025-03-10", 5_000), spent("2025-03-11", 1_000), spent("2026-03-10", 4_000)
    renewed = stands(at("2026-03-11", "00:00"), *spends)
    assert (renewed.tier, renewed.since, renewed.until) == ("silver", at("2025-03-10"), at("2027-03-11", "00:00"))


def test_renewal__the_purchase_that_reached_the_tier__does_not_count_again():
    spends = spent("2025-03-10", 5_000), spent("2026-03-10", 4_999)
    assert stands(at("2026-03-11", "00:00"), *spends).tier == "basic"


def test_renewal__purchase_at_the_very_end__comes_too_late_and_after_it():
    spends = spent("2025-03-10", 5_000), spent("2026-03-11", 5_000, "00:00")
    again = stands(at("2026-03-11", "00:00"), *spends)
    assert (again.tier, again.since) == ("silver", at("2026-03-11", "00:00"))


def test_grace__tier_without_spend__lasts_so_many_days_longer():
    terms, spend = replace(TERMS, grace_days=30), spent("2025-03-10", 5_000)
    assert stands(at("2026-04-09", "23:59"), spend, terms=terms).until == at("2026-04-10", "00:00")
    assert stands(at("2026-04-10", "00:00"), spend, terms=terms).tier == "basic"


@pytest.mark.parametrize("base", [TERMS, CALENDAR])
def test_grace__spend_in_it__renews_from_the_old_end(base: TierTerms):
    terms = replace(base, grace_days=30)
    spends = spent("2024-12-31", 5_000), spent("2026-01-15", 5_000)
    renewed = stands(at("2026-02-10"), *spends, terms=terms)
    assert (renewed.tier, renewed.until) == ("silver", at("2027-01-31", "00:00"))


def test_step_down__whole_way__to_where_the_spend_leads():
    spends = spent("2025-03-10", 20_000), spent("2025-06-01", 5_000)
    down = stands(at("2026-03-11", "00:00"), *spends)
    assert (down.tier, down.since, down.until) == ("silver", at("2026-03-11", "00:00"), at("2027-03-11", "00:00"))
    assert stands(at("2026-03-11"), spends[0]).tier == "basic"


@pytest.mark.parametrize(
    ("terms", "days", "tiers"),
    [
        (TERMS, ("2026-03-10", "2026-03-11", "2027-03-10", "2027-03-11"), ["gold", "silver", "silver", "basic"]),
        (CALENDAR, ("2026-12-31", "2027-01-01", "2027-12-31", "2028-01-01"), ["gold", "silver", "silver", "basic"]),
    ],
)
def test_one_step_down__years_without_purchases__lead_down_rung_by_rung(terms, days, tiers):
    one_step = replace(terms, one_step_down=True)
    assert tiers_after(spent("2025-03-10", 20_000), terms=one_step, days=days) == tiers


def test_one_step_down__tier_for_sale_between__is_no_rung():
    terms = TierTerms((BASIC, SILVER, CLUB, GOLD), one_step_down=True)
    assert stands(at("2026-03-11"), spent("2025-03-10", 20_000), terms=terms).tier == "silver"


def test_next_tier__one_for_sale_above__is_passed_over():
    assert stands(at("2026-03-11"), terms=TierTerms((BASIC, CLUB, SILVER))).next_tier == "silver"
    assert stands(at("2026-03-11"), terms=TierTerms((BASIC, CLUB))).next_tier is None


def test_leap_day__tier_reached_on_it__ends_with_28_february():
    spends = spent("2024-02-29", 5_000), spent("2024-03-01", 4_999)
    assert stands(at("2025-02-28", "23:59"), *spends).until == at("2025-03-01", "00:00")
    assert stands(at("2025-03-01", "00:00"), *spends).tier == "basic"


def test_leap_day__a_year_later__still_counts_on_28_february():
    spends = spent("2024-02-29", 3_000), spent("2025-02-28", 2_000)
    assert stands(at("2025-02-28"), *spends).tier == "silver"


@pytest.mark.parametrize(
    ("reached", "until"),
    [("2025-03-29", "2026-03-29T23:00+01:00"), ("2025-10-25", "2026-10-25T23:00+01:00")],
)
def test_daylight_saving__year_that_ends_on_either_side_of_it__ends_at_local_midnight(reached: str, until: str):
    spends = [Spend(at(reached, zone=BERLIN), 5_000 * ROUBLE)]
    found = standing(spends, [], always(replace(TERMS, grace_days=0), BERLIN), at(reached, zone=BERLIN))
    midnight = datetime.fromisoformat(f"{reached}T00:00").replace(year=2026, tzinfo=ZoneInfo(BERLIN))
    assert found and found.until == (midnight + timedelta(days=1)).astimezone(UTC)


@pytest.mark.parametrize("fold", [0, 1])
def test_daylight_saving__the_hour_that_comes_twice__belongs_to_one_day(fold: int):
    twice = datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo(BERLIN), fold=fold)
    found = standing([Spend(twice, 5_000 * ROUBLE)], [], always(TERMS, BERLIN), twice)
    assert found and found.since == twice
    assert found.until == datetime(2026, 10, 26, 23, tzinfo=UTC)


def test_paid_tier__within_its_term__lifts_the_member():
    paid = (PaidTier("gold", at("2026-03-01"), at("2026-06-01")),)
    lifted = stands(at("2026-03-01"), spent("2026-02-01", 5_000), paid=paid)
    assert lifted == Standing(
        "gold", at("2026-03-01"), at("2026-06-01"), 5_000 * ROUBLE, None, None, ("delivery", "lounge")
    )
    assert stands(at("2026-06-01"), spent("2026-02-01", 5_000), paid=paid).tier == "silver"
    assert stands(at("2026-02-28"), paid=paid).tier == "basic"


def test_paid_tier__below_the_reached_one__changes_nothing():
    gold, paid = spent("2026-02-01", 20_000), (PaidTier("silver", at("2026-03-01"), at("2026-06-01")),)
    assert stands(at("2026-04-01"), gold, paid=paid) == stands(at("2026-04-01"), gold)


def test_paid_tier__same_as_the_reached_one__lasts_as_long_as_the_longer():
    silver = spent("2026-02-01", 5_000)
    longer = PaidTier("silver", at("2026-03-01"), at("2028-03-01"))
    assert stands(at("2026-04-01"), silver, paid=(longer,)).until == longer.until
    shorter = longer._replace(until=at("2026-05-01"))
    assert stands(at("2026-04-01"), silver, paid=(shorter,)).until == at("2027-02-02", "00:00")


def test_paid_tier__that_spend_cannot_reach__counts_by_its_place():
    terms, paid = TierTerms((BASIC, SILVER, CLUB, GOLD)), (PaidTier("club", at("2026-03-01"), at("2026-06-01")),)
    member = stands(at("2026-04-01"), spent("2026-02-01", 5_000), terms=terms, paid=paid)
    assert (member.tier, member.next_tier, member.missing_minor) == ("club", "gold", 15_000 * ROUBLE)


def test_paid_tier__gone_from_the_levels__is_the_lowest():
    paid = (PaidTier("platinum", at("2026-03-01"), at("2026-06-01")),)
    assert stands(at("2026-04-01"), paid=paid) == stands(at("2026-04-01"))


def test_version__easier_terms__do_not_reach_back():
    easier = replace(TERMS, levels=(BASIC, replace(SILVER, qualifying_minor=3_000 * ROUBLE)))
    versions = changing(TERMS, at("2026-04-01"), easier)
    before, after = spent("2026-03-01", 4_000), spent("2026-04-02", 1)
    waiting = standing([before], [], versions, at("2026-04-01"))
    assert waiting and (waiting.tier, waiting.missing_minor) == ("basic", 0)
    reached = standing([before, after], [], versions, at("2026-05-01"))
    assert reached and (reached.tier, reached.since) == ("silver", after.at)


def test_version__harder_terms__are_felt_at_the_end_of_the_tiers_year():
    harder = replace(TERMS, levels=(BASIC, replace(SILVER, qualifying_minor=6_000 * ROUBLE)))
    versions = changing(TERMS, at("2025-04-01"), harder)
    spends = [spent("2025-03-10", 5_000), spent("2025-06-01", 5_000)]
    kept = standing(spends, [], versions, at("2026-03-10"))
    lost = standing(spends, [], versions, at("2026-03-11"))
    assert kept and lost and (kept.tier, lost.tier) == ("silver", "basic")


def test_version__longer_grace__holds_for_years_that_begin_under_it():
    versions = changing(TERMS, at("2025-04-01"), replace(TERMS, grace_days=30))
    found = standing([spent("2025-03-10", 5_000)], [], versions, at("2025-05-01"))
    assert found and found.until == at("2026-03-11", "00:00")


def test_version__rolling_years_become_calendar_ones__at_the_end_of_the_tiers_year():
    versions = changing(TERMS, at("2025-04-01"), CALENDAR)
    found = standing([spent("2025-03-10", 5_000), spent("2025-06-01", 5_000)], [], versions, at("2026-03-11"))
    assert found and (found.tier, found.until) == ("silver", at("2027-01-01", "00:00"))


def test_version__without_the_tier__makes_it_the_lowest():
    versions = changing(TERMS, at("2026-04-01"), TierTerms((BASIC, GOLD)))
    spends = [spent("2026-03-01", 5_000)]
    found = standing(spends, [], versions, at("2026-04-01"))
    assert found == Standing("basic", None, None, 5_000 * ROUBLE, "gold", 15_000 * ROUBLE, ())


def test_version__without_tiers_for_a_while__stops_the_climb_but_not_the_count():
    spends = [spent("2026-03-01", 5_000), spent("2026-05-01", 1)]
    versions = changing(None, at("2026-04-01"), TERMS)
    assert standing(spends, [], versions, at("2026-03-15")) is None
    found = standing(spends, [], versions, at("2026-05-01"))
    assert found and (found.tier, found.since) == ("silver", at("2026-05-01"))


def test_version__without_tiers_at_the_end_of_a_year__ends_the_tier():
    terms_again = always(TERMS)
    none_in_march = changing(TERMS, at("2026-03-01"), None)
    versions = lambda moment: (none_in_march if moment < at("2026-04-01") else terms_again)(moment)  # noqa: E731
    spends = [spent("2025-03-10", 5_000), spent("2026-02-01", 5_000)]
    found = standing(spends, [], versions, at("2026-05-01"))
    assert found and found.tier == "basic"
