"""What happens to points after they are earned: pending, held, returned, expired, given by hand, and tiers."""

import json

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

MOST_POINTS = (1 << 56) - 1
"""The largest limit that the contract can count."""


class Table(Model):
    class Meta:
        legacy_table_names = False


class Partner(Table):
    id = IntegerField(primary_key=True)


class Member(Table):
    id = BigAutoField()


class Purchase(Table):
    id = BigAutoField()


class Entry(Table):
    id = BigAutoField()


class Lot(Table):
    entry = ForeignKeyField(Entry, primary_key=True)


class Award(Table):
    purchase = ForeignKeyField(Purchase, index=False)
    position = IntegerField()
    rule = TextField()
    issuer = ForeignKeyField(Partner, index=False)
    points = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("purchase", "position", "rule", "issuer")


class GoodsReturn(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    purchase = ForeignKeyField(Purchase)
    partner = ForeignKeyField(Partner, index=False)
    return_id = TextField()
    amount_minor = BigIntegerField()
    refund_minor = BigIntegerField()
    points_reversed = BigIntegerField()
    points_owed = BigIntegerField()
    points_written_off = BigIntegerField()
    points_deducted = BigIntegerField()
    deducted_minor = BigIntegerField()
    points_given_back = BigIntegerField()
    document_hash = TextField()
    occurred_at = MomentField()
    recorded_at = MomentField()

    class Meta:
        indexes = ((("partner", "return_id"), True),)


class ReturnedLine(Table):
    goods_return = ForeignKeyField(GoodsReturn, index=False)
    position = IntegerField()
    quantity = BigIntegerField()
    amount_minor = BigIntegerField()
    discount_minor = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("goods_return", "position")


class AwardReversal(Table):
    goods_return = ForeignKeyField(GoodsReturn, index=False)
    position = IntegerField()
    rule = TextField()
    issuer = ForeignKeyField(Partner, index=False)
    points = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("goods_return", "position", "rule", "issuer")


class LotExtension(Table):
    id = BigAutoField()
    lot = ForeignKeyField(Lot)
    previous_expires_at = MomentField()
    expires_at = MomentField()
    reason = TextField()
    by = TextField()
    created_at = MomentField()


class Hold(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    member = ForeignKeyField(Member)
    partner = ForeignKeyField(Partner, index=False)
    points = BigIntegerField()
    status = TextField()
    expires_at = MomentField()
    captured_points = BigIntegerField(default=0)
    created_at = MomentField()
    ended_at = MomentField(null=True)


class HeldLot(Table):
    hold = ForeignKeyField(Hold, index=False)
    lot = ForeignKeyField(Lot, index=False)
    points = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("hold", "lot")


class Redemption(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    member = ForeignKeyField(Member)
    partner = ForeignKeyField(Partner, index=False)
    till = ForeignKeyField(Partner, index=False)
    points = BigIntegerField()
    reference = TextField()
    document_hash = TextField()
    occurred_at = MomentField()
    recorded_at = MomentField()
    reversed_at = MomentField(null=True)

    class Meta:
        indexes = ((("till", "reference"), True),)


class Debt(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    member = ForeignKeyField(Member, index=False)
    creditor = ForeignKeyField(Partner, index=False)
    points = BigIntegerField()
    remaining = BigIntegerField()
    held = BooleanField()
    source = TextField()
    created_at = MomentField()


class DebtRepayment(Table):
    public_id = TextField(primary_key=True)
    debt = ForeignKeyField(Debt)
    points = BigIntegerField()
    created_at = MomentField()


class Adjustment(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    member = ForeignKeyField(Member)
    issuer = ForeignKeyField(Partner, index=False)
    points = BigIntegerField()
    reason = TextField()
    status = TextField()
    requested_by = TextField()
    decided_by = TextField(null=True)
    created_at = MomentField()
    decided_at = MomentField(null=True)


class Gift(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    issuer = ForeignKeyField(Partner, index=False)
    points = BigIntegerField()
    segment = TextField()
    reason = TextField()
    status = TextField()
    recipients = BigIntegerField()
    requested_by = TextField()
    decided_by = TextField(null=True)
    created_at = MomentField()
    decided_at = MomentField(null=True)


class GiftRecipient(Table):
    gift = ForeignKeyField(Gift, index=False)
    member = ForeignKeyField(Member, index=False)
    given_at = MomentField(null=True)

    class Meta:
        primary_key = CompositeKey("gift", "member")


class Transfer(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    sender = ForeignKeyField(Member)
    recipient = ForeignKeyField(Member)
    partner = ForeignKeyField(Partner, index=False)
    points = BigIntegerField()
    reference = TextField()
    created_at = MomentField()

    class Meta:
        indexes = ((("partner", "reference"), True),)


class TierPurchase(Table):
    id = BigAutoField()
    public_id = TextField(unique=True)
    member = ForeignKeyField(Member)
    partner = ForeignKeyField(Partner, index=False)
    tier = TextField()
    paid_minor = BigIntegerField()
    paid_points = BigIntegerField()
    reference = TextField()
    starts_at = MomentField()
    ends_at = MomentField()
    created_at = MomentField()

    class Meta:
        indexes = ((("partner", "reference"), True),)


class CategoryChoice(Table):
    member = ForeignKeyField(Member, index=False)
    rule = TextField()
    month = TextField()
    categories = TextField()
    chosen_at = MomentField()

    class Meta:
        primary_key = CompositeKey("member", "rule", "month")


class CapUse(Table):
    cap = TextField()
    period = TextField()
    subject = BigIntegerField()
    points = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("cap", "period", "subject")


class Schedule(Table):
    name = TextField(primary_key=True)
    done_until = MomentField()


class PartnerChange(Table):
    id = BigAutoField()
    partner = ForeignKeyField(Partner)
    status = TextField()
    limit_points = BigIntegerField()
    after_entry = BigIntegerField()
    told = BooleanField(default=False)


TABLES = (
    Award,
    GoodsReturn,
    ReturnedLine,
    AwardReversal,
    LotExtension,
    Hold,
    HeldLot,
    Redemption,
    Debt,
    DebtRepayment,
    Adjustment,
    Gift,
    GiftRecipient,
    Transfer,
    TierPurchase,
    CategoryChoice,
    CapUse,
    Schedule,
    PartnerChange,
)
REFERENCED = (Partner, Member, Purchase, Entry, Lot)

CHANGES = (
    "purchase_line DROP COLUMN points",
    "purchase_line DROP COLUMN rule",
    "purchase_line ADD COLUMN excluded_by TEXT",
    "member ADD COLUMN pending {count} NOT NULL DEFAULT 0",
    "member ADD COLUMN held {count} NOT NULL DEFAULT 0",
    "member ADD COLUMN debt {count} NOT NULL DEFAULT 0",
    "member ADD COLUMN tier TEXT",
    "member ADD COLUMN tier_until {moment}",
    "purchase ADD COLUMN available_at {moment} NOT NULL DEFAULT '1970-01-01T00:00:00.000Z'",
    "purchase ADD COLUMN refunded_minor {count} NOT NULL DEFAULT 0",
    "purchase ADD COLUMN points_given_back {count} NOT NULL DEFAULT 0",
    "partner ADD COLUMN issued {count} NOT NULL DEFAULT 0",
    "lot ADD COLUMN held {count} NOT NULL DEFAULT 0",
    "lot ADD COLUMN pending_until {moment}",
)

INDEXES = (
    "CREATE INDEX lot_pending ON lot (pending_until) WHERE pending_until IS NOT NULL",
    "CREATE INDEX lot_expiring ON lot (expires_at) WHERE remaining > 0",
    "CREATE INDEX hold_open ON hold (expires_at) WHERE status = 'open'",
    "CREATE INDEX debt_open ON debt (member_id) WHERE remaining > 0",
    "CREATE INDEX partner_change_untold ON partner_change (after_entry, id) WHERE NOT told",
    "CREATE INDEX member_tier_ending ON member (tier_until) WHERE tier_until IS NOT NULL",
)


def up(migrator, db):
    sqlite = isinstance(db, SqliteDatabase)
    for table in TABLES:
        table._meta.without_rowid = sqlite and isinstance(table._meta.primary_key, CompositeKey)
    with db.bind_ctx((*REFERENCED, *TABLES)):
        db.create_tables(TABLES)
    db.execute_sql(
        "INSERT INTO award (purchase_id, position, rule, issuer_id, points)"
        " SELECT l.purchase_id, l.position, l.rule, p.partner_id, l.points FROM purchase_line l"
        " JOIN purchase p ON p.id = l.purchase_id WHERE l.points > 0"
    )
    # By hand: the migrator would make SQLite's tables anew, under the feet of what refers to them.
    types = {"count": "INTEGER", "moment": "TEXT"} if sqlite else {"count": "BIGINT", "moment": "TIMESTAMPTZ"}
    for change in CHANGES:
        db.execute_sql(f"ALTER TABLE {change.format(**types)}")
    db.execute_sql("UPDATE purchase SET available_at = occurred_at")
    db.execute_sql(
        "UPDATE partner SET issued = (SELECT COALESCE(SUM(points), 0) FROM entry WHERE issuer_id = partner.id"
        " AND kind IN ('accrual', 'reward', 'adjustment_increase'))"
    )
    for statement in INDEXES:
        db.execute_sql(statement)
    order_partner_changes(db)
    rewrite_programmes(db)


def rewrite_programmes(db):
    """The terms of redemption and expiry stand in sections of their own."""
    place = "?" if isinstance(db, SqliteDatabase) else "%s"
    for version, text in db.execute_sql("SELECT version, document FROM programme").fetchall():
        document = json.loads(text)
        document["redemption"] = {"max_share_bps": document.pop("max_share_bps")}
        document["expiry"] = {"lifetime_months": document.pop("lifetime_months")}
        db.execute_sql(
            f"UPDATE programme SET document = {place} WHERE version = {place}", (json.dumps(document), version)
        )


def order_partner_changes(db):
    """Of each partner: what the chain was told; what lets it take the entries that it lacks; and what is so today.

    Those entries were allowed when they were made. What has changed how often since then, nothing remembers.
    """
    place = "?" if isinstance(db, SqliteDatabase) else "%s"
    unrecorded = db.execute_sql("SELECT DISTINCT issuer_id, partner_id FROM entry WHERE sequence IS NULL").fetchall()
    lacking = {partner for pair in unrecorded for partner in pair}
    (highest,) = db.execute_sql("SELECT COALESCE(MAX(id), 0) FROM entry").fetchone()
    for partner, status, limit, told_status, told_limit in db.execute_sql(
        "SELECT p.id, p.status, p.limit_points, t.status, t.limit_points FROM partner p"
        " LEFT JOIN ledger_partner t ON t.partner_id = p.id ORDER BY p.id"
    ).fetchall():
        states = [(told_status, told_limit, 0, True)] if told_status else []
        if partner in lacking:
            states.append(("active", MOST_POINTS, 0, False))
        states.append((status, limit, highest, False))
        last = None
        for state in states:
            if state[:2] != last:
                db.execute_sql(
                    "INSERT INTO partner_change (partner_id, status, limit_points, after_entry, told)"
                    f" VALUES ({', '.join([place] * 5)})",
                    (partner, *state),
                )
            last = state[:2]
    db.execute_sql("DROP TABLE ledger_partner")
