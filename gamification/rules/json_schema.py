"""The JSON Schema (2020-12) of rule files, made of what their readers go by: editors complete and check files with it.

It refuses nothing that the readers accept. They refuse more: what a schema cannot see, such as a circle of
requirements, shares that are not 100 in all, or an end before the beginning.
"""

from collections.abc import Collection, Mapping

from gamification.event_types import EVENT_TYPES, Fields, FieldType
from gamification.rules.limits import (
    LONGEST_HOLD_S,
    MOST_BURST_HOURS,
    MOST_DAYS_TO_QUALIFY,
    MOST_EACH,
    MOST_IN_BURST,
    MOST_LEVELS,
    MOST_PERCENT,
    MOST_POINTS,
    MOST_REFERRALS_A_MONTH,
    MOST_WINNERS,
)
from gamification.rules.prizes import LAST_RANK
from gamification.rules.schema_achievements import achievement, challenge
from gamification.rules.schema_counting import conditions, counting, measures, names, of_type
from gamification.rules.schema_parts import Schema, choice, flag, mapping, parts, ref, some, whole, window

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def rule_schema(
    types: Mapping[str, Fields] = EVENT_TYPES,
    *,
    icons: Collection[str] | None = None,
    partners: Collection[str] | None = None,
) -> Schema:
    """The schema of files that may count events of these ``types``; ``icons`` and ``partners`` are names, None if any
    will do."""
    definitions = parts(partners, icons) | {
        "event": choice(types, "The event that counts."),
        "counted": {"allOf": [of_type(type_, ("where", "measure")) for type_ in types]},
        "achievement": achievement(),
        "challenge": challenge(),
        "levels": _levels(types),
        "referral": _referral(),
        "leaderboard": _leaderboard(),
        "draw": _draw(),
    }
    for type_, fields in types.items():
        definitions[f"where:{type_}"] = conditions(type_, fields)
        definitions[f"measure:{type_}"] = measures(fields)
        definitions[f"of:{type_}"] = names(fields, {FieldType.INTEGER})
    return {
        "$schema": DIALECT,
        "title": "Rules of a coalition",
        **mapping(
            (),
            {
                "achievements": some(ref("achievement"), "What members achieve."),
                "challenges": some(ref("challenge"), "Achievements that members join, until a day."),
                "levels": ref("levels"),
                "referral": ref("referral"),
                "leaderboards": some(ref("leaderboard"), "Who is first, among those who joined."),
                "draws": some(ref("draw"), "Prize draws, whose tickets rewards give."),
            },
            minProperties=1,
        ),
        "$defs": definitions,
    }


def _levels(types: Collection[str]) -> Schema:
    formula = {
        "first_step": whole(1, MOST_EACH, "The experience from level 1 to level 2."),
        "percent": whole(1, MOST_PERCENT, "Each further step takes so many per cent of the one before,", default=100),
        "add": whole(0, MOST_EACH, "and so much more.", default=0),
    }
    source = {
        "on": ref("event"),
        "where": {"description": "Which of these events count; all, where it is left out."},
        "each": whole(1, MOST_EACH, "What an event is worth, or every whole `per` of the field `of`."),
        "of": {"description": "A field that is a whole number."},
        "per": whole(1, MOST_EACH, "Of the field `of`."),
    }
    return mapping(
        ("highest", "formula", "experience"),
        {
            "highest": whole(2, MOST_LEVELS, "The highest level."),
            "formula": mapping(("first_step",), formula, "How much experience each level takes."),
            "experience": some(
                mapping(
                    ("on", "each"),
                    source,
                    dependentRequired={"of": ["per"], "per": ["of"]},
                    allOf=[of_type(type_, ("where", "of")) for type_ in types],
                ),
                "What experience comes from, beside achievements.",
            ),
            "fall": flag("Whether a level is lost when its experience is.", default=True),
        },
        "Levels by experience.",
    )


def _referral() -> Schema:
    side = mapping(
        ("points", "funded_by"),
        {"points": whole(0, MOST_POINTS, "What this side is given."), "funded_by": ref("shares")},
    )
    burst = {
        "referrals": whole(2, MOST_IN_BURST, "So many friends", default=5),
        "hours": whole(1, MOST_BURST_HOURS, "within so many hours are looked at.", default=24),
    }
    qualifies = {**counting(), "at": whole(1, MOST_POINTS, "The threshold.")}
    not_streak = {"properties": {"measure": {"not": {"type": "object", "required": ["streak"]}}}}
    return mapping(
        ("qualifies", "within_days", "referrer", "friend", "per_month"),
        {
            "qualifies": mapping(
                ("on", "measure", "at"), qualifies, "What the friend has to do.", allOf=[ref("counted"), not_streak]
            ),
            "within_days": whole(1, MOST_DAYS_TO_QUALIFY, "How long the friend has for it."),
            "referrer": side | {"description": "What whoever invited is given."},
            "friend": side | {"description": "What the friend is given."},
            "per_month": whole(1, MOST_REFERRALS_A_MONTH, "More of one member in a calendar month are looked at."),
            "burst": mapping(("referrals", "hours"), burst),
            "hold_s": whole(0, LONGEST_HOLD_S, "For so many seconds after qualifying the rewards wait.", default=0),
            "budget": ref("budget"),
        },
        "Members who invite friends.",
    )


def _leaderboard() -> Schema:
    rank = whole(1, LAST_RANK, "A rank.")
    ranks = {
        "type": "array",
        "minItems": 2,
        "maxItems": 2,
        "items": rank,
        "description": "The first and the last rank.",
    }
    prize = mapping(("ranks", "points"), {"ranks": ranks, "points": whole(1, MOST_POINTS, "For each of them.")})
    summed = {"anyOf": [{"const": "count"}, {"required": ["sum"]}, {"required": ["distinct"]}]}
    return mapping(
        ("id", "title", "on", "measure", "window"),
        {
            "id": ref("identity"),
            "title": ref("title"),
            **counting(),
            "window": window(rolling=False),
            "prizes": some(prize, "What places win, the first ones first."),
            "funded_by": ref("shares"),
            "budget": ref("budget"),
        },
        dependentRequired={"prizes": ["funded_by"]},
        allOf=[ref("counted"), {"properties": {"measure": summed}}],
    )


def _draw() -> Schema:
    prize = mapping(
        ("title", "winners"),
        {
            "title": ref("title"),
            "winners": whole(1, MOST_WINNERS, "How many win it."),
            "points": whole(1, MOST_POINTS, "What each of them gets; without it, a perk by that title."),
        },
    )
    in_points = {"properties": {"prizes": {"contains": {"required": ["points"]}}}}
    return mapping(
        ("id", "title", "closes_on", "prizes"),
        {
            "id": ref("identity"),
            "title": ref("title"),
            "closes_on": ref("day", "The last day, UTC, on which tickets can be won."),
            "partner": ref("partner", "Who gives the prizes; by default, and as `operator`, the coalition."),
            "prizes": some(prize, "The best first. Where one is points, a partner is named who pays them."),
        },
        "A prize draw.",
        **{"if": in_points, "then": {"required": ["partner"]}},
    )
