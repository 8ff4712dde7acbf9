"""The rules of the coalition: made once, dated, and judged by when a thing happened."""

from datetime import UTC, datetime

import pytest

from coalition.domain.programme import ExpiryTerms, Programme, RedemptionTerms
from coalition.errors import ProgrammeExists
from coalition.services.programmes import create_programme, ensure_programme, rulebook
from coalition.store import tables
from tests.integration.books import contents

ROUBLES = Programme(
    "RUB", 100, "Europe/Moscow", redemption=RedemptionTerms(max_share_bps=5000), expiry=ExpiryTerms(lifetime_months=12)
)


@pytest.fixture
def roubles(store, clock):
    create_programme(ROUBLES, now=clock.now())


def at(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


@pytest.mark.usefixtures("roubles")
def test_programme__is_in_force_from_the_beginning_of_time(clock):
    rules = rulebook()
    assert rules.at(clock.now()) == rules.at(at(1971)) == rules.at(at(1900)) == ROUBLES


@pytest.mark.usefixtures("roubles")
def test_programme__a_second_one__refused_naming_the_first(clock):
    before = contents()
    with pytest.raises(ProgrammeExists) as refusal:
        create_programme(Programme(), now=clock.now())
    assert refusal.value.values == {"currency": "RUB", "point_price_minor": 100}
    ensure_programme(Programme(), now=clock.now())
    assert contents() == before


@pytest.mark.usefixtures("store")
def test_programme__ensured_in_a_new_coalition__is_made(clock):
    ensure_programme(ROUBLES, now=clock.now())
    assert rulebook().versions == (ROUBLES,)


@pytest.mark.usefixtures("roubles")
def test_rulebook__several_versions__each_judges_its_own_time(clock):
    for version, year, document in ((3, 2030, '{"currency":"EUR"}'), (2, 2028, '{"currency":"USD"}')):
        tables.Programme.create(version=version, effective_from=at(year), document=document, created_at=clock.now())
    rules = rulebook()
    assert [rules.at(at(year)).currency for year in (2027, 2028, 2029, 2030, 2040)] == [
        "RUB",
        "USD",
        "USD",
        "EUR",
        "EUR",
    ]
