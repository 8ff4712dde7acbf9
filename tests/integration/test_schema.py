"""The schema: what migrations make is what the tables say, and a newer one is left alone."""

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playhouse.schema_diff import diff_models

from coalition.domain.programme import ExpiryTerms, Programme, RedemptionTerms
from coalition.errors import NewerSchema
from coalition.services.balances import balance
from coalition.services.partners import UNLIMITED
from coalition.services.programmes import rulebook
from coalition.services.returns import ReturnGoods, return_goods
from coalition.store import schema, tables
from coalition.store.database import connect, database, disconnect, execute, is_postgresql, to_column
from coalition.store.schema import migrate, missing_migrations

pytestmark = pytest.mark.usefixtures("store")

MIGRATIONS = sorted(path.stem for path in (Path(schema.__file__).parent / "migrations").glob("0*.py"))


PARTIAL_INDEXES = {
    "lot_open",
    "lot_pending",
    "lot_expiring",
    "hold_open",
    "debt_open",
    "member_tier_ending",
    "partner_change_untold",
    "badge_entry_waiting",
    "chain_tx_live_batch",
    "chain_tx_live_badges",
}


def columns(table: str, schema_name: str | None = None) -> list[tuple]:
    """By name: a migration adds a column at the end, wherever the table of the code has it."""
    return sorted(
        (column.name, column.data_type.upper(), column.null, column.primary_key)
        for column in database.get_columns(table, schema_name)
    )


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
    # The indexes that only SQL can say.
    assert {index.name for index in diff.drop_indexes} <= PARTIAL_INDEXES


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
    assert migrated == {name: columns(name, "fresh" if is_postgresql() else None) for name in names}


def test_migrations__applied_again__change_nothing():
    before = objects()
    assert missing_migrations() == []
    assert migrate() == []
    assert objects() == before


@pytest.fixture
def empty(store, tmp_path):
    """A database with nothing in it at all."""
    if is_postgresql():
        execute("DROP SCHEMA public CASCADE")
        execute("CREATE SCHEMA public")
    else:
        disconnect()
        connect(f"sqlite:///{tmp_path / 'new.db'}")


@pytest.mark.usefixtures("empty")
def test_migrations__of_an_empty_database__are_applied_each_once():
    assert missing_migrations() == MIGRATIONS
    assert migrate() == MIGRATIONS
    assert migrate() == []


OF_THE_FIRST_RELEASE = {
    "programme": {
        "version": 1,
        "effective_from": "1970-01-01T00:00:00.000Z",
        "document": '{"currency":"RUB","lifetime_months":12,"max_share_bps":5000,"point_price_minor":100,'
        '"time_zone":"Europe/Moscow"}',
        "created_at": "2026-03-01T00:00:00.000Z",
    },
    "partner": {
        "id": 2,
        "public_id": "par_cinema",
        "name": "cinema",
        "kind": "merchant",
        "status": "active",
        "rate_bps": 1000,
        "limit_points": 1000,
        "stores": "[]",
        "outstanding": 70,
        "created_at": "2026-03-01T00:00:00.000Z",
    },
    "member": {
        "public_id": "mem_anna",
        "phone": "+79161234567",
        "card_number": "9000000000000005",
        "address": "0xa",
        "referral_code": "ANNAS123",
        "locale": "ru",
        "marketing_consent": False,
        "balance": 70,
        "enrolled_by_id": 2,
        "created_at": "2026-03-01T00:00:00.000Z",
    },
    "purchase": {
        "public_id": "pur_1",
        "partner_id": 2,
        "member_id": 1,
        "receipt_id": "r-1",
        "currency": "RUB",
        "total_minor": 1000,
        "discount_minor": 0,
        "points_accrued": 100,
        "points_redeemed": 0,
        "document_hash": "",
        "expires_at": "2027-03-02T21:00:00.000Z",
        "occurred_at": "2026-03-02T09:00:00.000Z",
        "recorded_at": "2026-03-02T09:00:01.000Z",
    },
    "entry": {
        "public_id": "ent_1",
        "kind": "accrual",
        "issuer_id": 2,
        "partner_id": 2,
        "member_id": 1,
        "points": 100,
        "source": "pur_1",
        "document_hash": "",
        "occurred_at": "2026-03-02T09:00:00.000Z",
        "recorded_at": "2026-03-02T09:00:01.000Z",
    },
    "lot": {
        "entry_id": 1,
        "member_id": 1,
        "issuer_id": 2,
        "points": 100,
        "remaining": 70,
        "expires_at": "2027-03-02T21:00:00.000Z",
    },
}
LINE = {
    "purchase_id": 1,
    "sku": "T-1",
    "category": "ticket",
    "name": "Билет",
    "quantity": 1,
    "discounted": False,
    "discount_minor": 0,
    "rule": "base",
}


def insert(table: str, row: dict) -> None:
    names, values = ", ".join(row), ", ".join("?" * len(row))
    execute(f"INSERT INTO {table} ({names}) VALUES ({values})", tuple(row.values()))


