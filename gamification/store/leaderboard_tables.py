"""The tables of leaderboards. What is ``below`` is a score below zero: so all that is ordered by place ascends."""

from peewee import BigAutoField, BigIntegerField, CompositeKey, ForeignKeyField, IntegerField, TextField

from coalition.store.database import MomentField
from gamification.store.tables import Table


class Leaderboard(Table):
    """A published leaderboard, by its newest document."""

    id = TextField(primary_key=True)
    document = TextField()
    published_at = MomentField()


class LeaderboardMember(Table):
    """Who is on a leaderboard, and as whom; who leaves has no row. Two nicknames of one key cannot be told apart."""

    leaderboard = TextField()
    member_id = BigIntegerField()
    nickname = TextField()
    nickname_key = TextField()
    joined_at = MomentField()

    class Meta:
        primary_key = CompositeKey("leaderboard", "member_id")
        indexes = ((("nickname_key", "leaderboard"), True),)


class LeaderboardPeriod(Table):
    """A period in which somebody has scored. A lifetime ends never. Once closed, nothing of it changes any more;
    ``document`` is the leaderboard's by which it was closed."""

    id = BigAutoField()
    leaderboard = TextField()
    period = TextField()
    ends_at = MomentField(null=True)
    closed_at = MomentField(null=True)
    document = TextField(null=True)

    class Meta:
        indexes = ((("leaderboard", "period"), True),)


class LeaderboardEntry(Table):
    """A member's place is that of (below, reached, member): the score, the event of the stream that brought it there,
    and the member's number, should that be the same.

    ``ranked_in`` is the period once more. Who looks for members asks by the one, who looks for places by the other: so
    PostgreSQL, which knows nothing yet of a young period, has but one index to choose, and cannot choose the wrong one.
    """

    period = ForeignKeyField(LeaderboardPeriod, index=False)
    member_id = BigIntegerField()
    ranked_in = BigIntegerField()
    below = BigIntegerField()
    reached = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("period", "member_id")
        indexes = ((("ranked_in", "below", "reached", "member_id"), False),)


class LeaderboardPage(Table):
    """How many ``entries`` stand from this place on, up to the next page's; the first page begins before all places."""

    period = ForeignKeyField(LeaderboardPeriod, index=False)
    below = BigIntegerField()
    reached = BigIntegerField()
    member_id = BigIntegerField()
    entries = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("period", "below", "reached", "member_id")


class LeaderboardResult(Table):
    """Who won in a closed period: ``prize`` is its index in the document of the period."""

    period = ForeignKeyField(LeaderboardPeriod, index=False)
    rank = IntegerField()
    member_id = BigIntegerField()
    score = BigIntegerField()
    prize = IntegerField()

    class Meta:
        primary_key = CompositeKey("period", "rank")


TABLES = (
    Leaderboard,
    LeaderboardMember,
    LeaderboardPeriod,
    LeaderboardEntry,
    LeaderboardPage,
    LeaderboardResult,
)
