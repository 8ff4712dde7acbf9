"""Grants: the tiers that members have won, and the rewards in points that come with them."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

import orjson
from peewee import Expression

from coalition import events
from coalition.domain.documents import document_hash
from coalition.domain.rounding import allot
from coalition.ids import new_id
from coalition.services.members import public_ids
from coalition.services.partners import list_partners
from coalition.services.rewards import Reward, TakenReward, reward_points, take_back_rewards
from coalition.store.database import execute, execute_many, insert_rows, placeholders, to_column, transaction
from gamification.rules.document import CROSSING_PARTNER, Achievement
from gamification.store.counters import Key
from gamification.store.tables import AchievementGrant, AchievementVersion
from gamification.stream import CONSUMER

_CHUNK = 500
_COLUMNS = (
    "public_id",
    "member_id",
    "achievement",
    "version_id",
    "tier",
    "threshold",
    "period",
    "state",
    "held_because",
    "points",
    "event_id",
    "partner_id",
    "earned_at",
    "recorded_at",
)


class GrantState(StrEnum):
    """``held → granted``, and from either to ``revoked``. What is held has been won; its reward waits."""

    HELD = "held"
    GRANTED = "granted"
    REVOKED = "revoked"


@dataclass(slots=True)
class Grant:
    """A won tier, counted from 1. ``event`` is what won it, ``partner`` and ``earned_at`` are that event's."""

    id: str
    member: int
    rule: Achievement
    version_id: int
    version: int
    tier: int
    period: str
    points: int
    event: int
    partner: int
    earned_at: datetime
    state: GrantState = GrantState.GRANTED
    held_because: str | None = None

    @property
    def threshold(self) -> int:
        return self.rule.tiers[self.tier - 1]

    @property
    def experience(self) -> int:
        return self.rule.experience[self.tier - 1]


def new_grant_id() -> str:
    return new_id("gra")


def give_rewards(grants: Sequence[Grant], *, now: datetime) -> int:
    """Give the points of new grants and set their states; returns how many points were given.

    A grant whose sponsors cannot give them now is held, and says why.
    """
    paying = [grant for grant in grants if grant.points]
    if not paying:
        return 0
    members = public_ids({grant.member for grant in paying})
    partners = list_partners()
    numbers = {partner.name: partner.number for partner in partners}
    ids = {partner.number: partner.id for partner in partners}
    rewards = []
    for grant in paying:
        shares = _shares(grant, numbers)
        document = grant_document(grant, members[grant.member], {ids[sponsor]: n for sponsor, n in shares.items()})
        rewards.append(Reward(grant.id, members[grant.member], shares, document_hash(document), grant.earned_at))
    refusals = reward_points(rewards, now=now)
    for grant in paying:
        refusal = refusals.get(grant.id)
        grant.state = GrantState.HELD if refusal else GrantState.GRANTED
        grant.held_because = refusal.code if refusal else None
    return sum(grant.points for grant in paying if grant.id not in refusals)


def revoke(grants: Sequence[Grant], *, now: datetime) -> None:
    """Take back what the grants gave; of those that are held, that is nothing."""
    rewarded = [grant for grant in grants if grant.points and grant.state is GrantState.GRANTED]
    if rewarded:
        members = public_ids({grant.member for grant in rewarded})
        take_back_rewards([TakenReward(grant.id, members[grant.member]) for grant in rewarded], now=now)
    for grant in grants:
        grant.state = GrantState.REVOKED


def write_grants(won: Sequence[Grant], lost: Sequence[Grant], *, now: datetime) -> None:
    """Write what has become of the grants; what is won may be lost, too."""
    execute_many(
        "UPDATE achievement_grant SET state = ? WHERE public_id = ?", ((grant.state, grant.id) for grant in lost)
    )
    insert_rows(AchievementGrant, _COLUMNS, (_row(grant, to_column(now)) for grant in won))


def release_held(*, now: datetime, limit: int = 1000) -> int:
    """Try again to give the rewards that are held, the oldest first; returns how many were given."""
    with transaction():
        events.lock_cursor(CONSUMER)
        held = [grant for _, grant in _select(AchievementGrant.state == GrantState.HELD, limit)]
        give_rewards(held, now=now)
        released = [grant for grant in held if grant.state is GrantState.GRANTED]
        for grant in released:
            AchievementGrant.update(state=grant.state, held_because=None).where(
                AchievementGrant.public_id == grant.id
            ).execute()
    return len(released)


