"""What a member is shown: what they have earned, how far they are with the rest, and their level."""

from dataclasses import dataclass
from datetime import date, datetime

from coalition.services.badges import MemberBadge, member_badges
from coalition.services.members import member_number
from coalition.services.programmes import rulebook
from coalition.store.database import execute
from gamification.catalogue import Catalogue, Goal, running_rules
from gamification.folding import local_days
from gamification.grants import GrantState
from gamification.rules.document import localised
from gamification.rules.levels import level_of
from gamification.rules.windows import LIFETIME, last_day, periods
from gamification.store.counters import Key, Standing, standings_of
from gamification.store.tables import AchievementGrant, MemberExperience


@dataclass(frozen=True, slots=True)
class Earned:
    """A tier, counted from 1, that the member has; ``period`` is None for a lifetime's.

    While ``state`` is ``held``, the points are yet to come, and ``held_because`` says why. ``token`` is the badge that
    the member was awarded for the achievement, None where there is none.
    """

    id: str
    title: str
    description: str
    badge: bool
    tier: int
    tiers: int
    threshold: int
    period: str | None
    points: int
    state: str
    held_because: str | None
    earned_at: datetime
    token: MemberBadge | None


@dataclass(frozen=True, slots=True)
class InProgress:
    """The next tier and what is missing: ``remaining`` to count, by the end of ``ends_on``, and the achievements that
    must be earned before (``requires``)."""

    id: str
    title: str
    description: str
    badge: bool
    tier: int
    tiers: int
    value: int
    threshold: int
    remaining: int
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


def achievements(member_id: str, *, locale: str, now: datetime) -> MemberAchievements:
    """What the member has and what is within reach; a hidden achievement shows once a tier of it is earned.

    :raises UnknownMember: no member has this id.
    """
    member = member_number(member_id)
    catalogue = running_rules()
    earned = _earned(member, catalogue, locale)
    have = {grant.id for grant in earned}
    standings = standings_of([member], [goal.id for goal in catalogue.goals])
    today = local_days(rulebook())(now)
    in_progress = [
        _in_progress(goal, tier, standing, today, have, locale)
        for goal in catalogue.goals
        if not goal.rule.hidden or goal.rule.id in have
        for standing in [standings.get(_key(member, goal, today), Standing(0, 0))]
        for tier in [_next_tier(goal, standing)]
        if tier is not None
    ]
    return MemberAchievements(member_id, earned, in_progress)


def level(member_id: str) -> MemberLevel:
    """The member's level by the formula in force; without one, everybody is at level 1.

    :raises UnknownMember: no member has this id.
    """
    row = MemberExperience.get_or_none(MemberExperience.member_id == member_number(member_id))
    experience = row.experience if row else 0
    levels = running_rules().levels
    taken = levels.taken if levels else (0,)
    reached = level_of(experience, taken)
    next_level_at = taken[reached] if reached < len(taken) else None
    return MemberLevel(
        member=member_id,
        experience=experience,
        level=reached,
        level_at=taken[reached - 1],
        next_level_at=next_level_at,
        remaining=None if next_level_at is None else next_level_at - experience,
    )


def top_achievements(limit: int, locale: str) -> list[TopAchievement]:
    """The achievements that most members have, and how many that is."""
    titles = {goal.rule.id: localised(goal.rule.title, locale) for goal in running_rules().goals}
    rows = execute(
        "SELECT achievement, COUNT(DISTINCT member_id) AS members FROM achievement_grant WHERE state <> ?"
        " GROUP BY achievement ORDER BY members DESC, achievement LIMIT ?",
        (GrantState.REVOKED, limit),
    ).fetchall()
    return [TopAchievement(id_, titles[id_], members) for id_, members in rows]


def _earned(member: int, catalogue: Catalogue, locale: str) -> list[Earned]:
    rules = {goal.rule.id: goal.rule for goal in catalogue.goals}
    tokens = member_badges(member)
    rows = (
        AchievementGrant.select()
        .where(AchievementGrant.member_id == member, AchievementGrant.state != GrantState.REVOKED)
        .order_by(AchievementGrant.earned_at.desc(), AchievementGrant.id.desc())
    )
    return [
        Earned(
            id=row.achievement,
            title=localised(rules[row.achievement].title, locale),
            description=localised(rules[row.achievement].description, locale),
            badge=rules[row.achievement].reward.badge,
            tier=row.tier,
            tiers=len(rules[row.achievement].tiers),
            threshold=row.threshold,
            period=row.period or None,
            points=row.points,
            state=row.state,
            held_because=row.held_because,
            earned_at=row.earned_at,
            token=tokens.get(row.achievement),
        )
        for row in rows
    ]


def _key(member: int, goal: Goal, today: date) -> Key:
    return member, goal.id, periods(today)[goal.rule.window]


def _next_tier(goal: Goal, standing: Standing) -> int | None:
    return next((tier for tier, at in enumerate(goal.rule.tiers) if at > standing.granted), None)


def _in_progress(goal: Goal, tier: int, standing: Standing, today: date, have: set[str], locale: str) -> InProgress:
    rule = goal.rule
    threshold = rule.tiers[tier]
    period = periods(today)[rule.window]
    return InProgress(
        id=rule.id,
        title=localised(rule.title, locale),
        description=localised(rule.description, locale),
        badge=rule.reward.badge,
        tier=tier + 1,
        tiers=len(rule.tiers),
        value=standing.reached,
        threshold=threshold,
        remaining=max(threshold - standing.reached, 0),
        points=rule.reward.points[tier],
        period=None if period == LIFETIME else period,
        ends_on=last_day(rule.window, today),
        requires=[required for required in rule.requires if required not in have],
    )
