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

    ``stores`` is a JSON list of the store ids that its receipts may name; empty, they may name any. ``issued`` is all
    that it ever brought into the world, which the ledger's totals must have room for. ``funding`` is ``postpaid``,
    where the limit is a credit, or ``prepaid``, where it is what was bought and has neither been redeemed nor lapsed:
    from ``prepaid_since`` on, the pool pays for its points.
    """

    id = IntegerField(primary_key=True)
    public_id = TextField(unique=True)
    name = TextField(unique=True)
    kind = TextField()
    status = TextField()
    rate_bps = IntegerField()
    limit_points = BigIntegerField()
    funding = TextField(default="postpaid")
    prepaid_since = MomentField(null=True)
    stores = TextField(default="[]")
    outstanding = BigIntegerField(default=0)
    issued = BigIntegerField(default=0)
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
    """``address`` is the pseudonym on the token ledger: random, so that nothing about the person follows from it.
    ``time_zone`` is that of where the person lives, an IANA name, null where nobody has said.

    ``balance`` is all the points there are, ``pending`` and ``held`` the part that cannot be spent; ``debt`` is what
    the next points will repay. ``tier`` is the one that was last announced, to be judged anew at ``tier_until``;
    ``birthday_told`` is the year of the last birthday that was told.
    """

    id = BigAutoField()
    public_id = TextField(unique=True)
    phone = TextField(unique=True)
    card_number = TextField(unique=True)
    address = TextField(unique=True)
    referral_code = TextField(unique=True)
    referred_by = ForeignKeyField("self", null=True)
    email = TextField(null=True)
    name = TextField(null=True)
    birth_date = DateField(null=True, index=True)
    birthday_told = IntegerField(null=True)
    locale = TextField()
    time_zone = TextField(null=True)
    marketing_consent = BooleanField()
    balance = BigIntegerField(default=0)
    pending = BigIntegerField(default=0)
    held = BigIntegerField(default=0)
    debt = BigIntegerField(default=0)
    tier = TextField(null=True)
    tier_until = MomentField(null=True)
    enrolled_by = ForeignKeyField(Partner)
    created_at = MomentField()


class SignInCode(Table):
    """A code that was asked for with a phone number, also with one that belongs to nobody: ``member`` is null then.

    Only a keyed hash of ``salt`` and it is kept. Of a number's codes the one with the highest id counts.
    """

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
    """Where a member is signed in; only the hash of the token's secret is kept."""

    public_id = TextField(primary_key=True)
    member = ForeignKeyField(Member)
    secret_hash = TextField()
    created_at = MomentField()
    expires_at = MomentField(index=True)
    revoked_at = MomentField(null=True)


class MemberTrait(Table):
    """Something of a member's that another may have too, such as a device: only a keyed hash of it is kept."""

    member = ForeignKeyField(Member, index=False)
    kind = TextField()
    hash = TextField(index=True)
    first_seen_at = MomentField(index=True)

    class Meta:
        primary_key = CompositeKey("member", "kind", "hash")


class Purchase(Table):
    """``refunded_minor`` and ``points_given_back`` are the parts of what was paid that returns have undone so far."""

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
    available_at = MomentField()
    expires_at = MomentField()
    occurred_at = MomentField()
    recorded_at = MomentField()
    refunded_minor = BigIntegerField(default=0)
    points_given_back = BigIntegerField(default=0)

    class Meta:
        indexes = ((("partner", "receipt_id"), True), (("partner", "id"), False))


class PurchaseLine(Table):
    """``discount_minor`` is the part that points paid; ``excluded_by`` the rule by which the line earns nothing."""

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
    excluded_by = TextField(null=True)

    class Meta:
        primary_key = CompositeKey("purchase", "position")


class Award(Table):
    """The points that a line earned by a rule at a funder's cost: together they are the purchase's accrual."""

    purchase = ForeignKeyField(Purchase, index=False)
    position = IntegerField()
    rule = TextField()
    issuer = ForeignKeyField(Partner, index=False)
    points = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("purchase", "position", "rule", "issuer")


class GoodsReturn(Table):
    """Goods that came back. ``amount_minor`` is what they had cost, refunded in money and in points given back.

    ``points_reversed`` is what they had earned. Of that, ``points_owed`` became a debt, ``points_written_off`` were
    left to the member, ``deducted_minor`` of the refund was kept for ``points_deducted``; the rest was still there.
    """

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
    """The part of an award that went with returned goods, whether or not the points were still there."""

    goods_return = ForeignKeyField(GoodsReturn, index=False)
    position = IntegerField()
    rule = TextField()
    issuer = ForeignKeyField(Partner, index=False)
    points = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("goods_return", "position", "rule", "issuer")


