"""Plays a member's events through the rules: counters move, tiers are won, experience and levels follow.

One event after the other, in the order of the stream, so the outcome does not depend on how the stream was cut.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from coalition.events import Event
from gamification.fold.catalogue import Catalogue
from gamification.fold.goals import NEVER, NEVER_BEFORE, Counter, Goal, Group, bounded, new_streak
from gamification.fold.state import MemberState
from gamification.rules.levels import level_of
from gamification.rules.windows import LIFETIME, Day, day_of, local_day

ZoneAt = Callable[[datetime], str]
"""The time zone of members who have not told theirs."""

MOVED = "member.moved"
CHALLENGE_JOINED = "challenge.joined"
TEAM_JOINED = "team.joined"
STREAK_FROZEN = "streak.frozen"
REFERRAL_ACCEPTED = "referral.accepted"
LEADERBOARD_JOINED = "leaderboard.joined"
LEADERBOARD_LEFT = "leaderboard.left"
REFERRAL = "referral"


class GrantKey(NamedTuple):
    """What a member can have once. ``tier`` is counted from 1."""

    achievement: str
    tier: int
    period: str
    repeat: int


class Win(NamedTuple):
    """The event made the member win the tier (from 0), for this period, for the ``repeat``-th time of it.

    ``referrer`` is the public id of who invited them, if the goal rewards that.
    """

    event: Event
    goal: Goal
    tier: int
    period: str
    repeat: int
    referrer: str | None = None

    @property
    def key(self) -> GrantKey:
        """What the member has by it, and can have once."""
        return GrantKey(self.goal.rule.id, self.tier + 1, self.period, self.repeat)


class Score(NamedTuple):
    """How far a scoring counter is, and the id of the event that moved it last."""

    score: int
    reached: int


class Move(NamedTuple):
    """The event brought the member's counter of a team's goal to this score; ``goal`` is its key."""

    event: Event
    goal: str
    score: int


class LevelChange(NamedTuple):
    """At the event the member came to another level."""

    event: Event
    previous_level: int
    level: int
    experience: int


@dataclass(slots=True)
class Outcome:
    """What playing has brought, in the order in which it came. ``scores`` are the counters of scoring goals that moved,
    by key and period, with the event that moved them last; ``boards`` are the events of joining and leaving them.
    ``moves`` has each step of those that teams sum up, ``teams`` the events of joining teams."""

    wins: list[Win] = field(default_factory=list)
    levels: list[LevelChange] = field(default_factory=list)
    scores: dict[tuple[str, str], Score] = field(default_factory=dict)
    boards: list[Event] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    teams: list[Event] = field(default_factory=list)


class TooLate(Exception):
    """The event is of a day that the state does not remember: the whole history has to be played."""


class Player:
    """Plays the events of one member, from ``state`` onwards."""

    def __init__(self, state: MemberState, zone_at: ZoneAt) -> None:
        self.state = state
        self.outcome = Outcome()
        self._zone_at = zone_at

    def play(self, events: Iterable[Event], catalogue: Catalogue) -> None:
        """:raises TooLate: the state has forgotten the day of one of them; it is of no use any more."""
        self._judge_anew(catalogue)
        state, by_type, sources = self.state, catalogue.by_event, catalogue.sources
        for event in events:
            type_ = event.type
            groups, worth = by_type.get(type_), sources.get(type_)
            if groups or worth:
                day = local_day(event.occurred_at, self._zone(event.occurred_at))
                if day.number < state.horizon:
                    raise TooLate
                if day.number > state.latest:
                    state.latest = day.number
                if worth:
                    self._earn(event, event.attributes, worth, catalogue)
                if groups:
                    self._count(event, event.attributes, day, groups.of(event.attributes), catalogue)
            elif act := ACTS.get(type_):
                act(self, event, catalogue)

    def play_undone(self, event: Event, left: Any, catalogue: Catalogue) -> None:
        """An event of which only ``left`` counts, None for nothing; rules that keep what was undone count all of it."""
        self._judge_anew(catalogue)
        groups, worth = catalogue.by_event.get(event.type), catalogue.sources.get(event.type, ())
        day = local_day(event.occurred_at, self._zone(event.occurred_at))
        self.state.latest = max(self.state.latest, day.number)
        if left is not None:
            self._earn(event, left, worth, catalogue)
            if groups:
                self._count(event, left, day, groups.of(left), catalogue, keeping=False)
        if groups:
            self._count(event, event.attributes, day, groups.of(event.attributes), catalogue, keeping=True)

    def _count(
        self,
        event: Event,
        attributes: Any,
        day: Day,
        groups: Iterable[Group],
        catalogue: Catalogue,
        keeping: bool | None = None,
    ) -> None:
        """Count the event for all goals; with ``keeping``, only for those that keep what was undone, or do not."""
        counters = self.state.counters
        for matches, goals in groups:
            if matches is not None and not matches(attributes):
                continue
            for goal, key, version, count, joined in goals:
                if joined is not None and not self._has_joined(goal, day):
                    continue
                if keeping is not None and goal.keeps != keeping:
                    continue
                try:
                    kept = counters[key]
                except KeyError:
                    kept = counters[key] = [version, {}]
                period = count(kept[1], attributes, day)
                if period is not None:
                    if goal.scoring:
                        self._score(event, goal, period, kept)
                    else:
                        self._cross(event, goal, period, kept[1][period], day, catalogue)

    def _judge_anew(self, catalogue: Catalogue) -> None:
        """Another version may count the same and have other thresholds: the next event looks."""
        for key, kept in self.state.counters.items():
            goal = catalogue.by_key.get(key)
            if goal and kept[0] != goal.version_id:
                kept[0] = goal.version_id
                for counter in kept[1].values():
                    counter[1] = NEVER_BEFORE if goal.scoring else 0

    def _score(self, event: Event, goal: Goal, period: str, kept: list[Any]) -> None:
        """Tell of a score that has changed, and keep which event has made it what it is."""
        score = kept[1][period][0]
        if len(kept) == 2:
            kept.append({})
        known = kept[2].get(period)
        if known and known[0] == score:
            return
        kept[2][period] = [score, event.id]
        self.outcome.scores[goal.key, period] = Score(score, event.id)
        if goal.in_team:
            self.outcome.moves.append(Move(event, goal.key, score))

    def _cross(self, event: Event, goal: Goal, period: str, counter: Counter, day: Day, catalogue: Catalogue) -> None:
        """Win what is open, unless a prerequisite is missing; then the next event looks again."""
        rule = goal.rule
        if not all(self.state.times_won(required) for required in rule.requires):
            return
        times, periods = self._wins(goal)
        if goal.multiplies:
            while goal.may_win(times[0]) and counter[0] >= rule.tiers[0] * (times[0] + 1):
                self._win(event, goal, 0, LIFETIME, times[0] + 1, day, catalogue)
            counter[1] = rule.tiers[0] * (times[0] + 1) if goal.may_win(times[0]) else NEVER
            return
        won_for = goal.win_period(period, day)
        for tier, threshold in enumerate(rule.tiers):
            if threshold > counter[0]:
                break
            if tier not in periods.get(won_for, ()) and goal.may_win(times[tier]):
                self._win(event, goal, tier, won_for, 1, day, catalogue)
        done = periods.get(period, ()) if won_for == period else ()
        open_ = (at for tier, at in enumerate(rule.tiers) if tier not in done and goal.may_win(times[tier]))
        counter[1] = next(open_, NEVER)

    def _wins(self, goal: Goal) -> tuple[list[int], dict[str, list[int]]]:
        """How often each tier was won, and for which periods."""
        rule = goal.rule
        times, periods = self.state.wins.setdefault(rule.id, [[], {}])
        times.extend([0] * (len(rule.tiers) - len(times)))
        return times, periods

    def _win(
        self, event: Event, goal: Goal, tier: int, period: str, repeat: int, day: Day, catalogue: Catalogue
    ) -> None:
        rule = goal.rule
        is_first = not self.state.times_won(rule.id)
        times, periods = self._wins(goal)
        times[tier] += 1
        won = periods.setdefault(period, [])
        if tier not in won:
            won.append(tier)
        referrer = self.state.joined[REFERRAL][0] if goal.companion else None
        self.outcome.wins.append(Win(event, goal, tier, period, repeat, referrer))
        self._gain(event, rule.experience[tier], catalogue)
        if is_first:
            self._release(event, rule.id, day, catalogue)

    def _release(self, event: Event, achievement: str, day: Day, catalogue: Catalogue) -> None:
        """What has waited for this achievement is won by the event that brought it."""
        for goal in catalogue.dependants.get(achievement, ()):
            counters = self.state.counters_of(goal)
            for period in sorted(counters):
                counter = counters[period]
                by_last_event, counter[0] = counter[0], goal.reach(counter, day)
                if counter[0] >= goal.rule.tiers[0]:
                    self._cross(event, goal, period, counter, day, catalogue)
                counter[0] = by_last_event

    def _earn(self, event: Event, attributes: Any, worth: Iterable[Any], catalogue: Catalogue) -> None:
        experience = 0
        for matches, amount in worth:
            if matches is None or matches(attributes):
                experience += amount(attributes)
        self._gain(event, experience, catalogue)

    def _gain(self, event: Event, experience: int, catalogue: Catalogue) -> None:
        if not experience:
            return
        state = self.state
        state.experience = bounded(state.experience + experience)
        if catalogue.levels and state.experience >= catalogue.next_level_at(state.peak):
            level = level_of(state.experience, catalogue.levels.taken)
            self.outcome.levels.append(LevelChange(event, state.peak, level, state.experience))
            state.peak = level

    def _zone(self, moment: datetime) -> str:
        return self.state.zone_at(moment) or self._zone_at(moment)

    def _has_joined(self, goal: Goal, day: Day) -> bool:
        """Whether the day is not before that of joining, nor too long after it."""
        joined = self.state.joined.get(goal.joined or "")
        if joined is None or day.number < joined[1]:
            return False
        return goal.within_days is None or day.number <= joined[1] + goal.within_days

    def _move(self, event: Event, catalogue: Catalogue) -> None:
        self.state.move(event.occurred_at, event.attributes["time_zone"])

    def _join(self, event: Event, catalogue: Catalogue) -> None:
        day = local_day(event.occurred_at, self._zone(event.occurred_at))
        attributes = event.attributes
        key = REFERRAL if event.type == REFERRAL_ACCEPTED else attributes["challenge"]
        whom = attributes.get("referrer") or attributes.get("team")
        self.state.joined.setdefault(key, [whom, day.number])
        if event.type == TEAM_JOINED:
            self.outcome.teams.append(event)

    def _freeze(self, event: Event, catalogue: Catalogue) -> None:
        """Steps that a streak may miss are told before it is counted on; more than the rule allows change nothing."""
        name = event.attributes["achievement"]
        # In the time before it was back-filled, a version judges beside the one it replaced.
        streaks = [goal for goal in catalogue.goals if goal.rule.id == name and goal.rule.measure.kind == "streak"]
        if not streaks:
            return
        frozen_day = day_of(event.attributes["day"])
        if frozen_day.number < self.state.horizon:
            raise TooLate
        month = frozen_day.periods["month"]
        used = self.state.frozen.setdefault(name, {})
        before = used.get(month, 0)
        for goal in streaks:
            frozen_step = frozen_day.steps[goal.rule.measure.step or "day"]
            kept = self.state.counters.setdefault(goal.key, [goal.version_id, {}])
            counter = kept[1].setdefault(goal.only_period, new_streak(goal.rule.tiers[0]))
            if frozen_step not in counter[3] and before < goal.rule.measure.freezes:
                used[month] = before + 1
                counter[3].append(frozen_step)
                counter[4] = None

    def _board(self, event: Event, catalogue: Catalogue) -> None:
        """Whoever joins a leaderboard stands on it with what they have scored so far."""
        self.outcome.boards.append(event)
        goal = catalogue.by_achievement.get(event.attributes["leaderboard"])
        if goal and event.type == LEADERBOARD_JOINED:
            for period, score in self.state.scores_of(goal).items():
                self.outcome.scores[goal.key, period] = Score(*score)


ACTS: dict[str, Callable[[Player, Event, Catalogue], None]] = {
    MOVED: Player._move,
    CHALLENGE_JOINED: Player._join,
    TEAM_JOINED: Player._join,
    REFERRAL_ACCEPTED: Player._join,
    STREAK_FROZEN: Player._freeze,
    LEADERBOARD_JOINED: Player._board,
    LEADERBOARD_LEFT: Player._board,
}
