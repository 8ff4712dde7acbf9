"""How often a tier is won, for which period, and what it does to the level."""

from datetime import date, timedelta
from typing import Any

import pytest

from gamification.fold.catalogue import Eras, Version
from tests.integration.gamification.helpers import utc
from tests.unit.gamification.folding import Fold, versions_of

FIRST = date(2026, 1, 1)


def won_by(days: list[int], rule: dict[str, Any], **attributes: Any) -> list[tuple[int, str]]:
    """(tier, period) of what purchases on these days win."""
    fold = Fold(rule)
    for number in days:
        fold.happens("purchase.recorded", FIRST + timedelta(days=number), **attributes)
    return [(tier, period) for _, tier, period in fold.won]


@pytest.mark.parametrize(
    ("given", "days", "won"),
    [
        ({}, [0, 40, 400], [(1, "")]),
        ({"window": "month"}, [0, 1, 40], [(1, "2026-01"), (1, "2026-02")]),
        ({"window": "month", "repeat": "every_window"}, [0, 1, 40], [(1, "2026-01"), (1, "2026-02")]),
        ({"window": "month", "repeat": "never"}, [0, 1, 40], [(1, "2026-01")]),
        ({"window": "month", "repeat": {"up_to": 2}}, [0, 1, 40, 70], [(1, "2026-01"), (1, "2026-02")]),
        (
            {"window": "month", "repeat": "never", "tiers": [1, 2]},
            [0, 40, 41, 70, 71],
            [(1, "2026-01"), (2, "2026-02")],
        ),
        ({"repeat": {"up_to": 3}}, [0, 0, 0, 0], [(1, ""), (1, ""), (1, "")]),
        ({"repeat": {"up_to": 2}, "tiers": [2]}, [0, 0, 0, 0, 0, 0], [(1, ""), (1, "")]),
        ({"window": {"days": 9}, "tiers": [2]}, [0, 1, 99, 100], [(1, "")]),
        (
            {"window": {"days": 9}, "tiers": [2], "repeat": "monthly"},
            [0, 1, 2, 32, 33],
            [(1, "2026-01"), (1, "2026-02")],
        ),
        (
            {"window": {"days": 9}, "tiers": [2], "repeat": "weekly"},
            [0, 1, 5, 13],
            [(1, "2026-W01"), (1, "2026-W02"), (1, "2026-W03")],
        ),
        ({"window": {"days": 9}, "tiers": [2], "repeat": "daily"}, [0, 1, 1], [(1, "2026-01-02")]),
        (
            {"window": {"days": 9}, "tiers": [2], "repeat": "yearly"},
            [0, 1, 99, 100, 363, 364, 365],
            [(1, "2026"), (1, "2027")],
        ),
        (
            {"measure": {"streak": "day"}, "tiers": [2], "repeat": "monthly"},
            [0, 1, 30, 31, 32],
            [(1, "2026-01"), (1, "2026-02")],
        ),
        ({"window": {"from": "2026-01-02", "until": "2026-01-03"}}, [0, 1, 2, 3], [(1, "2026-01-02..2026-01-03")]),
    ],
)
def test_repeat__of_each_kind__wins_so_often(given, days, won):
    assert won_by(days, Fold.rule("some", **given)) == won


def test_up_to__of_different_things__goes_by_how_many_there_are():
    fold = Fold(Fold.rule("doors", measure={"distinct": "partner"}, tiers=[2], repeat={"up_to": 2}))
    for number, partner in enumerate(("cafe", "cafe", "cinema", "grocer", "bakery", "books", "toys")):
        fold.happens("purchase.recorded", FIRST + timedelta(days=number), partner=partner)
    assert fold.won == [("doors", 1, ""), ("doors", 1, "")]
    assert fold.reached("doors") == 4


def test_up_to__several_multiples_at_once__wins_each():
    assert won_by([0], Fold.rule("some", measure={"sum": "lines"}, tiers=[2], repeat={"up_to": 3}), lines=5) == [
        (1, ""),
        (1, ""),
    ]


def test_max__of_several__is_the_greatest_whatever_the_order():
    fold = Fold(Fold.rule("big", measure={"max": "lines"}, tiers=[3, 7]))
    for lines in (5, 2, 7, 1):
        fold.happens("purchase.recorded", FIRST, lines=lines)
    assert (fold.won, fold.reached("big")) == ([("big", 1, ""), ("big", 2, "")], 7)


