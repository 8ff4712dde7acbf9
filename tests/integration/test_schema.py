"""The schema: what migrations make is what the tables say, and a newer one is left alone."""

from pathlib import Path

import pytest
from playhouse.schema_diff import diff_models

from coalition.errors import NewerSchema
from coalition.store import schema, tables
from coalition.store.database import connect, database, disconnect, execute, is_postgresql
from coalition.store.schema import migrate, missing_migrations

pytestmark = pytest.mark.usefixtures("store")

MIGRATIONS = sorted(path.stem for path in (Path(schema.__file__).parent / "migrations").glob("0*.py"))


def columns(table: str) -> list[tuple]:
    return [
        (column.name, column.data_type.upper(), column.null, column.primary_key)
        for column in database.get_columns(table)
    ]


def objects() -> list[tuple]:
    """Everything that the schema has, word for word."""
    if is_postgresql():
        return (
            execute(
                "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
                " WHERE table_schema = 'public' ORDER BY 1, 2"
            ).fetchall()
            + execute("SELECT indexdef, '' FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1").fetchall()
        )
    return execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()


def test_migrations__make_the_tables_that_the_code_expects():
    diff = diff_models(database.obj, tables.ALL_TABLES)
    assert (diff.create_tables, diff.add_columns, diff.drop_columns, diff.add_indexes) == ([], [], [], [])
    # The one index that only SQL can say.
    assert [index.name for index in diff.drop_indexes] in ([], ["lot_open"])


def test_migrations__make_columns_of_the_types_that_the_code_expects(tmp_path):
    names = [table._meta.table_name for table in tables.ALL_TABLES]
    migrated = {name: columns(name) for name in names}
    if is_postgresql():
        execute("CREATE SCHEMA fresh")
        execute("SET search_path TO fresh")
    else:
        disconnect()
        connect(f"sqlite:///{tmp_path / 'fresh.db'}")
    database.create_tables(tables.ALL_TABLES)
    made = {name: [*map(tuple, _columns_in(name))] for name in names}
    assert migrated == made


def _columns_in(table: str) -> list[tuple]:
    schema_name = "fresh" if is_postgresql() else None
    return [
        (column.name, column.data_type.upper(), column.null, column.primary_key)
        for column in database.get_columns(table, schema_name)
    ]


def test_migrations__applied_again__change_nothing():
    before = objects()
    assert missing_migrations() == []
    assert migrate() == []
    assert objects() == before


def test_migrations__of_an_empty_database__are_applied_each_once(tmp_path):
    if is_postgresql():
        execute("DROP SCHEMA public CASCADE")
        execute("CREATE SCHEMA public")
    else:
        disconnect()
        connect(f"sqlite:///{tmp_path / 'new.db'}")
    assert missing_migrations() == MIGRATIONS
    assert migrate() == MIGRATIONS
    assert migrate() == []


def test_schema__of_a_newer_version__refused_and_left_alone():
    execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_tomorrow', '2030-01-01')")
    before = objects()
    with pytest.raises(NewerSchema) as refusal:
        migrate()
    assert refusal.value.migration == "9999_tomorrow"
    with pytest.raises(NewerSchema):
        missing_migrations()
    assert objects() == before


def test_migration__that_fails__leaves_nothing_of_it(tmp_path):
    (tmp_path / "0001_broken.py").write_text(
        "def up(migrator, db):\n    db.execute_sql('CREATE TABLE half (id INTEGER)')\n    raise RuntimeError('no')\n"
    )
    with pytest.raises(RuntimeError, match="no"):
        migrate(tmp_path, "broken_migration")
    assert "half" not in database.get_tables()
    assert missing_migrations(tmp_path, "broken_migration") == ["0001_broken"]
