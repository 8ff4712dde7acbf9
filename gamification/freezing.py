"""Freezing: a member says that a step of a streak will be missed, and the streak goes on over it.

A frozen step joins those before and after it without counting. In a streak of weeks or months, a day stands for the
whole week or month, which is named by its first day; that day's calendar month has the freeze.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coalition import events
from coalition.services.partners import operator_number
from coalition.store.database import lock_name, transaction
from gamification.errors import DayCounted, DayNotFreezable, NoFreezesLeft, NotAStreak, UnknownAchievement
from gamification.fold.goals import Goal
from gamification.fold.player import STREAK_FROZEN
from gamification.fold.state import MemberState
from gamification.progress import state_of, today_of
from gamification.rulebook import running_rules
from gamification.rules.document import Step
from gamification.rules.windows import day as day_of_number
from gamification.store.challenge_tables import StreakFreeze

_SOURCE = "freezes"
_EARLIEST = timedelta(days=-1)
"""Whoever forgot yesterday may say so today, and no later: a streak is not mended afterwards."""
_LATEST = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Freeze:
    """``day`` is the first of the step that is frozen; ``left`` how many more its calendar month has."""

    achievement: str
    day: date
    left: int


def freeze(member: int, achievement: str, day: date, *, now: datetime) -> Freeze:
    """The step of the streak with this day in it may be missed. What is frozen already is answered the same.

    :raises UnknownAchievement: no achievement is named so; nor is a hidden one that was not earned.
    :raises NotAStreak: it is no streak.
    :raises DayNotFreezable: the day is before yesterday, or more than seven days ahead, where the member lives.
    :raises DayCounted: the step counts, for something has happened in it.
    :raises NoFreezesLeft: the calendar month has no more of them.
    """
    state = state_of(member)
    goal = _streak(achievement, state)
    today = date.fromordinal(today_of(state, now).number)
    if not today + _EARLIEST <= day <= today + _LATEST:
        raise DayNotFreezable(day=day, first=today + _EARLIEST, last=today + _LATEST)
    first = _first_day(goal.rule.measure.step or "day", day)
    with transaction():
        lock_name(f"freeze:{achievement}:{member}")
        used = _frozen(member, achievement, first)
        allowed = goal.rule.measure.freezes
        if first.isoformat() not in used:
            if _counts(goal, state, first):
                raise DayCounted(achievement=achievement, day=day)
            if len(used) >= allowed:
                raise NoFreezesLeft(achievement=achievement, month=f"{first:%Y-%m}", freezes=allowed)
            _tell(member, achievement, first, now)
            used.add(first.isoformat())
        return Freeze(achievement, first, max(allowed - len(used), 0))


def _streak(achievement: str, state: MemberState) -> Goal:
    goal = running_rules().by_achievement.get(achievement)
    unseen = goal is not None and goal.rule.hidden and not state.times_won(achievement)
    if goal is None or goal.kind != "achievement" or unseen:
        raise UnknownAchievement(achievement=achievement)
    if goal.rule.measure.kind != "streak":
        raise NotAStreak(achievement=achievement)
    return goal


def _first_day(step: Step, day: date) -> date:
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def _frozen(member: int, achievement: str, day: date) -> set[str]:
    """The first days of the steps that the member has frozen in the calendar month of this day."""
    rows = StreakFreeze.select().where(
        StreakFreeze.member_id == member,
        StreakFreeze.achievement == achievement,
        StreakFreeze.day.startswith(f"{day:%Y-%m}-"),
    )
    return {row.day for row in rows}


def _counts(goal: Goal, state: MemberState, day: date) -> bool:
    """Whether the step has an event, as far as the engine has read them."""
    counter = state.counters_of(goal).get(goal.only_period)
    step = day_of_number(day.toordinal()).steps[goal.rule.measure.step or "day"]
    return counter is not None and any(first <= step <= last for first, last in counter[2])


def _tell(member: int, achievement: str, day: date, now: datetime) -> None:
    StreakFreeze.create(
        member_id=member, achievement=achievement, day=day.isoformat(), frozen_at=now, force_insert=True
    )
    event = events.NewEvent(
        type=STREAK_FROZEN,
        source=_SOURCE,
        source_event_id=f"{achievement}:{member}:{day}",
        member=member,
        partner=operator_number(),
        attributes={"achievement": achievement, "day": day.isoformat()},
        occurred_at=now,
    )
    events.append([event], now)
