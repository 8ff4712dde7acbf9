"""Goals: a rule compiled to what its counters do with an event."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gamification.fold.streaks import add_step, length_at
from gamification.rules.document import Achievement
from gamification.rules.measures import Elements, element_key
from gamification.rules.predicate import Attributes, Predicate
from gamification.rules.windows import LIFETIME, Day, period_of

_REPEAT_PERIODS = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
NEVER = 1 << 60
"""As the next threshold of a counter: there is none."""
NEVER_BEFORE = -NEVER
"""As the threshold of a counter that scores: every event is beyond it."""

MOST = 1 << 53
"""Nothing counts further up, nor further down: every reader of JSON keeps such numbers, and so do both databases."""

Counter = list[Any]
"""How far a counter is, the next threshold that may be won, and what the measure remembers besides."""
Counters = dict[str, Counter]
"""By the name of the period."""

Count = Callable[[Counters, Attributes, Day], str | None]
"""Counts an event that meets the condition; returns the period if its counter is at the next threshold or beyond."""
Reach = Callable[[Counter, Day], int]
"""How far the counter is on this day."""


class Judging(NamedTuple):
    """A goal with what is looked at for every event that meets its condition."""

    goal: "Goal"
    key: str
    version_id: int
    advance: Count
    joined: str | None


class Group(NamedTuple):
    """Goals of one event with one condition, which is asked once for all of them."""

    matches: Predicate | None
    goals: list[Judging]


class Groups(NamedTuple):
    """The goals of one event. Which of them may be met at all depends on its ``field``, the one that most of their
    conditions require to be a certain text: then it is ``by_text``, else ``others``."""

    field: str
    by_text: Mapping[str, list[Group]]
    others: list[Group]

    def of(self, attributes: Attributes) -> list[Group]:
        return self.by_text.get(attributes.get(self.field, ""), self.others)


@dataclass(frozen=True, slots=True)
class Goal:
    """A running rule. ``key`` names its counters, ``order`` is its place among all, ``kind`` that of its document.

    ``joined`` is what members must have joined for their events to count. Of a ``scoring`` goal every move is told: its
    counters are summed up elsewhere, by a team or a leaderboard. ``companion`` is granted to whoever invited the member
    who wins.
    """

    key: str
    order: int
    kind: str
    version_id: int
    version: int
    rule: Achievement
    matches: Predicate | None
    count: Count
    reach: Reach
    joined: str | None = None
    within_days: int | None = None
    scoring: bool = False
    back_filled: bool = False
    companion: Achievement | None = None

    @property
    def keeps(self) -> bool:
        """Whether what was undone goes on counting."""
        return self.rule.on_reversal == "keep"

    @property
    def in_team(self) -> bool:
        """Whether a team sums up what its members have counted."""
        return self.rule.challenge is not None and self.rule.challenge.team is not None

    @property
    def multiplies(self) -> bool:
        """Whether the one tier is won at every multiple of its threshold."""
        return self.rule.repeat == "up_to" and self.rule.window.kind == "lifetime"

    @property
    def only_period(self) -> str:
        """The name of the one period of a streak."""
        window = self.rule.window
        return period_of(window, window.dates[0]) or LIFETIME if window.kind == "dates" else LIFETIME

    @property
    def repeats_by(self) -> str:
        """The calendar's window of which each has another try."""
        return _REPEAT_PERIODS.get(self.rule.repeat, self.rule.window.kind)

    def may_win(self, times: int) -> bool:
        """Whether a tier that was won so many times may be won again, in another period."""
        repeat = self.rule.repeat
        return not times or (repeat == "up_to" and times < self.rule.times) or repeat not in ("never", "up_to")

    def win_period(self, period: str, day: Day) -> str:
        """For which period a tier is won on this day, the counter's or that of its repetition."""
        kind = _REPEAT_PERIODS.get(self.rule.repeat)
        return day.periods[kind] if kind else period

    def threshold(self, tier: int, wins: Sequence[Any] | None) -> int:
        """Where the tier (from 0) is won next, ``wins`` being what the member's state has of the rule."""
        times = wins[0][0] if wins and wins[0] and self.multiplies else 0
        return self.rule.tiers[tier] * (times + 1)


