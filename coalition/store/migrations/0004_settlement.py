"""Settlement: rate cards, closed periods and their statements, disputes, payments, and a log of what operators do."""

from peewee import (
    BigAutoField,
    BigIntegerField,
    CompositeKey,
    DateField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

from coalition.store.database import MomentField


class Table(Model):
    class Meta:
        legacy_table_names = False


class RateCard(Table):
    version = IntegerField(primary_key=True)
    effective_from = MomentField()
    document = TextField()
    created_at = MomentField()


class ExchangeRate(Table):
    base = TextField()
    quote = TextField()
    day = DateField()
    micros = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("base", "quote", "day")


class SettlementPeriod(Table):
    number = IntegerField(primary_key=True)
    public_id = TextField(unique=True)
    first_day = DateField(unique=True)
    last_day = DateField()
    starts_at = MomentField()
    ends_at = MomentField()
    sequence = BigIntegerField()
    head = TextField()
    dispute_until = MomentField()
    closed_at = MomentField()
    settled_at = MomentField(null=True)


class SettlementAccount(Table):
    period = ForeignKeyField(SettlementPeriod, index=False)
    payer = IntegerField()
    payee = IntegerField()
    cause = TextField()
    currency = TextField()
    issuer = IntegerField()
    points = BigIntegerField()
    micros = BigIntegerField()
    amount_minor = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("period", "payer", "payee", "cause", "currency", "issuer")


class Statement(Table):
    public_id = TextField(primary_key=True)
    period = ForeignKeyField(SettlementPeriod, index=False)
    party = IntegerField()
    currency = TextField()
    document = TextField()
    root = TextField()
    position_minor = BigIntegerField()
    status = TextField()
    acknowledged_at = MomentField(null=True)
    signature = TextField(null=True)

    class Meta:
        indexes = ((("period", "party", "currency"), True),)


class Dispute(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    statement = ForeignKeyField(Statement)
    line = TextField()
    reason = TextField()
    raised_at = MomentField()
    signature = TextField(null=True)
    answer = TextField(null=True)
    words = TextField(null=True)
    answered_at = MomentField(null=True)

    class Meta:
        indexes = ((("statement", "line"), True),)


class SettlementCorrection(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    payer = IntegerField()
    payee = IntegerField()
    currency = TextField()
    amount_minor = BigIntegerField()
    reason = TextField()
    dispute = ForeignKeyField(Dispute, null=True)
    created_at = MomentField()
    period = ForeignKeyField(SettlementPeriod, null=True)


class Payment(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    period = ForeignKeyField(SettlementPeriod)
    payer = IntegerField()
    payee = IntegerField()
    currency = TextField()
    amount_minor = BigIntegerField()
    confirmed_at = MomentField(null=True)
    signature = TextField(null=True)


class PartyDetails(Table):
    party = IntegerField(primary_key=True)
    bank = TextField(null=True)
    signer = TextField(null=True)


class AuditEntry(Table):
    id = BigAutoField()
    at = MomentField()
    by = TextField()
    action = TextField()
    subject = TextField(index=True)
    details = TextField()


TABLES = (
    RateCard,
    ExchangeRate,
    SettlementPeriod,
    SettlementAccount,
    Statement,
    Dispute,
    SettlementCorrection,
    Payment,
    PartyDetails,
    AuditEntry,
)


def up(migrator, db):
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES)
    db.execute_sql("ALTER TABLE deployment ADD COLUMN settlement TEXT")
