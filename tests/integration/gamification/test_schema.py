import shutil
from pathlib import Path

import pytest
from peewee import IntegrityError

from coalition.store import schema as coalition_schema
from coalition.store.database import database, execute, insert_rows
from gamification import schema
from gamification.store import tables

TABLES = tables.Table.__subclasses__()
MIGRATIONS = Path(schema.__file__).parent / "store" / "migrations"

ELEMENT = ("member_id", "goal_id", "period", "element")
GRANT = ("public_id", "member_id", "achievement", "version_id", "tier", "threshold", "period", "state", "points")
REST = ("event_id", "partner_id", "earned_at", "recorded_at")
MOMENT = "2026-03-02T09:00:00.000Z"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_migrations__of_a_table__made_the_columns_that_the_code_expects(store, table):
    columns = {(column.name, column.null) for column in database.get_columns(table._meta.table_name)}
    assert columns == {(field.column_name, field.null) for field in table._meta.sorted_fields}


def test_migrate__again__finds_nothing_to_do(store):
    assert schema.migrate() == []


def test_migrate__of_the_first_release__keeps_what_was_counted_and_granted(store, tmp_path):
    for table in ("achievement_grant", "gamification_migration", *(table._meta.table_name for table in TABLES)):
        execute(f"DROP TABLE IF EXISTS {table}")
    shutil.copy(MIGRATIONS / "0001_achievements.py", tmp_path)
    coalition_schema.migrate(tmp_path, history="gamification_migration")
    insert_rows(tables.CounterElement, ELEMENT, [(1, 1, "", "bread")])
    add_grant("granted")
    assert schema.migrate() == ["0002_returns"]
    assert execute("SELECT element, shown FROM counter_element").fetchall() == [("bread", 1)]
    with pytest.raises(IntegrityError), database.atomic():
        add_grant("held")


def test_grant__of_a_tier__is_there_once_beside_those_that_were_revoked(store):
    for state in ("revoked", "revoked", "granted"):
        add_grant(state)
    with pytest.raises(IntegrityError), database.atomic():
        add_grant("granted")
    assert tables.AchievementGrant.select().count() == 3


def add_grant(state: str) -> None:
    if not tables.AchievementVersion.select().exists():
        version = ("id", "achievement", "version", "goal_id", "document", "published_at")
        insert_rows(tables.AchievementVersion, version, [(1, "first", 1, 1, "{}", MOMENT)])
    number = tables.AchievementGrant.select().count()
    insert_rows(
        tables.AchievementGrant,
        (*GRANT, *REST),
        [(f"gra_{number}", 1, "first", 1, 1, 1, "", state, 0, 1, 1, MOMENT, MOMENT)],
    )
