"""What a member's events have come to so far: all that is needed to fold the next one.

It is a cache. Whatever it no longer remembers, old periods above all, is found again by folding the member's history.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import itemgetter
from typing import Any

import orjson

from gamification.fold.goals import Counters, Goal
from gamification.fold.streaks import recent
from gamification.rules.windows import LIFETIME, day, periods

_REMEMBERED_DAYS = 62
"""How late an event may come without the whole history being folded again."""
_FORGET_AFTER_DAYS = 2 * _REMEMBERED_DAYS


@dataclass(slots=True)
class MemberState:
    """``horizon`` is the first day whose periods are all remembered, ``latest`` the last that had an event.

    ``counters`` are by the goal's key: the version of the rule that they were last judged by, and the counters.
    ``wins`` are by achievement: how often each tier was won, and for which periods; ``joined`` has what the member
    joined, and with whom; ``zones`` when they moved where; ``frozen`` how many steps of streaks they froze in a month.
    """

    experience: int = 0
    peak: int = 1
    horizon: int = 1
    latest: int = 0
    zones: list[Sequence[Any]] = field(default_factory=list)
    joined: dict[str, list[Any]] = field(default_factory=dict)
    counters: dict[str, list[Any]] = field(default_factory=dict)
    wins: dict[str, list[Any]] = field(default_factory=dict)
    frozen: dict[str, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str | bytes) -> "MemberState":
        return cls(*orjson.loads(text))

    def to_json(self) -> str:
        parts = (self.experience, self.peak, self.horizon, self.latest, self.zones, self.joined, self.counters)
        return orjson.dumps((*parts, self.wins, self.frozen)).decode()

    def zone_at(self, moment: datetime) -> str | None:
        """The time zone that the member was in; None before they told one."""
        if not self.zones:
            return None
        second = int(moment.timestamp())
        return next((zone for since, zone in reversed(self.zones) if since <= second), None)

    def move(self, moment: datetime, zone: str) -> None:
        """From this moment on, the member is in another time zone."""
        self.zones.append((int(moment.timestamp()), zone))
        self.zones.sort(key=itemgetter(0))

    def counters_of(self, goal: Goal) -> Counters:
        """The goal's counters, by period."""
        counters: Counters = self.counters[goal.key][1] if goal.key in self.counters else {}
        return counters

    def scores_of(self, goal: Goal) -> dict[str, list[int]]:
        """Of a scoring goal, each period's score and the id of the event that made it so."""
        kept = self.counters.get(goal.key, ())
        scores: dict[str, list[int]] = kept[2] if len(kept) > 2 else {}
        return scores

    def times_won(self, achievement: str) -> int:
        """How many grants of it the member's events have come to, whatever the tier and period."""
        return sum(self.wins[achievement][0]) if achievement in self.wins else 0

    def forget(self, windows: Mapping[str, Goal]) -> None:
        """Let go of periods that are long over, once there is enough of them; ``windows`` are the goals by key."""
        if self.latest - self.horizon < _FORGET_AFTER_DAYS:
            return
        self.horizon = self.latest - _REMEMBERED_DAYS
        horizon = date.fromordinal(self.horizon)
        ends = periods(horizon)
        self.counters = {key: kept for key, kept in self.counters.items() if key in windows}
        for key, (_, counters, *scores) in self.counters.items():
            goal = windows[key]
            awaited = not all(self.times_won(required) for required in goal.rule.requires)
            _forget_counters(goal, counters, self.horizon, ends, awaited)
            for scored in scores:
                for period in scored.keys() - counters.keys():
                    del scored[period]
        for _, wins in self.wins.values():
            for period in [period for period in wins if _is_over(period, ends)]:
                del wins[period]
        month = ends["month"]
        for frozen in self.frozen.values():
            for old in [old for old in frozen if old < month]:
                del frozen[old]


def _forget_counters(goal: Goal, counters: Counters, horizon: int, ends: Any, awaited: bool) -> None:
    """What waits for a prerequisite is won with it, however long its period is over."""
    window = goal.rule.window
    if window.kind == "days":
        for counter in counters.values():
            counter[2] = {number: had for number, had in counter[2].items() if int(number) > horizon - window.days}
    elif goal.rule.measure.kind == "streak":
        step = day(horizon).steps[goal.rule.measure.step or "day"]
        for counter in counters.values():
            counter[2] = recent(counter[2], counter[3], step)
    elif not awaited:
        for period in [period for period in counters if _is_over(period, ends)]:
            del counters[period]


def _is_over(period: str, ends: Any) -> bool:
    """Whether the period of this name ended before the horizon; a lifetime never does."""
    if period == LIFETIME:
        return False
    if ".." in period:
        return period.partition("..")[2] < str(ends["day"])
    kind = "week" if "W" in period else {4: "year", 7: "month", 10: "day"}[len(period)]
    return period < str(ends[kind])
