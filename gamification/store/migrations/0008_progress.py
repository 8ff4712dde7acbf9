"""One row a member for what their events came to, rules of every kind in one table, and grants that wait or repeat.

A member who has no row yet gets one from their history, so nothing is carried over from the counters of old.
"""

from typing import Any

from peewee import SqliteDatabase


def up(migrator: Any, db: Any) -> None:
    moment = "TEXT" if isinstance(db, SqliteDatabase) else "TIMESTAMPTZ"
    for statement in (
        "DROP INDEX achievement_version_achievement_version",
        "ALTER TABLE achievement_version RENAME TO rule_version",
        "ALTER TABLE rule_version RENAME COLUMN achievement TO rule",
        "ALTER TABLE rule_version ADD COLUMN kind TEXT NOT NULL DEFAULT 'achievement'",
        "ALTER TABLE rule_version ADD COLUMN since BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE rule_version ADD COLUMN judges_after BIGINT NOT NULL DEFAULT 0",
        "INSERT INTO rule_version (id, kind, rule, version, goal_id, document, published_at)"
        " SELECT (SELECT COALESCE(MAX(id), 0) FROM rule_version) + version, 'levels', 'levels', version, 0, document,"
        " published_at FROM levels_version",
        "DROP TABLE levels_version",
        # Rules judged what came after their publication, and what the engine had not read by then.
        "UPDATE rule_version SET since = COALESCE((SELECT MAX(id) FROM event WHERE recorded_at <= published_at"
        " AND id <= (SELECT cursor FROM consumer WHERE name = 'gamification')), 0)",
        "UPDATE rule_version SET judges_after = since",
        "CREATE UNIQUE INDEX rule_version_kind_rule_version ON rule_version (kind, rule, version)",
        "DROP TABLE counter",
        "DROP TABLE counter_element",
        "DROP TABLE member_experience",
        "CREATE TABLE member_progress (member_id BIGINT NOT NULL PRIMARY KEY, state TEXT NOT NULL)",
        "CREATE TABLE rule_spending (rule TEXT NOT NULL, member_id BIGINT NOT NULL, points BIGINT NOT NULL,"
        " PRIMARY KEY (rule, member_id))",
        "ALTER TABLE achievement_grant ADD COLUMN repeat INTEGER NOT NULL DEFAULT 1",
        f"ALTER TABLE achievement_grant ADD COLUMN held_until {moment}",
        "ALTER TABLE achievement_grant ADD COLUMN revoked_because TEXT",
        "ALTER TABLE achievement_grant ADD COLUMN cause TEXT",
        "DROP INDEX achievement_grant_once",
        # Versions that counted something else used to begin anew, and granted the same tiers again.
        "UPDATE achievement_grant SET repeat = 1 + (SELECT COUNT(*) FROM achievement_grant AS earlier"
        " WHERE earlier.member_id = achievement_grant.member_id"
        " AND earlier.achievement = achievement_grant.achievement AND earlier.tier = achievement_grant.tier"
        " AND earlier.period = achievement_grant.period AND earlier.state <> 'revoked'"
        " AND earlier.id < achievement_grant.id)",
        "CREATE UNIQUE INDEX achievement_grant_once ON achievement_grant (member_id, achievement, tier, period, repeat)"
        " WHERE state <> 'revoked'",
        "CREATE INDEX achievement_grant_cause ON achievement_grant (cause) WHERE cause IS NOT NULL",
    ):
        db.execute_sql(statement)
