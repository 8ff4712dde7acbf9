"""The tables of the coalition. The journal is ``entry``; everything else follows from it or explains it."""

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
    TextField,
)

from coalition.store.database import MomentField, database


class Table(Model):
    class Meta:
        database = database
        legacy_table_names = False


class Programme(Table):
    """A dated version of the rules; the one with the latest ``effective_from`` that has come is in force."""

    version = IntegerField(primary_key=True)
    effective_from = MomentField()
    document = TextField()
    created_at = MomentField()


class Partner(Table):
    """A merchant, or the operator, who may issue rewards. The id is its number on the token ledger.

    ``stores`` is a JSON list of the store ids that its receipts may name; empty, they may name any.
    """

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
    """A partner's or an operator's key; only the hash of its secret is kept."""

    public_id = TextField(primary_key=True)
    role = TextField()
    partner = ForeignKeyField(Partner, null=True)
    secret_hash = TextField()
    created_at = MomentField()
    revoked_at = MomentField(null=True)


class Member(Table):
    """``address`` is the pseudonym on the token ledger: random, so that nothing about the person follows from it."""

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
    """``discount_minor`` is the part of the line that points paid, ``points`` what the rest of it earned."""

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
    """Consecutive journal entries that one chain transaction records. Once formed, it never changes."""

    sequence = BigIntegerField(primary_key=True)
    entries = IntegerField()
    root = TextField()
    head = TextField()
    formed_at = MomentField()


class Entry(Table):
    """The journal, in order of id. Rows are never changed or deleted; only ``sequence`` is set, once."""

    id = BigAutoField()
    public_id = TextField(unique=True)
    kind = TextField()
    issuer_id: int
    issuer = ForeignKeyField(Partner, index=False)
    partner_id: int
    partner = ForeignKeyField(Partner, index=False)
    member = ForeignKeyField(Member, index=False)
    points = BigIntegerField()
    source = TextField()
    document_hash = TextField()
    occurred_at = MomentField()
    recorded_at = MomentField()
    sequence_id: int | None
    sequence = ForeignKeyField(Batch, null=True, index=False, column_name="sequence")

    class Meta:
        indexes = ((("member", "id"), False), (("sequence", "id"), False), (("source", "kind", "issuer"), True))


class Lot(Table):
    """Points issued together by one issuer with one expiry, under the id of the entry that issued them."""

    entry = ForeignKeyField(Entry, primary_key=True)
    member = ForeignKeyField(Member, index=False)
    issuer = ForeignKeyField(Partner, index=False)
    points = BigIntegerField()
    remaining = BigIntegerField()
    expires_at = MomentField()


class LotUse(Table):
    """Which lots an entry took its points from."""

    entry = ForeignKeyField(Entry, index=False)
    lot = ForeignKeyField(Lot)
    points = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("entry", "lot")


class Event(Table):
    """What happened, in order of id, for whoever consumes it. Idempotent by (source, source_event_id)."""

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
    """How far each consumer of the event stream has come."""

    name = TextField(primary_key=True)
    cursor = BigIntegerField()


class IdempotencyKey(Table):
    """The first answer to each key, for whoever asks again."""

    owner = TextField()
    key = TextField()
    request_hash = TextField()
    status = IntegerField()
    body = TextField()
    created_at = MomentField()

    class Meta:
        primary_key = CompositeKey("owner", "key")


class Lease(Table):
    """Who may do what only one process may do, and until when."""

    name = TextField(primary_key=True)
    holder = TextField()
    expires_at = MomentField()


class ChainTx(Table):
    """Every transaction that the recorder ever signed, by nonce: written before it is sent, and never changed."""

    nonce = BigIntegerField(primary_key=True)
    purpose = TextField()
    sequence_id: int | None
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
    """What the chain has been told of each partner."""

    partner = ForeignKeyField(Partner, primary_key=True)
    status = TextField()
    limit_points = BigIntegerField()


class Deployment(Table):
    """The one chain and contract that this journal is recorded on."""

    chain_id = BigIntegerField(primary_key=True)
    contract = TextField()
    recorder = TextField()


ALL_TABLES = (
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
