"""What a member has won, by the plainest means: everything that counts is kept, and counted anew at each event.

Rules are as files have them. Nothing is shared with the engine but the grammar of conditions.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from coalition.events import Event
from gamification.rules.predicate import compile_where

Rule = Mapping[str, Any]


class Win(NamedTuple):
    """``tier`` is counted from 1, ``event`` is the place in the stream of what won it."""

    event: int
    achievement: str
    tier: int
    period: str
    repeat: int = 1


class Fact(NamedTuple):
    day: date
    attributes: Mapping[str, Any]


class Result(NamedTuple):
    """``levels`` are the changes: the event, the level and the experience then."""

    wins: list[Win]
    experience: int
    level: int
    levels: list[tuple[int, int, int]]


def still_counting(events: Sequence[Event]) -> list[tuple[Event, Any, bool]]:
    """The events but those that undo, each with what is left of its attributes, and whether something undid it."""
    left: dict[str, Any] = {}
    for event in events:
        if event.type == "purchase.returned":
            left[event.attributes["purchase"]] = event.attributes["after"]
        elif event.type == "event.withdrawn":
            left[event.attributes["event"]] = None
    kept = []
    for event in events:
        if event.type not in ("purchase.returned", "event.withdrawn"):
            name = event.attributes["purchase"] if event.type == "purchase.recorded" else event.public_id
            kept.append((event, left.get(name, event.attributes), name in left))
    return kept


class Model:
    """Of one member. ``rules_at`` tells the rules that judge an event, in their order, by its place in the stream."""

    def __init__(self, rules_at: Any, zone: str, levels: Mapping[str, Any], taken: Sequence[int]) -> None:
        self._rules_at = rules_at
        self._zone = zone
        self._sources = levels.get("experience", ())
        self._taken = taken
        self._moves: list[tuple[datetime, str]] = []
        self._joined: set[str] = set()
        self._facts: dict[str, list[Fact]] = defaultdict(list)
        self._frozen: dict[str, list[date]] = defaultdict(list)
        self._steps: dict[str, set[int]] = defaultdict(set)
        self.wins: list[Win] = []
        self.experience = 0
        self.level = 1
        self.levels: list[tuple[int, int, int]] = []

    def result(self, events: Sequence[Event]) -> Result:
        for event, left, undone in still_counting(events):
            self._take(event, left, undone)
        return Result(self.wins, self.experience, self.level, self.levels)

    def _take(self, event: Event, left: Any, undone: bool) -> None:
        rules = self._rules_at(event.id)
        if event.type in ("member.moved", "challenge.joined", "streak.frozen"):
            if left is not None:
                self._act(event, rules)
            return
        day = self._day(event.occurred_at)
        if left is not None:
            for source in self._sources:
                if source["on"] == event.type:
                    amount = (left.get(source["of"]) or 0) // source["per"] if "of" in source else 1
                    self._gain(event, amount * source["each"])
        for rule in rules:
            counted = event.attributes if rule.get("on_reversal") == "keep" else left
            if rule["on"] == event.type and counted is not None and self._meets(rule, counted):
                self._facts[goal_of(rule)].append(Fact(day, counted))
                period = period_of(rule, day)
                if period is not None and adds_something(rule, counted):
                    self._judge(event, rule, period, self._best(rule, day, period), day)

    def _act(self, event: Event, rules: Iterable[Rule]) -> None:
        given = event.attributes
        if event.type == "member.moved":
            self._moves.append((event.occurred_at, given["time_zone"]))
        elif event.type == "challenge.joined":
            self._joined.add(given["challenge"])
        else:
            rule = next((each for each in rules if each["id"] == given["achievement"]), None)
            if rule is None or "streak" not in measure_of(rule):
                return
            day = date.fromisoformat(given["day"])
            same_month = [
                other for other in self._frozen[rule["id"]] if (other.year, other.month) == day.timetuple()[:2]
            ]
            if len(same_month) < measure_of(rule).get("freezes", 0):
                self._frozen[rule["id"]].append(day)
                self._steps[goal_of(rule)].add(step_of(rule, day))

    def _day(self, moment: datetime) -> date:
        zone = self._zone
        for since, where in sorted(self._moves, key=lambda each: each[0]):
            if since.replace(microsecond=0) <= moment:
                zone = where
        return moment.astimezone(ZoneInfo(zone)).date()

    def _meets(self, rule: Rule, attributes: Any) -> bool:
        matches = compile_where(rule.get("where", {}))
        joined = not rule.get("join") or rule["id"] in self._joined
        return joined and (matches is None or matches(attributes))

    def _best(self, rule: Rule, day: date, period: str) -> int:
        """How far the rule is with an event of this day."""
        days = rolling(rule)
        if not days:
            return self._reached(rule, day, period)
        return max(self._rolled(rule, day + timedelta(later), days) for later in range(days))

    def _reached(self, rule: Rule, day: date, period: str) -> int:
        """How far the rule is on this day, whether or not something counts on it."""
        if days := rolling(rule):
            return self._rolled(rule, day, days)
        facts = self._facts[goal_of(rule)]
        if "streak" in measure_of(rule):
            now = step_of(rule, day)
            return self._streak(rule, now) or self._streak(rule, now - 1)
        return amount_of(rule, [fact for fact in facts if period_of(rule, fact.day) == period])

    def _rolled(self, rule: Rule, end: date, days: int) -> int:
        facts = self._facts[goal_of(rule)]
        return amount_of(rule, [fact for fact in facts if 0 <= (end - fact.day).days < days])

    def _streak(self, rule: Rule, now: int) -> int:
        done = {step_of(rule, fact.day) for fact in self._facts[goal_of(rule)]}
        frozen = self._steps[goal_of(rule)]
        return streak_length(done, frozen, now)

    def _judge(self, event: Event, rule: Rule, period: str, reached: int, day: date) -> None:
        have = {win.achievement for win in self.wins}
        if not have.issuperset(rule.get("requires", ())):
            return
        repeat = rule.get("repeat")
        if isinstance(repeat, dict) and "window" not in rule:
            (tier,) = rule["tiers"]
            times = sum(win.achievement == rule["id"] for win in self.wins)
            for number in range(times + 1, repeat["up_to"] + 1):
                if reached >= tier * number:
                    self._win(event, rule, 1, "", number, day)
            return
        named = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}.get(str(repeat))
        won_for = name_of(day, named) if named else period
        for tier, threshold in enumerate(rule["tiers"], start=1):
            before = [win.period for win in self.wins if win[1:3] == (rule["id"], tier)]
            most = repeat["up_to"] if isinstance(repeat, dict) else 1 if repeat == "never" else len(before) + 1
            if reached >= threshold and won_for not in before and len(before) < most:
                self._win(event, rule, tier, won_for, 1, day)

    def _win(self, event: Event, rule: Rule, tier: int, period: str, repeat: int, day: date) -> None:
        first = all(win.achievement != rule["id"] for win in self.wins)
        self.wins.append(Win(event.id, rule["id"], tier, period, repeat))
        gained = rule.get("experience", 0)
        self._gain(event, gained[tier - 1] if isinstance(gained, list) else gained)
        if not first:
            return
        for other in self._rules_at(event.id):
            if rule["id"] in other.get("requires", ()):
                for period_ in sorted({period_of(other, fact.day) or "" for fact in self._facts[goal_of(other)]}):
                    self._judge(event, other, period_, self._reached(other, day, period_), day)

    def _gain(self, event: Event, experience: int) -> None:
        self.experience += experience
        level = sum(at <= self.experience for at in self._taken)
        if experience and level > self.level:
            self.level = level
            self.levels.append((event.id, level, self.experience))


def measure_of(rule: Rule) -> Mapping[str, Any]:
    measure: Any = rule["measure"]
    return {"count": None} if measure == "count" else measure


def goal_of(rule: Rule) -> str:
    """The same for versions that count the same."""
    counted = [rule.get(key) for key in ("id", "on", "where", "measure", "window", "on_reversal")]
    return repr(counted)


def adds_something(rule: Rule, attributes: Mapping[str, Any]) -> bool:
    """Nothing added to a sum is no reason to look at it, should it have been enough since the rule was edited."""
    measure = measure_of(rule)
    field = measure.get("sum") or measure.get("max")
    return bool(rolling(rule) or not field or attributes.get(field))


def rolling(rule: Rule) -> int:
    window = rule.get("window")
    return window.get("days", 0) if isinstance(window, dict) else 0


def period_of(rule: Rule, day: date) -> str | None:
    window = rule.get("window")
    if isinstance(window, dict) and "from" in window:
        first, last = str(window["from"]), str(window["until"])
        return f"{first}..{last}" if first <= str(day) <= last else None
    return "" if isinstance(window, dict) else name_of(day, window)


def name_of(day: date, window: str | None) -> str:
    if window == "week":
        thursday = day + timedelta(days=3 - day.weekday())
        return f"{thursday.year}-W{(thursday.timetuple().tm_yday - 1) // 7 + 1:02}"
    return {None: "", "day": str(day), "month": str(day)[:7], "year": str(day)[:4]}[window]


def step_of(rule: Rule, day: date) -> int:
    """The number of the step, so that those in a row differ by one."""
    step = measure_of(rule)["streak"]
    if step == "month":
        return day.year * 12 + day.month
    days = (day - date(2001, 1, 1)).days  # a Monday
    return days if step == "day" else days // 7


def streak_length(done: Iterable[int], frozen: Iterable[int], now: int) -> int:
    """How many of ``done`` are in one row with this step, frozen ones between them."""
    whole, all_done = {*done, *frozen}, set(done)
    if now not in whole:
        return 0
    first = last = now
    while first - 1 in whole:
        first -= 1
    while last + 1 in whole:
        last += 1
    return len([step for step in range(first, last + 1) if step in all_done])


def amount_of(rule: Rule, facts: Sequence[Fact]) -> int:
    ((kind, field),) = ((kind, field) for kind, field in measure_of(rule).items() if kind != "freezes")
    if kind == "count":
        return len(facts)
    given = [fact.attributes.get(field) for fact in facts]
    if kind == "distinct":
        return len({each for one in given if one is not None for each in (one if isinstance(one, list) else [one])})
    numbers = [each or 0 for each in given]
    return max(numbers, default=0) if kind == "max" else sum(numbers)