def grants_held(members: Iterable[int], achievements: Collection[str]) -> Counter[tuple[int, str]]:
    """How many grants of these achievements each of the members has, by member and achievement."""
    found: Counter[tuple[int, str]] = Counter()
    wanted, names = list(members), list(achievements)
    for start in range(0, len(wanted) if names else 0, _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        rows = execute(
            "SELECT member_id, achievement, COUNT(*) FROM achievement_grant"
            f" WHERE member_id IN ({placeholders(len(chunk))}) AND achievement IN ({placeholders(len(names))})"
            " AND state <> ? GROUP BY member_id, achievement",
            [*chunk, *names, GrantState.REVOKED],
        ).fetchall()
        for member, achievement, grants in rows:
            found[member, achievement] = grants
    return found


def grants_of(counters: Collection[Key]) -> dict[Key, list[Grant]]:
    """The grants that the counters have won and not lost."""
    found: dict[Key, list[Grant]] = {}
    members = sorted({member for member, _, _ in counters})
    for start in range(0, len(members), _CHUNK):
        chunk = members[start : start + _CHUNK]
        query = AchievementGrant.member_id.in_(chunk) & (AchievementGrant.state != GrantState.REVOKED)
        for goal_id, grant in _select(query):
            key = (grant.member, goal_id, grant.period)
            if key in counters:
                found.setdefault(key, []).append(grant)
    return found


def badge_grants(members: Iterable[int], achievements: Collection[str]) -> Counter[tuple[int, str]]:
    """How many grants that come with a badge each of the members has, by member and achievement."""
    found: Counter[tuple[int, str]] = Counter()
    wanted = list(members)
    for start in range(0, len(wanted), _CHUNK):
        of_members = AchievementGrant.member_id.in_(wanted[start : start + _CHUNK])
        standing = AchievementGrant.state != GrantState.REVOKED
        for _, grant in _select(of_members & AchievementGrant.achievement.in_(achievements) & standing):
            found[grant.member, grant.rule.id] += grant.rule.reward.badge
    return found


def grant_document(grant: Grant, member: str, shares: dict[str, int]) -> dict[str, Any]:
    """The document whose hash goes into the ledger with the reward: what was won, and who pays how much of it."""
    return {
        "grant": grant.id,
        "member": member,
        "achievement": grant.rule.id,
        "version": grant.version,
        "tier": grant.tier,
        "threshold": grant.threshold,
        "period": grant.period,
        "points": grant.points,
        "funded_by": shares,
        "earned_at": to_column(grant.earned_at),
    }


def reward_documents(grants: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By the grant's id, the documents of those rewards, made again from what stands in the database."""
    partners = list_partners()
    numbers = {partner.name: partner.number for partner in partners}
    ids = {partner.number: partner.id for partner in partners}
    found = [grant for _, grant in _select(AchievementGrant.public_id.in_(grants))]
    members = public_ids({grant.member for grant in found})
    documents = {}
    for grant in found:
        shares = {ids[sponsor]: points for sponsor, points in _shares(grant, numbers).items()}
        documents[grant.id] = grant_document(grant, members[grant.member], shares)
    return documents


def _shares(grant: Grant, numbers: dict[str, int]) -> dict[int, int]:
    """The points of each sponsor. The partner of the event may be a named sponsor too: it pays both shares."""
    funded_by = grant.rule.reward.funded_by
    shares: dict[int, int] = {}
    for name, points in zip(funded_by, allot(grant.points, list(funded_by.values())), strict=True):
        sponsor = grant.partner if name == CROSSING_PARTNER else numbers[name]
        if points:
            shares[sponsor] = shares.get(sponsor, 0) + points
    return shares


def _select(condition: Expression, limit: int | None = None) -> Iterator[tuple[int, Grant]]:
    """The grants that meet the condition, the oldest first, each with its goal."""
    rows = (
        AchievementGrant.select(AchievementGrant, AchievementVersion)
        .join(AchievementVersion)
        .where(condition)
        .order_by(AchievementGrant.id)
        .limit(limit)
    )
    for row in rows:
        grant = Grant(
            id=row.public_id,
            member=row.member_id,
            rule=_rule(row.version.document),
            version_id=row.version.id,
            version=row.version.version,
            tier=row.tier,
            period=row.period,
            points=row.points,
            event=row.event_id,
            partner=row.partner_id,
            earned_at=row.earned_at,
            state=GrantState(row.state),
            held_because=row.held_because,
        )
        yield row.version.goal_id, grant


@lru_cache(maxsize=256)
def _rule(document: str) -> Achievement:
    return Achievement.from_document(orjson.loads(document))


def _row(grant: Grant, recorded_at: str) -> tuple[Any, ...]:
    return (
        grant.id,
        grant.member,
        grant.rule.id,
        grant.version_id,
        grant.tier,
        grant.threshold,
        grant.period,
        grant.state,
        grant.held_because,
        grant.points,
        grant.event,
        grant.partner,
        to_column(grant.earned_at),
        recorded_at,
    )
