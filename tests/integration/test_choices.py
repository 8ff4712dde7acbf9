"""Categories of the month: a member picks some of those that a rule offers, once for each month."""

from datetime import UTC, datetime, timedelta

import pytest

from coalition.domain.programme_document import read_programme
from coalition.errors import ChoiceMade, InvalidChoice, MonthNotOpen, UnknownMember, UnknownRule
from coalition.services.choices import OpenChoice, choices, choose
from coalition.services.programmes import publish_programme
from coalition.services.quotes import AskQuote, quote
from tests.integration.books import refused
from tests.integration.conftest import goods

FAVOURITES = """
time_zone: Europe/Moscow
accrual:
  rules:
  - {id: favourites, rate_bps: 1000, when: {partners: [grocer], choice: {pick: 2, of: [tea, books, fuel]}}}
"""
OF = ("books", "fuel", "tea")


@pytest.fixture
def pick(coalition, till, clock):
    till.rules(FAVOURITES)

    def pick(*categories, month=None, rule="favourites", member=None):
        return choose(member or coalition.anna.id, rule, month, categories, now=clock.now())

    return pick


def earned(coalition, till, **other) -> int:
    """Points of three hundred spent on tea, fuel and bread: one per cent, or ten on what was picked."""
    lines = tuple(goods(each, 100, 1, each) for each in ("tea", "fuel", "bread"))
    return till.sell(coalition.grocer, lines=lines, **other).points_accrued


def test_choice__before_anything_is_picked__is_of_this_month_and_the_next(coalition, clock, pick):
    assert choices(coalition.anna.id, now=clock.now()) == [
        OpenChoice("favourites", "2026-03", 2, OF, None),
        OpenChoice("favourites", "2026-04", 2, OF, None),
    ]


def test_choice__once_made__raises_the_rate_of_what_is_bought_from_then_on(coalition, till, clock, pick):
    before = clock.now() - timedelta(minutes=1)
    assert earned(coalition, till) == 3
    assert pick("tea", "books") == OpenChoice("favourites", "2026-03", 2, OF, ("books", "tea"))
    assert choices(coalition.anna.id, now=clock.now())[0].picked == ("books", "tea")
    assert earned(coalition, till) == 10 + 2
    assert earned(coalition, till, at=before) == 3
    assert earned(coalition, till, to=till.enrol(1)) == 3
    command = AskQuote(coalition.grocer.id, coalition.anna.id, "USD", (goods("1", 100, 1, "tea"),))
    assert quote(command, now=clock.now()).reckoning.accrual.points == 10


def test_choice__of_the_next_month__holds_in_it_by_the_local_calendar(coalition, till, clock, pick):
    pick("tea", "fuel", month="2026-04")
    assert earned(coalition, till) == 3
    begins = datetime(2026, 3, 31, 21, tzinfo=UTC)
    clock.advance(begins - clock.now() - timedelta(milliseconds=1))
    assert earned(coalition, till) == 3
    clock.advance(timedelta(milliseconds=1))
    assert earned(coalition, till) == 20 + 1
    clock.advance(timedelta(days=30))
    assert earned(coalition, till) == 3


def test_choice__made__cannot_be_changed(pick):
    pick("tea", "fuel")
    for again in (("tea", "books"), ("tea", "fuel")):
        with refused(ChoiceMade):
            pick(*again)


REFUSALS = {
    "too few": (InvalidChoice, ("tea",), {}),
    "too many": (InvalidChoice, OF, {}),
    "the same twice": (InvalidChoice, ("tea", "tea"), {}),
    "not offered": (InvalidChoice, ("tea", "bread"), {}),
    "no such rule": (UnknownRule, ("tea", "fuel"), {"rule": "base"}),
    "nobody": (UnknownMember, ("tea", "fuel"), {"member": "mem_01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
    "a month that is over": (MonthNotOpen, ("tea", "fuel"), {"month": "2026-02"}),
    "a month far ahead": (MonthNotOpen, ("tea", "fuel"), {"month": "2026-05"}),
}


@pytest.mark.parametrize("reason, categories, other", REFUSALS.values(), ids=REFUSALS)
def test_choice__that_cannot_be__refused_with_nothing_changed(pick, reason, categories, other):
    with refused(reason):
        pick(*categories, **other)


def test_choice__of_the_next_month__is_what_the_next_programme_offers(coalition, clock, pick):
    text = FAVOURITES.replace("pick: 2", "pick: 1").replace("fuel", "fruit")
    publish_programme(read_programme(text, "next"), datetime(2026, 3, 31, 21, tzinfo=UTC), now=clock.now())
    with refused(InvalidChoice):
        pick("tea", "fuel", month="2026-04")
    assert pick("fruit", month="2026-04").picked == ("fruit",)
    assert pick("tea", "fuel").picked == ("fuel", "tea")
