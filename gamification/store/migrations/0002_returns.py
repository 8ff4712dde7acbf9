"""Goods that come back: elements know how many purchases show them, and a grant that was revoked can be won again."""

from typing import Any

CHANGES = (
    # How many purchases have shown what was counted so far nobody knows: at least one did.
    "ALTER TABLE counter_element ADD COLUMN shown INTEGER NOT NULL DEFAULT 1",
    "DROP INDEX achievement_grant_member_id_version_id_tier_period",
    "DROP INDEX achievement_grant_achievement_member_id",
    "CREATE UNIQUE INDEX achievement_grant_once ON achievement_grant (member_id, version_id, tier, period)"
    " WHERE state <> 'revoked'",
    "CREATE INDEX achievement_grant_member_id_achievement ON achievement_grant (member_id, achievement)",
)


def up(migrator: Any, db: Any) -> None:
    for statement in CHANGES:
        db.execute_sql(statement)
