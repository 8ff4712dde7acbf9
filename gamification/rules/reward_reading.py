"""Reading what a rule gives: points with their sponsors and budget, coupons, perks, tickets and surprises."""

from collections.abc import Mapping
from typing import Any

from coalition.domain.places import Place, did_you_mean
from gamification.rules.document import CROSSING_PARTNER, LOCALES, Budget, Reward
from gamification.rules.limits import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_POINTS,
    MOST_TICKETS,
    MOST_VALID_DAYS,
    MOST_WEIGHT,
)
from gamification.rules.surroundings import Surroundings

KINDS = ("points", "badge", "coupon", "perk", "draw_ticket", "surprise")


def read_title(place: Place | None) -> dict[str, str]:
    """A short text in every language."""
    return _localised(place, LONGEST_TITLE)


def read_text(place: Place | None) -> dict[str, str]:
    """A longer text in every language."""
    return _localised(place, LONGEST_TEXT)


def read_per_tier(place: Place | None, tiers: tuple[int, ...]) -> tuple[int, ...]:
    """One number for each tier, or one that holds for all."""
    if place is None:
        return (0,) * len(tiers)
    if not place.is_list():
        return (place.integer(0, MOST_POINTS) or 0,) * len(tiers)
    numbers = tuple(item.integer(0, MOST_POINTS) or 0 for item in place.items())
    if tiers and len(numbers) != len(tiers):
        place.mistake(f"has {len(numbers)} numbers for {len(tiers)} tiers")
    return numbers


def read_reward(place: Place | None, tiers: tuple[int, ...], around: Surroundings) -> Reward:
    if place is None:
        return Reward((0,) * len(tiers), {})
    parts = place.fields((), (*KINDS, "funded_by"))
    reward = Reward(
        points=read_per_tier(parts.get("points"), tiers),
        funded_by=read_shares(parts["funded_by"], around) if "funded_by" in parts else {},
        badge=bool(parts["badge"].boolean()) if "badge" in parts else False,
        coupon=_benefit(parts["coupon"], around) if "coupon" in parts else None,
        perk=_benefit(parts["perk"], around) if "perk" in parts else None,
        draw_ticket=_ticket(parts["draw_ticket"], around) if "draw_ticket" in parts else None,
        surprise=_surprise(parts["surprise"], around) if "surprise" in parts else None,
    )
    if ("points" in parts or reward.most_points) and "funded_by" not in parts:
        place.inside("funded_by", "is missing: points need a sponsor")
    if place.is_mapping() and not any(kind in parts for kind in KINDS if kind != "badge") and not reward.badge:
        place.mistake("gives nothing: neither points nor a badge")
    return reward


def read_budget(place: Place | None, reward: Reward, parts: Mapping[str, Place]) -> Budget:
    """How many points the rule may give; what it gives at once must be within."""
    if place is None:
        if reward.surprise is not None and reward.most_points:
            parts["reward"].mistake("a surprise with points needs a budget")
        return Budget()
    given = {name: part.integer(1, MOST_POINTS) for name, part in place.fields((), ("points", "per_member")).items()}
    for name, limit in given.items():
        if limit is not None and reward.most_points > limit:
            place.inside(name, f"one grant may give {reward.most_points} points, more than {limit}")
    return Budget(given.get("points"), given.get("per_member"))


def read_shares(place: Place, around: Surroundings) -> dict[str, int]:
    """Who pays how many per cent."""
    shares: dict[str, int] = {}
    for name, share in place.mapping().items():
        if name != CROSSING_PARTNER and name not in around.sponsors:
            share.mistake(f"no partner is named {name}{did_you_mean(name, around.sponsors)}")
        shares[name] = share.integer(1, 100) or 0
    if place.is_mapping() and all(shares.values()) and sum(shares.values()) != 100:
        place.mistake(f"the shares sum to {sum(shares.values())}, not to 100")
    return shares


def _localised(place: Place | None, longest: int) -> dict[str, str]:
    if place is None:
        return {}
    texts = {locale: (part, part.string() or "") for locale, part in place.fields(LOCALES).items()}
    for part, text in texts.values():
        if len(text) > longest:
            part.mistake(f"has {len(text)} characters, more than {longest}")
    return {locale: text for locale, (_, text) in texts.items()}


def _benefit(place: Place, around: Surroundings) -> dict[str, Any]:
    parts = place.fields(("title", "valid_days"), ("partner", "terms"))
    return {
        "title": read_title(parts.get("title")),
        "partner": around.partner(parts["partner"]) if "partner" in parts else None,
        "valid_days": (parts["valid_days"].integer(1, MOST_VALID_DAYS) if "valid_days" in parts else None) or 1,
        "terms": read_text(parts.get("terms")),
    }


def _ticket(place: Place, around: Surroundings) -> dict[str, Any]:
    parts = place.fields(("draw",), ("tickets",))
    draw = parts["draw"].string() if "draw" in parts else None
    if draw is not None and draw not in around.draws:
        parts["draw"].mistake(f"no draw is named {draw}{did_you_mean(draw, around.draws)}")
    tickets = parts["tickets"].integer(1, MOST_TICKETS) if "tickets" in parts else 1
    return {"draw": draw or "", "tickets": tickets or 1}


def _surprise(place: Place, around: Surroundings) -> dict[str, Any]:
    """The seed is fixed when the rule is written, and decides with each grant's id what it gives."""
    parts = place.fields(("choices", "seed"))
    seed = parts["seed"].string() if "seed" in parts else None
    choices = [_choice(item, around) for item in parts["choices"].items()] if "choices" in parts else []
    return {"choices": choices, "seed": seed or ""}


def _choice(place: Place, around: Surroundings) -> dict[str, Any]:
    parts = place.fields(("weight",), ("points", "coupon", "perk"))
    weight = parts["weight"].integer(1, MOST_WEIGHT) if "weight" in parts else 1
    choice: dict[str, Any] = {"weight": weight or 1}
    gifts = [kind for kind in ("points", "coupon", "perk") if kind in parts]
    if len(gifts) > 1:
        place.mistake(f"gives several things: {', '.join(gifts)}")
    for kind in gifts:
        if kind == "points":
            choice["points"] = parts["points"].integer(0, MOST_POINTS) or 0
        else:
            choice[kind] = _benefit(parts[kind], around)
    return choice
