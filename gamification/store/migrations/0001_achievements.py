"""The tables of the first release: published rules, counters, experience and grants."""

from typing import Any

from peewee import (
    BigAutoField,
    BigIntegerField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    Model,
    SqliteDatabase,
    TextField,
)

from coalition.store.database import MomentField


class Table(Model):
    class Meta:
        legacy_table_names = False


class AchievementVersion(Table):
    id = IntegerField(primary_key=True)
    achievement = TextField()
    version = IntegerField()
    goal_id = IntegerField()
    document = TextField()
    published_at = MomentField()

    class Meta:
        indexes = ((("achievement", "version"), True),)


class LevelsVersion(Table):
    version = IntegerField(primary_key=True)
    document = TextField()
    published_at = MomentField()


class Counter(Table):
    member_id = BigIntegerField()
    goal_id = IntegerField()
    period = TextField()
    reached = BigIntegerField()
    granted = BigIntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("member_id", "goal_id", "period")


class CounterElement(Table):
    member_id = BigIntegerField()
    goal_id = IntegerField()
    period = TextField()
    element = TextField()

    class Meta:
        primary_key = CompositeKey("member_id", "goal_id", "period", "element")


class MemberExperience(Table):
    member_id = BigIntegerField(primary_key=True)
    experience = BigIntegerField()


class AchievementGrant(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    member_id = BigIntegerField()
    achievement = TextField()
    version = ForeignKeyField(AchievementVersion, index=False)
    tier = IntegerField()
    threshold = BigIntegerField()
    period = TextField()
    state = TextField()
    held_because = TextField(null=True)
    points = BigIntegerField()
    event_id = BigIntegerField()
    partner_id = IntegerField()
    earned_at = MomentField()
    recorded_at = MomentField()

    class Meta:
        indexes = (
            (("member_id", "version", "tier", "period"), True),
            (("achievement", "member_id"), False),
        )


TABLES = (AchievementVersion, LevelsVersion, Counter, CounterElement, MemberExperience, AchievementGrant)

HELD_GRANTS = "CREATE INDEX achievement_grant_held ON achievement_grant (id) WHERE state = 'held'"


def up(migrator: Any, db: Any) -> None:
    sqlite = isinstance(db, SqliteDatabase)
    for table in TABLES:
        table._meta.without_rowid = sqlite and isinstance(table._meta.primary_key, CompositeKey)
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES)
    db.execute_sql(HELD_GRANTS)
