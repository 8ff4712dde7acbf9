"""What winners of prize draws were given. Who has won before now was given it by hand: nothing of theirs is due."""

from typing import Any

from peewee import SqliteDatabase


def up(migrator: Any, db: Any) -> None:
    moment = "TEXT" if isinstance(db, SqliteDatabase) else "TIMESTAMPTZ"
    for statement in (
        f"ALTER TABLE draw_winner ADD COLUMN due_at {moment}",
        f"ALTER TABLE draw_winner ADD COLUMN given_at {moment}",
        "ALTER TABLE draw_winner ADD COLUMN held_because TEXT",
        "ALTER TABLE draw_winner ADD COLUMN points BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE draw_winner ADD COLUMN reward TEXT",
        "CREATE INDEX draw_winner_due_at ON draw_winner (due_at) WHERE due_at IS NOT NULL",
    ):
        db.execute_sql(statement)
