"""One PostgreSQL database for all tests, one after another. Each has it as the migrations made it."""

import time
from dataclasses import dataclass, field
from typing import Any

import psycopg

# Changing any of these leaves a row that a later transaction wrote, or another number of rows.
_SHAPE = " UNION ALL ".join(
    f"SELECT COUNT(*)::text, MAX(xmin::text::bigint)::text FROM {catalogue}"
    for catalogue in ("pg_class", "pg_constraint", "pg_trigger", "pg_proc")
)
_OTHERS = """
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
# What has no pages has no rows: this takes a tenth of the time of looking into the tables, and may name too many.
_USED = "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relkind = 'r' AND pg_relation_size(oid) > 0"
_COUNTING_ANEW = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences
    WHERE last_value IS NOT NULL
"""


@dataclass
class TestDatabase:
    """The database ``test``, a copy of ``template``: emptied where that is enough, which is much faster than a copy."""

    server: str
    """Its address, of the database ``postgres``."""
    inside: psycopg.Connection | None = None
    filled: list[str] = field(default_factory=list)
    """Tables that migrations have filled."""
    empty: list[str] = field(default_factory=list)
    """Those that they have not."""
    pristine: Any = None

    @property
    def url(self) -> str:
        return self.server.replace("/postgres?", "/test?")

    def renew(self) -> None:
        """Afterwards it is as the migrations made it, and nobody is connected."""
        try:
            renewed = self.inside is not None and self._emptied(self.inside)
        except psycopg.Error:
            renewed = False
        if not renewed:
            self._copy()

    def close(self) -> None:
        if self.inside:
            self.inside.close()
            self.inside = None

    def _copy(self) -> None:
        self.close()
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS test WITH (FORCE)")
            connection.execute("CREATE DATABASE test TEMPLATE template")
        # As a replica it is not stopped by triggers, which keep the journal, nor asked for rows that are referred to.
        options = "-c session_replication_role=replica -c lock_timeout=10s"
        self.inside = psycopg.connect(self.url, autocommit=True, options=options)
        tables = self.inside.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        filled = self._which_are_filled(self.inside, [name for (name,) in tables])
        self.filled, self.empty = sorted(filled), sorted({name for (name,) in tables} - {*filled})
        self.pristine = self._signature(self.inside)

    def _emptied(self, inside: psycopg.Connection) -> bool:
        """Whether it could be; not where a test changed the schema."""
        self._end_others(inside)
        if self._signature(inside) != self.pristine:
            return False
        if used := [name for (name,) in inside.execute(_USED, (self.empty,)).fetchall()]:
            inside.execute("; ".join([*(f"DELETE FROM {name}" for name in used), _COUNTING_ANEW]))
            inside.execute(f"VACUUM (PROCESS_TOAST false, SKIP_DATABASE_STATS) {', '.join(used)}")
        return True

    def _end_others(self, inside: psycopg.Connection) -> None:
        """Who has just left is gone in a moment; one who is told to go is waited for in tenths of a second."""
        for _ in range(50):
            if not inside.execute(f"SELECT {_OTHERS}").fetchall():
                return
            time.sleep(0.001)
        inside.execute(f"SELECT pg_terminate_backend(pid, 5000) {_OTHERS}")

    def _signature(self, inside: psycopg.Connection) -> Any:
        content = "".join(f" UNION ALL SELECT '{name}', row::text FROM {name} row" for name in self.filled)
        return sorted(inside.execute(f"{_SHAPE}{content}").fetchall())

    def _which_are_filled(self, inside: psycopg.Connection, tables: list[str]) -> list[str]:
        answers = inside.execute(f"SELECT {', '.join(f'EXISTS (SELECT FROM {name})' for name in tables)}").fetchone()
        assert answers
        return [name for name, answer in zip(tables, answers, strict=True) if answer]
