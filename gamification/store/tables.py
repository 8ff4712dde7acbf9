"""The tables of gamification's rules, members' progress and grants.

Members and partners are named by the coalition's row ids without a foreign key: its tables are not ours to know.
"""

from peewee import BigAutoField, BigIntegerField, CompositeKey, ForeignKeyField, IntegerField, Model, TextField

from coalition.store.database import MomentField, database


class Table(Model):
    class Meta:
        database = database
        legacy_table_names = False


class RuleVersion(Table):
    """A published version of a rule: an achievement or challenge, the levels, the referral, a leaderboard.

    It judges the events of the stream after ``judges_after``, until a newer version of its name does so after its own
    ``since``, where the stream was when it was published. ``goal`` names its counters: versions that count the same
    share it, so an edited title takes nothing from anyone. It is the id of the first of them.
    """

    id = IntegerField(primary_key=True)
    kind = TextField()
    rule = TextField()
    version = IntegerField()
    goal_id = IntegerField()
    document = TextField()
    since = BigIntegerField()
    judges_after = BigIntegerField()
    published_at = MomentField()

    class Meta:
        indexes = ((("kind", "rule", "version"), True),)


class MemberProgress(Table):
    """What a member's events came to, as ``gamification.fold.state`` writes it; made anew from them where it lacks."""

    member_id = BigIntegerField(primary_key=True)
    state = TextField()


class RuleSpending(Table):
    """How many points a rule with a budget has given to a member; to everybody, as member 0."""

    rule = TextField()
    member_id = BigIntegerField()
    points = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("rule", "member_id")


class AchievementGrant(Table):
    """A tier that a member has won. ``event_id`` is the event of the stream that made it so, with its partner.

    ``points`` is what the grant gives in all. ``held_because`` says why it waits: for the end of ``held_until``, for a
    review, for its budget, or by the code of the refusal if its sponsors could not pay. ``cause`` is the grant of
    another member that this one came with. What is revoked stays, says ``revoked_because``, and the tier may be won
    again: a unique index, which only SQL can say, sees to it that of all others a member has one for each achievement,
    tier, period and repeat.
    """

    id = BigAutoField()
    public_id = TextField(unique=True)
    member_id = BigIntegerField()
    achievement = TextField()
    version = ForeignKeyField(RuleVersion, index=False)
    tier = IntegerField()
    threshold = BigIntegerField()
    period = TextField()
    repeat = IntegerField()
    state = TextField()
    held_because = TextField(null=True)
    held_until = MomentField(null=True)
    revoked_because = TextField(null=True)
    cause = TextField(null=True)
    points = BigIntegerField()
    event_id = BigIntegerField()
    partner_id = IntegerField()
    earned_at = MomentField()
    recorded_at = MomentField()

    class Meta:
        indexes = ((("member_id", "achievement"), False),)
