"""The rules that run at one time, compiled, and where they change in the stream."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import orjson

from gamification.fold.goals import (
    NEVER,
    NEVER_BEFORE,
    Count,
    Goal,
    Group,
    Groups,
    Judging,
    Reach,
    between,
    count_amount,
    count_elements,
    count_events,
    count_streak,
    reach_counter,
    reach_streak,
)
from gamification.fold.rolling import count_rolling, count_rolling_elements, reach_rolling
from gamification.fold.synthetic import board_rule, referral_rules
from gamification.rules.document import Achievement, Levels, Referral
from gamification.rules.levels import thresholds
from gamification.rules.measures import Amount, compile_amount, compile_elements, compile_experience
from gamification.rules.predicate import Predicate, compile_where, required_text

_TOP = 1 << 62


class Version(NamedTuple):
    """A published version of a rule. It judges the events after ``judges_after``, until a newer one of its name does
    so after ``since``; the two differ where it was published with back-fill. ``goal`` names its counters."""

    id: int
    kind: str
    rule: str
    version: int
    goal: int
    document: str
    since: int
    judges_after: int


@dataclass(frozen=True, slots=True)
class RunningLevels:
    """``taken``: the experience that each level takes."""

    levels: Levels
    taken: tuple[int, ...]


@dataclass(frozen=True)
class Catalogue:
    """All running rules, in the order in which they were first published."""

    goals: tuple[Goal, ...]
    levels: RunningLevels | None
    by_event: Mapping[str, Groups]
    sources: Mapping[str, list[tuple[Predicate | None, Amount]]]
    """By type of event, what it is worth in experience."""
    by_key: Mapping[str, Goal]
    by_achievement: Mapping[str, Goal]
    dependants: Mapping[str, list[Goal]]
    """By achievement, the goals that require it."""

    def next_level_at(self, level: int) -> int:
        """The experience that the level above this one takes."""
        taken = self.levels.taken if self.levels else ()
        return taken[level] if level < len(taken) else _TOP


class Eras:
    """Which rules judged which events: the stream is cut where rules were published."""

    def __init__(self, versions: Sequence[Version]) -> None:
        first: dict[tuple[str, str], int] = {}
        for each in versions:
            first.setdefault((each.kind, each.rule), each.id)
        self._versions = sorted(versions, key=lambda each: (first[each.kind, each.rule], each.id))
        self._cuts = sorted({0, *(each.since for each in versions), *(each.judges_after for each in versions)})
        self._catalogues: dict[int, Catalogue] = {}

    def at(self, event: int) -> Catalogue:
        """The rules that judge the event of this id."""
        era = bisect_left(self._cuts, event) - 1
        if era not in self._catalogues:
            self._catalogues[era] = self._of(era)
        return self._catalogues[era]

    def latest(self) -> Catalogue:
        """The rules that judge what has not been read yet."""
        return self.at(_TOP)

    def only(self, goal: str) -> "Eras":
        """As if nothing but the versions with these counters had ever been published."""
        return Eras([each for each in self._versions if str(each.goal) == goal and each.kind != "levels"])

    def _of(self, era: int) -> Catalogue:
        after = self._cuts[era]
        ended: dict[tuple[str, str], int] = {}
        for each in self._versions:
            if each.since <= after:
                name = (each.kind, each.rule)
                ended[name] = max(ended.get(name, 0), each.version)
        running = [
            each
            for each in self._versions
            if each.judges_after <= after and each.version >= ended.get((each.kind, each.rule), 0)
        ]
        return compile_catalogue(tuple(running))


@lru_cache(maxsize=64)
def compile_catalogue(versions: tuple[Version, ...]) -> Catalogue:
    """The rules of these versions, which are in the order in which their rules were first published."""
    places: dict[tuple[str, str], int] = {}
    for each in versions:
        places.setdefault((each.kind, each.rule), len(places))
    goals: list[Goal] = []
    levels = None
    for each in versions:
        document = orjson.loads(each.document)
        if each.kind == "levels":
            levels = Levels.from_document(document)
        else:
            goals.append(_goal(places[each.kind, each.rule], each, document))
    goals.sort(key=lambda goal: goal.order)
    dependants: dict[str, list[Goal]] = {}
    for goal in goals:
        for required in goal.rule.requires:
            dependants.setdefault(required, []).append(goal)
    sources: dict[str, list[tuple[Predicate | None, Amount]]] = {}
    for source in levels.experience if levels else ():
        sources.setdefault(source.on, []).append((compile_where(source.where), compile_experience(source)))
    return Catalogue(
        goals=tuple(goals),
        levels=RunningLevels(levels, thresholds(levels)) if levels else None,
        by_event=_by_event(goals),
        sources=sources,
        by_key={goal.key: goal for goal in goals},
        by_achievement={goal.rule.id: goal for goal in goals},
        dependants=dependants,
    )


def _by_event(goals: Sequence[Goal]) -> dict[str, Groups]:
    by_event: dict[str, list[Goal]] = {}
    for goal in goals:
        by_event.setdefault(goal.rule.on, []).append(goal)
    return {type_: _groups(found) for type_, found in by_event.items()}


def _groups(goals: Sequence[Goal]) -> Groups:
    """Goals with the same condition together, and the groups by the text that most conditions require of one field."""
    fields = Counter(field for goal in goals for field in goal.rule.where if required_text(goal.rule.where, field))
    field = fields.most_common(1)[0][0] if fields else ""
    groups: dict[bytes, Group] = {}
    texts: dict[bytes, str | None] = {}
    for goal in goals:
        condition = orjson.dumps(goal.rule.where, option=orjson.OPT_SORT_KEYS)
        texts[condition] = required_text(goal.rule.where, field)
        group = groups.setdefault(condition, Group(goal.matches, []))
        group.goals.append(Judging(goal, goal.key, goal.version_id, goal.count, goal.joined))
    by_text = {
        text: [group for condition, group in groups.items() if texts[condition] in (None, text)]
        for text in texts.values()
        if text
    }
    return Groups(field, by_text, [group for condition, group in groups.items() if texts[condition] is None])


def _goal(order: int, version: Version, document: Mapping[str, object]) -> Goal:
    companion: Achievement | None = None
    joined = within_days = None
    scoring = False
    if version.kind == "referral":
        referral = Referral.from_document(document)
        rule, companion = referral_rules(referral)
        joined, within_days = "referral", referral.within_days
    elif version.kind == "leaderboard":
        rule, scoring = board_rule(document), True
    else:
        rule = Achievement.from_document(document)
        if rule.challenge:
            scoring = rule.challenge.team is not None
            joined = rule.id if rule.challenge.join else None
    first = NEVER_BEFORE if scoring else rule.tiers[0]
    count, reach = _measured(rule, first)
    return Goal(
        key=str(version.goal),
        order=order,
        kind=version.kind,
        version_id=version.id,
        version=version.version,
        rule=rule,
        matches=compile_where(rule.where),
        count=count,
        reach=reach,
        joined=joined,
        within_days=within_days,
        scoring=scoring,
        back_filled=version.judges_after < version.since,
        companion=companion,
    )


def _measured(rule: Achievement, first: int) -> tuple[Count, Reach]:
    count, reach = _counted(rule, first)
    if rule.window.kind == "dates":
        begin, end = rule.window.dates
        count = between(begin.toordinal(), end.toordinal(), f"{begin}..{end}", count)
    return count, reach


def _counted(rule: Achievement, first: int) -> tuple[Count, Reach]:
    """What is counted from one date to another is counted as in a lifetime, under another name."""
    measure, window = rule.measure, rule.window
    kind = measure.kind
    if kind == "streak":
        assert measure.step, "a streak has steps"
        return count_streak(measure.step, first), reach_streak(measure.step)
    elements = compile_elements(measure) if kind == "distinct" else None
    most = max(rule.tiers, default=NEVER) * rule.times
    if window.kind == "days":
        reach = reach_rolling(window.days, kind, most)
        if elements:
            return count_rolling_elements(window.days, elements, first, most), reach
        return count_rolling(window.days, compile_amount(measure), first, kind), reach
    calendar = "lifetime" if window.kind == "dates" else window.kind
    if elements:
        count = count_elements(calendar, elements, first, most)
    elif measure.field is None:
        count = count_events(calendar, first)
    else:
        count = count_amount(calendar, measure.field, first, greatest=kind == "max")
    return count, reach_counter