def test_requires__of_a_streak__is_judged_by_how_long_it_is_then():
    fold = Fold(
        Fold.rule("row", measure={"streak": "day"}, tiers=[2], requires=["visit"]),
        Fold.rule("visit", on="visit.checked_in"),
    )
    fold.happens("purchase.recorded", FIRST)
    fold.happens("purchase.recorded", FIRST + timedelta(days=1))
    fold.happens("visit.checked_in", FIRST + timedelta(days=3))
    assert fold.won == [("visit", 1, "")]
    fold.happens("purchase.recorded", FIRST + timedelta(days=4))
    fold.happens("purchase.recorded", FIRST + timedelta(days=5))
    assert fold.won[1:] == [("row", 1, "")]


def test_challenge__before_joining__counts_nothing():
    challenge = Fold.rule("spring", tiers=[2], window={"from": "2026-01-01", "until": "2026-01-31"})
    fold = Fold(challenges=[challenge, {**challenge, "id": "for-all", "join": False}])
    fold.happens("purchase.recorded", FIRST)
    fold.happens("challenge.joined", FIRST, challenge="spring")
    fold.happens("challenge.joined", FIRST, challenge="spring")
    fold.happens("purchase.recorded", FIRST)
    period = "2026-01-01..2026-01-31"
    assert fold.won == [("for-all", 1, period)]
    fold.happens("purchase.recorded", FIRST)
    assert fold.won == [("for-all", 1, period), ("spring", 1, period)]


def test_levels__several_at_once_and_several_in_one_event__are_told_as_they_come():
    levels = {"highest": 4, "formula": {"first_step": 10}, "experience": [{"on": "purchase.recorded", "each": 20}]}
    fold = Fold(Fold.rule("first", experience=15), levels=levels)
    fold.happens("purchase.recorded", FIRST)
    assert [(each.previous_level, each.level, each.experience) for each in fold.levels] == [(1, 3, 20), (3, 4, 35)]
    fold.happens("purchase.recorded", FIRST)
    assert len(fold.levels) == 2


def test_eras__of_rules__judge_what_came_after_them_until_the_next():
    def version(id_: int, rule: str, number: int, since: int, judges_after: int | None = None) -> Version:
        document = versions_of(Fold.rule(rule, tiers=[number]))[0].document
        return Version(
            id_, "achievement", rule, number, id_, document, since, since if judges_after is None else judges_after
        )

    eras = Eras([version(1, "a", 1, 0), version(2, "b", 1, 5), version(3, "a", 2, 5), version(4, "c", 1, 9, 2)])
    found = {at: [(goal.rule.id, goal.version) for goal in eras.at(at).goals] for at in (1, 2, 3, 5, 6, 9, 10, 99)}
    assert found == {
        1: [("a", 1)],
        2: [("a", 1)],
        3: [("a", 1), ("c", 1)],
        5: [("a", 1), ("c", 1)],
        # An edited rule keeps its place among all.
        **{at: [("a", 2), ("b", 1), ("c", 1)] for at in (6, 9, 10, 99)},
    }
    assert eras.latest() is eras.at(99)


def test_referral__within_its_days__is_won_by_the_friend_for_both():
    referral = {
        "qualifies": {"on": "purchase.recorded", "measure": "count", "at": 2},
        "within_days": 10,
        "referrer": {"points": 5, "funded_by": {"operator": 100}},
        "friend": {"points": 5, "funded_by": {"operator": 100}},
        "per_month": 3,
    }
    for last, won in ((9, [("referral-friend", 1, "")]), (10, [("referral-friend", 1, "")]), (11, [])):
        fold = Fold(referral=referral)
        fold.happens("purchase.recorded", FIRST)
        fold.happens("referral.accepted", FIRST, referrer="mem_1")
        fold.happens("referral.accepted", FIRST, referrer="mem_2")
        fold.happens("purchase.recorded", FIRST)
        fold.happens("purchase.recorded", FIRST + timedelta(days=last))
        assert fold.won == won
        assert fold.state.joined == {"referral": ["mem_1", FIRST.toordinal()]}


def test_leaderboard__whoever_joins__stands_with_what_they_have_scored():
    board = {
        "id": "top",
        "title": {"en": "Top", "ru": "Верх"},
        "on": "purchase.recorded",
        "measure": {"sum": "lines"},
        "window": "month",
    }
    fold = Fold(leaderboards=[board])
    fold.happens("purchase.recorded", utc(2026, 1, 1), lines=3)
    fold.happens("purchase.recorded", utc(2026, 1, 2), lines=4)
    assert fold.state.counters_of(fold.goal("top"))["2026-01"][0] == 7
    assert fold.won == []
