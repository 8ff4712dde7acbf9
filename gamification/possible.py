"""The earliest day: when a member can win a tier at best, by what is known today."""

from datetime import date

from gamification.fold.goals import Goal, new_streak
from gamification.fold.state import MemberState
from gamification.fold.streaks import add_step, length_at
from gamification.rules.document import Step
from gamification.rules.windows import Day, day, next_period


def possible_from(goal: Goal, state: MemberState, tier: int | None, today: Day, *, follows: bool = True) -> date | None:
    """The first of the member's days, today or later, on which the tier (from 0) can be won; where it is None, because
    none is open today, any tier. None if it can never be.

    A streak takes its steps, one after the other, and whatever else is counted can all come in one day. For whoever
    does not follow how far the member is, a streak may be as long as that takes.
    """
    date_ = date.fromordinal(today.number)
    window = goal.rule.window
    first, last = window.dates if window.kind == "dates" else (date_, date.max)
    begin = max(first, date_)
    opens = begin if tier is not None else _opens_again(goal, state, begin)
    if opens is None:
        return None
    if follows and goal.rule.measure.kind == "streak":
        long_enough = _long_enough(goal, state, goal.rule.tiers[tier or 0], begin)
        if long_enough is None:
            return None
        opens = max(opens, long_enough)
    return opens if opens <= last else None


def _opens_again(goal: Goal, state: MemberState, date_: date) -> date | None:
    """The first day on which a tier may be won anew, where all that this day allows are won."""
    # A window by dates has no other period after it; a team's wins, which only have such, are not the member's.
    if goal.repeats_by == "dates":
        return None
    # An older version may have had more tiers.
    times = state.wins[goal.rule.id][0][: len(goal.rule.tiers)]
    if not goal.may_win(min(times)):
        return None
    return next_period(goal.repeats_by, date_)


def _long_enough(goal: Goal, state: MemberState, length: int, begin: date) -> date | None:
    """The first day on which the streak can be so long: if from ``begin`` on something happens in every step."""
    kind = goal.rule.measure.step or "day"
    _, _, runs, frozen, _ = state.counters_of(goal).get(goal.only_period) or new_streak(0)
    known = [list(run) for run in runs]
    start = day(begin.toordinal()).steps[kind]
    # Who has moved west may have steps that count already and are still to come.
    last = max(start, known[-1][1] if known else start)
    reached = 0
    for step in range(start, last + 1):
        add_step(known, step)
        reached = length_at(known, frozen, step)
        if reached >= length:
            return _day_in(kind, step, begin)
    return _day_in(kind, last + length - reached, begin)


def _day_in(kind: Step, step: int, begin: date) -> date | None:
    """The first day of the step that is not before ``begin``; None beyond the end of the calendar."""
    if step > day(date.max.toordinal()).steps[kind]:
        return None
    if kind == "month":
        return max(begin, date(step // 12, step % 12 + 1, 1))
    return max(begin, date.fromordinal(7 * step + 1 if kind == "week" else step))
