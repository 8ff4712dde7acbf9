"""Streaks, held against sets of days that are gone through one by one."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.fold.streaks import add_step, length_at, recent
from gamification.rules.windows import day
from tests.unit.gamification.folding import Fold

steps = st.integers(-12, 12)
FIRST = date(2026, 1, 1)


def plain_length(done: set[int], frozen: set[int], step: int) -> int:
    """Walks from the step in both directions, as far as there is no gap."""
    if step not in done | frozen:
        return 0
    length = int(step in done)
    for direction in (-1, 1):
        at = step + direction
        while at in done | frozen:
            length += at in done
            at += direction
    return length


def runs_of(given_steps: list[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for step in given_steps:
        add_step(runs, step)
    return runs


@given(given_steps=st.lists(steps))
def test_add_step__in_any_order__keeps_runs_apart_and_in_order(given_steps: list[int]) -> None:
    runs = runs_of(given_steps)
    assert {step for first, last in runs for step in range(first, last + 1)} == set(given_steps)
    assert all(first <= last for first, last in runs)
    assert all(last + 1 < later for (_, last), (later, _) in pairwise(runs))


@given(done=st.sets(steps), frozen=st.sets(steps), step=steps)
def test_length__around_any_step__is_what_walking_finds(done: set[int], frozen: set[int], step: int) -> None:
    assert length_at(runs_of(list(done)), list(frozen), step) == plain_length(done, frozen, step)


@given(done=st.sets(steps), frozen=st.sets(steps), horizon=steps, later=st.sets(st.integers(0, 6), max_size=4))
def test_recent__whatever_comes_from_the_step_on__has_the_same_length(
    done: set[int], frozen: set[int], horizon: int, later: set[int]
) -> None:
    kept = recent(runs_of(list(done)), list(frozen), horizon)
    new = {horizon + each for each in later}
    for step in sorted(new):
        add_step(kept, step)
    for step in range(horizon, 20):
        assert length_at(kept, list(frozen), step) == plain_length(done | new, frozen, step)


def test_recent__long_before__lets_go_of_all() -> None:
    assert recent([[1, 3], [5, 9]], [4], 11) == []
    assert recent([[1, 3], [5, 9]], [4], 10) == [[1, 3], [5, 9]]
    assert recent([[1, 3], [6, 9]], [4], 10) == [[6, 9]]
    assert recent([[1, 3], [5, 7]], [4, 8, 9], 10) == [[1, 3], [5, 7]]


@pytest.mark.parametrize(
    ("step", "days", "length"),
    [
        ("day", ["2026-02-27", "2026-02-28", "2026-03-01"], 3),
        ("day", ["2028-02-28", "2028-03-01", "2028-02-29"], 3),
        ("day", ["2026-01-01", "2026-01-03"], 1),
        ("week", ["2026-12-28", "2027-01-03", "2027-01-04"], 2),
        ("week", ["2024-12-29", "2024-12-30", "2025-01-05", "2025-01-06"], 3),
        ("week", ["2026-01-04", "2026-01-12"], 1),
        ("month", ["2025-11-30", "2025-12-01", "2026-01-31"], 3),
        ("month", ["2025-12-31", "2026-02-01"], 1),
    ],
)
def test_streak__over_the_ends_of_months_and_years__goes_on(step: str, days: list[str], length: int) -> None:
    fold = Fold(Fold.rule("row", measure={"streak": step}, tiers=[99]))
    for text in days:
        fold.happens("purchase.recorded", date.fromisoformat(text))
    assert fold.reached("row") == length


def test_streak__yesterday_was_the_last__still_stands_today_and_is_over_tomorrow() -> None:
    fold = Fold(Fold.rule("row", measure={"streak": "day"}, tiers=[99]))
    for number in (0, 1):
        fold.happens("purchase.recorded", FIRST + timedelta(days=number))
    goal = fold.goal("row")
    (counter,) = fold.state.counters_of(goal).values()
    assert [goal.reach(counter, day(FIRST.toordinal() + number)) for number in range(4)] == [2, 2, 2, 0]


def test_freeze__of_a_missed_step__joins_what_is_around_it_and_counts_for_nothing() -> None:
    fold = Fold(Fold.rule("row", measure={"streak": "day", "freezes": 1}, tiers=[3]))
    fold.happens("purchase.recorded", date(2026, 1, 1))
    fold.happens("streak.frozen", date(2026, 1, 1), achievement="row", day="2026-01-02")
    fold.happens("purchase.recorded", date(2026, 1, 3))
    assert fold.reached("row") == 2
    # The month's one freeze is used up; that of another month is not.
    fold.happens("streak.frozen", date(2026, 1, 3), achievement="row", day="2026-01-04")
    fold.happens("purchase.recorded", date(2026, 1, 5))
    assert (fold.reached("row"), fold.won) == (1, [])
    fold.happens("streak.frozen", date(2026, 1, 5), achievement="row", day="2026-02-01")
    fold.happens("purchase.recorded", date(2026, 1, 30))
    fold.happens("purchase.recorded", date(2026, 1, 31))
    fold.happens("purchase.recorded", date(2026, 2, 2))
    assert fold.won == [("row", 1, "")]


@pytest.mark.parametrize("achievement", ["none", "other"])
def test_freeze__of_what_is_no_streak__changes_nothing(achievement: str) -> None:
    fold = Fold(Fold.rule("other"), Fold.rule("row", measure={"streak": "day"}))
    before = fold.state.to_json()
    fold.happens("streak.frozen", FIRST, achievement=achievement, day="2026-01-02")
    assert fold.state.to_json() == before


def test_freeze__between_what_came_in_disorder__counts_with_the_next_event_of_the_same_day() -> None:
    fold = Fold(Fold.rule("row", measure={"streak": "day", "freezes": 1}, tiers=[2]))
    for number in (3, 1):
        fold.happens("purchase.recorded", date(2026, 1, number))
    fold.happens("streak.frozen", date(2026, 1, 3), achievement="row", day="2026-01-02")
    fold.happens("purchase.recorded", date(2026, 1, 1))
    assert (fold.reached("row"), fold.won) == (2, [("row", 1, "")])


def test_requires__won_when_the_streak_was_over__an_event_of_its_last_day_wins_it_yet() -> None:
    fold = Fold(
        Fold.rule("row", measure={"streak": "day"}, tiers=[2], requires=["visit"]),
        Fold.rule("visit", on="visit.checked_in"),
    )
    for number in (1, 2):
        fold.happens("purchase.recorded", date(2026, 1, number))
    fold.happens("visit.checked_in", date(2026, 1, 9))
    assert fold.won == [("visit", 1, "")]
    fold.happens("purchase.recorded", date(2026, 1, 2))
    assert fold.won == [("visit", 1, ""), ("row", 1, "")]
