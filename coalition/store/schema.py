"""Brings a database to the schema of this version: migrations are applied in order, each once."""

from pathlib import Path

from playhouse.migrations import Runner

from coalition.errors import NewerSchema
from coalition.store.database import database

_MIGRATIONS = Path(__file__).parent / "migrations"
_HISTORY = "schema_migration"


def migrate(directory: Path = _MIGRATIONS, history: str = _HISTORY) -> list[str]:
    """Apply the directory's missing migrations and return their names.

    :raises NewerSchema: the database knows a migration that this version does not.
    """
    if not missing_migrations(directory, history):
        return []
    return list(_runner(directory, history).up())


def missing_migrations(directory: Path = _MIGRATIONS, history: str = _HISTORY) -> list[str]:
    """The names of the migrations that the database does not have yet.

    :raises NewerSchema: the database knows a migration that this version does not.
    """
    migrations = _runner(directory, history).status()
    for migration in migrations:
        if migration.path is None:
            raise NewerSchema(migration=migration.name)
    return [migration.name for migration in migrations if migration.applied is None]


def _runner(directory: Path, history: str) -> Runner:
    return Runner(database.obj, str(directory), table_name=history)
