"""Folding a batch of events: what each adds to which counters, and what a return takes from them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from coalition.events import Event
from coalition.services.programmes import Rulebook
from coalition.services.purchases import PURCHASE_RECORDED
from coalition.services.returns import PURCHASE_RETURNED
from coalition.store.database import from_column
from gamification.catalogue import Goal, RunningLevels
from gamification.moves import Move, settle
from gamification.rules.windows import periods
from gamification.store.counters import Element, Key, set_shown, show_elements

Contribution = tuple[int, int, Event]
"""The position of an event in the batch, 1 or -1, and what counts, or counts no longer."""
LocalDay = Callable[[datetime], date]


class Folded(NamedTuple):
    """The moves of each counter; ``undone`` are the counters that a return touches."""

    moves: dict[Key, list[Move]]
    undone: set[Key]


def local_days(rules: Rulebook) -> LocalDay:
    """Which day it was, by the calendar of the programme in force at the time."""
    return lambda moment: moment.astimezone(ZoneInfo(rules.at(moment).time_zone)).date()


def contributions(batch: Sequence[Event]) -> Iterator[Contribution]:
    """What counts. After a return its purchase counts no longer, and what is left of it counts as a purchase then."""
    for position, event in enumerate(batch):
        if event.type != PURCHASE_RETURNED:
            yield position, 1, event
            continue
        purchased_at = from_column(event.attributes["purchased_at"])
        for sign, attributes in ((-1, event.attributes["before"]), (1, event.attributes["after"])):
            if attributes is not None:
                yield (
                    position,
                    sign,
                    event._replace(type=PURCHASE_RECORDED, attributes=attributes, occurred_at=purchased_at),
                )


def fold(counting: Iterable[Contribution], goals: Mapping[str, Sequence[Goal]], local_day: LocalDay) -> Folded:
    """What the batch adds to each counter. How often it shows which elements is remembered from now on."""
    folded = Folded({}, set())
    moves, undone = folded
    shown: dict[Element, list[Move]] = {}
    for position, sign, (_, _, type_, member, _, attributes, occurred_at) in counting:
        judging = goals.get(type_)
        if not judging:
            continue
        labels = periods(local_day(occurred_at))
        showing = (position, sign)
        for goal in judging:
            if goal.matches is not None and not goal.matches(attributes):
                continue
            period = labels[goal.window]
            if goal.elements is not None:
                for element in goal.elements(attributes):
                    shown.setdefault((member, goal.id, period, element), []).append(showing)
            elif goal.amount is not None and (amount := goal.amount(attributes)):
                moves.setdefault((member, goal.id, period), []).append((position, sign * amount))
            if sign < 0:
                undone.add((member, goal.id, period))
    _fold_elements(shown, folded)
    return folded


def _fold_elements(shown: Mapping[Element, Sequence[Move]], folded: Folded) -> None:
    """An element counts from the first event that shows it until the last of them is undone."""
    moves, undone = folded
    times = {element: sum(sign for _, sign in found) if undone else len(found) for element, found in shown.items()}
    corrected: dict[Element, int] = {}
    for element, after in show_elements(times):
        if undone and element[:3] in undone:
            before = after - times[element]
            corrected[element] = before
            for position, change in settle(before, shown[element]):
                was_shown = corrected[element] > 0
                corrected[element] += change
                if was_shown != (corrected[element] > 0):
                    moves.setdefault(element[:3], []).append((position, -1 if was_shown else 1))
        elif after == times[element]:
            moves.setdefault(element[:3], []).append((shown[element][0][0], 1))
    set_shown(corrected)


def fold_experience(counting: Iterable[Contribution], levels: RunningLevels) -> dict[int, list[Move]]:
    """What the events themselves add to the experience of each member."""
    moves: dict[int, list[Move]] = {}
    for position, sign, event in counting:
        for matches, amount in levels.sources.get(event.type, ()):
            if (matches is None or matches(event.attributes)) and (gain := amount(event.attributes)):
                moves.setdefault(event.member, []).append((position, sign * gain))
    return moves
