"""What may tell that two members are one person, as keyed hashes."""

from peewee import BigAutoField, CompositeKey, ForeignKeyField, Model, SqliteDatabase, TextField

from coalition.store.database import MomentField


class Table(Model):
    class Meta:
        legacy_table_names = False


class Member(Table):
    id = BigAutoField()


class MemberTrait(Table):
    member = ForeignKeyField(Member, index=False)
    kind = TextField()
    hash = TextField(index=True)
    first_seen_at = MomentField(index=True)

    class Meta:
        primary_key = CompositeKey("member", "kind", "hash")


def up(migrator, db):
    MemberTrait._meta.without_rowid = isinstance(db, SqliteDatabase)
    with db.bind_ctx((Member, MemberTrait)):
        db.create_tables((MemberTrait,))
