"""Prize draws: each with its state, the tickets that members have, and who won."""

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


class PrizeDraw(Table):
    id = TextField(primary_key=True)
    document = TextField()
    state = TextField()
    salt = TextField()
    opened_at = MomentField()
    closed_at = MomentField(null=True)
    root = TextField(null=True)
    tickets = BigIntegerField(null=True)
    winners = IntegerField(null=True)
    chain_id = BigIntegerField(null=True)
    contract = TextField(null=True)
    commitment = TextField(null=True)
    block = BigIntegerField(null=True)
    deadline = MomentField(null=True)
    attempts = IntegerField(default=0)
    rearms = IntegerField(default=0)
    secret = TextField(null=True)
    block_hash = TextField(null=True)
    seed = TextField(null=True)
    drawn_at = MomentField(null=True)


class DrawTicket(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    draw = ForeignKeyField(PrizeDraw, index=False)
    serial = BigIntegerField()
    member_id = BigIntegerField()
    member_hash = TextField()
    grant_id = TextField()
    number = IntegerField()
    issued_at = MomentField()
    withdrawn_at = MomentField(null=True)

    class Meta:
        indexes = (
            (("draw", "serial"), True),
            (("grant_id", "draw", "number"), True),
            (("member_id", "id"), False),
        )


class DrawWinner(Table):
    draw = ForeignKeyField(PrizeDraw, index=False)
    place = IntegerField()
    ticket = ForeignKeyField(DrawTicket, unique=True)
    prize = IntegerField()

    class Meta:
        primary_key = CompositeKey("draw", "place")


TABLES = (PrizeDraw, DrawTicket, DrawWinner)


def up(migrator: Any, db: Any) -> None:
    sqlite = isinstance(db, SqliteDatabase)
    for table in TABLES:
        table._meta.without_rowid = sqlite and isinstance(table._meta.primary_key, CompositeKey)
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES)
