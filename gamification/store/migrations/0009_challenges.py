"""Challenges: who takes part, with which team, which tiers teams have, and frozen steps of streaks."""

from typing import Any

from peewee import BigAutoField, BigIntegerField, CompositeKey, ForeignKeyField, IntegerField, Model, TextField

from coalition.store.database import MomentField


class Table(Model):
    class Meta:
        legacy_table_names = False


class Team(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    challenge = TextField()
    name = TextField()
    code = TextField(unique=True)
    captain = BigIntegerField()
    created_at = MomentField()


class ChallengeMember(Table):
    challenge = TextField()
    member_id = BigIntegerField()
    joined_at = MomentField()
    team = ForeignKeyField(Team, null=True)
    since = BigIntegerField(null=True)
    contributed = BigIntegerField()
    goal_id = IntegerField()

    class Meta:
        primary_key = CompositeKey("challenge", "member_id")


class TeamTier(Table):
    team = ForeignKeyField(Team, index=False)
    tier = IntegerField()
    threshold = BigIntegerField()
    goal_id = IntegerField()
    event_id = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("team", "tier")


class StreakFreeze(Table):
    member_id = BigIntegerField()
    achievement = TextField()
    day = TextField()
    frozen_at = MomentField()

    class Meta:
        primary_key = CompositeKey("member_id", "achievement", "day")


TABLES = (Team, ChallengeMember, TeamTier, StreakFreeze)


def up(migrator: Any, db: Any) -> None:
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES)
