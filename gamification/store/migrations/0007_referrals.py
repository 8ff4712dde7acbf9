"""Grants that operators look at: those of referrals that something speaks against."""

from typing import Any

from peewee import BigAutoField, Model, TextField

from coalition.store.database import MomentField


class Table(Model):
    class Meta:
        legacy_table_names = False


class GrantReview(Table):
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


def up(migrator: Any, db: Any) -> None:
    with db.bind_ctx((GrantReview,)):
        db.create_tables((GrantReview,))
