"""Rules of every kind of measure, window and repetition, and the levels, as the streams of ``member_streams`` move
them."""

from typing import Any

from tests.integration.gamification.helpers import rule

VISIT = {"on": "visit.checked_in"}
RULES: list[dict[str, Any]] = [
    rule("far", tiers=[3, 6], requires=["round"], experience=1, measure={"sum": "lines"}, reward={"badge": True}),
    rule("round", tiers=[2, 3], requires=["spender"], measure={"distinct": "partner"}, window="month"),
    rule("spender", tiers=[20, 50], measure={"sum": "payable_minor"}, experience=[7, 11]),
    rule("curious", tiers=[2, 3], measure={"distinct": "categories"}, window="day", reward={"badge": True}),
    rule("cafe-day", where={"partner": "cafe"}, window="day", requires=["spender", "curious"], repeat="never"),
    rule("dear", tiers=[15, 28], measure={"max": "payable_minor"}),
    rule("dear-year", tiers=[25], measure={"max": "payable_minor"}, window="year", repeat={"up_to": 2}),
    rule("weekly", tiers=[2], window="week", **VISIT, experience=3),
    rule("winter", tiers=[2, 4], window={"from": "2025-12-28", "until": "2026-01-10"}, requires=["spender"]),
    rule("any-ten", tiers=[3, 5], window={"days": 10}, repeat="monthly", **VISIT),
    rule("any-five", tiers=[3, 5], measure={"distinct": "categories"}, window={"days": 5}, repeat="weekly"),
    rule("any-month", tiers=[60], measure={"sum": "payable_minor"}, window={"days": 30}, requires=["dear"]),
    rule("best-week", tiers=[20], measure={"max": "payable_minor"}, window={"days": 7}, repeat="daily"),
    rule("every-day", tiers=[2, 4], measure={"streak": "day", "freezes": 3}, repeat="monthly", **VISIT),
    rule("every-week", tiers=[2, 4, 6], measure={"streak": "week", "freezes": 2}),
    rule("every-month", tiers=[2, 3], measure={"streak": "month"}, requires=["spender"], experience=5),
    rule("multiples", tiers=[2], repeat={"up_to": 3}, **VISIT, experience=2),
    rule("more-doors", tiers=[1], measure={"distinct": "partner"}, repeat={"up_to": 2}),
    rule("four-months", tiers=[2], window="month", repeat={"up_to": 2}),
    rule("kept", tiers=[2, 4], on_reversal="keep", requires=["kept-before"], experience=4),
    rule("kept-before", where={"payable_minor": {"gte": 5}}, on_reversal="keep", window="month"),
]
CHALLENGES: list[dict[str, Any]] = [
    rule("joined", tiers=[2], window={"from": "2025-12-24", "until": "2026-01-31"}),
    rule("open", tiers=[2], window={"from": "2025-12-24", "until": "2026-01-31"}, join=False, **VISIT),
]
STREAKS = ("every-day", "every-week")
JOINABLE = ("joined", "other")
LEVELS: dict[str, Any] = {
    "highest": 6,
    "formula": {"first_step": 5, "add": 2},
    "experience": [
        {"on": "purchase.recorded", "of": "payable_minor", "per": 10, "each": 1},
        {"on": "visit.checked_in", "each": 1},
    ],
}
TAKEN = (0, 5, 12, 21, 32, 45)


def modelled() -> list[dict[str, Any]]:
    """The rules in the order of their publication, challenges being joined unless they say otherwise."""
    return [*RULES, *({"join": True, **each} for each in CHALLENGES)]
