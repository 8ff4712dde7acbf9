"""The tables of gamification.

Members and partners are named by the coalition's row ids without a foreign key: its tables are not ours to know.
"""

from peewee import BigAutoField, BigIntegerField, CompositeKey, ForeignKeyField, IntegerField, Model, TextField

from coalition.store.database import MomentField, database


class Table(Model):
    class Meta:
        database = database
        legacy_table_names = False


class AchievementVersion(Table):
    """A published rule; the highest version of an achievement is the one that runs.

    ``goal`` names its counters: versions that count the same share it, so an edited title takes nothing from anyone.
    It is the id of the first of them.
    """

    id = IntegerField(primary_key=True)
    achievement = TextField()
    version = IntegerField()
    goal_id = IntegerField()
    document = TextField()
    published_at = MomentField()

    class Meta:
        indexes = ((("achievement", "version"), True),)


class LevelsVersion(Table):
    """Published levels; the highest version is in force."""

    version = IntegerField(primary_key=True)
    document = TextField()
    published_at = MomentField()


class Counter(Table):
    """How far a member is. ``granted`` is the highest threshold that has been granted, 0 before the first."""

    member_id = BigIntegerField()
    goal_id = IntegerField()
    period = TextField()
    reached = BigIntegerField()
    granted = BigIntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("member_id", "goal_id", "period")


class CounterElement(Table):
    """What a counter of different things counts, and how many purchases show it: one at least."""

    member_id = BigIntegerField()
    goal_id = IntegerField()
    period = TextField()
    element = TextField()
    shown = IntegerField()

    class Meta:
        primary_key = CompositeKey("member_id", "goal_id", "period", "element")


class MemberExperience(Table):
    """The experience of a member; the level follows from it by the formula in force."""

    member_id = BigIntegerField(primary_key=True)
    experience = BigIntegerField()


class AchievementGrant(Table):
    """A tier that a member has reached. ``event_id`` is the event of the stream that made it so, with its partner.

    ``points`` is what the grant gives in all; ``held_because`` the code of the refusal if its sponsors could not. What
    is revoked stays, and the tier may be won again: a unique index, which only SQL can say, sees to it that of all
    others a member has one for each version, tier and period.
    """

    id = BigAutoField()
    public_id = TextField(unique=True)
    member_id = BigIntegerField()
    achievement = TextField()
    version = ForeignKeyField(AchievementVersion, index=False)
    tier = IntegerField()
    threshold = BigIntegerField()
    period = TextField()
    state = TextField()
    held_because = TextField(null=True)
    points = BigIntegerField()
    event_id = BigIntegerField()
    partner_id = IntegerField()
    earned_at = MomentField()
    recorded_at = MomentField()

    class Meta:
        indexes = ((("member_id", "achievement"), False),)
