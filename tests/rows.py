"""The coalition's tables as plain rows: taken from one test's database, and written to another's of the same kind."""

from functools import cache
from typing import Any

from peewee import AutoField
from psycopg import ClientCursor

from coalition.store.database import database, execute, execute_many, is_postgresql, placeholders, transaction
from coalition.store.tables import ALL_TABLES, Table

Rows = dict[type[Table], list[tuple[Any, ...]]]


def every_row() -> Rows:
    """All that there is, as the driver gives it. A table comes after those that it refers to."""
    found = {table: execute(f"SELECT {', '.join(_columns(table))} FROM {_name(table)}") for table in ALL_TABLES}
    return {table: rows for table, cursor in found.items() if (rows := [tuple(row) for row in cursor.fetchall()])}


def write(rows: Rows) -> None:
    """Afterwards these rows are there, in the place of others with the same keys; the next ids come after all."""
    with transaction():
        if is_postgresql():
            _write_at_once(rows)
        else:
            for table, content in rows.items():
                execute_many(_statement(table, 1), content)


def _write_at_once(rows: Rows) -> None:
    """In one request to PostgreSQL: each takes longer than what it asks for."""
    statements = []
    for table, content in rows.items():
        statements.append(_statement(table, len(content)))
        if isinstance(table._meta.primary_key, AutoField):
            last = f"SELECT MAX(id) FROM {_name(table)}"
            statements.append(f"SELECT setval(pg_get_serial_sequence('{_name(table)}', 'id'), ({last}))")
    values = [value for content in rows.values() for row in content for value in row]
    ClientCursor(database.connection()).execute("; ".join(statements).replace("?", "%s"), values)


@cache
def _statement(table: type[Table], rows: int) -> str:
    columns, keys = _columns(table), [field.column_name for field in table._meta.get_primary_keys()]
    given = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in keys)
    row = f"({placeholders(len(columns))})"
    return (
        f"INSERT INTO {_name(table)} ({', '.join(columns)}) VALUES {', '.join([row] * rows)}"
        f" ON CONFLICT ({', '.join(keys)}) DO {f'UPDATE SET {given}' if given else 'NOTHING'}"
    )


def _columns(table: type[Table]) -> list[str]:
    return [field.column_name for field in table._meta.sorted_fields]


def _name(table: type[Table]) -> str:
    name: str = table._meta.table_name
    return name
