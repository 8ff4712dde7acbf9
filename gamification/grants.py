"""Grants: the tiers that members have won, as the database has them."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

import orjson
from peewee import Expression, fn

from coalition.ids import new_id
from coalition.store.database import chunks, execute, execute_many, insert_rows, placeholders, to_column
from gamification.fold.player import GrantKey
from gamification.fold.synthetic import REFERRER, board_rule, referral_rules
from gamification.rules.document import Achievement, Referral
from gamification.store.tables import AchievementGrant, RuleVersion

_COLUMNS = (
    "public_id",
    "member_id",
    "achievement",
    "version_id",
    "tier",
    "threshold",
    "period",
    "repeat",
    "state",
    "held_because",
    "held_until",
    "revoked_because",
    "cause",
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


class Held(StrEnum):
    """Why a grant waits, if it is not for its sponsors, whose refusals have codes of their own."""

    RETURN_WINDOW = "return_window"
    UNDER_REVIEW = "under_review"
    OVER_BUDGET = "over_budget"


class Revoked(StrEnum):
    """Why a grant is no more. What an operator revoked, or came after the last place was taken, is not won again."""

    REVERSAL = "reversal"
    OPERATOR = "operator"
    PLACES_GONE = "places_gone"


FINAL = frozenset({Revoked.OPERATOR, Revoked.PLACES_GONE})


@dataclass(slots=True)
class Grant:
    """A won tier, counted from 1. ``event`` is what won it, ``partner`` and ``earned_at`` are that event's.

    ``kind`` is that of the rule's document. Until ``held_until`` the reward waits in any case. ``cause`` is the other
    member's grant that this one came with. What is ``back_filled`` was deserved before its rule was published.
    """

    id: str
    member: int
    rule: Achievement
    kind: str
    version_id: int
    version: int
    tier: int
    threshold: int
    period: str
    points: int
    event: int
    partner: int
    earned_at: datetime
    repeat: int = 1
    state: GrantState = GrantState.GRANTED
    held_because: str | None = None
    held_until: datetime | None = None
    revoked_because: str | None = None
    cause: str | None = None
    back_filled: bool = False

    @property
    def key(self) -> GrantKey:
        return GrantKey(self.rule.id, self.tier, self.period, self.repeat)

    @property
    def folded(self) -> bool:
        """Whether the member's own events decide it: not a team's, a leaderboard's or a friend's."""
        return self.kind != "leaderboard" and self.team is None and self.cause is None

    @property
    def team(self) -> str | None:
        """The id of the team that won it, which stands for the period; None if the member did."""
        in_team = self.rule.challenge is not None and self.rule.challenge.team is not None
        return self.period if in_team else None


def new_grant_id() -> str:
    return new_id("gra")


def insert_grants(grants: Iterable[Grant], *, now: datetime) -> None:
    """Write new grants, as they are now."""
    insert_rows(AchievementGrant, _COLUMNS, (_row(grant, to_column(now)) for grant in grants))


def update_grants(grants: Iterable[Grant]) -> None:
    """Write what has become of known grants."""
    execute_many(
        "UPDATE achievement_grant SET state = ?, held_because = ?, revoked_because = ? WHERE public_id = ?",
        ((grant.state, grant.held_because, grant.revoked_because, grant.id) for grant in grants),
    )


def standing_grants(members: Iterable[int]) -> dict[int, list[Grant]]:
    """By member, the grants that were not revoked, or for good, the oldest first."""
    found: dict[int, list[Grant]] = {}
    standing = (AchievementGrant.state != GrantState.REVOKED) | AchievementGrant.revoked_because.in_(sorted(FINAL))
    for chunk in chunks(sorted(members)):
        for grant in select_grants(AchievementGrant.member_id.in_(chunk) & standing):
            found.setdefault(grant.member, []).append(grant)
    return found


def standing_keys(members: Iterable[int], achievements: Collection[str]) -> dict[int, set[GrantKey]]:
    """By member, which of these achievements' tiers they have, or can never win again."""
    found: dict[int, set[GrantKey]] = {}
    names = sorted(achievements)
    for chunk in chunks(sorted(members) if names else ()):
        rows = execute(
            "SELECT member_id, achievement, tier, period, repeat FROM achievement_grant"
            f" WHERE member_id IN ({placeholders(len(chunk))}) AND achievement IN ({placeholders(len(names))})"
            " AND (state <> ? OR revoked_because IN (?, ?))",
            [*chunk, *names, GrantState.REVOKED, *sorted(FINAL)],
        ).fetchall()
        for member, *key in rows:
            found.setdefault(member, set()).add(GrantKey(*key))
    return found


