import shutil
from pathlib import Path

import orjson
import pytest
from peewee import IntegrityError

from coalition.store import schema as coalition_schema
from coalition.store.database import database, execute, insert_rows, is_postgresql
from coalition.store.tables import ALL_TABLES
from gamification import schema
from gamification.engine import run_batch
from gamification.store import (
    act_tables,
    draw_tables,
    leaderboard_tables,
    progress,
    referral_tables,
    reward_tables,
    tables,
)
from tests.integration.gamification.helpers import BOTH, counters, standing, states, utc

MODULES = (act_tables, draw_tables, leaderboard_tables, referral_tables, reward_tables, tables)
TABLES = sorted(
    {table for module in MODULES for table in module.Table.__subclasses__()}, key=lambda each: each.__name__
)
MIGRATIONS = Path(schema.__file__).parent / "store" / "migrations"

VERSION = ("id", "achievement", "version", "goal_id", "document", "published_at")
LEVELS = ("version", "document", "published_at")
GRANT = ("public_id", "member_id", "achievement", "version_id", "tier", "threshold", "period", "state", "points")
REST = ("event_id", "partner_id", "earned_at", "recorded_at")
BEFORE, MOMENT, LATER = (f"2026-03-0{day}T09:00:00.000Z" for day in (1, 2, 3))


@pytest.fixture
def first_release(store, tmp_path):
    """Of gamification's tables, the database has those of the first release, and nothing in them."""
    coalitions = {table._meta.table_name for table in ALL_TABLES}
    names = [name for name in database.get_tables() if name not in {*coalitions, "schema_migration"}]
    for statement in [", ".join(names)] if is_postgresql() else names:
        execute(f"DROP TABLE {statement}")
    shutil.copy(MIGRATIONS / "0001_achievements.py", tmp_path)
    coalition_schema.migrate(tmp_path, history="gamification_migration")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_migrations__of_a_table__made_the_columns_that_the_code_expects(store, table):
    columns = {(column.name, column.null) for column in database.get_columns(table._meta.table_name)}
    assert columns == {(field.column_name, field.null) for field in table._meta.sorted_fields}


def test_migrate__again__finds_nothing_to_do(store):
    assert schema.migrate() == []


def test_migrate__of_the_first_release__keeps_what_was_published_and_granted(first_release):
    add_old_versions()
    add_old_grant("granted", version=1)
    applied = schema.migrate()
    assert applied == sorted(path.stem for path in MIGRATIONS.glob("0*.py"))[1:]
    rows = execute("SELECT id, kind, rule, version, since, judges_after FROM rule_version ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [
        (1, "achievement", "first", 1, 0, 0),
        (2, "achievement", "first", 2, 0, 0),
        (3, "levels", "levels", 1, 0, 0),
        (4, "levels", "levels", 2, 0, 0),
    ]
    assert (standing(), states()) == ([("first", 1, "")], ["granted"])
    assert execute("SELECT repeat FROM achievement_grant").fetchone()[0] == 1
    with pytest.raises(IntegrityError), database.atomic():
        add_grant("held")


def test_migrate__a_tier_granted_by_two_versions__keeps_both_grants(first_release):
    """Rules that counted something else used to begin anew, and granted the same tiers again."""
    add_old_versions()
    add_old_grant("granted", version=1)
    add_old_grant("granted", version=2)
    schema.migrate()
    assert states() == ["granted", "granted"]


@pytest.mark.parametrize(("cursor", "counted"), [(0, 2), (1, 1)])
def test_migrate__rules_of_before__judge_what_came_later_or_was_not_read_by_then(
    first_release, shop, coalition, clock, cursor, counted
):
    shop.sells(coalition.cafe)
    execute("UPDATE event SET recorded_at = ?", (BEFORE,))
    execute("INSERT INTO consumer (name, cursor) VALUES ('gamification', ?)", (cursor,))
    add_old_versions(orjson.dumps(OLD_RULE).decode())
    schema.migrate()
    shop.sells(coalition.cafe)
    execute("UPDATE event SET recorded_at = ? WHERE id = (SELECT MAX(id) FROM event)", (LATER,))
    run_batch(now=clock.now())
    # Nobody has a row of progress yet: the history makes one, as the rules of the time judged it.
    assert counters() == [("first", "2026-03", counted)]
    progress.forget_states()
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert counters() == [("first", "2026-03", counted + 1)]


def test_grant__of_a_tier__is_there_once_beside_those_that_were_revoked(store):
    for state in ("revoked", "revoked", "granted"):
        add_grant(state)
    with pytest.raises(IntegrityError), database.atomic():
        add_grant("granted")
    add_grant("granted", repeat=2)
    assert tables.AchievementGrant.select().count() == 4


def test_grant__of_another_version__is_the_same_grant(store):
    add_grant("granted")
    tables.RuleVersion.create(**VERSION_ROW | {"id": 2, "version": 2}, force_insert=True)
    with pytest.raises(IntegrityError), database.atomic():
        add_grant("granted", version=2)


VERSION_ROW = {
    "id": 1,
    "kind": "achievement",
    "rule": "first",
    "version": 1,
    "goal_id": 1,
    "document": "{}",
    "since": 0,
    "judges_after": 0,
    "published_at": utc(2026, 3, 2),
}


def add_old_versions(document: str = "{}") -> None:
    for statement, rows in (
        (f"achievement_version ({', '.join(VERSION)})", [(n, "first", n, n, document, MOMENT) for n in (1, 2)]),
        (f"levels_version ({', '.join(LEVELS)})", [(n, LEVELS_DOCUMENT, MOMENT) for n in (1, 2)]),
    ):
        for row in rows:
            execute(f"INSERT INTO {statement} VALUES ({', '.join('?' * len(row))})", row)


OLD_RULE = {
    "id": "first",
    "title": BOTH,
    "description": BOTH,
    "on": "purchase.recorded",
    "where": {},
    "measure": {"kind": "count", "field": None},
    "window": "month",
    "tiers": [1],
    "requires": [],
    "hidden": False,
    "experience": [0],
    "reward": {"points": [0], "funded_by": {}, "badge": False},
}
LEVELS_DOCUMENT = '{"highest":3,"first_step":10,"percent":100,"add":0,"experience":[]}'


def add_old_grant(state: str, version: int) -> None:
    number = execute("SELECT COUNT(*) FROM achievement_grant").fetchone()[0]
    row = (f"gra_{number}", 1, "first", version, 1, 1, "", state, 0, 1, 1, MOMENT, MOMENT)
    columns = ", ".join((*GRANT, *REST))
    execute(f"INSERT INTO achievement_grant ({columns}) VALUES ({', '.join('?' * len(row))})", row)


def add_grant(state: str, *, repeat: int = 1, version: int = 1) -> None:
    if not tables.RuleVersion.select().exists():
        tables.RuleVersion.create(**VERSION_ROW, force_insert=True)
    number = tables.AchievementGrant.select().count()
    insert_rows(
        tables.AchievementGrant,
        (*GRANT, "repeat", *REST),
        [(f"gra_{number}", 1, "first", version, 1, 1, "", state, 0, repeat, 1, 1, MOMENT, MOMENT)],
    )
