"""What a member is shown: what they have earned, how far they are with the rest, and their level."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from coalition.services.badges import MemberBadge, member_badges
from coalition.services.members import member_number
from coalition.store.database import execute
from gamification.fold.catalogue import Catalogue
from gamification.fold.goals import Goal
from gamification.fold.state import MemberState
from gamification.grants import Grant, GrantState, select_grants
from gamification.rulebook import running_rules, zones
from gamification.rules.document import localised
from gamification.rules.levels import level_of
from gamification.rules.windows import LIFETIME, Day, last_day, local_day, period_of
from gamification.sharing import Viewer, viewer
from gamification.store.progress import load_states
from gamification.store.tables import AchievementGrant


@dataclass(frozen=True, slots=True)
class Earned:
    """A tier, counted from 1, that the member has; ``period`` is None for a lifetime's.

    While ``state`` is ``held``, the points are yet to come, and ``held_because`` says why, ``held_until`` at the latest
    until when if that is known. ``token`` is the badge that the member was awarded for the achievement, None where
    there is none. To a partner, what was not won by an event of its own does not say when it was: ``grant``, which has
    the time in it, ``held_until``, ``earned_at`` and the token's transaction are None.
    """

    grant: str | None
    id: str
    title: str
    description: str
    icon: str
    badge: bool
    challenge: bool
    tier: int
    tiers: int
    threshold: int
    period: str | None
    points: int
    state: str
    held_because: str | None
    held_until: datetime | None
    earned_at: datetime | None
    token: MemberBadge | None


@dataclass(frozen=True, slots=True)
class InProgress:
    """The next tier and what is missing: ``remaining`` to count, by the end of ``ends_on``, and the achievements that
    must be earned before (``requires``). Partners may be shown neither ``value`` nor it."""

    id: str
    title: str
    description: str
    icon: str
    badge: bool
    tier: int
    tiers: int
    value: int | None
    threshold: int
    remaining: int | None
    points: int
    period: str | None
    ends_on: date | None
    requires: list[str]


@dataclass(frozen=True, slots=True)
class MemberAchievements:
    """``earned`` has the latest first, ``in_progress`` is in the order of publication."""

    member: str
    earned: list[Earned]
    in_progress: list[InProgress]


@dataclass(frozen=True, slots=True)
class MemberLevel:
    """``next_level_at`` is the experience that the next level takes; both it and ``remaining`` are None at the top."""

    member: str
    experience: int
    level: int
    level_at: int
    next_level_at: int | None
    remaining: int | None


@dataclass(frozen=True, slots=True)
class TopAchievement:
    id: str
    title: str
    members: int


def achievements(member_id: str, *, locale: str, now: datetime, partner: int | None = None) -> MemberAchievements:
    """What the member has and what is within reach; a hidden achievement shows once a tier of it is earned.

    A ``partner`` (its number) is shown of it what ``sharing`` says.

    :raises UnknownMember: no member has this id.
    """
    member = member_number(member_id)
    catalogue = running_rules()
    looking = viewer(partner)
    earned = _earned(member, looking, locale)
    have = {grant.id for grant in earned}
    state = state_of(member)
    today = today_of(state, now)
    in_progress = [
        _in_progress(goal, tier, state, today, looking.known(_missing(goal, have), catalogue), looking, locale)
        for goal in catalogue.goals
        if goal.kind == "achievement" and not goal.rule.challenge and (not goal.rule.hidden or goal.rule.id in have)
        if looking.may_know(goal.rule)
        for tier in [next_tier(goal, state, today)]
        if tier is not None
    ]
    return MemberAchievements(member_id, earned, in_progress)


def level(member_id: str) -> MemberLevel:
    """The member's level by the formula in force; without one, everybody is at level 1.

    :raises UnknownMember: no member has this id.
    """
    return _level(member_id, state_of(member_number(member_id)), running_rules())


def _level(member_id: str, state: MemberState, catalogue: Catalogue) -> MemberLevel:
    levels = catalogue.levels
    taken = levels.taken if levels else (0,)
    reached = level_of(state.experience, taken)
    if levels and not levels.levels.fall:
        reached = max(reached, min(state.peak, len(taken)))
    next_level_at = taken[reached] if reached < len(taken) else None
    return MemberLevel(
        member=member_id,
        experience=state.experience,
        level=reached,
        level_at=taken[reached - 1],
        next_level_at=next_level_at,
        remaining=None if next_level_at is None else next_level_at - state.experience,
    )


def top_achievements(limit: int, locale: str) -> list[TopAchievement]:
    """The achievements that most members have, and how many that is."""
    titles = {goal.rule.id: localised(goal.rule.title, locale) for goal in running_rules().goals}
    rows = execute(
        "SELECT achievement, COUNT(DISTINCT member_id) AS members FROM achievement_grant WHERE state <> ?"
        " GROUP BY achievement ORDER BY members DESC, achievement LIMIT ?",
        (GrantState.REVOKED, limit),
    ).fetchall()
    return [TopAchievement(id_, titles.get(id_, id_), members) for id_, members in rows]


def state_of(member: int) -> MemberState:
    """What the member's events have come to, as far as the engine has read them."""
    text = load_states([member]).get(member)
    return MemberState.from_json(text) if text else MemberState()


