"""The coalition's tables as plain rows: taken from one test's database, and written to another's of the same kind."""

from functools import cache
from typing import Any

from peewee import AutoField

from coalition.store.database import execute, execute_many, is_postgresql, placeholders, transaction
from coalition.store.tables import ALL_TABLES, Table

Rows = dict[type[Table], list[tuple[Any, ...]]]


def every_row() -> Rows:
    """All that there is, as the driver gives it. A table comes after those that it refers to."""
    found = {table: execute(f"SELECT {', '.join(_columns(table))} FROM {_name(table)}") for table in ALL_TABLES}
    return {table: rows for table, cursor in found.items() if (rows := [tuple(row) for row in cursor.fetchall()])}


def write(rows: Rows) -> None:
    """Afterwards these rows are there, in the place of others with the same keys; the next ids come after all."""
    with transaction():
        for table, content in rows.items():
            execute_many(_statement(table), content)
            if is_postgresql() and isinstance(table._meta.primary_key, AutoField):
                last = f"SELECT MAX(id) FROM {_name(table)}"
                execute(f"SELECT setval(pg_get_serial_sequence(?, 'id'), ({last}))", (_name(table),))


@cache
def _statement(table: type[Table]) -> str:
    columns, keys = _columns(table), [field.column_name for field in table._meta.get_primary_keys()]
    given = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in keys)
    return (
        f"INSERT INTO {_name(table)} ({', '.join(columns)}) VALUES ({placeholders(len(columns))})"
        f" ON CONFLICT ({', '.join(keys)}) DO {f'UPDATE SET {given}' if given else 'NOTHING'}"
    )


def _columns(table: type[Table]) -> list[str]:
    return [field.column_name for field in table._meta.sorted_fields]


def _name(table: type[Table]) -> str:
    name: str = table._meta.table_name
    return name
