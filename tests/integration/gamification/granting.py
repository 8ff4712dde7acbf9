"""Grants and a rule for referrals as the engine leaves them, put there by hand."""

from datetime import datetime
from itertools import count
from typing import Any

import orjson

from coalition.ids import new_id
from coalition.services.members import member_number
from coalition.store.database import insert_rows
from gamification.rules.document import Budget, Burst, Measure, Referral, ReferralReward
from gamification.store.tables import AchievementGrant, RuleVersion

_SERIAL = count(1)
_MOMENT = "2026-01-01T00:00:00.000Z"


def add_rule(kind: str, rule: str, document: dict[str, Any]) -> int:
    """The next version of the rule; returns its id."""
    versions = RuleVersion.select()
    number = versions.count() + 1
    version = versions.where(RuleVersion.kind == kind, RuleVersion.rule == rule).count() + 1
    row = (number, kind, rule, version, number, orjson.dumps(document).decode(), 0, 0, _MOMENT)
    insert_rows(RuleVersion, [field.column_name for field in RuleVersion._meta.sorted_fields], [row])
    return number


def add_referral_rule(per_month: int = 10) -> int:
    """Both sides get points for the friend's second purchase."""
    reward = ReferralReward(points=100, funded_by={"operator": 100})
    rule = Referral(
        on="purchase.recorded",
        where={},
        measure=Measure("count"),
        at=2,
        within_days=90,
        referrer=reward,
        friend=reward,
        per_month=per_month,
        burst=Burst(referrals=5, hours=24),
        budget=Budget(),
    )
    return add_rule("referral", "referral", rule.document())


def add_grant(
    member: str, achievement: str, at: datetime, *, state: str = "granted", cause: str | None = None, points: int = 100
) -> str:
    """A grant of the member's; returns its public id."""
    if not RuleVersion.select().exists():
        add_referral_rule()
    serial, grant = next(_SERIAL), new_id("gra")
    AchievementGrant.create(
        public_id=grant,
        member_id=member_number(member),
        achievement=achievement,
        version=1,
        tier=1,
        threshold=2,
        period="",
        repeat=serial,
        state=state,
        held_because="under_review" if state == "held" else None,
        cause=cause,
        points=points,
        event_id=serial,
        partner_id=1,
        earned_at=at,
        recorded_at=at,
    )
    return grant
