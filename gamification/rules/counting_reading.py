"""Reading what is counted and when: the event, the condition, the measure, the window, and how often it may be won."""

import re
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple, cast

from coalition.domain.places import Place
from gamification.event_types import FieldType
from gamification.rules.condition_reading import read_condition
from gamification.rules.document import (
    CALENDAR_WINDOWS,
    STEPS,
    CalendarWindow,
    Measure,
    MeasureKind,
    Repeat,
    Step,
    Window,
)
from gamification.rules.limits import (
    FIRST_DAY,
    IDENTITY,
    LAST_DAY,
    MOST_FREEZES,
    MOST_TIERS,
    MOST_TIMES,
    MOST_WINDOW_DAYS,
)
from gamification.rules.surroundings import Surroundings

_ID = re.compile(IDENTITY)
TAKEN = ("levels", "referral", "referral-friend", "referral-referrer")
REPEATS = ("never", "every_window", "daily", "weekly", "monthly", "yearly")
MEASURES = ("sum", "max", "distinct", "streak")


class Counted(NamedTuple):
    """``on`` is empty where it was refused; whatever depends on it is then not read."""

    on: str
    where: Mapping[str, Any]
    measure: Measure


def read_identity(place: Place) -> str:
    id_ = place.string()
    if id_ is not None and not _ID.fullmatch(id_):
        place.mistake(f"{id_} must be of small letters, digits and hyphens, and begin with a letter")
    elif id_ in TAKEN:
        place.mistake(f"{id_} is what levels, or the referral's own progress and grants, are called")
    return id_ or ""


def read_counted(parts: Mapping[str, Place], around: Surroundings) -> Counted:
    """``on``, ``where`` and ``measure``."""
    on = around.event(parts["on"]) if "on" in parts else None
    if not on:
        return Counted("", {}, Measure("count"))
    where = read_condition(parts["where"], on, around) if "where" in parts else {}
    measure = _measure(parts["measure"], on, around) if "measure" in parts else Measure("count")
    return Counted(on, where, measure)


def read_day(place: Place) -> date | None:
    """A day from the first to the last that rules may name."""
    day = place.day()
    if day and not FIRST_DAY <= day <= LAST_DAY:
        place.mistake(f"{day} is not from {FIRST_DAY} to {LAST_DAY}")
        return None
    return day


def read_window(place: Place | None) -> Window:
    """A period of the calendar, ``{days: N}``, or ``{from: DATE, until: DATE}`` with both days in it."""
    if place is None:
        return Window()
    if not place.is_mapping():
        return Window(cast(CalendarWindow, place.choice(CALENDAR_WINDOWS) or "lifetime"))
    parts = place.fields((), ("days", "from", "until"))
    if parts.keys() == {"days"}:
        return Window("days", days=parts["days"].integer(1, MOST_WINDOW_DAYS) or 1)
    if parts.keys() != {"from", "until"}:
        place.mistake(f"must be one of {', '.join(CALENDAR_WINDOWS)}, {{days: N}} or {{from: DAY, until: DAY}}")
        return Window()
    first, last = read_day(parts["from"]), read_day(parts["until"])
    if first is None or last is None:
        return Window()
    if last < first:
        parts["until"].mistake(f"{last} is before the beginning, {first}")
    return Window("dates", first=first.isoformat(), last=last.isoformat())


def read_repeat(place: Place | None, measure: Measure, window: Window, tiers: tuple[int, ...]) -> tuple[Repeat, int]:
    """How often a tier may be won, and how many times ``up_to`` means."""
    calendar = window.kind in ("day", "week", "month", "year")
    if place is None:
        return ("every_window" if calendar else "never"), 1
    if place.is_mapping():
        parts = place.fields(("up_to",))
        times = (parts["up_to"].integer(1, MOST_TIMES) if "up_to" in parts else None) or 1
        if window.kind == "days" or measure.kind == "streak":
            place.mistake("up_to is for a lifetime or a period of the calendar; say daily, weekly, monthly or yearly")
        elif window.kind == "lifetime" and len(tiers) > 1:
            place.mistake("a lifetime's rule that repeats has one tier, which is won at every multiple of it")
        elif measure.kind == "max" and window.kind == "lifetime":
            place.mistake("the greatest of a lifetime has no multiples")
        return "up_to", times
    repeat = place.choice(REPEATS)
    if repeat == "every_window" and not calendar:
        place.mistake("every_window is for a period of the calendar: day, week, month or year")
    elif repeat in ("daily", "weekly", "monthly", "yearly") and window.kind != "days" and measure.kind != "streak":
        place.mistake(f"{repeat} is for streaks and for {{days: N}}")
    return cast(Repeat, repeat or "never"), 1


def read_tiers(place: Place | None) -> tuple[int, ...]:
    """Thresholds that ascend."""
    if place is None:
        return ()
    if place.is_list() and len(place.node.value) > MOST_TIERS:
        place.mistake(f"has {len(place.node.value)} tiers; more than {MOST_TIERS} nobody climbs")
        return ()
    numbers = [item.integer(minimum=1) or 0 for item in place.items()]
    if all(numbers) and any(later <= earlier for earlier, later in pairwise(numbers)):
        place.mistake("must ascend")
    return tuple(numbers)


def _measure(place: Place, event_type: str, around: Surroundings) -> Measure:
    if not place.is_mapping():
        given = place.choice(("count", *MEASURES))
        if given in ("sum", "distinct", "max"):
            place.mistake("must name a field: {sum: FIELD}, {max: FIELD} or {distinct: FIELD}")
        elif given == "streak":
            place.mistake("must name its step: {streak: day}, {streak: week} or {streak: month}")
        return Measure("count")
    parts = place.fields((), (*MEASURES, "freezes"))
    kinds = [kind for kind in MEASURES if kind in parts]
    if len(kinds) != 1:
        place.mistake("must be count, {sum: FIELD}, {max: FIELD}, {distinct: FIELD} or {streak: STEP}")
        return Measure("count")
    kind = cast(MeasureKind, kinds[0])
    if kind == "streak":
        freezes = parts["freezes"].integer(0, MOST_FREEZES) if "freezes" in parts else 0
        return Measure("streak", step=cast(Step, parts["streak"].choice(STEPS) or "day"), freezes=freezes or 0)
    if "freezes" in parts:
        parts["freezes"].mistake("is for streaks")
    name = parts[kind].string()
    field_type = around.field_of(parts[kind], name, event_type) if name else None
    if kind in ("sum", "max") and field_type and field_type is not FieldType.INTEGER:
        verb = "summed" if kind == "sum" else "compared"
        parts[kind].mistake(f"{name} is {field_type.value} and cannot be {verb}")
    return Measure(kind, name)
