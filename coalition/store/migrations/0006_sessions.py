"""How members sign in, and where they live."""

from peewee import BigAutoField, BlobField, ForeignKeyField, IntegerField, Model, TextField

from coalition.store.database import MomentField


class Table(Model):
    class Meta:
        legacy_table_names = False


class Member(Table):
    id = BigAutoField()


class SignInCode(Table):
    id = BigAutoField()
    phone = TextField()
    member = ForeignKeyField(Member, null=True, index=False)
    salt = BlobField()
    code_hash = BlobField()
    tries = IntegerField(default=0)
    used_at = MomentField(null=True)
    created_at = MomentField(index=True)

    class Meta:
        indexes = ((("phone", "id"), False),)


class MemberSession(Table):
    public_id = TextField(primary_key=True)
    member = ForeignKeyField(Member)
    secret_hash = TextField()
    created_at = MomentField()
    expires_at = MomentField(index=True)
    revoked_at = MomentField(null=True)


TABLES = (SignInCode, MemberSession)
STATEMENTS = (
    "ALTER TABLE member ADD COLUMN time_zone TEXT",
    'CREATE INDEX "event_member_id_id" ON event (member_id, id)',
)


def up(migrator, db):
    with db.bind_ctx((Member, *TABLES)):
        db.create_tables(TABLES)
    for statement in STATEMENTS:
        db.execute_sql(statement)