def bounded(number: int) -> int:
    """The number, or the most that is counted."""
    return number if -MOST <= number <= MOST else MOST if number > 0 else -MOST


def count_events(window: str, first: int) -> Count:
    """``count`` in the periods of a calendar."""

    def count(counters: Counters, attributes: Attributes, day: Day) -> str | None:
        period = day.periods[window]
        try:
            counter = counters[period]
        except KeyError:
            counter = counters[period] = [0, first]
        counter[0] += 1
        return period if counter[0] >= counter[1] else None

    return count


def count_amount(window: str, field: str, first: int, *, greatest: bool = False) -> Count:
    """``sum`` and ``max`` of a field in the periods of a calendar."""

    def count(counters: Counters, attributes: Attributes, day: Day) -> str | None:
        given = attributes.get(field)
        if not given:
            return None
        period = day.periods[window]
        try:
            counter = counters[period]
        except KeyError:
            counter = counters[period] = [0, first]
        if not greatest:
            total = counter[0] + given
            counter[0] = total if -MOST <= total <= MOST else bounded(total)
        elif given > counter[0]:
            counter[0] = given
        return period if counter[0] >= counter[1] else None

    return count


def count_elements(window: str, elements: Elements, first: int, most: int) -> Count:
    """``distinct`` in the periods of a calendar; beyond ``most``, the highest threshold, nothing is remembered."""

    def count(counters: Counters, attributes: Attributes, day: Day) -> str | None:
        period = day.periods[window]
        counter = counters.get(period)
        if counter is None:
            shown = elements(attributes)
            if not shown:
                return None
            counter = counters[period] = [0, first, {}]
            known = counter[2]
        else:
            known = counter[2]
            if len(known) >= most:
                return period if counter[0] >= counter[1] else None
            shown = elements(attributes)
        for element in shown:
            if element not in known and len(known) < most:
                known[element_key(element)] = 1
        counter[0] = len(known)
        return period if counter[0] >= counter[1] else None

    return count


def between(first: int, last: int, period: str, count: Count) -> Count:
    """Counts what is from the ``first`` to the ``last`` day, under this name; ``count`` goes by a lifetime."""
    periods = {"lifetime": period}

    def count_between(counters: Counters, attributes: Attributes, day: Day) -> str | None:
        return count(counters, attributes, Day(day.number, periods, day.steps)) if first <= day.number <= last else None

    return count_between


def count_streak(step: str, first: int) -> Count:
    """Steps in a row that have an event. The step that was counted last is kept: most events are of the same one."""

    def count(counters: Counters, attributes: Attributes, day: Day) -> str | None:
        period = day.periods["lifetime"]
        counter = counters.get(period)
        if counter is None:
            counter = counters[period] = new_streak(first)
        number = day.steps[step]
        if number != counter[4]:
            add_step(counter[2], number)
            counter[0] = length_at(counter[2], counter[3], number)
            counter[4] = number
        return period if counter[0] >= counter[1] else None

    return count


def new_streak(first: int) -> Counter:
    """Its length, the next threshold, the runs of steps, the frozen ones, and the step that was counted last."""
    return [0, first, [], [], None]


def reach_streak(step: str) -> Reach:
    """The streak goes on as long as the step before had an event, or was frozen."""

    def reach(counter: Counter, day: Day) -> int:
        now = day.steps[step]
        return length_at(counter[2], counter[3], now) or length_at(counter[2], counter[3], now - 1)

    return reach


def reach_counter(counter: Counter, day: Day) -> int:
    reached: int = counter[0]
    return reached