class Batch(Table):
    """Consecutive journal entries that one chain transaction records. Once recorded, it never changes.

    ``leaves`` has the leaf hash of each entry, 32 bytes each, as they were when the batch was formed.
    """

    sequence = BigIntegerField(primary_key=True)
    entries = IntegerField()
    root = TextField()
    head = TextField(index=True)
    leaves = BlobField()
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
    """Points issued together by one issuer with one expiry, under the id of the entry that issued them.

    ``held`` is the part of ``remaining`` that holds set aside; until ``pending_until``, if that is there, none of it
    can be spent.
    """

    entry = ForeignKeyField(Entry, primary_key=True)
    member = ForeignKeyField(Member, index=False)
    issuer = ForeignKeyField(Partner, index=False)
    points = BigIntegerField()
    remaining = BigIntegerField()
    held = BigIntegerField(default=0)
    pending_until = MomentField(null=True)
    expires_at = MomentField()


class LotUse(Table):
    """Which lots an entry took its points from, or, if it reverses a redemption, gave them back to."""

    entry = ForeignKeyField(Entry, index=False)
    lot = ForeignKeyField(Lot)
    points = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("entry", "lot")


class LotExtension(Table):
    """Why a lot expires at another time than it was born to.

    ``by`` is the operator's key, the return that gave it grace, or the offboarding of its issuer, which cut it short.
    """

    id = BigAutoField()
    lot = ForeignKeyField(Lot)
    previous_expires_at = MomentField()
    expires_at = MomentField()
    reason = TextField()
    by = TextField()
    created_at = MomentField()


class Hold(Table):
    """Points set aside at a till. It ends once: captured, in full or in part, voided, or expired."""

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
    """Which lots a hold sets points of aside."""

    hold = ForeignKeyField(Hold, index=False)
    lot = ForeignKeyField(Lot, index=False)
    points = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("hold", "lot")


class Redemption(Table):
    """Points spent without a purchase, at ``partner``. ``reference`` is the name that ``till`` gave it, once.

    The till is another partner's where a member gives points to a charity.
    """

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
    """Points that a member owes a creditor, who had issued them for goods that came back after they were spent.

    With ``held`` they were not spent, but set aside by a hold.
    """

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
    """Points that repaid a part of a debt: redemptions at the creditor, whose entries have this as their source."""

    public_id = TextField(primary_key=True)
    debt = ForeignKeyField(Debt)
    points = BigIntegerField()
    created_at = MomentField()


class Adjustment(Table):
    """A correction by hand: ``points`` above zero give, below zero take. It is proposed, then posted or rejected."""

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
    """Points for each of its recipients, who were of the segment, a JSON document, when it was proposed."""

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
    """Who gets a gift, and when they did."""

    gift = ForeignKeyField(Gift, index=False)
    member = ForeignKeyField(Member, index=False)
    given_at = MomentField(null=True)

    class Meta:
        primary_key = CompositeKey("gift", "member")


class Transfer(Table):
    """Points that one member gave another."""

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
    """A tier that a member bought at a partner, for money or for points, from a moment until another."""

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
    """The categories, a JSON list, that a member picked for a month (``2026-03``) where a rule leaves the choice."""

    member = ForeignKeyField(Member, index=False)
    rule = TextField()
    month = TextField()
    categories = TextField()
    chosen_at = MomentField()

    class Meta:
        primary_key = CompositeKey("member", "rule", "month")


class CapUse(Table):
    """How much of a cap is used: ``subject`` is the number of the member or partner, 0 for everybody."""

    cap = TextField()
    period = TextField()
    subject = BigIntegerField()
    points = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("cap", "period", "subject")


class Schedule(Table):
    """Until which moment the work that time brings has been done."""

    name = TextField(primary_key=True)
    done_until = MomentField()


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
        indexes = ((("source", "source_event_id"), True), (("member", "id"), False))


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


class PartnerChange(Table):
    """What a partner became, in its place among the entries: behind those up to ``after_entry``, before all others.

    ``told`` says whether a transaction that tells the chain is signed. The chain was told of it before batch
    ``before_batch``, and is told so again when the journal is replayed.
    """

    id = BigAutoField()
    partner_id: int
    partner = ForeignKeyField(Partner)
    status = TextField()
    limit_points = BigIntegerField()
    after_entry = BigIntegerField()
    before_batch = BigIntegerField(null=True)
    told = BooleanField(default=False)

    class Meta:
        indexes = ((("partner", "after_entry", "id"), False),)


class RefusedEntry(Table):
    """An entry that the contract does not accept, set aside so that the others go on, until an operator has it tried
    again."""

    entry = ForeignKeyField(Entry, primary_key=True)
    reason = TextField()
    refused_at = MomentField()


class Badge(Table):
    """An achievement as a token of its own; the id is the token's number on the chain."""

    id = BigAutoField()
    code = TextField(unique=True)
    issuer_id: int
    issuer = ForeignKeyField(Partner, index=False)


class BadgeBatch(Table):
    """Consecutive badge entries that one chain transaction records."""

    sequence = BigIntegerField(primary_key=True)
    entries = IntegerField()
    head = TextField(index=True)
    formed_at = MomentField()


