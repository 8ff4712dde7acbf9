"""Explaining: for a member and a rule, what is earned and by which events, what is missing, and when it can come."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from coalition.services.members import member_number
from gamification.errors import UnknownAchievement
from gamification.fold.catalogue import Catalogue
from gamification.fold.goals import Goal
from gamification.fold.state import MemberState
from gamification.grants import Grant, GrantState, Revoked, select_grants
from gamification.places import came_too_late, missed, places_left
from gamification.possible import possible_from
from gamification.progress import next_tier, reached, state_of, today_of
from gamification.rulebook import running_rules
from gamification.rules.document import Achievement, localised
from gamification.rules.windows import LIFETIME, last_day, period_of
from gamification.sharing import Viewer, viewer
from gamification.store.tables import AchievementGrant
from gamification.teams import team_standing
from gamification.texts import Reason, reason
from gamification.tracing import Counted, counted_events, goals_of

_MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class CountedEvent:
    """An event that counts, or counted; ``day`` is the member's."""

    id: str
    type: str
    occurred_at: datetime
    day: date


@dataclass(frozen=True, slots=True)
class EarnedTier:
    """A tier, counted from 1, and the events that earned it, the latest of them at most, in their order; so many
    ``others`` are not shown. To a partner that may not follow the rule, none are, nor how many; and when it was earned
    (``grant`` has the time in it), only if by an event of its own."""

    grant: str | None
    tier: int
    threshold: int
    period: str | None
    state: str
    held_because: str | None
    points: int
    earned_at: datetime | None
    counted: list[CountedEvent]
    others: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of one rule for one member, today.

    ``tier`` is the next that can be won, None if there is none now, and ``value`` how far the member is; the team, in a
    challenge for teams. ``reasons`` say why it is not won yet, and ``possible_from`` on which day it can be at the
    earliest: today, later, or (None) never again. ``counted`` are the member's events that count towards it; so many
    ``others`` do, too, and are not shown. For a partner that may not follow the rule, ``value``, ``remaining`` and
    ``others`` are None, nothing is counted, and ``possible_from`` goes by the rule alone.
    """

    member: str
    id: str
    title: str
    description: str
    earned: list[EarnedTier]
    tier: int | None
    value: int | None
    threshold: int | None
    remaining: int | None
    period: str | None
    ends_on: date | None
    reasons: list[Reason]
    possible_from: date | None
    counted: list[CountedEvent]
    others: int | None


def explain(member_id: str, achievement: str, *, locale: str, now: datetime, partner: int | None = None) -> Explanation:
    """Why the member has it, or not. A ``partner`` (its number) is shown of it what ``sharing`` says.

    :raises UnknownMember: no member has this id.
    :raises UnknownAchievement: no achievement or challenge is named so; nor is a hidden one that was not earned.
    """
    member = member_number(member_id)
    catalogue = running_rules()
    goal = catalogue.by_achievement.get(achievement)
    looking = viewer(partner)
    grants = [grant for grant in _grants(member, achievement) if looking.may_know(grant.rule)]
    if goal is None or goal.kind != "achievement" or (goal.rule.hidden and not grants):
        raise UnknownAchievement(achievement=achievement)
    if not looking.may_know(goal.rule):
        raise UnknownAchievement(achievement=achievement)
    state = state_of(member)
    today = today_of(state, now)
    counted = counted_events(member, goal.key)
    date_ = date.fromordinal(today.number)
    tier, value = next_tier(goal, state, today), reached(goal, state, today)
    if goal.in_team:
        tier, value = team_standing(member, goal)
    follows = looking.may_follow(goal.rule)
    too_late = not grants and came_too_late(goal, state, missed(member).get(achievement, ()))
    if too_late:
        # That the member has done what it takes is how far they are: who may not follow it sees the tier as open.
        too_late, tier = follows, None if follows else 0
    threshold = None if tier is None else goal.threshold(tier, state.wins.get(goal.rule.id))
    period = period_of(goal.rule.window, date_)
    shown_value = value if follows else None
    possible = None if too_late else possible_from(goal, state, tier, today, follows=follows)
    revoked = not grants and _is_revoked(member, achievement)
    case = _Case(goal, state, date_, shown_value, threshold, possible, too_late, revoked)
    shown = _Shown(partner, follows)
    listed, others = shown.of(each for each in counted if period is not None and _is_in(each, goal.rule, period, date_))
    return Explanation(
        member=member_id,
        id=achievement,
        title=localised(goal.rule.title, locale),
        description=localised(goal.rule.description, locale),
        earned=list(_earned(member, grants, looking)),
        tier=None if tier is None else tier + 1,
        value=shown_value,
        threshold=threshold,
        remaining=max(threshold - value, 0) if follows and threshold is not None else None,
        period=None if period in (LIFETIME, None) else period,
        ends_on=last_day(goal.rule.window, date_),
        reasons=list(_reasons(case, catalogue, looking, locale)),
        possible_from=possible,
        counted=listed,
        others=others,
    )


def _grants(member: int, achievement: str) -> list[Grant]:
    of_member = (AchievementGrant.member_id == member) & (AchievementGrant.achievement == achievement)
    return list(select_grants(of_member & (AchievementGrant.state != GrantState.REVOKED)))


def _is_revoked(member: int, achievement: str) -> bool:
    """Whether an operator has revoked it."""
    of_member = (AchievementGrant.member_id == member) & (AchievementGrant.achievement == achievement)
    return bool(list(select_grants(of_member & (AchievementGrant.revoked_because == Revoked.OPERATOR), limit=1)))


def _earned(member: int, grants: Sequence[Grant], looking: Viewer) -> Iterator[EarnedTier]:
    """Each with what it was earned by, as the version counted that granted it."""
    goals = goals_of({grant.version_id for grant in grants})
    counted = {goal: counted_events(member, goal) for goal in sorted(set(goals.values()))}
    for grant in grants:
        until = [each for each in counted[goals[grant.version_id]] if each.event.id <= grant.event]
        # Where a prerequisite came last, its event is none of these.
        day = until[-1].day if until else None
        period = period_of(grant.rule.window, day) or "" if day and grant.team else grant.period
        shown = _Shown(looking.number, looking.may_follow(grant.rule))
        listed, others = shown.of(each for each in until if day and _is_in(each, grant.rule, period, day))
        dated = looking.was_there(grant)
        yield EarnedTier(
            grant=grant.id if dated else None,
            tier=grant.tier,
            threshold=grant.threshold,
            period=None if grant.team else grant.period or None,
            state=grant.state,
            held_because=grant.held_because,
            points=grant.points,
            earned_at=grant.earned_at if dated else None,
            counted=listed,
            others=others,
        )


@dataclass(frozen=True, slots=True)
class _Case:
    """What the reasons follow from: ``threshold`` is None if no tier is open today, ``value`` to whom may not know it,
    and ``possible_from`` if none can be won any more. ``too_late`` has won no place, and never will; where it is
    ``revoked``, an operator has taken back all that there was."""

    goal: Goal
    state: MemberState
    today: date
    value: int | None
    threshold: int | None
    possible_from: date | None
    too_late: bool
    revoked: bool


def _reasons(case: _Case, catalogue: Catalogue, looking: Viewer, locale: str) -> Iterator[Reason]:
    rule = case.goal.rule
    first, last = rule.window.dates if rule.window.kind == "dates" else (date.min, date.max)
    if case.today < first:
        yield reason("not_started", locale, day=first)
    elif case.today > last:
        yield reason("ended", locale, day=last)
    if case.goal.joined and case.goal.joined not in case.state.joined:
        yield reason("not_joined", locale)
    for required in looking.known(rule.requires, catalogue):
        if not case.state.times_won(required):
            yield _requires(catalogue.by_achievement.get(required), locale)
    if case.too_late:
        yield reason("places_gone", locale)
    elif case.threshold is None and case.revoked:
        yield reason("revoked", locale)
    elif case.threshold is None:
        yield reason("won_this_period" if case.possible_from else "won_for_good", locale)
    else:
        if case.possible_from and places_left(rule) == 0:
            yield reason("places_taken", locale)
        if case.value is not None and (missing := case.threshold - case.value) > 0:
            yield reason("remaining", locale, remaining=missing, value=case.value, threshold=case.threshold)
        if case.possible_from is None and case.today <= last < date.max:
            yield reason("no_time_left", locale, day=last)


def _requires(required: Goal | None, locale: str) -> Reason:
    """What is hidden stays so until it is earned."""
    if required is None or required.rule.hidden:
        return reason("requires_hidden", locale)
    rule = required.rule
    return reason("requires", locale, achievement=rule.id, title=localised(rule.title, locale))


def _is_in(counted: Counted, rule: Achievement, period: str, day: date) -> bool:
    """Whether the event counts together with what is counted on this day, or for the period."""
    window = rule.window
    if window.kind == "days":
        return 0 <= (day - counted.day).days < window.days
    return rule.measure.kind == "streak" or period_of(window, counted.day) == period


@dataclass(frozen=True, slots=True)
class _Shown:
    """Which events are shown: those of one partner, or if it is None those of all, and not too many of them; none at
    all to whom may not follow the rule."""

    partner: int | None
    follows: bool

    def of(self, counted: Iterable[Counted]) -> tuple[list[CountedEvent], int | None]:
        """The events to show, in their order, and how many others there are."""
        if not self.follows:
            return [], None
        found = list(counted)
        own = [each.event for each in found if self.partner in (None, each.event.partner)]
        days = {each.event.id: each.day for each in found}
        latest = own[-_MOST_EVENTS:]
        shown = [CountedEvent(each.public_id, each.type, each.occurred_at, days[each.id]) for each in latest]
        return shown, len(found) - len(shown)
