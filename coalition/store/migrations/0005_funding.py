"""Partners that pay in advance, and partners that leave."""

from peewee import BigAutoField, BigIntegerField, ForeignKeyField, IntegerField, Model, SqliteDatabase, TextField

from coalition.store.database import MomentField


class Table(Model):
    class Meta:
        legacy_table_names = False


class Partner(Table):
    id = IntegerField(primary_key=True)


class PointsPack(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    partner = ForeignKeyField(Partner, index=False)
    points = BigIntegerField()
    amount_minor = BigIntegerField()
    currency = TextField()
    reference = TextField()
    alert = TextField(default="none")
    bought_at = MomentField()
    by = TextField()

    class Meta:
        indexes = ((("partner", "reference"), True),)


class Offboarding(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    partner = ForeignKeyField(Partner, unique=True)
    status = TextField()
    deposit_minor = BigIntegerField()
    currency = TextField()
    spendable_until = MomentField(null=True)
    drawn_points = BigIntegerField(default=0)
    counted_to = BigIntegerField()
    announced_to = BigIntegerField(default=0)
    announced_at = MomentField(null=True)
    failed_at = MomentField(null=True)
    exhausted_at = MomentField(null=True)
    borne_by = TextField(null=True)
    started_at = MomentField()
    by = TextField()
    ended_at = MomentField(null=True)


TABLES = (PointsPack, Offboarding)
STATEMENTS = (
    "ALTER TABLE partner ADD COLUMN funding TEXT NOT NULL DEFAULT 'postpaid'",
    "ALTER TABLE partner ADD COLUMN prepaid_since {moment}",
    'CREATE INDEX "partnerchange_partner_id_after_entry_id" ON partner_change (partner_id, after_entry, id)',
)


def up(migrator, db):
    with db.bind_ctx((Partner, *TABLES)):
        db.create_tables(TABLES)
    moment = "TEXT" if isinstance(db, SqliteDatabase) else "TIMESTAMPTZ"
    for statement in STATEMENTS:
        db.execute_sql(statement.format(moment=moment))
