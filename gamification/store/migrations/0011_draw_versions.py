"""How often a prize draw was published with other words, dates or prizes."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE prize_draw ADD COLUMN version INTEGER NOT NULL DEFAULT 1")