def today_of(state: MemberState, now: datetime) -> Day:
    """The day that it is for the member."""
    return local_day(now, state.zone_at(now) or zones()(now))


def reached(goal: Goal, state: MemberState, today: Day) -> int:
    """How far the member is today."""
    period = period_of(goal.rule.window, date.fromordinal(today.number))
    counter = state.counters_of(goal).get(period or "")
    return goal.reach(counter, today) if counter else 0


def next_tier(goal: Goal, state: MemberState, today: Day) -> int | None:
    """The lowest tier (from 0) that the member may win next, today; None if there is none."""
    period = goal.win_period(period_of(goal.rule.window, date.fromordinal(today.number)) or LIFETIME, today)
    times, periods = state.wins.get(goal.rule.id) or [[], {}]
    for tier in range(len(goal.rule.tiers)):
        won = times[tier] if tier < len(times) else 0
        if goal.may_win(won) and (tier not in periods.get(period, ()) or goal.multiplies):
            return tier
    return None


def _earned(member: int, looking: Viewer, locale: str) -> list[Earned]:
    tokens = member_badges(member)
    condition = (AchievementGrant.member_id == member) & (AchievementGrant.state != GrantState.REVOKED)
    known = (grant for grant in select_grants(condition) if looking.may_know(grant.rule))
    found = sorted(enumerate(known), key=lambda each: (each[1].earned_at, each[0]), reverse=True)
    return [_view(grant, tokens.get(grant.rule.id), looking.was_there(grant), locale) for _, grant in found]


def _view(grant: Grant, token: MemberBadge | None, dated: bool, locale: str) -> Earned:
    rule = grant.rule
    return Earned(
        grant=grant.id if dated else None,
        id=rule.id,
        title=localised(rule.title, locale),
        description=localised(rule.description, locale),
        icon=rule.icon,
        badge=rule.reward.badge,
        challenge=rule.challenge is not None,
        tier=grant.tier,
        tiers=max(len(rule.tiers), 1),
        threshold=grant.threshold,
        period=None if grant.team else grant.period or None,
        points=grant.points,
        state=grant.state,
        held_because=grant.held_because,
        held_until=grant.held_until if dated and grant.state is GrantState.HELD else None,
        earned_at=grant.earned_at if dated else None,
        token=token if dated or token is None else replace(token, chain_tx=None),
    )


def _missing(goal: Goal, have: set[str]) -> list[str]:
    return [required for required in goal.rule.requires if required not in have]


def _in_progress(
    goal: Goal, tier: int, state: MemberState, today: Day, requires: list[str], looking: Viewer, locale: str
) -> InProgress:
    rule = goal.rule
    follows = looking.may_follow(rule)
    value = reached(goal, state, today)
    threshold = goal.threshold(tier, state.wins.get(rule.id))
    date_ = date.fromordinal(today.number)
    period = period_of(rule.window, date_)
    return InProgress(
        id=rule.id,
        title=localised(rule.title, locale),
        description=localised(rule.description, locale),
        icon=rule.icon,
        badge=rule.reward.badge,
        tier=tier + 1,
        tiers=len(rule.tiers),
        value=value if follows else None,
        threshold=threshold,
        remaining=max(threshold - value, 0) if follows else None,
        points=rule.reward.points[tier],
        period=None if period == LIFETIME else period,
        ends_on=last_day(rule.window, date_),
        requires=requires,
    )
