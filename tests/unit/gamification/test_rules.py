from datetime import date

import pytest

from gamification.rules.document import CalendarWindow, Levels
from gamification.rules.levels import level_of, thresholds
from gamification.rules.predicate import compile_where
from gamification.rules.windows import last_day, periods

PURCHASE = {"partner": "cafe", "store": None, "lines": 3, "categories": ["bread", "tea"]}


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ({"partner": "cafe"}, True),
        ({"partner": "cinema"}, False),
        ({"partner": {"eq": "cafe"}}, True),
        ({"partner": {"ne": "cafe"}}, False),
        ({"store": {"ne": "s-1"}}, True),
        ({"partner": {"in": ["bar", "cafe"]}}, True),
        ({"partner": {"in": ["bar"]}}, False),
        ({"lines": {"gt": 3}}, False),
        ({"lines": {"gte": 3}}, True),
        ({"lines": {"lt": 3}}, False),
        ({"lines": {"lte": 3}}, True),
        ({"lines": {"gt": 1, "lt": 3}}, False),
        ({"absent": {"gt": 1}}, False),
        ({"absent": {"gte": 1}}, False),
        ({"absent": {"lt": 1}}, False),
        ({"absent": {"lte": 1}}, False),
        ({"absent": {"contains": "a"}}, False),
        ({"categories": {"contains": "tea"}}, True),
        ({"categories": {"contains": "te"}}, False),
        ({"partner": "cafe", "lines": 4}, False),
        ({"partner": "cafe", "lines": 3, "categories": {"contains": "tea"}}, True),
        ({"partner": "cafe", "lines": 3, "categories": {"contains": "milk"}}, False),
        ({"any": [{"partner": "bar"}, {"lines": 3}]}, True),
        ({"any": [{"partner": "bar"}, {"lines": 4}]}, False),
        ({"all": [{"partner": "cafe"}, {"lines": 4}]}, False),
        ({"not": {"partner": "bar"}}, True),
        ({"not": {"partner": "cafe", "lines": 3}}, False),
    ],
)
def test_where__of_a_purchase__holds_or_not(where, holds):
    predicate = compile_where(where)
    assert predicate is not None
    assert predicate(PURCHASE) is holds


def test_where__empty__needs_no_predicate():
    assert compile_where({}) is None


@pytest.mark.parametrize(
    ("window", "day", "period", "last"),
    [
        ("lifetime", date(2026, 3, 2), "", None),
        ("day", date(2026, 3, 2), "2026-03-02", date(2026, 3, 2)),
        ("week", date(2025, 12, 29), "2026-W01", date(2026, 1, 4)),
        ("week", date(2027, 1, 3), "2026-W53", date(2027, 1, 3)),
        ("month", date(2028, 2, 1), "2028-02", date(2028, 2, 29)),
        ("month", date(2026, 12, 31), "2026-12", date(2026, 12, 31)),
        ("year", date(2026, 1, 1), "2026", date(2026, 12, 31)),
    ],
)
def test_window__of_a_day__names_the_period_and_its_end(window: CalendarWindow, day, period, last):
    assert periods(day)[window] == period
    assert last_day(window, day) == last


def test_levels__formula__takes_more_for_each_step():
    levels = Levels(highest=5, first_step=100, percent=110, add=25, experience=())
    assert thresholds(levels) == (0, 100, 235, 408, 623)


@pytest.mark.parametrize(("experience", "level"), [(-1, 1), (0, 1), (99, 1), (100, 2), (234, 2), (235, 3), (10**9, 3)])
def test_levels__experience__is_enough_for_a_level(experience, level):
    assert level_of(experience, (0, 100, 235)) == level