class BadgeEntry(Table):
    """The journal of badges, in order of id: ``award`` or ``revocation`` for one grant of an achievement.

    ``refused`` says why the contract does not accept the entry, where it is set aside.
    """

    id = BigAutoField()
    kind = TextField()
    badge_id: int
    badge = ForeignKeyField(Badge, index=False)
    member = ForeignKeyField(Member)
    grant = TextField(column_name="grant_id")
    recorded_at = MomentField()
    refused = TextField(null=True)
    sequence_id: int | None
    sequence = ForeignKeyField(BadgeBatch, null=True, column_name="sequence")

    class Meta:
        indexes = ((("grant", "kind"), True),)


class ChainTx(Table):
    """Every transaction that was ever signed for the ledger: written before it is sent, its payload never changed.

    It carries a batch, a partner's change, a batch of badges, or none of these. One that is ``reverted`` was refused by
    the contract; one that is ``lost`` had its nonce taken by a transaction that is not ours. What these two carried is
    signed anew, under another nonce.
    """

    id = BigAutoField()
    account = TextField()
    nonce = BigIntegerField()
    purpose = TextField()
    sequence_id: int | None
    sequence = ForeignKeyField(Batch, null=True, column_name="sequence")
    change_id: int | None
    change = ForeignKeyField(PartnerChange, null=True)
    badges_id: int | None
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
    """An earlier form of a transaction, with a lower fee: the chain may have taken this one."""

    hash = TextField(primary_key=True)
    chain_tx = ForeignKeyField(ChainTx, on_delete="CASCADE")
    signed_bytes = BlobField()


class Deployment(Table):
    """The one chain that this journal is recorded on, and the contracts there; settlement's once it is needed."""

    chain_id = BigIntegerField(primary_key=True)
    mode = TextField()
    contract = TextField()
    badges = TextField()
    settlement = TextField(null=True)


class LedgerAccount(Table):
    """Which account has a role with the contracts: admin, recorder, registrar or pauser."""

    role = TextField(primary_key=True)
    address = TextField()


class RateCard(Table):
    """A dated version of what points cost; the one with the latest ``effective_from`` that has come is in force."""

    version = IntegerField(primary_key=True)
    effective_from = MomentField()
    document = TextField()
    created_at = MomentField()


class ExchangeRate(Table):
    """From this day on, a minor unit of ``base`` is worth ``micros`` millionths of one of ``quote``."""

    base = TextField()
    quote = TextField()
    day = DateField()
    micros = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("base", "quote", "day")


class SettlementPeriod(Table):
    """A closed period, by number in order. Its entries are those of batches up to ``sequence`` from before ``ends_at``
    that no earlier period has. It is settled once ``settled_at`` is there; then its payments are."""

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
    """What one party came to owe another in a period for one cause, in ``currency``; the pool is party 0.

    ``issuer`` is whose points were redeemed, 0 for other causes.
    """

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
    """What a party was told of a period, in one currency. ``document`` is the JSON of all but its lines, which follow
    from the journal. ``signature`` is the party's acknowledgement, where it signed one."""

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
    """A line of a statement that its party does not accept, signed perhaps, and what the operator answered."""

    id = BigAutoField()
    public_id = TextField(unique=True)
    statement_id: str
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
    """Money that the next period to be closed moves by hand, and the period that did."""

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
    """One of the fewest payments that clear a settled period, and when its payee confirmed it."""

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
    """What settlement needs to know of a party: where it is paid, as JSON, and the address it signs with."""

    party = IntegerField(primary_key=True)
    bank = TextField(null=True)
    signer = TextField(null=True)


class AuditEntry(Table):
    """What somebody did who may do much: ``by`` is a key, or the command line."""

    id = BigAutoField()
    at = MomentField()
    by = TextField()
    action = TextField()
    subject = TextField(index=True)
    details = TextField()


class PointsPack(Table):
    """Points that a partner bought in advance. ``alert`` is what was last told of what is left, as of the last pack."""

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
    """A partner's leaving. Its points live until ``spendable_until``, or each to its own expiry, if that is null.

    ``drawn_points`` are those redeemed elsewhere since, less reversals, of entries up to ``counted_to``. Members up to
    the id ``announced_to`` have heard of it, and all of them at ``announced_at``. ``borne_by`` is who pays for what the
    deposit does not cover, once that is no longer the partner.
    """

    id = BigAutoField()
    public_id = TextField(unique=True)
    partner_id: int
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


ALL_TABLES = (
    Programme,
    Partner,
    ApiKey,
    Member,
    SignInCode,
    MemberSession,
    MemberTrait,
    Purchase,
    PurchaseLine,
    Award,
    GoodsReturn,
    ReturnedLine,
    AwardReversal,
    Batch,
    Entry,
    Lot,
    LotUse,
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
    Event,
    Consumer,
    IdempotencyKey,
    Lease,
    PartnerChange,
    RefusedEntry,
    Badge,
    BadgeBatch,
    BadgeEntry,
    ChainTx,
    ReplacedTx,
    Deployment,
    LedgerAccount,
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
    PointsPack,
    Offboarding,
)