def paid_keys(members: Iterable[int], achievements: Collection[str]) -> set[tuple[int, GrantKey]]:
    """Of these achievements, whose revoked grants left their points: what each of the members was paid for."""
    found: set[tuple[int, GrantKey]] = set()
    names = sorted(achievements)
    for chunk in chunks(sorted(members) if names else ()):
        rows = execute(
            "SELECT member_id, achievement, tier, period, repeat FROM achievement_grant"
            f" WHERE member_id IN ({placeholders(len(chunk))}) AND achievement IN ({placeholders(len(names))})"
            " AND state = ? AND revoked_because = ? AND held_because IS NULL AND points > 0",
            [*chunk, *names, GrantState.REVOKED, Revoked.REVERSAL],
        ).fetchall()
        found.update((member, GrantKey(*key)) for member, *key in rows)
    return found


def is_barred(referrer: int, achievement: str, friend: int) -> bool:
    """Whether an operator has revoked what the referrer was granted for this friend."""
    row = execute(
        "SELECT 1 FROM achievement_grant g JOIN achievement_grant f ON f.public_id = g.cause"
        " WHERE g.member_id = ? AND g.achievement = ? AND g.revoked_because = ? AND f.member_id = ?",
        (referrer, achievement, Revoked.OPERATOR, friend),
    ).fetchone()
    return row is not None


def count_standing(achievement: str) -> int:
    """How many grants of it there are that were not revoked."""
    standing: int = (
        AchievementGrant.select()
        .where(AchievementGrant.achievement == achievement, AchievementGrant.state != GrantState.REVOKED)
        .count()
    )
    return standing


def next_repeat(member: int, achievement: str) -> int:
    """The number of the member's next grant of what each grant is won anew by."""
    last: int | None = (
        AchievementGrant.select(fn.MAX(AchievementGrant.repeat))
        .where(AchievementGrant.member_id == member, AchievementGrant.achievement == achievement)
        .scalar()
    )
    return (last or 0) + 1


def companions(causes: Collection[str]) -> list[Grant]:
    """The grants that came with these."""
    return list(
        select_grants(AchievementGrant.cause.in_(sorted(causes)) & (AchievementGrant.state != GrantState.REVOKED))
    )


def badge_grants(members: Iterable[int], achievements: Collection[str]) -> Counter[tuple[int, str]]:
    """How many grants that come with a badge each of the members has, by member and achievement."""
    found: Counter[tuple[int, str]] = Counter()
    standing = AchievementGrant.achievement.in_(achievements) & (AchievementGrant.state != GrantState.REVOKED)
    for chunk in chunks(members):
        for grant in select_grants(AchievementGrant.member_id.in_(chunk) & standing):
            found[grant.member, grant.rule.id] += grant.rule.reward.badge
    return found


def select_grants(condition: Expression, limit: int | None = None) -> Iterator[Grant]:
    """The grants that meet the condition, the oldest first."""
    rows = (
        AchievementGrant.select(AchievementGrant, RuleVersion)
        .join(RuleVersion)
        .where(condition)
        .order_by(AchievementGrant.id)
        .limit(limit)
    )
    for row in rows:
        version = row.version
        yield Grant(
            id=row.public_id,
            member=row.member_id,
            rule=rule_of(version.kind, version.document, row.achievement),
            kind=version.kind,
            version_id=version.id,
            version=version.version,
            tier=row.tier,
            threshold=row.threshold,
            period=row.period,
            points=row.points,
            event=row.event_id,
            partner=row.partner_id,
            earned_at=row.earned_at,
            repeat=row.repeat,
            state=GrantState(row.state),
            held_because=row.held_because,
            held_until=row.held_until,
            revoked_because=row.revoked_because,
            cause=row.cause,
            back_filled=version.judges_after < row.event_id <= version.since,
        )


@lru_cache(maxsize=512)
def rule_of(kind: str, document: str, achievement: str) -> Achievement:
    """What was granted under this name by a version of such a document."""
    parsed = orjson.loads(document)
    if kind == "referral":
        friend, referrer = referral_rules(Referral.from_document(parsed))
        return referrer if achievement == REFERRER else friend
    return board_rule(parsed) if kind == "leaderboard" else Achievement.from_document(parsed)


def _row(grant: Grant, recorded_at: str) -> Sequence[Any]:
    return (
        grant.id,
        grant.member,
        grant.rule.id,
        grant.version_id,
        grant.tier,
        grant.threshold,
        grant.period,
        grant.repeat,
        grant.state,
        grant.held_because,
        grant.held_until and to_column(grant.held_until),
        grant.revoked_because,
        grant.cause,
        grant.points,
        grant.event,
        grant.partner,
        to_column(grant.earned_at),
        recorded_at,
    )
