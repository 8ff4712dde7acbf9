"""What a state may forget changes nothing: neither what is won later, nor what is too late to be judged by it."""

from datetime import date, timedelta
from typing import Any

import pytest

from gamification.fold.player import TooLate
from tests.unit.gamification.folding import Fold

STREAK = {"measure": {"streak": "week", "freezes": 2}}
FIRST = date(2026, 1, 5)  # a Monday


@pytest.mark.parametrize(("step", "days", "tier"), [("day", 2, 120), ("week", 14, 30), ("month", 61, 9)])
def test_forget__streak_over_many_frozen_steps__goes_on(step: str, days: int, tier: int):
    fold = Fold(Fold.rule("row", measure={"streak": step, "freezes": 31}, tiers=[tier]))
    for number in range(tier):
        day = FIRST + timedelta(days=number * days)
        fold.happens("purchase.recorded", day)
        fold.happens("streak.frozen", day, achievement="row", day=str(day + timedelta(days=days // 2)))
        fold.forgets()
    assert fold.won == [("row", 1, "")]


def test_forget__period_that_waits_for_a_prerequisite__is_won_with_it_however_late():
    fold = Fold(
        Fold.rule("monthly", window="month", requires=["cafe"]),
        Fold.rule("ten", window={"days": 10}, requires=["cafe"]),
        Fold.rule("cafe", where={"partner": "cafe"}),
    )
    fold.happens("purchase.recorded", FIRST)
    fold.happens("purchase.recorded", FIRST + timedelta(days=300))
    fold.forgets()
    fold.happens("purchase.recorded", FIRST + timedelta(days=400), partner="cafe")
    assert fold.won == [
        ("cafe", 1, ""),
        ("monthly", 1, "2026-01"),
        ("monthly", 1, "2026-11"),
        ("monthly", 1, "2027-02"),
        ("ten", 1, ""),
    ]
    fold.forgets()
    assert list(fold.state.counters_of(fold.goal("monthly"))) == ["2027-02"]


def test_forget__day_frozen_before_what_is_remembered__takes_the_history():
    fold = Fold(Fold.rule("row", measure={"streak": "day", "freezes": 1}, tiers=[3]))
    for day in (0, 200):
        fold.happens("purchase.recorded", FIRST + timedelta(days=day))
    fold.forgets()
    with pytest.raises(TooLate):
        fold.happens("streak.frozen", FIRST + timedelta(days=200), achievement="row", day=str(FIRST))


@pytest.mark.parametrize("late", [61, 62, 63])
def test_forget__event_from_before_what_is_remembered__takes_the_history(late: int):
    fold = Fold(Fold.rule("daily", window="day"))
    fold.happens("purchase.recorded", FIRST)
    fold.happens("purchase.recorded", FIRST + timedelta(days=200))
    fold.forgets()
    day = FIRST + timedelta(days=200 - late)
    if late <= 62:
        fold.happens("purchase.recorded", day)
        assert fold.won[-1] == ("daily", 1, str(day))
    else:
        with pytest.raises(TooLate):
            fold.happens("purchase.recorded", day)


def test_forget__rolling_window__remembers_what_may_still_be_in_one_window():
    fold = Fold(Fold.rule("ten", window={"days": 10}, measure={"sum": "lines"}, tiers=[3], repeat="monthly"))
    for day in (100, 129, 200):
        fold.happens("purchase.recorded", FIRST + timedelta(days=day))
    fold.forgets()
    # 62 days before the last, and the nine days before that.
    fold.happens("purchase.recorded", FIRST + timedelta(days=138), lines=2)
    assert fold.won == [("ten", 1, "2026-05")]
    (counter,) = fold.state.counters_of(fold.goal("ten")).values()
    assert len(counter[2]) == 3


def test_forget__what_is_over__keeps_the_state_small():
    rules: list[dict[str, Any]] = [
        Fold.rule("daily", window="day"),
        Fold.rule("weekly", window="week"),
        Fold.rule("spring", window={"from": "2026-03-01", "until": "2026-05-31"}, tiers=[9]),
        Fold.rule("ten", window={"days": 10}, tiers=[99]),
        Fold.rule("row", measure={"streak": "day"}, tiers=[9]),
        Fold.rule("yearly", window="year", tiers=[1, 99]),
        Fold.rule("all", tiers=[999]),
    ]
    fold = Fold(*rules)
    for day in range(0, 700, 2):
        fold.happens("purchase.recorded", FIRST + timedelta(days=day))
        fold.forgets()
    assert len(fold.state.to_json()) < 20_000
    assert fold.state.counters_of(fold.goal("spring")) == {}
    assert set(fold.state.counters_of(fold.goal("yearly"))) == {"2027"}
    assert fold.state.counters_of(fold.goal("all"))[""][0] == 350
    # How often a tier was won is never forgotten.
    assert fold.state.times_won("daily") == 350
