"""Reading one achievement or challenge: its own form, and its fields against those of the event it counts."""

from collections.abc import Mapping
from typing import NamedTuple, cast

from coalition.domain.places import Place, did_you_mean
from gamification.rules.counting_reading import (
    read_counted,
    read_identity,
    read_repeat,
    read_tiers,
    read_window,
)
from gamification.rules.document import ON_REVERSAL, SPLITS, Achievement, Challenge, OnReversal, Split, Team
from gamification.rules.limits import LONGEST_HOLD_S, MOST_FIRST, MOST_IN_TEAM
from gamification.rules.reward_reading import read_budget, read_per_tier, read_reward, read_text, read_title
from gamification.rules.surroundings import Surroundings

REQUIRED = ("id", "title", "description", "on", "measure", "tiers")
OPTIONAL = (
    "icon",
    "where",
    "window",
    "requires",
    "repeat",
    "hidden",
    "hold_s",
    "on_reversal",
    "experience",
    "reward",
    "budget",
)
OF_CHALLENGES = ("join", "owner", "first", "team")
_DEFAULT_ICON = "award"


class ReadAchievement(NamedTuple):
    """The rule, and the places that are checked against other rules."""

    rule: Achievement
    id: Place | None
    requires: list[tuple[str, Place]]


def read_achievement(place: Place, around: Surroundings, *, challenge: bool = False) -> ReadAchievement:
    """The achievement; where a mistake left a value unknown, something harmless stands for it."""
    parts = place.fields(REQUIRED, (*OPTIONAL, *(OF_CHALLENGES if challenge else ())))
    counted = read_counted(parts, around)
    tiers = read_tiers(parts.get("tiers"))
    window = read_window(parts.get("window"))
    repeat, times = read_repeat(parts.get("repeat"), counted.measure, window, tiers)
    items = parts["requires"].items() if "requires" in parts else ()
    requires = [(id_, item) for item in items if (id_ := item.string())]
    reward = read_reward(parts.get("reward"), tiers, around)
    if counted.measure.kind == "streak" and window.kind not in ("lifetime", "dates"):
        parts["window"].mistake("a streak lasts as long as it lasts, or goes by dates: {from: DAY, until: DAY}")
    rule = Achievement(
        id=read_identity(parts["id"]) if "id" in parts else "",
        title=read_title(parts.get("title")),
        description=read_text(parts.get("description")),
        on=counted.on,
        where=counted.where,
        measure=counted.measure,
        window=window,
        tiers=tiers,
        requires=tuple(id_ for id_, _ in requires),
        hidden=bool(parts["hidden"].boolean()) if "hidden" in parts else False,
        experience=read_per_tier(parts.get("experience"), tiers),
        reward=reward,
        icon=_icon(parts["icon"], around) if "icon" in parts else _DEFAULT_ICON,
        repeat=repeat,
        times=times,
        hold_s=(parts["hold_s"].integer(0, LONGEST_HOLD_S) or 0) if "hold_s" in parts else 0,
        on_reversal=_on_reversal(parts.get("on_reversal")),
        budget=read_budget(parts.get("budget"), reward, parts),
        challenge=_challenge(parts, around) if challenge else None,
    )
    _check_challenge(rule, place, parts)
    return ReadAchievement(rule, parts.get("id"), requires)


def _icon(place: Place, around: Surroundings) -> str:
    name = place.string()
    if name and around.icons is not None and name not in around.icons:
        place.mistake(f"no icon is named {name}{did_you_mean(name, around.icons)}")
    return name or _DEFAULT_ICON


def _on_reversal(place: Place | None) -> OnReversal:
    return cast(OnReversal, (place.choice(ON_REVERSAL) if place else None) or "claw_back")


def _challenge(parts: Mapping[str, Place], around: Surroundings) -> Challenge:
    join = parts["join"].boolean() if "join" in parts else True
    return Challenge(
        join=join is not False,
        owner=around.partner(parts["owner"]) if "owner" in parts else None,
        first=parts["first"].integer(1, MOST_FIRST) if "first" in parts else None,
        team=_team(parts["team"]) if "team" in parts else None,
    )


def _team(place: Place) -> Team:
    parts = place.fields(("most", "reward"))
    most = parts["most"].integer(2, MOST_IN_TEAM) if "most" in parts else None
    split = parts["reward"].choice(SPLITS) if "reward" in parts else None
    return Team(most or 2, cast(Split, split or "equal"))


def _check_challenge(rule: Achievement, place: Place, parts: Mapping[str, Place]) -> None:
    challenge = rule.challenge
    if challenge is None:
        return
    if "window" not in parts:
        place.inside("window", "is missing: a challenge has a deadline")
    elif rule.window.kind == "days" or not parts["window"].is_mapping():
        parts["window"].mistake("a challenge has a deadline: {from: DAY, until: DAY}")
    if challenge.first is not None:
        if len(rule.tiers) > 1:
            parts["tiers"].mistake("the first ones win once: a challenge with first has one tier")
        if "repeat" in parts:
            parts["repeat"].mistake("the first ones win once")
    if challenge.team is None:
        return
    if rule.measure.kind not in ("count", "sum"):
        parts["measure"].mistake("a team's contributions are summed up: count or {sum: FIELD}")
    for key in ("requires", "first", "repeat", "experience"):
        if key in parts:
            parts[key].mistake("is not for teams")
    if not challenge.join:
        parts["join"].mistake("whoever is in a team has joined")
