"""Brings the tables of gamification to the schema of this version."""

from pathlib import Path

from coalition.store import schema

_MIGRATIONS = Path(__file__).parent / "store" / "migrations"


def migrate() -> list[str]:
    """Apply the missing migrations and return their names; the coalition's come before.

    :raises NewerSchema: the database knows a migration that this version does not.
    """
    return schema.migrate(_MIGRATIONS, history="gamification_migration")