def row_of(table: str, columns: Iterable[str]) -> dict:
    """Its only row, with moments as they were written."""
    (row,) = execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
    return {
        name: to_column(value) if isinstance(value, datetime) else value
        for name, value in zip(columns, row, strict=True)
    }


@pytest.fixture
def first_release(empty, tmp_path):
    """A database with the schema of the first release, and nothing in it."""
    (tmp_path / "first").mkdir()
    shutil.copy(Path(schema.__file__).parent / "migrations" / "0001_foundation.py", tmp_path / "first")
    assert migrate(tmp_path / "first") == MIGRATIONS[:1]


@pytest.mark.usefixtures("first_release")
def test_migrations__of_a_database_of_the_first_release__lose_nothing(clock):
    for table, row in OF_THE_FIRST_RELEASE.items():
        insert(table, row)
    for position, (amount, points) in enumerate([(600, 60), (400, 40), (0, 0)]):
        own = {"position": position, "line_id": f"l{position}", "amount_minor": amount, "points": points}
        insert("purchase_line", LINE | own)

    assert migrate() == MIGRATIONS[1:]

    for table, row in OF_THE_FIRST_RELEASE.items():
        if table != "programme":
            assert row_of(table, row) == row, table
    lines = tables.PurchaseLine.select().order_by(tables.PurchaseLine.position)
    assert [(line.line_id, line.amount_minor, line.name, line.excluded_by) for line in lines] == [
        ("l0", 600, "Билет", None),
        ("l1", 400, "Билет", None),
        ("l2", 0, "Билет", None),
    ]
    awards = tables.Award.select().order_by(tables.Award.position)
    assert [(each.purchase_id, each.position, each.rule, each.issuer_id, each.points) for each in awards] == [
        (1, 0, "base", 2, 60),
        (1, 1, "base", 2, 40),
    ]
    purchase = tables.Purchase.get()
    assert purchase.available_at == purchase.occurred_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert (purchase.refunded_minor, purchase.points_given_back) == (0, 0)
    assert rulebook().versions == (
        Programme(
            currency="RUB",
            point_price_minor=100,
            time_zone="Europe/Moscow",
            redemption=RedemptionTerms(max_share_bps=5000),
            expiry=ExpiryTerms(lifetime_months=12),
        ),
    )
    # And life goes on: the points are there, and the goods can come back.
    assert balance("mem_anna", now=clock.now()).available == 70
    back = return_goods(ReturnGoods(2, "pur_1", "back", [("l0", 1)]), now=clock.now())
    assert (back.points_reversed, back.refund_minor, back.balance, back.debt) == (60, 600, 10, 0)


ACTIVE, SUSPENDED = "active", "suspended"
TOLD_ANEW = {  # partner: (is, what a new contract hears, as (status, limit, after_entry))
    "unlimited": ((ACTIVE, UNLIMITED), [(ACTIVE, UNLIMITED, 0)]),
    "limited": ((ACTIVE, 500), [(ACTIVE, UNLIMITED, 0), (ACTIVE, 500, 2)]),
    "suspended": ((SUSPENDED, UNLIMITED), [(ACTIVE, UNLIMITED, 0), (SUSPENDED, UNLIMITED, 2)]),
    "both": ((SUSPENDED, 70), [(ACTIVE, UNLIMITED, 0), (ACTIVE, 70, 2), (SUSPENDED, 70, 2)]),
}


@pytest.mark.usefixtures("first_release")
@pytest.mark.parametrize(("present", "changes"), TOLD_ANEW.values(), ids=TOLD_ANEW)
def test_migrations__of_a_partner__a_new_contract_hears_of_it_before_and_after_the_entries(present, changes):
    rows = OF_THE_FIRST_RELEASE
    status, limit = present
    insert("partner", rows["partner"] | {"status": status, "limit_points": limit})
    insert("partner", rows["partner"] | {"id": 3, "public_id": "par_cafe", "name": "cafe"})
    insert("member", rows["member"])
    insert("batch", {"sequence": 1, "entries": 1, "root": "", "head": "", "formed_at": rows["entry"]["recorded_at"]})
    insert("entry", rows["entry"] | {"issuer_id": 3})
    insert("entry", rows["entry"] | {"public_id": "ent_2", "source": "pur_2", "sequence": 1})
    insert("ledger_partner", {"partner_id": 2, "status": ACTIVE, "limit_points": 500})

    assert migrate() == MIGRATIONS[1:]

    table = tables.PartnerChange
    found = table.select().where(table.partner == 2).order_by(table.after_entry, table.id)
    assert [(each.status, each.limit_points, each.after_entry) for each in found] == changes
    assert not any(each.told for each in found)
    assert tables.Batch.select().count() == 0
    assert tables.Entry.select().where(tables.Entry.sequence.is_null()).count() == 2


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
