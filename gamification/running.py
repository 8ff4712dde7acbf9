"""The rules that run, as whoever builds an app for members needs to know them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gamification.errors import UnknownAchievement
from gamification.fold.catalogue import Catalogue
from gamification.fold.goals import Goal
from gamification.rulebook import running_rules
from gamification.rules.document import Achievement, Budget, Challenge, Measure, localised
from gamification.sharing import Viewer, viewer
from gamification.store.tables import RuleVersion


@dataclass(frozen=True, slots=True)
class RunningWindow:
    """``days`` are any so many in a row; ``first`` and ``last`` day are of a window by dates."""

    kind: str
    days: int | None
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class RunningReward:
    """``points`` and ``experience`` have one number a tier. What a surprise may be stays one: ``surprise``."""

    points: list[int]
    funded_by: Mapping[str, int]
    experience: list[int]
    badge: bool
    coupon: str | None
    perk: str | None
    draw: str | None
    surprise: bool


@dataclass(frozen=True, slots=True)
class RunningRule:
    """An achievement or challenge, in one language; ``challenge`` is None for the former."""

    id: str
    version: int
    published_at: datetime
    title: str
    description: str
    icon: str
    hidden: bool
    on: str
    where: Mapping[str, Any]
    measure: Measure
    window: RunningWindow
    tiers: list[int]
    requires: list[str]
    repeat: str
    times: int
    hold_s: int
    on_reversal: str
    reward: RunningReward
    budget: Budget
    challenge: Challenge | None


def list_rules(*, after: int, limit: int, locale: str, partner: int | None = None) -> list[tuple[int, RunningRule]]:
    """The rules that run, at most ``limit``, in the order of their first publication, each with its place there.

    A ``partner`` (its number) is shown none that is hidden and about another one.
    """
    looking = viewer(partner)
    catalogue = running_rules()
    running = (goal for goal in catalogue.goals if goal.kind == "achievement" and goal.order >= after)
    goals = [goal for goal in running if looking.may_know(goal.rule)][:limit]
    published = _published({goal.version_id for goal in goals})
    return [(goal.order + 1, _view(goal, published, looking, catalogue, locale)) for goal in goals]


def get_rule(achievement: str, *, locale: str, partner: int | None = None) -> RunningRule:
    """A rule that runs; for a ``partner`` (its number), unless it is hidden and about another one.

    :raises UnknownAchievement: no achievement or challenge that runs is named so.
    """
    looking = viewer(partner)
    catalogue = running_rules()
    goal = catalogue.by_achievement.get(achievement)
    if goal is None or goal.kind != "achievement" or not looking.may_know(goal.rule):
        raise UnknownAchievement(achievement=achievement)
    return _view(goal, _published({goal.version_id}), looking, catalogue, locale)


def _published(versions: set[int]) -> dict[int, datetime]:
    rows = RuleVersion.select(RuleVersion.id, RuleVersion.published_at).where(RuleVersion.id.in_(sorted(versions)))
    return {row.id: row.published_at for row in rows}


def _view(
    goal: Goal, published: Mapping[int, datetime], looking: Viewer, catalogue: Catalogue, locale: str
) -> RunningRule:
    rule = goal.rule
    window = rule.window
    first, last = window.dates if window.kind == "dates" else (None, None)
    return RunningRule(
        id=rule.id,
        version=goal.version,
        published_at=published[goal.version_id],
        title=localised(rule.title, locale),
        description=localised(rule.description, locale),
        icon=rule.icon,
        hidden=rule.hidden,
        on=rule.on,
        where=rule.where,
        measure=rule.measure,
        window=RunningWindow(window.kind, window.days or None, first, last),
        tiers=list(rule.tiers),
        requires=looking.known(rule.requires, catalogue),
        repeat=rule.repeat,
        times=rule.times,
        hold_s=rule.hold_s,
        on_reversal=rule.on_reversal,
        reward=_reward(rule, locale),
        budget=rule.budget,
        challenge=rule.challenge,
    )


def _reward(rule: Achievement, locale: str) -> RunningReward:
    reward = rule.reward
    ticket = reward.draw_ticket
    return RunningReward(
        points=list(reward.points),
        funded_by=reward.funded_by,
        experience=list(rule.experience),
        badge=reward.badge,
        coupon=localised(reward.coupon["title"], locale) if reward.coupon else None,
        perk=localised(reward.perk["title"], locale) if reward.perk else None,
        draw=ticket["draw"] if ticket else None,
        surprise=reward.surprise is not None,
    )
