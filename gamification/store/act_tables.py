"""The tables of what members do besides buying. Members and partners are named by the coalition's row ids."""

from peewee import (
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CompositeKey,
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


class EventType(Table):
    """A type that a partner has registered. ``attributes``: ``{name: {"type": …, "required": …}}`` as JSON."""

    id = BigAutoField()
    type = TextField(unique=True)
    partner_id = IntegerField()
    title = TextField()
    attributes = TextField()
    created_at = MomentField()


class Act(Table):
    """What a member did, as it was posted; ``public_id`` is also that of the event that the stream has of it.

    ``source`` is the public id of the partner who posted it, or of the member who did it in their own session;
    ``event_id`` the source's own name for it. ``claim`` names what a member may do once: it is null, or unique, and
    whoever takes the act back without leave to do it again keeps the claim. ``subject`` is the idea or the survey.
    """

    id = BigAutoField()
    public_id = TextField(unique=True)
    type = TextField()
    source = TextField()
    event_id = TextField()
    member_id = BigIntegerField()
    partner_id = IntegerField()
    subject = TextField(null=True, index=True)
    claim = TextField(null=True, unique=True)
    state = TextField()
    withdrawn_because = TextField(null=True)
    occurred_at = MomentField()
    recorded_at = MomentField()

    class Meta:
        indexes = ((("source", "event_id"), True), (("state", "id"), False), (("member_id",), False))


class Submission(Table):
    """A review or a photo that a moderator looks at. ``photos`` is JSON; ``reason`` why it was rejected."""

    act = ForeignKeyField(Act, primary_key=True)
    sku = TextField(null=True)
    category = TextField(null=True)
    purchase = TextField(null=True)
    rating = IntegerField(null=True)
    text = TextField(null=True)
    photos = TextField()
    reason = TextField(null=True)
    decided_by = TextField(null=True)
    decided_at = MomentField(null=True)


class StorePosition(Table):
    """Where a partner's store is, in millionths of a degree, and how near is there."""

    partner_id = IntegerField()
    store_id = TextField()
    latitude_e6 = IntegerField()
    longitude_e6 = IntegerField()
    radius_m = IntegerField()
    updated_at = MomentField()

    class Meta:
        primary_key = CompositeKey("partner_id", "store_id")


class Visit(Table):
    """A check-in. The position is the store's at that time: where exactly the member stood is not kept."""

    act = ForeignKeyField(Act, primary_key=True)
    member_id = BigIntegerField()
    partner_id = IntegerField()
    store_id = TextField()
    latitude_e6 = IntegerField()
    longitude_e6 = IntegerField()
    occurred_at = MomentField()

    class Meta:
        indexes = ((("member_id", "occurred_at"), False),)


class Question(Table):
    """What members are asked, until ``closes_at``: ``kind`` is ``idea`` or ``survey``."""

    id = BigAutoField()
    public_id = TextField(unique=True)
    kind = TextField()
    partner_id = IntegerField()
    title = TextField()
    text = TextField(null=True)
    keeps_answers = BooleanField()
    closes_at = MomentField()
    created_at = MomentField()

    class Meta:
        indexes = ((("kind", "id"), False),)


class SurveyAnswers(Table):
    """What was answered in a survey that keeps answers; a list of texts as JSON."""

    act = ForeignKeyField(Act, primary_key=True)
    answers = TextField()


ACT_TABLES = (EventType, Act, Submission, StorePosition, Visit, Question, SurveyAnswers)
