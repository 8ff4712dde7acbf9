"""Folding a batch of events: what each adds to which counters, in the order of the events.

The order is kept because the moment of crossing a threshold is that of one event, however the stream was cut.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from coalition.events import Event
from coalition.services.programmes import Rulebook
from gamification.catalogue import Goal, RunningLevels
from gamification.rules.windows import periods
from gamification.store.counters import Element, Key, insert_elements

Move = tuple[int, int]
"""The position of an event in the batch, and how much it added."""
LocalDay = Callable[[datetime], date]


def local_days(rules: Rulebook) -> LocalDay:
    """Which day it was, by the calendar of the programme in force at the time."""
    return lambda moment: moment.astimezone(ZoneInfo(rules.at(moment).time_zone)).date()


def fold(batch: Sequence[Event], goals: Mapping[str, Sequence[Goal]], local_day: LocalDay) -> dict[Key, list[Move]]:
    """What the batch adds to each counter. The elements that it shows for the first time are remembered from now on."""
    moves: dict[Key, list[Move]] = {}
    shown: dict[Element, int] = {}
    for position, (_, _, type_, member, _, attributes, occurred_at) in enumerate(batch):
        counting = goals.get(type_)
        if not counting:
            continue
        labels = periods(local_day(occurred_at))
        for goal in counting:
            if goal.matches is not None and not goal.matches(attributes):
                continue
            period = labels[goal.window]
            if goal.elements is not None:
                for element in goal.elements(attributes):
                    shown.setdefault((member, goal.id, period, element), position)
            elif goal.amount is not None and (amount := goal.amount(attributes)):
                moves.setdefault((member, goal.id, period), []).append((position, amount))
    fresh = insert_elements(shown)
    for shown_element, position in shown.items():
        if shown_element in fresh:
            member, goal_id, period, _ = shown_element
            moves.setdefault((member, goal_id, period), []).append((position, 1))
    return moves


def fold_experience(batch: Sequence[Event], levels: RunningLevels) -> dict[int, list[Move]]:
    """What the events themselves add to the experience of each member."""
    moves: dict[int, list[Move]] = {}
    for position, event in enumerate(batch):
        for matches, amount in levels.sources.get(event.type, ()):
            if (matches is None or matches(event.attributes)) and (gain := amount(event.attributes)):
                moves.setdefault(event.member, []).append((position, gain))
    return moves
