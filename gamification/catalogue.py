"""The rules that run: the newest version of each, compiled."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import orjson

from coalition.store.database import execute
from gamification.rules.document import Achievement, Levels, Window
from gamification.rules.levels import thresholds
from gamification.rules.measures import Amount, Elements, compile_amount, compile_elements, compile_experience
from gamification.rules.predicate import Predicate, compile_where


@dataclass(frozen=True, slots=True)
class Goal:
    """A running achievement. ``id`` names its counters, ``order`` is its place among all; one of ``amount`` and
    ``elements`` is there."""

    id: int
    order: int
    version_id: int
    version: int
    rule: Achievement
    window: Window
    matches: Predicate | None
    amount: Amount | None
    elements: Elements | None


@dataclass(frozen=True, slots=True)
class RunningLevels:
    """``taken``: the experience that each level takes. ``sources``: by type of event, what it is worth."""

    taken: tuple[int, ...]
    sources: Mapping[str, list[tuple[Predicate | None, Amount]]]


@dataclass(frozen=True)
class Catalogue:
    """All running rules, in the order in which the achievements were first published."""

    goals: tuple[Goal, ...]
    levels: RunningLevels | None
    by_event: Mapping[str, list[Goal]]
    by_id: Mapping[int, Goal]
    dependants: Mapping[str, list[Goal]]
    """By achievement, the goals that require it."""


def running_rules() -> Catalogue:
    """What was published last, up to this transaction."""
    rows = execute(
        "SELECT id, version, goal_id, document FROM achievement_version AS current"
        " WHERE version = (SELECT MAX(version) FROM achievement_version WHERE achievement = current.achievement)"
        " ORDER BY (SELECT MIN(id) FROM achievement_version WHERE achievement = current.achievement)"
    ).fetchall()
    levels = execute("SELECT document FROM levels_version ORDER BY version DESC LIMIT 1").fetchone()
    return _compile(tuple(map(tuple, rows)), levels[0] if levels else None)


@lru_cache(maxsize=8)
def _compile(rows: tuple[tuple[int, int, int, str], ...], levels_document: str | None) -> Catalogue:
    goals = tuple(_goal(order, *row) for order, row in enumerate(rows))
    by_event: dict[str, list[Goal]] = {}
    dependants: dict[str, list[Goal]] = {}
    for goal in goals:
        by_event.setdefault(goal.rule.on, []).append(goal)
        for required in goal.rule.requires:
            dependants.setdefault(required, []).append(goal)
    return Catalogue(
        goals=goals,
        levels=_levels(levels_document) if levels_document else None,
        by_event=by_event,
        by_id={goal.id: goal for goal in goals},
        dependants=dependants,
    )


def _goal(order: int, version_id: int, version: int, goal_id: int, document: str) -> Goal:
    rule = Achievement.from_document(orjson.loads(document))
    distinct = rule.measure.kind == "distinct"
    return Goal(
        id=goal_id,
        order=order,
        version_id=version_id,
        version=version,
        rule=rule,
        window=rule.window,
        matches=compile_where(rule.where),
        amount=None if distinct else compile_amount(rule.measure),
        elements=compile_elements(rule.measure, rule.on) if distinct else None,
    )


def _levels(document: str) -> RunningLevels:
    levels = Levels.from_document(orjson.loads(document))
    sources: dict[str, list[tuple[Predicate | None, Amount]]] = {}
    for source in levels.experience:
        sources.setdefault(source.on, []).append((compile_where(source.where), compile_experience(source)))
    return RunningLevels(thresholds(levels), sources)
