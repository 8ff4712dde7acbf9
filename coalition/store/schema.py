"""Brings a database to the schema of this version: migrations are applied in order, each once."""

from pathlib import Path

from playhouse.migrations import Runner

from coalition.errors import NewerSchema
from coalition.store.database import database


def migrate(directory: Path = Path(__file__).parent / "migrations", history: str = "schema_migration") -> list[str]:
    """Apply the directory's missing migrations and return their names.

    :raises NewerSchema: the database knows a migration that this version does not.
    """
    runner = Runner(database.obj, str(directory), table_name=history)
    for migration in runner.status():
        if migration.path is None:
            raise NewerSchema(migration=migration.name)
    return list(runner.up())
