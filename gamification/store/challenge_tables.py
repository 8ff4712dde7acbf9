"""The tables of challenges: who takes part in them, with which team, what teams have come to, and frozen streaks."""

from peewee import BigAutoField, BigIntegerField, CompositeKey, ForeignKeyField, IntegerField, TextField

from coalition.store.database import MomentField
from gamification.store.tables import Table


class Team(Table):
    """Members who take part in a challenge together. Whoever has the ``code`` may join; the ``captain`` hands it on."""

    id = BigAutoField()
    public_id = TextField(unique=True)
    challenge = TextField()
    name = TextField()
    code = TextField(unique=True)
    captain = BigIntegerField()
    created_at = MomentField()


class ChallengeMember(Table):
    """Who has joined a challenge, and with which team, if it is one of teams: so nobody is in two teams of it.

    The engine writes the rest: ``since`` is the stream's event of joining the team, ``contributed`` what the member has
    brought it, counted by the goal of this id.
    """

    challenge = TextField()
    member_id = BigIntegerField()
    joined_at = MomentField()
    team = ForeignKeyField(Team, null=True)
    since = BigIntegerField(null=True)
    contributed = BigIntegerField(default=0)
    goal_id = IntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("challenge", "member_id")


class TeamTier(Table):
    """A tier (from 0) that the team has now, what it took, and the stream's event that won it."""

    team = ForeignKeyField(Team, index=False)
    tier = IntegerField()
    threshold = BigIntegerField()
    goal_id = IntegerField()
    event_id = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("team", "tier")


class StreakFreeze(Table):
    """A step of a streak, named by its first day, that the member may miss."""

    member_id = BigIntegerField()
    achievement = TextField()
    day = TextField()
    frozen_at = MomentField()

    class Meta:
        primary_key = CompositeKey("member_id", "achievement", "day")


TABLES = (Team, ChallengeMember, TeamTier, StreakFreeze)
