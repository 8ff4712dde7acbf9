"""Leaderboards: who is on them, the entries of each period with the pages that count them, and who won."""

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


class Leaderboard(Table):
    id = TextField(primary_key=True)
    document = TextField()
    published_at = MomentField()


class LeaderboardMember(Table):
    leaderboard = TextField()
    member_id = BigIntegerField()
    nickname = TextField()
    nickname_key = TextField()
    joined_at = MomentField()

    class Meta:
        primary_key = CompositeKey("leaderboard", "member_id")
        indexes = ((("nickname_key", "leaderboard"), True),)


class LeaderboardPeriod(Table):
    id = BigAutoField()
    leaderboard = TextField()
    period = TextField()
    ends_at = MomentField(null=True)
    closed_at = MomentField(null=True)
    document = TextField(null=True)

    class Meta:
        indexes = ((("leaderboard", "period"), True),)


class LeaderboardEntry(Table):
    period = ForeignKeyField(LeaderboardPeriod, index=False)
    member_id = BigIntegerField()
    ranked_in = BigIntegerField()
    below = BigIntegerField()
    reached = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("period", "member_id")
        indexes = ((("ranked_in", "below", "reached", "member_id"), False),)


class LeaderboardPage(Table):
    period = ForeignKeyField(LeaderboardPeriod, index=False)
    below = BigIntegerField()
    reached = BigIntegerField()
    member_id = BigIntegerField()
    entries = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("period", "below", "reached", "member_id")


class LeaderboardResult(Table):
    period = ForeignKeyField(LeaderboardPeriod, index=False)
    rank = IntegerField()
    member_id = BigIntegerField()
    score = BigIntegerField()
    prize = IntegerField()

    class Meta:
        primary_key = CompositeKey("period", "rank")


TABLES = (
    Leaderboard,
    LeaderboardMember,
    LeaderboardPeriod,
    LeaderboardEntry,
    LeaderboardPage,
    LeaderboardResult,
)


def up(migrator: Any, db: Any) -> None:
    sqlite = isinstance(db, SqliteDatabase)
    for table in TABLES:
        table._meta.without_rowid = sqlite and isinstance(table._meta.primary_key, CompositeKey)
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES)
