"""The earliest day on which a tier can be won: what the fold comes to if from today on something happens daily."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamification.possible import possible_from
from gamification.progress import next_tier
from gamification.rules.windows import day, day_of
from tests.unit.gamification.folding import Fold

TODAY = date(2026, 11, 23)
"""A Monday."""
LONGEST = 160
"""Days that the longest of the streaks below takes, and until the period after it begins."""


def fold_of(done: list[str], frozen: tuple[str, ...] = (), **given: Any) -> Fold:
    fold = Fold(Fold.rule("row", **given))
    for text in frozen:
        fold.happens("streak.frozen", TODAY, achievement="row", day=text)
    for text in done:
        fold.happens("purchase.recorded", date.fromisoformat(text))
    return fold


def earliest(fold: Fold, today: date = TODAY, *, follows: bool = True) -> date | None:
    goal, today_ = fold.goal("row"), day(today.toordinal())
    return possible_from(goal, fold.state, next_tier(goal, fold.state, today_), today_, follows=follows)


@pytest.mark.parametrize(
    ("tiers", "done", "expected"),
    [
        ([3], ["2026-11-23"], "2026-11-25"),
        ([2, 3], ["2026-11-23"], "2026-11-24"),
        ([2, 3], ["2026-11-22", "2026-11-23"], "2026-11-24"),
        ([2], [], "2026-11-24"),
        ([1], [], "2026-11-23"),
        ([3], ["2026-11-21", "2026-11-22"], "2026-11-23"),
        ([3], ["2026-11-20", "2026-11-21"], "2026-11-25"),
        # Who has moved west may have done something on what is tomorrow now.
        ([3], ["2026-11-22", "2026-11-24"], "2026-11-23"),
        ([4], ["2026-11-22", "2026-11-24"], "2026-11-25"),
    ],
)
def test_possible_from__streak_of_days__takes_the_days_that_are_missing(tiers, done, expected):
    assert earliest(fold_of(done, measure={"streak": "day"}, tiers=tiers)) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("step", "today", "done", "expected"),
    [
        ("week", "2026-11-25", ["2026-11-23"], "2026-12-07"),
        ("week", "2026-11-25", ["2026-11-16"], "2026-11-30"),
        ("week", "2026-11-25", ["2026-11-09", "2026-11-16"], "2026-11-25"),
        ("week", "2026-11-25", ["2026-11-02", "2026-11-09"], "2026-12-07"),
        ("month", "2026-11-25", ["2026-11-02"], "2027-01-01"),
        ("month", "2026-11-25", ["2026-09-30", "2026-10-01"], "2026-11-25"),
        ("month", "2026-11-25", [], "2027-01-01"),
    ],
)
def test_possible_from__streak_of_weeks_or_months__is_the_first_day_of_the_last(step, today, done, expected):
    fold = fold_of(done, measure={"streak": step}, tiers=[3])
    assert earliest(fold, date.fromisoformat(today)) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("frozen", "expected"),
    [(("2026-11-22",), "2026-11-23"), (("2026-11-21",), "2026-11-25"), (("2026-11-24",), "2026-11-25")],
)
def test_possible_from__frozen_steps__break_nothing_and_count_for_nothing(frozen, expected):
    fold = fold_of(["2026-11-20", "2026-11-21"], frozen, measure={"streak": "day", "freezes": 3}, tiers=[3])
    assert earliest(fold) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-11-01", "2026-11-25", "2026-11-25"),
        ("2026-11-01", "2026-11-24", None),
        ("2026-12-01", "2026-12-31", "2026-12-03"),
        ("2026-12-01", "2026-12-02", None),
        ("2026-11-01", "2026-11-22", None),
    ],
)
def test_possible_from__window_by_dates__ends_in_time_or_it_cannot_be(first, last, expected):
    fold = fold_of([], measure={"streak": "day"}, tiers=[3], window={"from": first, "until": last})
    assert earliest(fold) == (expected and date.fromisoformat(expected))


@pytest.mark.parametrize(
    ("repeat", "done", "expected"),
    [
        ("never", ["2026-11-22", "2026-11-23"], None),
        ("daily", ["2026-11-22", "2026-11-23"], "2026-11-24"),
        ("weekly", ["2026-11-22", "2026-11-23"], "2026-11-30"),
        ("monthly", ["2026-11-22", "2026-11-23"], "2026-12-01"),
        ("monthly", ["2026-10-22", "2026-10-23"], "2026-11-24"),
        ("yearly", ["2026-11-22", "2026-11-23"], "2027-01-01"),
    ],
)
def test_possible_from__streak_that_repeats__is_open_again_in_the_next_period(repeat, done, expected):
    fold = fold_of(done, measure={"streak": "day"}, tiers=[2], repeat=repeat)
    assert earliest(fold) == (expected and date.fromisoformat(expected))


@pytest.mark.parametrize(("until", "expected"), [("2026-12-31", date(2026, 12, 1)), ("2026-11-30", None)])
def test_possible_from__streak_that_repeats_between_dates__only_if_they_reach_so_far(until, expected):
    window = {"from": "2026-11-01", "until": until}
    done = ["2026-11-22", "2026-11-23"]
    assert earliest(fold_of(done, measure={"streak": "day"}, tiers=[2], repeat="monthly", window=window)) == expected


def test_possible_from__won_as_often_as_it_may_be__goes_by_the_tier_that_was_not():
    often = ["2026-10-01", "2026-11-20", "2026-11-21"]
    fold = fold_of(often, tiers=[1, 2], window="month", repeat={"up_to": 2})
    assert earliest(fold) == date(2026, 12, 1)


def test_possible_from__tier_that_an_older_version_had__is_not_waited_for():
    older = fold_of(["2026-11-22"], tiers=[1, 5], window="month", repeat="never")
    newer = fold_of([], tiers=[1], window="month", repeat="never")
    newer.state = older.state
    assert earliest(newer) is None


def test_possible_from__won_in_the_only_period__never_again():
    window = {"from": "2026-11-01", "until": "2026-12-31"}
    assert earliest(fold_of(["2026-11-22"], tiers=[1], window=window, repeat={"up_to": 2})) is None


@pytest.mark.parametrize("step", ["day", "week", "month"])
def test_possible_from__longer_than_the_calendar__never(step):
    assert earliest(fold_of([], measure={"streak": step}, tiers=[2**53])) is None


def test_possible_from__who_does_not_follow__learns_nothing_of_how_far_it_is():
    rule = {"measure": {"streak": "day"}, "tiers": [3], "window": {"from": "2026-11-01", "until": "2026-11-24"}}
    for done in ([], ["2026-11-21", "2026-11-22"], ["2026-11-23"]):
        assert earliest(fold_of(done, **rule), follows=False) == TODAY


@settings(deadline=None)
@given(
    step=st.sampled_from(["day", "week", "month"]),
    repeat=st.sampled_from(["never", "daily", "weekly", "monthly"]),
    tiers=st.sets(st.integers(1, 4), min_size=1),
    done=st.lists(st.integers(-120, 0), max_size=12),
    frozen=st.lists(st.integers(-60, 7), max_size=4),
    window=st.one_of(st.none(), st.tuples(st.integers(-60, 20), st.integers(20, 90))),
)
def test_possible_from__something_every_day_from_today_on__wins_on_that_day(
    step: str,
    repeat: str,
    tiers: set[int],
    done: list[int],
    frozen: list[int],
    window: tuple[int, int] | None,
) -> None:
    between = [str(TODAY + timedelta(number)) for number in window or ()]
    fold = fold_of(
        [str(TODAY + timedelta(number)) for number in sorted(done)],
        tuple(str(TODAY + timedelta(number)) for number in frozen),
        measure={"streak": step, "freezes": 2},
        tiers=sorted(tiers),
        repeat=repeat,
        **({"window": {"from": between[0], "until": between[1]}} if window else {}),
    )
    tier = next_tier(fold.goal("row"), fold.state, day_of(str(TODAY)))
    expected = earliest(fold)
    assert first_win(fold, tier) == expected


def first_win(fold: Fold, tier: int | None) -> date | None:
    """When the tier (from 0), or if it is None any, is won, if from today on something happens every day."""
    before = len(fold.won)
    for number in range(LONGEST):
        fold.happens("purchase.recorded", TODAY + timedelta(number))
        if any(tier in (None, won - 1) for _, won, _ in fold.won[before:]):
            return TODAY + timedelta(number)
    return None
