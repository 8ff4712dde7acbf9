"""The parts of the JSON Schema of rule files that do not depend on what is counted: texts, numbers, rewards."""

from collections.abc import Collection
from typing import Any

from gamification.rules.counting_reading import TAKEN
from gamification.rules.document import CALENDAR_WINDOWS, CROSSING_PARTNER, LOCALES
from gamification.rules.limits import (
    DAY,
    IDENTITY,
    LARGEST,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_POINTS,
    MOST_TICKETS,
    MOST_TIERS,
    MOST_TIMES,
    MOST_VALID_DAYS,
    MOST_WEIGHT,
    MOST_WINDOW_DAYS,
)

Schema = dict[str, Any]

_GIFTS = ("points", "coupon", "perk")


def text(description: str, **more: Any) -> Schema:
    return {"type": "string", "pattern": r"\S", "description": description, **more}


def whole(least: int, most: int, description: str, **more: Any) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most, "description": description, **more}


def flag(description: str, *, default: bool) -> Schema:
    return {"type": "boolean", "default": default, "description": description}


def choice(options: Collection[str], description: str, **more: Any) -> Schema:
    return {"enum": list(options), "description": description, **more}


def some(items: Schema, description: str) -> Schema:
    return {"type": "array", "minItems": 1, "items": items, "description": description}


def ref(name: str, description: str | None = None) -> Schema:
    return {"$ref": f"#/$defs/{name}"} | ({"description": description} if description else {})


def mapping(required: Collection[str], properties: Schema, description: str | None = None, **more: Any) -> Schema:
    """An object of which exactly these keys may stand."""
    schema = {"type": "object", "properties": properties, "additionalProperties": False, **more}
    if required:
        schema["required"] = list(required)
    return schema | ({"description": description} if description else {})


def parts(partners: Collection[str] | None, icons: Collection[str] | None) -> Schema:
    """What the rest refers to by name; where the ``partners`` or ``icons`` are known, no other will do."""
    partner = {"type": "string", "pattern": r"\S"} if partners is None else choice(partners, "The name of a partner.")
    sponsor = partner if partners is None else {"enum": [CROSSING_PARTNER, *partners]}
    icon = text("Of the Lucide icons.") if icons is None else choice(sorted(icons), "Of the Lucide icons.")
    return {
        "identity": {
            "type": "string",
            "pattern": f"^{IDENTITY}$",
            "not": {"enum": list(TAKEN)},
            "description": "Small letters, digits, hyphens.",
        },
        "title": mapping(LOCALES, {locale: text(f"In {locale}.", maxLength=LONGEST_TITLE) for locale in LOCALES}),
        "text": mapping(LOCALES, {locale: text(f"In {locale}.", maxLength=LONGEST_TEXT) for locale in LOCALES}),
        "icon": icon | {"default": "award"},
        "partner": partner,
        "day": {"type": "string", "format": "date", "pattern": f"^{DAY}$"},
        "shares": {
            "type": "object",
            "description": "Who pays how many per cent; 100 in all.",
            "minProperties": 1,
            "propertyNames": sponsor,
            "additionalProperties": whole(1, 100, "Per cent."),
            **(
                {}
                if partners is None
                else {"properties": {name: whole(1, 100, "Per cent.") for name in sponsor["enum"]}}
            ),
        },
        "per_tier": {
            "oneOf": [
                whole(0, MOST_POINTS, "The same for every tier."),
                some(whole(0, MOST_POINTS, "Of this tier."), "One number for each tier.") | {"maxItems": MOST_TIERS},
            ]
        },
        "tiers": some(whole(1, LARGEST, "A threshold."), "The thresholds, ascending.") | {"maxItems": MOST_TIERS},
        "budget": mapping(
            (),
            {
                "points": whole(1, MOST_POINTS, "As many points as it may give to everybody."),
                "per_member": whole(1, MOST_POINTS, "As many points as it may give to one member."),
            },
            "What is above it is held until there is room.",
        ),
        "benefit": _benefit(),
        "reward": _reward(),
        "window": window(),
        "repeat": _repeat(),
    }


def window(*, calendar: bool = True, rolling: bool = True) -> Schema:
    """Which windows may stand here, beside those by dates."""
    ends = {
        "from": ref("day", "The first day, in the member's time zone."),
        "until": ref("day", "The last day; it is included."),
    }
    options = [mapping(("from", "until"), ends)]
    if rolling:
        options.insert(0, mapping(("days",), {"days": whole(1, MOST_WINDOW_DAYS, "Any so many days in a row.")}))
    if calendar:
        options.insert(0, choice(CALENDAR_WINDOWS, "A period of the member's calendar."))
    return {"anyOf": options, "description": "Which events count together."}


def _repeat() -> Schema:
    times = whole(1, MOST_TIMES, "So many times in all; of a lifetime, at every multiple of the threshold.")
    return {
        "anyOf": [
            choice(("never", "every_window", "daily", "weekly", "monthly", "yearly"), "When it can be won again."),
            mapping(("up_to",), {"up_to": times}),
        ],
        "description": "How often a tier may be won; by default once in every period of the calendar, else once.",
    }


def _benefit() -> Schema:
    return mapping(
        ("title", "valid_days"),
        {
            "title": ref("title", "What it is."),
            "partner": ref("partner", "Who honours it; by default everybody."),
            "valid_days": whole(1, MOST_VALID_DAYS, "It is honoured to the end of the so-many-th day after its issue."),
            "terms": ref("text", "The small print."),
        },
    )


def _reward() -> Schema:
    surprising = {"required": ["surprise"], "properties": {"surprise": SURPRISING_POINTS}}
    gives = [{"required": [kind]} for kind in ("points", "coupon", "perk", "draw_ticket", "surprise")]
    return mapping(
        (),
        {
            "points": ref("per_tier", "Points, the same for every tier or a list with one number for each."),
            "funded_by": ref("shares", "Who pays the points, in per cent: partners by name, or `partner`, the seller."),
            "badge": flag("Whether a badge that cannot be sold comes with it.", default=False),
            "coupon": ref("benefit", "Goods or a discount, once."),
            "perk": ref("benefit", "A favour, once."),
            "draw_ticket": mapping(
                ("draw",),
                {
                    "draw": ref("identity", "A draw of this file, or one that is open."),
                    "tickets": whole(1, MOST_TICKETS, "How many.", default=1),
                },
                "Tickets of a prize draw.",
            ),
            "surprise": _surprise(),
        },
        "What each tier gives.",
        anyOf=[*gives, {"required": ["badge"], "properties": {"badge": {"const": True}}}],
        dependentRequired={"points": ["funded_by"]},
        **{"if": surprising, "then": {"required": ["funded_by"]}},
    )


SURPRISING_POINTS = {
    "properties": {"choices": {"contains": {"required": ["points"], "properties": {"points": {"minimum": 1}}}}},
}
"""Holds for a surprise that may be of points."""


def _surprise() -> Schema:
    gifts = {
        "points": whole(0, MOST_POINTS, "Points, beside those of the reward."),
        "coupon": ref("benefit"),
        "perk": ref("benefit"),
    }
    one = mapping(
        ("weight",),
        {"weight": whole(1, MOST_WEIGHT, "How likely, beside the other weights."), **gifts},
        "One gift, or none.",
        maxProperties=2,
    )
    return mapping(
        ("choices", "seed"),
        {"choices": some(one, "One of these is drawn."), "seed": text("Decides, with the grant's id; keep it secret.")},
        "One of several gifts, at random by a seed.",
    )
