"""The parts of the JSON Schema of rule files for achievements and challenges, and what holds among their keys."""

from typing import Any

from gamification.rules.document import ON_REVERSAL, SPLITS
from gamification.rules.limits import LONGEST_HOLD_S, MOST_FIRST, MOST_IN_TEAM
from gamification.rules.schema_counting import counting
from gamification.rules.schema_parts import (
    SURPRISING_POINTS,
    Schema,
    choice,
    flag,
    mapping,
    ref,
    some,
    whole,
    window,
)

_PERIODS = ("day", "week", "month", "year")


def _has(key: str, schema: Any) -> Schema:
    return {"required": [key], "properties": {key: schema}}


_STREAK = _has("measure", {"type": "object", "required": ["streak"]})
_ROLLING = _has("window", {"type": "object", "required": ["days"]})
_DATED = _has("window", {"type": "object", "required": ["from"]})
_LIFETIME = {"properties": {"window": {"const": "lifetime"}}}
_WHATEVER: list[Schema] = [
    {"if": _STREAK, "then": {"anyOf": [_LIFETIME, _DATED]}},
    {"if": _has("repeat", {"const": "every_window"}), "then": _has("window", {"enum": list(_PERIODS)})},
    {
        "if": _has("repeat", {"enum": ["daily", "weekly", "monthly", "yearly"]}),
        "then": {"anyOf": [_STREAK, _ROLLING]},
    },
    {
        "if": _has("repeat", {"type": "object"}),
        "then": {
            "not": {"anyOf": [_STREAK, _ROLLING]},
            "if": _LIFETIME,
            "then": {
                "properties": {"tiers": {"maxItems": 1}},
                "not": _has("measure", {"type": "object", "required": ["max"]}),
            },
        },
    },
    {
        "if": _has(
            "reward",
            {
                "type": "object",
                "required": ["surprise"],
                "anyOf": [
                    {"properties": {"surprise": {"type": "object", "required": ["choices"], **SURPRISING_POINTS}}},
                    _has(
                        "points",
                        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "array", "contains": {"minimum": 1}}]},
                    ),
                ],
            },
        ),
        "then": {"required": ["budget"]},
    },
]
"""What holds among the keys of an achievement or challenge."""


def achievement() -> Schema:
    required = ("id", "title", "description", "on", "measure", "tiers")
    return mapping(required, _keys(), allOf=[ref("counted"), *_WHATEVER])


def challenge() -> Schema:
    required = ("id", "title", "description", "on", "measure", "tiers", "window")
    team = mapping(
        ("most", "reward"),
        {
            "most": whole(2, MOST_IN_TEAM, "Members of a team, at most."),
            "reward": choice(SPLITS, "Whether each gets the reward, or what it is worth to what each contributed."),
        },
        "Members who count together.",
    )
    keys = _keys() | {
        "window": window(calendar=False, rolling=False) | {"description": "Its days, from the first to the last."},
        "join": flag("Whether only what members do after joining counts.", default=True),
        "owner": ref("partner", "The partner whose challenge it is; by default the coalition's."),
        "first": whole(1, MOST_FIRST, "Only so many can win, who are first."),
        "team": team,
    }
    summed = {"anyOf": [{"const": "count"}, {"required": ["sum"]}]}
    in_team = {
        "properties": {"measure": summed, "join": {"const": True}},
        "not": {"anyOf": [{"required": [key]} for key in ("requires", "first", "repeat", "experience")]},
    }
    teams = {"if": {"required": ["team"]}, "then": in_team}
    once = {"properties": {"tiers": {"maxItems": 1}}, "not": {"required": ["repeat"]}}
    firsts = {"if": {"required": ["first"]}, "then": once}
    return mapping(required, keys, allOf=[ref("counted"), *_WHATEVER, teams, firsts])


def _keys() -> Schema:
    return {
        "id": ref("identity", "Its name for good: another id is another achievement."),
        "title": ref("title", "What members read."),
        "description": ref("text", "What there is to do."),
        "icon": ref("icon"),
        **counting(),
        "window": ref("window"),
        "tiers": ref("tiers"),
        "requires": some(ref("identity"), "Achievements that must be earned before."),
        "repeat": ref("repeat"),
        "hidden": flag("Whether members see it only once they have it.", default=False),
        "hold_s": whole(0, LONGEST_HOLD_S, "For so many seconds after the event the reward waits.", default=0),
        "on_reversal": choice(
            ON_REVERSAL,
            "What becomes of it when the event is undone: keep counts on as if nothing were, revoke takes it back but"
            " for the points, claw_back takes the points, too.",
            default="claw_back",
        ),
        "experience": ref("per_tier", "Towards the member's level."),
        "reward": ref("reward"),
        "budget": ref("budget"),
    }
