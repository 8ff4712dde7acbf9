"""Versions of the programme: what happened is judged by what was in force then, and nothing is retroactive."""

from datetime import UTC, datetime, timedelta

import pytest

from coalition.domain.programme_document import programme_document, read_programme
from coalition.errors import (
    CurrencyFixed,
    InvalidProgramme,
    ProgrammeInPast,
    ProgrammeOverlaps,
    UnknownProgramme,
    WrongCurrency,
)
from coalition.services.expiry import expire_points
from coalition.services.programmes import Change, differences, draft, publish_programme, rulebook, version, versions
from tests.integration.books import lots_of, refused
from tests.integration.conftest import Purse

APRIL = datetime(2026, 4, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DOUBLE = """
accrual:
  pending_days: 14
  rules: [{id: double, multiplier_bps: 20000}]
expiry: {lifetime_months: 1}
returns: {spent_points: write_off}
"""


@pytest.fixture
def publish(coalition, clock):
    return lambda text, at: publish_programme(read_programme(text, "next"), at, now=clock.now())


def test_version__published__is_in_force_from_its_moment(coalition, till, clock, publish):
    published = publish(DOUBLE, APRIL)
    assert (published.version.version, published.version.effective_from) == (2, APRIL)
    assert till.sell(coalition.cinema, 1000).points_accrued == 100
    clock.advance(APRIL - clock.now() - SECOND)
    assert till.sell(coalition.cinema, 1000).points_accrued == 100
    clock.advance(SECOND)
    bought = till.sell(coalition.cinema, 1000)
    assert (bought.points_accrued, bought.expires_at) == (200, datetime(2026, 5, 2, tzinfo=UTC))
    assert till.purse() == Purse(200, pending=200)


def test_version__is_never_retroactive__lots_keep_their_expiry(coalition, till, clock, publish):
    till.sell(coalition.cinema, 1000)
    before = lots_of(coalition.anna.id)
    publish(DOUBLE, APRIL)
    clock.advance(timedelta(days=90))
    assert expire_points(now=clock.now()) == 0
    assert lots_of(coalition.anna.id) == before
    assert till.purse() == Purse(100)


def test_late_receipt__is_judged_by_its_own_date(coalition, till, clock, publish):
    publish(DOUBLE, APRIL)
    clock.advance(APRIL - clock.now() + timedelta(days=3))
    late = till.sell(coalition.cinema, 1000, at=APRIL - SECOND)
    assert (late.points_accrued, late.expires_at) == (100, datetime(2028, 4, 1, tzinfo=UTC))
    assert till.purse() == Purse(100)


def test_return__is_judged_by_the_date_of_the_purchase(coalition, till, clock, publish):
    bought = till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 100)
    publish(DOUBLE, APRIL)
    clock.advance(APRIL - clock.now())
    assert till.take_back(coalition.cinema, bought, "1").spent.points_owed == 100


def test_version__that_cannot_follow__refused_with_nothing_changed(coalition, clock, publish):
    now = clock.now()
    for moment in (now, now - SECOND, datetime(1970, 1, 1, tzinfo=UTC)):
        with refused(ProgrammeInPast):
            publish(DOUBLE, moment)
    with refused(CurrencyFixed):
        publish("currency: EUR", APRIL)
    publish(DOUBLE, APRIL)
    for moment in (APRIL, APRIL - SECOND):
        with refused(ProgrammeOverlaps) as refusal:
            publish(DOUBLE, moment)
        assert (refusal.value.version, refusal.value.effective_from) == (2, APRIL)
    assert publish("transfers: {allowed: true}", APRIL + SECOND).version.version == 3


def test_version__that_begins_while_tills_clocks_may_be_there_already__refused(clock, publish):
    ahead = clock.now() + timedelta(minutes=5)
    for moment in (clock.now() + SECOND, ahead):
        with refused(ProgrammeInPast):
            publish(DOUBLE, moment)
    assert publish(DOUBLE, ahead + timedelta(milliseconds=1)).version.version == 2


def test_versions__are_all_kept_as_they_were_published(coalition, clock, publish):
    publish(DOUBLE, APRIL)
    first, second = versions()
    assert (first.version, second.version, second.published_at) == (1, 2, clock.now())
    assert second == version(2)
    assert second.document == programme_document(read_programme(DOUBLE, "next"))
    assert rulebook().at(APRIL) == read_programme(DOUBLE, "next")
    with refused(UnknownProgramme):
        version(3)


def test_draft__that_names_a_partner_nobody_knows__refused(coalition):
    text = "accrual:\n  rules:\n  - {id: spring, bonus_points: 5, funded_by: {cinena: 1}}\n"
    with pytest.raises(InvalidProgramme, match="cinema"):
        draft(text, "spring.yaml")
    assert draft(text.replace("cinena", "cinema"), "spring.yaml").accrual.rules[0].funded_by == {"cinema": 1}


def test_publication__names_categories_that_no_receipt_has_had(coalition, till, publish):
    till.sell(coalition.cinema, 1000)
    text = """
accrual:
  rules: [{id: some, rate_bps: 10, when: {categories: [category, coffe]}}]
redemption: {excluded_categories: [tobaco]}
"""
    assert publish(text, APRIL).unknown_categories == ("coffe", "tobaco")


def test_differences__of_two_versions__go_by_the_names_of_rules(coalition, publish):
    publish(DOUBLE, APRIL)
    publish(DOUBLE.replace("20000", "30000").replace("[{", "[{id: new, bonus_points: 5}, {"), APRIL + SECOND)
    _, before, after = (each.document for each in versions())
    assert differences(before, after) == [
        Change("accrual.rules[double].multiplier_bps", 20_000, 30_000),
        Change("accrual.rules[new].id", None, "new"),
        Change("accrual.rules[new].bonus_points", None, 5),
    ]
    assert differences(before, before) == []


def test_receipt__in_another_currency_than_the_programmes__refused(coalition, till):
    till.rules("currency: RUB")
    with refused(WrongCurrency):
        till.sell(coalition.cinema, 1000, currency="USD")
