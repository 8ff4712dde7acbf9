"""The tables of prize draws.

Members are named by the coalition's row ids and grants by their public ids, without a foreign key.
"""

from peewee import BigAutoField, BigIntegerField, CompositeKey, ForeignKeyField, IntegerField, TextField

from coalition.store.database import MomentField
from gamification.store.tables import Table


class PrizeDraw(Table):
    """A draw and how far it is. ``salt`` is secret: from it follows what each member is called in the list. ``version``
    counts how often it was published with other words, dates or prizes.

    ``root``, ``tickets`` and ``winners`` are there once it is closed, what follows once the chain has it; ``secret``,
    ``block_hash`` and ``seed`` once it is drawn. Hashes are hexadecimal, those of the chain with their prefix.
    """

    id = TextField(primary_key=True)
    document = TextField()
    state = TextField()
    salt = TextField()
    opened_at = MomentField()
    closed_at = MomentField(null=True)
    root = TextField(null=True)
    tickets = BigIntegerField(null=True)
    winners = IntegerField(null=True)
    chain_id = BigIntegerField(null=True)
    contract = TextField(null=True)
    commitment = TextField(null=True)
    block = BigIntegerField(null=True)
    deadline = MomentField(null=True)
    attempts = IntegerField(default=0)
    rearms = IntegerField(default=0)
    secret = TextField(null=True)
    block_hash = TextField(null=True)
    seed = TextField(null=True)
    drawn_at = MomentField(null=True)
    version = IntegerField(default=1)


class DrawTicket(Table):
    """A ticket, with its ``number`` among those of its grant. ``member_hash`` is what the list calls the member: kept,
    so that a closed list stays the same whatever becomes of the member."""

    id = BigAutoField()
    public_id = TextField(unique=True)
    draw_id: str
    draw = ForeignKeyField(PrizeDraw, index=False)
    serial = BigIntegerField()
    member_id = BigIntegerField()
    member_hash = TextField()
    grant_id = TextField()
    number = IntegerField()
    issued_at = MomentField()
    withdrawn_at = MomentField(null=True)

    class Meta:
        indexes = (
            (("draw", "serial"), True),
            (("grant_id", "draw", "number"), True),
            (("member_id", "id"), False),
        )


class DrawWinner(Table):
    """The winner at a place, counted from 0; ``prize`` is the index of the prize in the draw's document.

    At ``due_at`` the prize is to be given, or to be tried again where it is ``held_because`` of a refusal's code; once
    it was given, at ``given_at``, there is none. ``points``, or ``reward`` by its public id, is what was given.
    """

    draw = ForeignKeyField(PrizeDraw, index=False)
    place = IntegerField()
    ticket = ForeignKeyField(DrawTicket, unique=True)
    prize = IntegerField()
    due_at = MomentField(null=True)
    given_at = MomentField(null=True)
    held_because = TextField(null=True)
    points = BigIntegerField(default=0)
    reward = TextField(null=True)

    class Meta:
        primary_key = CompositeKey("draw", "place")
