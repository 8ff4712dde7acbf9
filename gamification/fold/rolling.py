"""Rolling windows: any measure but a streak, in any ``days`` days in a row that include the event's.

A counter is ``[reached, next threshold, days, newest]``. ``days`` are the known days in their order, each with what it
had: a number, or the elements that it showed. ``newest`` is the last of them where ``reached`` is what the window that
ends with it has, so that another event of that day is only added; else it is None.
"""

from collections.abc import Callable
from typing import Any

from gamification.fold.goals import NEVER, Count, Counter, Reach, bounded
from gamification.rules.measures import Amount, Elements, element_key
from gamification.rules.windows import LIFETIME, Day

Near = list[tuple[int, Any]]
"""Known days that may be in one window, in their order."""
Fullest = Callable[[Near, int, int], int]
"""What the fullest window of so many days has, of those that end with this day or with a known one after it."""


def count_rolling(days: int, amount: Amount, first: int, kind: str) -> Count:
    """``count``, ``sum`` and ``max``."""
    greatest = kind == "max"
    fullest = _greatest if greatest else _fullest_sum

    def count(counters: dict[str, Counter], attributes: Any, day: Day) -> str | None:
        counter = _counter(counters, first)
        number, given = day.number, amount(attributes)
        known = _know(counter, number, 0)
        name = str(number)
        known[name] = max(known[name], given) if greatest else bounded(known[name] + given)
        if counter[3] == number:
            counter[0] = max(counter[0], given) if greatest else bounded(counter[0] + given)
        else:
            _look(counter, number, days, fullest)
        return LIFETIME if counter[0] >= counter[1] else None

    return count


def count_rolling_elements(days: int, elements: Elements, first: int, most: int) -> Count:
    """``distinct``; of each day no more than ``most`` elements are remembered, the highest threshold."""
    fullest = _most_elements(most)

    def count(counters: dict[str, Counter], attributes: Any, day: Day) -> str | None:
        counter = _counter(counters, first)
        number = day.number
        known = _know(counter, number, {})
        shown = known[str(number)]
        fresh = {element_key(element) for element in elements(attributes)} - shown.keys()
        new = sorted(fresh)[: max(most - len(shown), 0)]
        if counter[3] != number:
            shown.update(dict.fromkeys(new, 1))
            _look(counter, number, days, fullest)
        else:
            if new and counter[0] < most:
                within = [had for _, had in _near(known, number - days, number + 1)]
                unseen = sum(not any(element in had for had in within) for element in new)
                counter[0] = min(counter[0] + unseen, most)
            shown.update(dict.fromkeys(new, 1))
        return LIFETIME if counter[0] >= counter[1] else None

    return count


def reach_rolling(days: int, kind: str, most: int = NEVER) -> Reach:
    """What the window that ends with the day has."""

    def reach(counter: Counter, day: Day) -> int:
        within = [had for _, had in _near(counter[2], day.number - days, day.number + 1)]
        if kind == "distinct":
            return min(len(set().union(*within)), most)
        return max(within, default=0) if kind == "max" else bounded(sum(within))

    return reach


def _counter(counters: dict[str, Counter], first: int) -> Counter:
    try:
        return counters[LIFETIME]
    except KeyError:
        counter = counters[LIFETIME] = [0, first, {}, None]
        return counter


def _know(counter: Counter, number: int, nothing: Any) -> dict[str, Any]:
    """The counter's days, with this one among them."""
    known: dict[str, Any] = counter[2]
    name = str(number)
    if name not in known:
        late = bool(known) and int(next(reversed(known))) > number
        known[name] = nothing
        if late:
            known = counter[2] = dict(sorted(known.items(), key=lambda had: int(had[0])))
    return known


def _look(counter: Counter, number: int, days: int, fullest: Fullest) -> None:
    """Find the fullest window that this known day is in."""
    near = _near(counter[2], number - days, number + days)
    counter[0] = fullest(near, number, days)
    counter[3] = number if number == int(next(reversed(counter[2]))) else None


def _near(known: dict[str, Any], after: int, before: int) -> Near:
    """The days between these two; the newest are found first."""
    found = []
    for name in reversed(known):
        number = int(name)
        if number <= after:
            break
        if number < before:
            found.append((number, known[name]))
    found.reverse()
    return found


def _fullest_sum(near: Near, number: int, days: int) -> int:
    total = first = 0
    found = []
    for day, had in near:
        total += had
        while near[first][0] <= day - days:
            total -= near[first][1]
            first += 1
        if day >= number:
            found.append(total)
    return bounded(max(found))


def _greatest(near: Near, number: int, days: int) -> int:
    """Each of the days is in a window with this one."""
    greatest: int = max(had for _, had in near)
    return greatest


def _most_elements(most: int) -> Fullest:
    """How many different ones; it does not look further than to ``most``."""

    def fullest(near: Near, number: int, days: int) -> int:
        last_seen: dict[str, int] = {}
        first = found = 0
        for day, shown in near:
            last_seen.update(dict.fromkeys(shown, day))
            while near[first][0] <= day - days:
                gone, elements = near[first]
                for element in elements:
                    if last_seen[element] == gone:
                        del last_seen[element]
                first += 1
            if day >= number:
                found = max(found, len(last_seen))
                if found >= most:
                    return most
        return found

    return fullest
