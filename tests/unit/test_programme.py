"""When points lapse, and which programmes there can be."""

from datetime import UTC, datetime, timedelta

import pytest

from coalition.domain.programme import Programme
from coalition.errors import InvalidProgramme, WrongCurrency


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_expiry__is_the_end_of_the_day_two_years_later():
    assert Programme().expires_at(utc(2026, 3, 2, 9, 30)) == utc(2028, 3, 3)


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_expiry__at_any_hour_of_the_day__is_the_same(hour):
    assert Programme(lifetime_months=1).expires_at(utc(2026, 3, 2, hour, 59, 59)) == utc(2026, 4, 3)


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
    assert Programme(lifetime_months=months).expires_at(utc(*earned)) == utc(*expires)


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
    given = Programme(lifetime_months=1, time_zone=zone).expires_at(earned)
    assert given.astimezone(UTC) == expires


def test_expiry__is_never_before_the_points_have_lived_their_months():
    programme = Programme(lifetime_months=1, time_zone="Europe/Berlin")
    for day in range(366):
        earned = utc(2026, 1, 1, 12) + timedelta(days=day)
        lived = programme.expires_at(earned) - earned
        assert timedelta(days=28) < lived < timedelta(days=32)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"currency": "usd"}, "currency"),
        ({"currency": "US"}, "currency"),
        ({"currency": "РУБ"}, "currency"),
        ({"point_price_minor": 0}, "point_price_minor"),
        ({"max_share_bps": -1}, "max_share_bps"),
        ({"max_share_bps": 10_001}, "max_share_bps"),
        ({"lifetime_months": 0}, "lifetime_months"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
    ],
    ids=str,
)
def test_programme__with_a_rule_that_cannot_be__refused_and_the_place_named(given, place):
    with pytest.raises(InvalidProgramme) as refusal:
        Programme(**given)
    assert refusal.value.place == place


@pytest.mark.parametrize("share", [0, 10_000])
def test_programme__none_or_all_of_a_receipt_payable__accepted(share):
    assert Programme(max_share_bps=share).max_share_bps == share


def test_programme__its_document__makes_it_again():
    programme = Programme("RUB", 100, 5000, 12, "Europe/Moscow")
    assert Programme(**programme.document()) == programme


def test_currency__another_one__refused():
    Programme(currency="RUB").check_currency("RUB")
    with pytest.raises(WrongCurrency) as refusal:
        Programme(currency="RUB").check_currency("USD")
    assert refusal.value.values == {"expected": "RUB", "given": "USD"}
