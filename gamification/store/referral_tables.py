"""The table of grants that operators look at, such as those of referrals that something speaks against."""

from peewee import BigAutoField, Model, TextField

from coalition.store.database import MomentField, database


class Table(Model):
    class Meta:
        database = database
        legacy_table_names = False


class GrantReview(Table):
    """Why a grant waits for an operator, and what they decided. ``grant_id`` is its public id, ``by`` that of a key.

    ``decision`` is ``released`` or ``revoked``, null until there is one.
    """

    id = BigAutoField()
    grant_id = TextField(unique=True)
    reasons = TextField()
    opened_at = MomentField()
    decision = TextField(null=True)
    decided_at = MomentField(null=True)
    decided_by = TextField(null=True)
    note = TextField(null=True)

    class Meta:
        indexes = ((("decision", "id"), False),)
