"""What members do besides buying: registered event types, acts, moderation, stores, check-ins, ideas and surveys."""

from typing import Any

from peewee import (
    BigAutoField,
    BigIntegerField,
    BooleanField,
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


class EventType(Table):
    id = BigAutoField()
    type = TextField(unique=True)
    partner_id = IntegerField()
    title = TextField()
    attributes = TextField()
    created_at = MomentField()


class Act(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    type = TextField()
    source = TextField()
    event_id = TextField()
    member_id = BigIntegerField()
    partner_id = IntegerField()
    subject = TextField(null=True, index=True)
    claim = TextField(null=True, unique=True)
    state = TextField()
    withdrawn_because = TextField(null=True)
    occurred_at = MomentField()
    recorded_at = MomentField()

    class Meta:
        indexes = ((("source", "event_id"), True), (("state", "id"), False))


class Submission(Table):
    act = ForeignKeyField(Act, primary_key=True)
    sku = TextField(null=True)
    category = TextField(null=True)
    purchase = TextField(null=True)
    rating = IntegerField(null=True)
    text = TextField(null=True)
    photos = TextField()
    reason = TextField(null=True)
    decided_by = TextField(null=True)
    decided_at = MomentField(null=True)


class StorePosition(Table):
    partner_id = IntegerField()
    store_id = TextField()
    latitude_e6 = IntegerField()
    longitude_e6 = IntegerField()
    radius_m = IntegerField()
    updated_at = MomentField()

    class Meta:
        primary_key = CompositeKey("partner_id", "store_id")


class Visit(Table):
    act = ForeignKeyField(Act, primary_key=True)
    member_id = BigIntegerField()
    partner_id = IntegerField()
    store_id = TextField()
    latitude_e6 = IntegerField()
    longitude_e6 = IntegerField()
    occurred_at = MomentField()

    class Meta:
        indexes = ((("member_id", "occurred_at"), False),)


class Question(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    kind = TextField()
    partner_id = IntegerField()
    title = TextField()
    text = TextField(null=True)
    keeps_answers = BooleanField()
    closes_at = MomentField()
    created_at = MomentField()

    class Meta:
        indexes = ((("kind", "id"), False),)


class SurveyAnswers(Table):
    act = ForeignKeyField(Act, primary_key=True)
    answers = TextField()


TABLES = (EventType, Act, Submission, StorePosition, Visit, Question, SurveyAnswers)


def up(migrator: Any, db: Any) -> None:
    sqlite = isinstance(db, SqliteDatabase)
    for table in TABLES:
        table._meta.without_rowid = sqlite and isinstance(table._meta.primary_key, CompositeKey)
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES)
