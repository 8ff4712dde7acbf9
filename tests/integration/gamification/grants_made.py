"""Grants without an engine: what it would have written, in a line."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from coalition.services.members import member_number
from gamification.grants import Grant, GrantState, insert_grants, new_grant_id
from gamification.rules.document import Achievement, Measure, Reward, Window
from gamification.store.tables import AchievementGrant, RuleVersion
from tests.conftest import Coalition

DOORS = Achievement(
    id="three-doors",
    title={"en": "Three doors", "ru": "Три двери"},
    description={"en": "Buy at several merchants", "ru": "Купите у разных партнёров"},
    on="purchase.recorded",
    where={},
    measure=Measure("distinct", "partner"),
    window=Window(),
    tiers=(3, 5),
    requires=(),
    hidden=False,
    experience=(0, 0),
    reward=Reward((0, 0), {}),
    icon="door-open",
)


def publish_version(rule: Achievement, *, version: int = 1, now: datetime) -> RuleVersion:
    document = orjson.dumps(rule.document()).decode()
    return RuleVersion.create(
        id=RuleVersion.select().count() + 1,
        force_insert=True,
        kind="achievement",
        rule=rule.id,
        version=version,
        goal_id=1,
        document=document,
        since=0,
        judges_after=0,
        published_at=now,
    )


def grant(
    coalition: Coalition, row: RuleVersion, rule: Achievement, *, tier: int = 1, now: datetime, **given: Any
) -> Grant:
    """Anna has won this tier."""
    made = Grant(
        id=new_grant_id(),
        member=member_number(coalition.anna.id),
        rule=rule,
        kind="achievement",
        version_id=row.id,
        version=row.version,
        tier=tier,
        threshold=rule.tiers[tier - 1],
        period="",
        points=0,
        event=1,
        partner=coalition.cinema.number,
        earned_at=now,
    )
    made = replace(made, **given)
    insert_grants([made], now=now)
    return made


def set_state(grant_id: str, state: GrantState) -> None:
    AchievementGrant.update(state=state).where(AchievementGrant.public_id == grant_id).execute()
