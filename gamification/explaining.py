"""Explaining: for a member and a rule, what is earned and by which events, what is missing, and when it can come."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from coalition import events as stream
from coalition.events import Event
from coalition.services.members import member_number
from gamification.errors import UnknownAchievement
from gamification.fold.catalogue import Catalogue, Eras
from gamification.fold.goals import Goal, Group
from gamification.fold.history import play_history
from gamification.fold.player import Player, ZoneAt
from gamification.fold.state import MemberState
from gamification.grants import Grant, GrantState, select_grants
from gamification.progress import next_tier, reached, state_of, today_of
from gamification.rulebook import eras, last_event_read, running_rules, zones
from gamification.rules.document import localised
from gamification.rules.windows import LIFETIME, Day, last_day, next_period, period_of
from gamification.store.tables import AchievementGrant
from gamification.texts import Reason, reason

_MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class CountedEvent:
    """An event that counts, or counted; ``day`` is the member's."""

    id: str
    type: str
    occurred_at: datetime
    day: date


@dataclass(frozen=True, slots=True)
class EarnedTier:
    """A tier, counted from 1, and the events that earned it, the latest of them at most, in their order."""

    grant: str
    tier: int
    threshold: int
    period: str | None
    state: str
    held_because: str | None
    points: int
    earned_at: datetime
    counted: list[CountedEvent]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of one rule for one member, today.

    ``tier`` is the next that can be won, None if there is none now; ``reasons`` say why it is not won yet, and
    ``possible_from`` on which day it can be at the earliest: today, later, or (None) never again. ``counted`` are the
    events that count towards it.
    """

    member: str
    id: str
    title: str
    description: str
    earned: list[EarnedTier]
    tier: int | None
    value: int
    threshold: int | None
    remaining: int | None
    period: str | None
    ends_on: date | None
    reasons: list[Reason]
    possible_from: date | None
    counted: list[CountedEvent] = field(default_factory=list)


def explain(member_id: str, achievement: str, *, locale: str, now: datetime) -> Explanation:
    """Why the member has it, or not.

    :raises UnknownMember: no member has this id.
    :raises UnknownAchievement: no achievement or challenge is named so; nor is a hidden one that was not earned.
    """
    member = member_number(member_id)
    goal = running_rules().by_achievement.get(achievement)
    grants = _grants(member, achievement)
    if goal is None or goal.kind != "achievement" or (goal.rule.hidden and not grants):
        raise UnknownAchievement(achievement=achievement)
    state = state_of(member)
    today = today_of(state, now)
    counted = list(_counted(member, goal, eras(), zones()))
    date_ = date.fromordinal(today.number)
    tier = next_tier(goal, state, today)
    value = reached(goal, state, today)
    threshold = None if tier is None else goal.threshold(tier, state.wins.get(goal.rule.id))
    period = period_of(goal.rule.window, date_)
    return Explanation(
        member=member_id,
        id=achievement,
        title=localised(goal.rule.title, locale),
        description=localised(goal.rule.description, locale),
        earned=[_earned(grant, goal, counted) for grant in grants],
        tier=None if tier is None else tier + 1,
        value=value,
        threshold=threshold,
        remaining=None if threshold is None else max(threshold - value, 0),
        period=None if period in (LIFETIME, None) else period,
        ends_on=last_day(goal.rule.window, date_),
        reasons=list(_reasons(goal, state, tier, value, threshold, date_, locale)),
        possible_from=_possible_from(goal, state, tier, today),
        counted=_latest(each for each in counted if period is not None and _is_in(each, goal, period, date_)),
    )


def _grants(member: int, achievement: str) -> list[Grant]:
    of_member = (AchievementGrant.member_id == member) & (AchievementGrant.achievement == achievement)
    return list(select_grants(of_member & (AchievementGrant.state != GrantState.REVOKED)))


def _earned(grant: Grant, goal: Goal, counted: Sequence["_Counted"]) -> EarnedTier:
    day = next((each.day for each in counted if each.event.id == grant.event), None)
    until = [each for each in counted if each.event.id <= grant.event]
    shown = [each for each in until if day is not None and _is_in(each, goal, grant.period, day)]
    return EarnedTier(
        grant=grant.id,
        tier=grant.tier,
        threshold=grant.threshold,
        period=grant.period or None,
        state=grant.state,
        held_because=grant.held_because,
        points=grant.points,
        earned_at=grant.earned_at,
        counted=_latest(shown),
    )


def _reasons(
    goal: Goal, state: MemberState, tier: int | None, value: int, threshold: int | None, today: date, locale: str
) -> Iterator[Reason]:
    rule = goal.rule
    if rule.window.kind == "dates":
        first, last = rule.window.dates
        if today < first:
            yield reason("not_started", locale, day=first)
        elif today > last:
            yield reason("ended", locale, day=last)
    if goal.joined and goal.joined not in state.joined:
        yield reason("not_joined", locale)
    for required in rule.requires:
        if not state.times_won(required):
            yield reason("requires", locale, achievement=required)
    if tier is None:
        yield reason("won_for_good" if not goal.may_win(max(state.wins[rule.id][0])) else "won_this_period", locale)
    elif threshold is not None and value < threshold:
        yield reason("remaining", locale, remaining=threshold - value, value=value, threshold=threshold)


def _possible_from(goal: Goal, state: MemberState, tier: int | None, today: Day) -> date | None:
    date_ = date.fromordinal(today.number)
    rule = goal.rule
    if rule.window.kind == "dates":
        first, last = rule.window.dates
        return None if date_ > last or tier is None else max(first, date_)
    if tier is not None:
        return date_
    if not goal.may_win(max(state.wins[rule.id][0])):
        return None
    return next_period(goal.repeats_by, date_)


@dataclass(frozen=True, slots=True)
class _Counted:
    event: Event
    day: date


class _Tracing(Player):
    """Remembers which events meet the condition."""

    def __init__(self, zone_at: ZoneAt) -> None:
        super().__init__(MemberState(), zone_at)
        self.counted: list[_Counted] = []

    def _count(
        self,
        event: Event,
        attributes: Any,
        day: Day,
        groups: Iterable[Group],
        catalogue: Catalogue,
        keeping: bool | None = None,
    ) -> None:
        for matches, goals in groups:
            met = matches is None or matches(attributes)
            judged = [goal for goal, *_ in goals if keeping is None or goal.keeps == keeping]
            if met and any(goal.joined is None or self._has_joined(goal, day) for goal in judged):
                self.counted.append(_Counted(event, date.fromordinal(day.number)))
        super()._count(event, attributes, day, groups, catalogue, keeping)


def _counted(member: int, goal: Goal, rules: Eras, zone_at: ZoneAt) -> list[_Counted]:
    """The member's events that count for the goal, in the order of the stream."""
    tracing = _Tracing(zone_at)
    events = list(stream.read_members([member], last_event_read()))
    play_history(tracing, events, rules.only(goal.key))
    return tracing.counted


def _is_in(counted: _Counted, goal: Goal, period: str, day: date) -> bool:
    """Whether the event counts together with what is counted on this day, or for the period."""
    window = goal.rule.window
    if window.kind == "days":
        return 0 <= (day - counted.day).days < window.days
    return goal.rule.measure.kind == "streak" or period_of(window, counted.day) == period


def _latest(counted: Iterable[_Counted]) -> list[CountedEvent]:
    found = list(counted)[-_MOST_EVENTS:]
    return [CountedEvent(each.event.public_id, each.event.type, each.event.occurred_at, each.day) for each in found]
