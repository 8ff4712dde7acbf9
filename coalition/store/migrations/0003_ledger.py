"""A ledger with an account for each role, transactions that can be replaced or tried again, and badges.

Its contract is a new one, so the journal is recorded on it from the start: in new batches, by a new outbox. Which limit
a partner had before which entry was not always kept, so the new contract hears of the present limits after the entries
there are.
"""

from peewee import (
    BigAutoField,
    BigIntegerField,
    BlobField,
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


class Partner(Table):
    id = IntegerField(primary_key=True)


class Member(Table):
    id = BigAutoField()


class Entry(Table):
    id = BigAutoField()


class PartnerChange(Table):
    id = BigAutoField()


class Batch(Table):
    sequence = BigIntegerField(primary_key=True)


class RefusedEntry(Table):
    entry = ForeignKeyField(Entry, primary_key=True)
    reason = TextField()
    refused_at = MomentField()


class Badge(Table):
    id = BigAutoField()
    code = TextField(unique=True)
    issuer = ForeignKeyField(Partner, index=False)


class BadgeBatch(Table):
    sequence = BigIntegerField(primary_key=True)
    entries = IntegerField()
    head = TextField(index=True)
    formed_at = MomentField()


class BadgeEntry(Table):
    id = BigAutoField()
    kind = TextField()
    badge = ForeignKeyField(Badge, index=False)
    member = ForeignKeyField(Member)
    grant = TextField(column_name="grant_id")
    recorded_at = MomentField()
    refused = TextField(null=True)
    sequence = ForeignKeyField(BadgeBatch, null=True, column_name="sequence")

    class Meta:
        indexes = ((("grant", "kind"), True),)


class ChainTx(Table):
    id = BigAutoField()
    account = TextField()
    nonce = BigIntegerField()
    purpose = TextField()
    sequence = ForeignKeyField(Batch, null=True, column_name="sequence")
    change = ForeignKeyField(PartnerChange, null=True)
    badges = ForeignKeyField(BadgeBatch, null=True)
    hash = TextField()
    signed_bytes = BlobField()
    max_fee = BigIntegerField()
    status = TextField()
    block_number = BigIntegerField(null=True)
    block_hash = TextField(null=True)
    gas_used = BigIntegerField(null=True)
    signed_at = MomentField()
    confirmed_at = MomentField(null=True)

    class Meta:
        indexes = ((("account", "nonce"), True), (("status", "block_number"), False))


class ReplacedTx(Table):
    hash = TextField(primary_key=True)
    chain_tx = ForeignKeyField(ChainTx, on_delete="CASCADE")
    signed_bytes = BlobField()


class Deployment(Table):
    chain_id = BigIntegerField(primary_key=True)
    mode = TextField()
    contract = TextField()
    badges = TextField()


class LedgerAccount(Table):
    role = TextField(primary_key=True)
    address = TextField()


MOST_POINTS = (1 << 56) - 1
"""The largest limit that the contract can count."""

REFERENCED = (Partner, Member, Entry, PartnerChange, Batch)
TABLES = (RefusedEntry, Badge, BadgeBatch, BadgeEntry, ChainTx, ReplacedTx, Deployment, LedgerAccount)

FORGET = (
    "DROP TABLE chain_tx",
    "DROP TABLE deployment",
    "UPDATE entry SET sequence = NULL WHERE sequence IS NOT NULL",
    "DELETE FROM batch",
    "DELETE FROM partner_change",
    "ALTER TABLE partner_change ADD COLUMN before_batch {count}",
    "INSERT INTO partner_change (partner_id, status, limit_points, after_entry, told)"
    " SELECT id, 'active', {most_points}, 0, {no} FROM partner ORDER BY id",
    "INSERT INTO partner_change (partner_id, status, limit_points, after_entry, told)"
    " SELECT id, 'active', limit_points, (SELECT COALESCE(MAX(id), 0) FROM entry), {no} FROM partner"
    " WHERE limit_points <> {most_points} ORDER BY id",
    "INSERT INTO partner_change (partner_id, status, limit_points, after_entry, told)"
    " SELECT id, status, limit_points, (SELECT COALESCE(MAX(id), 0) FROM entry), {no} FROM partner"
    " WHERE status <> 'active' ORDER BY id",
    "ALTER TABLE batch ADD COLUMN leaves {bytes} NOT NULL DEFAULT {empty}",
)
LIVE = "status IN ('signed', 'submitted', 'confirmed', 'final')"
INDEXES = (
    "CREATE INDEX batch_head ON batch (head)",
    "CREATE INDEX badge_entry_waiting ON badge_entry (id) WHERE sequence IS NULL AND refused IS NULL",
    f"CREATE UNIQUE INDEX chain_tx_live_batch ON chain_tx (sequence) WHERE {LIVE}",
    f"CREATE UNIQUE INDEX chain_tx_live_badges ON chain_tx (badges_id) WHERE {LIVE}",
)
TYPES = {
    "sqlite": {"no": "0", "count": "INTEGER", "bytes": "BLOB", "empty": "x''"},
    "postgresql": {"no": "false", "count": "BIGINT", "bytes": "BYTEA", "empty": "''"},
}


def up(migrator, db):
    types = TYPES["sqlite" if isinstance(db, SqliteDatabase) else "postgresql"]
    for statement in FORGET:
        db.execute_sql(statement.format(most_points=MOST_POINTS, **types))
    with db.bind_ctx((*REFERENCED, *TABLES)):
        db.create_tables(TABLES)
    for statement in INDEXES:
        db.execute_sql(statement)
