"""The tables of the first release, as they were then, with what only SQL can say about the journal."""

from peewee import (
    BigAutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    DateField,
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


class Programme(Table):
    version = IntegerField(primary_key=True)
    effective_from = MomentField()
    document = TextField()
    created_at = MomentField()


class Partner(Table):
    id = IntegerField(primary_key=True)
    public_id = TextField(unique=True)
    name = TextField(unique=True)
    kind = TextField()
    status = TextField()
    rate_bps = IntegerField()
    limit_points = BigIntegerField()
    stores = TextField(default="[]")
    outstanding = BigIntegerField(default=0)
    created_at = MomentField()


class ApiKey(Table):
    public_id = TextField(primary_key=True)
    role = TextField()
    partner = ForeignKeyField(Partner, null=True)
    secret_hash = TextField()
    created_at = MomentField()
    revoked_at = MomentField(null=True)


class Member(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    phone = TextField(unique=True)
    card_number = TextField(unique=True)
    address = TextField(unique=True)
    referral_code = TextField(unique=True)
    referred_by = ForeignKeyField("self", null=True)
    email = TextField(null=True)
    name = TextField(null=True)
    birth_date = DateField(null=True)
    locale = TextField()
    marketing_consent = BooleanField()
    balance = BigIntegerField(default=0)
    enrolled_by = ForeignKeyField(Partner)
    created_at = MomentField()


class Purchase(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    partner = ForeignKeyField(Partner, index=False)
    member = ForeignKeyField(Member)
    receipt_id = TextField()
    store_id = TextField(null=True)
    currency = TextField()
    total_minor = BigIntegerField()
    discount_minor = BigIntegerField()
    points_accrued = BigIntegerField()
    points_redeemed = BigIntegerField()
    document_hash = TextField()
    expires_at = MomentField()
    occurred_at = MomentField()
    recorded_at = MomentField()

    class Meta:
        indexes = ((("partner", "receipt_id"), True), (("partner", "id"), False))


class PurchaseLine(Table):
    purchase = ForeignKeyField(Purchase, index=False)
    position = IntegerField()
    line_id = TextField()
    sku = TextField()
    category = TextField()
    name = TextField(null=True)
    quantity = BigIntegerField()
    amount_minor = BigIntegerField()
    discounted = BooleanField()
    discount_minor = BigIntegerField()
    points = BigIntegerField()
    rule = TextField()

    class Meta:
        primary_key = CompositeKey("purchase", "position")


class Batch(Table):
    sequence = BigIntegerField(primary_key=True)
    entries = IntegerField()
    root = TextField()
    head = TextField()
    formed_at = MomentField()


class Entry(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    kind = TextField()
    issuer = ForeignKeyField(Partner, index=False)
    partner = ForeignKeyField(Partner, index=False)
    member = ForeignKeyField(Member, index=False)
    points = BigIntegerField()
    source = TextField()
    document_hash = TextField()
    occurred_at = MomentField()
    recorded_at = MomentField()
    sequence = ForeignKeyField(Batch, null=True, index=False, column_name="sequence")

    class Meta:
        indexes = ((("member", "id"), False), (("sequence", "id"), False), (("source", "kind", "issuer"), True))


class Lot(Table):
    entry = ForeignKeyField(Entry, primary_key=True)
    member = ForeignKeyField(Member, index=False)
    issuer = ForeignKeyField(Partner, index=False)
    points = BigIntegerField()
    remaining = BigIntegerField()
    expires_at = MomentField()


class LotUse(Table):
    entry = ForeignKeyField(Entry, index=False)
    lot = ForeignKeyField(Lot)
    points = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("entry", "lot")


class Event(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    type = TextField()
    source = TextField()
    source_event_id = TextField()
    member = ForeignKeyField(Member, index=False)
    partner = ForeignKeyField(Partner, index=False)
    attributes = TextField()
    occurred_at = MomentField()
    recorded_at = MomentField()

    class Meta:
        indexes = ((("source", "source_event_id"), True),)


class Consumer(Table):
    name = TextField(primary_key=True)
    cursor = BigIntegerField()


class IdempotencyKey(Table):
    owner = TextField()
    key = TextField()
    request_hash = TextField()
    status = IntegerField()
    body = TextField()
    created_at = MomentField()

    class Meta:
        primary_key = CompositeKey("owner", "key")


class Lease(Table):
    name = TextField(primary_key=True)
    holder = TextField()
    expires_at = MomentField()


class ChainTx(Table):
    nonce = BigIntegerField(primary_key=True)
    purpose = TextField()
    sequence = ForeignKeyField(Batch, null=True, unique=True, column_name="sequence")
    hash = TextField()
    signed_bytes = BlobField()
    status = TextField()
    block_number = BigIntegerField(null=True)
    block_hash = TextField(null=True)
    gas_used = BigIntegerField(null=True)
    signed_at = MomentField()
    confirmed_at = MomentField(null=True)


class LedgerPartner(Table):
    partner = ForeignKeyField(Partner, primary_key=True)
    status = TextField()
    limit_points = BigIntegerField()


class Deployment(Table):
    chain_id = BigIntegerField(primary_key=True)
    contract = TextField()
    recorder = TextField()


TABLES = (
    Programme,
    Partner,
    ApiKey,
    Member,
    Purchase,
    PurchaseLine,
    Batch,
    Entry,
    Lot,
    LotUse,
    Event,
    Consumer,
    IdempotencyKey,
    Lease,
    ChainTx,
    LedgerPartner,
    Deployment,
)

OPEN_LOTS = "CREATE INDEX lot_open ON lot (member_id, expires_at, entry_id) WHERE remaining > 0"

POSTING = """
CREATE VIEW posting AS
SELECT id AS entry_id, 'member' AS account, NULL AS issuer_id, NULL AS redeemer_id, member_id, occurred_at,
       CASE WHEN kind IN ('accrual', 'redemption_reversal', 'reward', 'adjustment_increase')
            THEN points ELSE -points END AS points
FROM entry
UNION ALL
SELECT id,
       CASE WHEN kind IN ('redemption', 'redemption_reversal') THEN 'redeemed'
            WHEN kind = 'expiry' THEN 'expired' ELSE 'issued' END,
       issuer_id, CASE WHEN kind IN ('redemption', 'redemption_reversal') THEN partner_id END, NULL, occurred_at,
       CASE WHEN kind IN ('accrual', 'redemption_reversal', 'reward', 'adjustment_increase')
            THEN -points ELSE points END
FROM entry
"""

CONTENT = (
    "id, public_id, kind, issuer_id, partner_id, member_id, points, source, document_hash, occurred_at, recorded_at"
)

APPEND_ONLY_SQLITE = (
    f"""
    CREATE TRIGGER entry_unchanged BEFORE UPDATE OF {CONTENT} ON entry
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only: entries are never changed'); END
    """,
    """
    CREATE TRIGGER entry_kept BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only: entries are never deleted'); END
    """,
)

APPEND_ONLY_POSTGRESQL = (
    """
    CREATE FUNCTION refuse_journal_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the journal is append-only: entries are never changed or deleted'; END $$
    """,
    f"""
    CREATE TRIGGER entry_unchanged BEFORE UPDATE OF {CONTENT} ON entry
    FOR EACH ROW EXECUTE FUNCTION refuse_journal_change()
    """,
    "CREATE TRIGGER entry_kept BEFORE DELETE ON entry FOR EACH ROW EXECUTE FUNCTION refuse_journal_change()",
)


def up(migrator, db):
    sqlite = isinstance(db, SqliteDatabase)
    for table in TABLES:
        table._meta.without_rowid = sqlite and isinstance(table._meta.primary_key, CompositeKey)
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES)
    append_only = APPEND_ONLY_SQLITE if sqlite else APPEND_ONLY_POSTGRESQL
    for statement in (OPEN_LOTS, POSTING, *append_only):
        db.execute_sql(statement)
