"""Rewards that are not points, how surprises came about, and badges that members take out."""

from typing import Any

from peewee import BigAutoField, BigIntegerField, IntegerField, Model, TextField

from coalition.store.database import MomentField


class Table(Model):
    class Meta:
        legacy_table_names = False


class Reward(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    grant_id = TextField()
    place = IntegerField()
    member_id = BigIntegerField()
    kind = TextField()
    title = TextField()
    terms = TextField()
    partner_id = IntegerField(null=True)
    code = TextField(unique=True)
    state = TextField()
    issued_at = MomentField()
    valid_until = MomentField()
    claimed_at = MomentField(null=True)
    claimed_by = IntegerField(null=True)

    class Meta:
        indexes = (
            (("grant_id", "place"), True),
            (("member_id", "id"), False),
        )


class SurpriseLog(Table):
    grant_id = TextField(primary_key=True)
    occasion = TextField()
    version_id = IntegerField()
    seed_commitment = TextField()
    weights = TextField()
    number = BigIntegerField()
    picked = IntegerField()
    recorded_at = MomentField()


class BadgeKey(Table):
    thumbprint = TextField(primary_key=True)
    jwk = TextField()
    created_at = MomentField()


class BadgeSubject(Table):
    member_id = BigIntegerField(primary_key=True)
    subject = TextField()
    salt = TextField()


class BadgeCredential(Table):
    grant_id = TextField(primary_key=True)
    issued_at = MomentField()


TABLES = (Reward, SurpriseLog, BadgeKey, BadgeSubject, BadgeCredential)

OPEN_REWARDS = "CREATE INDEX reward_open ON reward (valid_until) WHERE state = 'issued'"


def up(migrator: Any, db: Any) -> None:
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES)
    db.execute_sql(OPEN_REWARDS)
