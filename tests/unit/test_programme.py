"""When points can be spent and when they lapse, and which rule is stronger."""

from datetime import UTC, datetime, timedelta

import pytest

from coalition.domain.programme import AccrualRule, AccrualTerms, ExpiryTerms, Programme
from coalition.errors import WrongCurrency


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def living(months: int, time_zone: str = "UTC") -> Programme:
    return Programme(time_zone=time_zone, expiry=ExpiryTerms(months))


def test_expiry__is_the_end_of_the_day_two_years_later():
    assert Programme().expires_at(utc(2026, 3, 2, 9, 30)) == utc(2028, 3, 3)


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_expiry__at_any_hour_of_the_day__is_the_same(hour):
    assert living(1).expires_at(utc(2026, 3, 2, hour, 59, 59)) == utc(2026, 4, 3)


@pytest.mark.parametrize(
    ("earned", "months", "expires"),
    [
        ((2026, 1, 31), 1, (2026, 3, 1)),
        ((2028, 1, 31), 1, (2028, 3, 1)),
        ((2028, 1, 29), 1, (2028, 3, 1)),
        ((2028, 1, 28), 1, (2028, 2, 29)),
        ((2028, 2, 29), 12, (2029, 3, 1)),
        ((2026, 8, 31), 1, (2026, 10, 1)),
        ((2026, 12, 31), 1, (2027, 2, 1)),
        ((2026, 11, 30), 3, (2027, 3, 1)),
    ],
    ids=str,
)
def test_expiry__from_the_end_of_a_month__is_the_end_of_the_last_day_there_is(earned, months, expires):
    assert living(months).expires_at(utc(*earned)) == utc(*expires)


@pytest.mark.parametrize(
    ("zone", "earned", "expires"),
    [
        # Late in the evening in London it is the next day in Moscow, and still the day before in New York.
        ("Europe/Moscow", utc(2026, 3, 2, 21, 0), utc(2026, 4, 3, 21, 0)),
        ("Europe/Moscow", utc(2026, 3, 2, 20, 59), utc(2026, 4, 2, 21, 0)),
        ("America/New_York", utc(2026, 3, 2, 4, 59), utc(2026, 4, 2, 4, 0)),
        ("America/New_York", utc(2026, 3, 2, 5, 0), utc(2026, 4, 3, 4, 0)),
        # Summer time begins and ends between earning and expiry: the local day counts, not the number of hours.
        ("Europe/Berlin", utc(2026, 3, 15, 12), utc(2026, 4, 15, 22)),
        ("Europe/Berlin", utc(2026, 10, 15, 12), utc(2026, 11, 15, 23)),
        # Midnight does not exist on that day in Havana, the clocks go from 23:59:59 to 1:00.
        ("America/Havana", utc(2026, 2, 7, 12), utc(2026, 3, 8, 5)),
        # It exists twice there in autumn: the first is where the day begins.
        ("America/Havana", utc(2026, 9, 30, 12), utc(2026, 10, 31, 4)),
        ("America/Havana", utc(2026, 10, 1, 12), utc(2026, 11, 2, 5)),
    ],
    ids=str,
)
def test_expiry__counts_the_days_of_the_programmes_zone(zone, earned, expires):
    given = living(1, zone).expires_at(earned)
    assert given.astimezone(UTC) == expires


def test_expiry__is_never_before_the_points_have_lived_their_months():
    programme = living(1, "Europe/Berlin")
    for day in range(366):
        earned = utc(2026, 1, 1, 12) + timedelta(days=day)
        lived = programme.expires_at(earned) - earned
        assert timedelta(days=28) < lived < timedelta(days=32)


def test_available__without_a_return_window__at_once():
    assert Programme().available_at(utc(2026, 3, 2, 9, 30)) == utc(2026, 3, 2, 9, 30)


def test_available__with_a_return_window__when_its_last_local_day_is_over():
    programme = Programme(time_zone="Europe/Moscow", accrual=AccrualTerms(pending_days=14))
    assert programme.available_at(utc(2026, 3, 2, 20, 59)) == utc(2026, 3, 16, 21)
    assert programme.available_at(utc(2026, 3, 2, 21)) == utc(2026, 3, 17, 21)


def test_rules__of_a_kind__come_by_priority_then_by_effect_then_as_written():
    rules = (
        AccrualRule("low", rate_bps=100),
        AccrualRule("high", rate_bps=300),
        AccrualRule("also-high", rate_bps=300),
        AccrualRule("first", rate_bps=1, priority=1),
        AccrualRule("twice", multiplier_bps=20_000),
        AccrualRule("gift", bonus_points=5),
        AccrualRule("nothing", excludes=True),
    )
    terms = AccrualTerms(rules=rules)
    assert [rule.id for rule in terms.rates] == ["first", "high", "also-high", "low"]
    assert [rule.id for rule in terms.multipliers] == ["twice"]
    assert [rule.id for rule in terms.bonuses] == ["gift"]
    assert [rule.id for rule in terms.exclusions] == ["nothing"]


def test_currency__another_one__refused():
    Programme(currency="RUB").check_currency("RUB")
    with pytest.raises(WrongCurrency) as refusal:
        Programme(currency="RUB").check_currency("USD")
    assert refusal.value.values == {"expected": "RUB", "given": "USD"}
