"""Rolling windows, held against windows that are gone through one by one, and how long they take."""

from datetime import date, timedelta
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.rules.windows import day
from tests.unit.gamification.folding import Fold

FIRST = date(2026, 1, 1)


@given(
    days=st.lists(st.integers(0, 40), max_size=30),
    width=st.integers(1, 12),
    kind=st.sampled_from(["count", "sum", "max"]),
)
def test_rolling__of_any_order__is_the_fullest_window_with_the_event(days: list[int], width: int, kind: str) -> None:
    measure = "count" if kind == "count" else {kind: "lines"}
    fold = Fold(Fold.rule("some", window={"days": width}, tiers=[999], measure=measure))
    lines: list[tuple[int, int]] = []
    for place, number in enumerate(days):
        lines.append((number, place % 7 - 1))
        fold.happens("purchase.recorded", FIRST + timedelta(days=number), lines=place % 7 - 1)
        windows = [[amount for at, amount in lines if 0 <= end - at < width] for end in ends(lines, number, width)]
        total = {"count": len, "sum": sum, "max": lambda found: max([0, *found])}[kind]
        assert fold.reached("some") == max(map(total, windows))
        today = [amount for at, amount in lines if 0 <= number - at < width]
        assert standing(fold, number) == total(today)


@given(
    events=st.lists(st.tuples(st.integers(0, 20), st.sets(st.sampled_from("abcdef"))), max_size=30),
    width=st.integers(1, 8),
    most=st.integers(1, 7),
    forgets=st.booleans(),
)
def test_rolling__distinct_of_any_order__is_the_fullest_window_up_to_the_highest_threshold(
    events: list[tuple[int, set[str]]], width: int, most: int, forgets: bool
) -> None:
    measure = {"distinct": "categories"}
    fold = Fold(Fold.rule("some", window={"days": width}, tiers=[1, most] if most > 1 else [1], measure=measure))
    seen: list[tuple[int, set[str]]] = []
    for number, shown in events:
        seen.append((number, shown))
        fold.happens("purchase.recorded", FIRST + timedelta(days=number), categories=sorted(shown))
        if forgets:
            fold.forgets()
        windows = [[had for at, had in seen if 0 <= end - at < width] for end in ends(seen, number, width)]
        assert fold.reached("some") == min(most, max(len(set().union(*found)) for found in windows))
        today = [had for at, had in seen if 0 <= number - at < width]
        assert standing(fold, number) == min(most, len(set().union(*today)))


def ends(events: list[Any], number: int, width: int) -> list[int]:
    """The last days of the windows with this day that end with a known one."""
    return sorted({number, *(at for at, _ in events if number < at < number + width)})


def standing(fold: Fold, number: int) -> int:
    (counter,) = fold.state.counters_of(fold.goal("some")).values()
    return fold.goal("some").reach(counter, day((FIRST + timedelta(days=number)).toordinal()))


def test_rolling__distinct__forgets_what_left_the_window() -> None:
    fold = Fold(Fold.rule("doors", window={"days": 3}, tiers=[3], measure={"distinct": "partner"}, repeat="daily"))
    for number, partner in enumerate(("cafe", "cinema", "cafe", "cafe", "grocer", "cinema")):
        fold.happens("purchase.recorded", FIRST + timedelta(days=number), partner=partner)
    assert fold.won == [("doors", 1, "2026-01-06")]


def test_rolling__distinct__remembers_no_more_of_a_day_than_the_highest_threshold() -> None:
    fold = Fold(Fold.rule("some", window={"days": 3}, tiers=[2, 5], measure={"distinct": "purchase"}))
    for number in range(40):
        fold.happens("purchase.recorded", FIRST + timedelta(days=number % 2))
    (counter,) = fold.state.counters_of(fold.goal("some")).values()
    assert [len(had) for had in counter[2].values()] == [5, 5]
    assert fold.won == [("some", 1, ""), ("some", 2, "")]


def test_rolling__an_event_comes_late__wins_for_its_own_day() -> None:
    fold = Fold(Fold.rule("three", window={"days": 3}, tiers=[3], repeat="monthly"))
    for text in ("2026-01-31", "2026-02-01", "2026-03-09"):
        fold.happens("purchase.recorded", date.fromisoformat(text))
    fold.happens("purchase.recorded", date(2026, 1, 30))
    assert fold.won == [("three", 1, "2026-01")]


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize(("measure", "most"), [({"sum": "lines"}, 3.0), ({"distinct": "purchase"}, 3.0)])
def test_rolling__many_events_in_a_long_window__take_no_time(measure: Any, most: float, late: bool) -> None:
    """Each of them was once held against every window around it, each of which was added up anew."""
    fold = Fold(Fold.rule("some", window={"days": 366}, tiers=[10**6], measure=measure))
    for number in range(366):
        fold.happens("purchase.recorded", FIRST + timedelta(days=number))
    began = perf_counter()
    for _ in range(600):
        fold.happens("purchase.recorded", FIRST + timedelta(days=60 if late else 365))
    assert perf_counter() - began < most
    assert fold.reached("some") == 966
