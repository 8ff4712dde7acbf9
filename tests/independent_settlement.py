"""What closed periods must come to, reckoned again by SQL from the plain tables: nothing of ours reckons here.

``python -m tests.independent_settlement --database coalition.db`` compares a whole data directory, which is only read.
"""

import csv
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import duckdb

Rows = Callable[[str], Iterable[Sequence[Any]]]

EXPORTED = {
    "entry": "id, kind, issuer_id, partner_id, points, source, sequence, occurred_at",
    "purchase": "id, public_id, occurred_at",
    "goods_return": "public_id, purchase_id",
    "redemption": "public_id, occurred_at",
    "partner": "id, name, kind, created_at, prepaid_since",
    "offboarding": "partner_id, started_at",
    "programme": "effective_from, document",
    "rate_card": "effective_from, document",
    "exchange_rate": "base, quote, day, micros",
    "settlement_correction": "payer, payee, currency, amount_minor, period_id",
    "settlement_period": "number, first_day, last_day, ends_at, sequence",
    "settlement_account": "period_id, payer, payee, cause, currency, issuer, micros, amount_minor",
    "statement": "period_id, party, currency, position_minor",
}
TYPES = {
    **dict.fromkeys(
        ("occurred_at", "created_at", "effective_from", "ends_at", "prepaid_since", "started_at"), "TIMESTAMPTZ"
    ),
    **dict.fromkeys(("day", "first_day", "last_day"), "DATE"),
    **dict.fromkeys(("kind", "source", "public_id", "name", "document", "base", "quote"), "VARCHAR"),
    **dict.fromkeys(("currency", "cause"), "VARCHAR"),
}

PRICES = """
CREATE MACRO whole_minor(micros) AS (micros - ((micros % 1000000) + 1000000) % 1000000) // 1000000;

-- Cards by what is in force; before the first one, a point costs what the programme says it pays.
CREATE TABLE card AS
SELECT row_number() OVER () AS card, effective_from AS since, document->>'currency' AS currency,
       (document->>'issued_micros')::HUGEINT AS issued, (document->>'redeemed_micros')::HUGEINT AS redeemed,
       document->>'funding' = 'at_issuance' AS pooled, document->>'breakage' AS breakage,
       document->>'settle_in' AS settle_in, document->'prices' AS prices, document->'fees' AS fees
FROM (
    SELECT effective_from, document::JSON AS document FROM rate_card
    UNION ALL
    SELECT CASE WHEN effective_from = min(effective_from) OVER () THEN '-infinity'::TIMESTAMPTZ ELSE effective_from END,
           json_object('currency', document->>'currency',
                       'issued_micros', (document->>'point_price_minor')::HUGEINT * 1000000,
                       'redeemed_micros', (document->>'point_price_minor')::HUGEINT * 1000000,
                       'funding', CASE WHEN first.pooled THEN 'at_issuance' ELSE 'at_redemption' END,
                       'breakage', CASE WHEN first.pooled THEN first.breakage ELSE 'issuer' END)
    FROM programme LEFT JOIN (
        SELECT document->>'funding' = 'at_issuance' AS pooled, document->>'breakage' AS breakage FROM rate_card
        ORDER BY effective_from LIMIT 1
    ) first ON true WHERE effective_from < (SELECT coalesce(min(effective_from), 'infinity') FROM rate_card)
);
CREATE TABLE special AS
SELECT card, i.id AS issuer, r.id AS redeemer, coalesce(item->>'currency', c.currency) AS currency,
       coalesce((item->>'issued_micros')::HUGEINT, c.issued) AS issued,
       coalesce((item->>'redeemed_micros')::HUGEINT, c.redeemed) AS redeemed
FROM (SELECT *, unnest(from_json(prices, '["json"]')) AS item FROM card WHERE prices IS NOT NULL) c
LEFT JOIN partner i ON i.name = item->>'issuer' LEFT JOIN partner r ON r.name = item->>'redeemer';
CREATE TABLE fee AS
SELECT card, p.id AS payer, coalesce((item->>'monthly_minor')::HUGEINT, 0) AS monthly,
       coalesce((item->>'issued_micros')::HUGEINT, 0) AS issued,
       coalesce((item->>'redeemed_micros')::HUGEINT, 0) AS redeemed,
       coalesce((item->>'redeemed_bps')::HUGEINT, 0) AS bps
FROM (SELECT *, unnest(from_json(fees, '["json"]')) AS item FROM card WHERE fees IS NOT NULL)
LEFT JOIN partner p ON p.name = item->>'partner';
CREATE TABLE owes_fee AS
SELECT c.card, p.id AS payer, coalesce(own.monthly, usual.monthly, 0) AS monthly, coalesce(own.issued, usual.issued, 0)
       AS issued, coalesce(own.redeemed, usual.redeemed, 0) AS redeemed, coalesce(own.bps, usual.bps, 0) AS bps
FROM card c CROSS JOIN partner p
LEFT JOIN fee own ON own.card = c.card AND own.payer = p.id
LEFT JOIN fee usual ON usual.card = c.card AND usual.payer IS NULL
WHERE p.id <> 1;
"""

ENTRIES = """
-- When what an entry is priced by happened: a reversal by what it undoes.
CREATE TABLE origin AS
SELECT r.public_id AS source, p.occurred_at FROM goods_return r JOIN purchase p ON p.id = r.purchase_id
UNION ALL SELECT public_id, occurred_at FROM redemption
UNION ALL SELECT source, min(occurred_at) FROM entry WHERE kind = 'reward' GROUP BY source;

-- The period of an entry is the first whose end and batches have it.
CREATE TABLE deal AS
WITH dated AS (
    SELECT e.*, CASE WHEN kind LIKE '%reversal' THEN coalesce(o.occurred_at, e.occurred_at) ELSE e.occurred_at END
           AS moment,
           (SELECT min(number) FROM settlement_period p WHERE e.sequence <= p.sequence AND e.occurred_at < p.ends_at)
           AS period
    FROM entry e LEFT JOIN origin o ON o.source = e.source
), carded AS (
    SELECT d.*, c.card, c.pooled, c.breakage, c.settle_in, c.currency AS usual_currency, c.issued AS usual_issued,
           c.redeemed AS usual_redeemed
    FROM dated d ASOF JOIN card c ON d.moment >= c.since
)
SELECT c.id, c.kind, c.issuer_id AS issuer, c.partner_id AS partner, c.points::HUGEINT AS points, c.moment, c.period,
       c.sequence, c.card, c.breakage, c.settle_in,
       -- Whose points were bought in packs, has paid for them; from then on the pool has the money.
       coalesce(c.moment >= prepaid_since, false) AS bought, c.pooled OR bought AS pooled,
       CASE WHEN kind IN ('accrual', 'reward', 'adjustment_increase') THEN 1
            WHEN kind IN ('accrual_reversal', 'adjustment_decrease') THEN -1 ELSE 0 END AS issues,
       CASE kind WHEN 'redemption' THEN 1 WHEN 'redemption_reversal' THEN -1 ELSE 0 END AS redeems,
       CASE WHEN pair.card IS NOT NULL THEN pair.currency WHEN i.card IS NOT NULL THEN i.currency
            WHEN r.card IS NOT NULL THEN r.currency ELSE usual_currency END AS currency,
       CASE WHEN pair.card IS NOT NULL THEN pair.issued WHEN i.card IS NOT NULL THEN i.issued
            WHEN r.card IS NOT NULL THEN r.issued ELSE usual_issued END AS pays,
       CASE WHEN pair.card IS NOT NULL THEN pair.redeemed WHEN i.card IS NOT NULL THEN i.redeemed
            WHEN r.card IS NOT NULL THEN r.redeemed ELSE usual_redeemed END AS gets
FROM carded c
JOIN (SELECT id AS holder, prepaid_since FROM partner) ON holder = c.issuer_id
LEFT JOIN special pair ON pair.card = c.card AND pair.issuer = c.issuer_id AND pair.redeemer = c.partner_id
     AND c.kind LIKE 'redemption%'
LEFT JOIN special i ON i.card = c.card AND i.issuer = c.issuer_id AND i.redeemer IS NULL
LEFT JOIN special r ON r.card = c.card AND r.issuer IS NULL AND r.redeemer = c.partner_id
     AND c.kind LIKE 'redemption%';
"""

FLOWS = """
CREATE TABLE flow AS
WITH found AS (
    SELECT id, CASE WHEN pooled THEN 0 ELSE issuer END AS payer, partner AS payee, 'redemption' AS cause, currency,
           issuer, redeems * points * CASE WHEN pooled THEN gets ELSE least(pays, gets) END AS micros
    FROM deal WHERE redeems <> 0
    UNION ALL
    SELECT id, issuer, 1, 'margin', currency, 0, redeems * points * (pays - gets)
    FROM deal WHERE redeems <> 0 AND NOT pooled AND issuer <> partner AND pays > gets
    UNION ALL
    SELECT id, 1, partner, 'subsidy', currency, 0, redeems * points * (gets - pays)
    FROM deal WHERE redeems <> 0 AND NOT pooled AND issuer <> partner AND gets > pays
    UNION ALL
    SELECT id, issuer, 0, 'issuance', currency, 0, issues * points * pays FROM deal
    WHERE issues <> 0 AND pooled AND NOT bought
    UNION ALL
    SELECT id, CASE WHEN pooled THEN 0 ELSE issuer END, CASE breakage WHEN 'operator' THEN 1 ELSE issuer END,
           'breakage', currency, 0, points * CASE WHEN pooled THEN gets ELSE pays END
    FROM deal WHERE kind = 'expiry' AND breakage <> 'pool'
    UNION ALL
    SELECT id, issuer, 1, 'fee_issued', currency, 0, issues * points * f.issued
    FROM deal JOIN owes_fee f ON f.card = deal.card AND f.payer = issuer WHERE issues <> 0 AND f.issued <> 0
    UNION ALL
    SELECT id, partner, 1, 'fee_redeemed', currency, 0, redeems * points * f.redeemed
    FROM deal JOIN owes_fee f ON f.card = deal.card AND f.payer = partner WHERE redeems <> 0 AND f.redeemed <> 0
    UNION ALL
    SELECT id, partner, 1, 'fee_turnover', currency, 0, redeems * (points * gets * f.bps // 10000)
    FROM deal JOIN owes_fee f ON f.card = deal.card AND f.payer = partner
    WHERE redeems <> 0 AND f.bps <> 0 AND (pooled OR issuer <> partner)
), dated AS (
    SELECT found.*, deal.period, deal.settle_in, timezone(getvariable('zone'), deal.moment)::DATE AS day
    FROM found JOIN deal USING (id) WHERE payer <> payee
)
SELECT d.id, d.period, payer, payee, cause, issuer, coalesce(settle_in, currency) AS currency,
       CASE WHEN settle_in IS NULL OR settle_in = currency THEN d.micros
            ELSE sign(d.micros)::HUGEINT * (abs(d.micros) * r.micros // 1000000) END AS micros
FROM dated d ASOF LEFT JOIN exchange_rate r ON r.base = d.currency AND r.quote = d.settle_in AND d.day >= r.day;

-- Every month that begins in a period, for merchants that joined before it ended and did not begin to leave before it
-- began; in the first period by whose end that shows.
CREATE TABLE monthly AS
WITH month AS (
    SELECT number, unnest(generate_series(date_trunc('month', first_day + INTERVAL 1 MONTH - INTERVAL 1 DAY),
           last_day::TIMESTAMP, INTERVAL 1 MONTH)) AS first
    FROM settlement_period
), begun AS (
    SELECT number, timezone(getvariable('zone'), first) AS moment,
           timezone(getvariable('zone'), first + INTERVAL 1 MONTH) AS over
    FROM month
), due AS (
    SELECT min(p.number) AS period, b.moment, m.id AS payer
    FROM begun b JOIN settlement_period p ON p.number >= b.number CROSS JOIN partner m
    LEFT JOIN offboarding o ON o.partner_id = m.id
    WHERE m.kind = 'merchant' AND (o.started_at IS NULL OR o.started_at >= b.moment)
      AND least(m.created_at, (SELECT min(e.occurred_at) FROM entry e
                               WHERE e.partner_id = m.id AND e.sequence <= p.sequence)) < least(b.over, p.ends_at)
    GROUP BY b.moment, m.id
)
SELECT d.period, f.payer, 1 AS payee, 'fee_monthly' AS cause, 0 AS issuer,
       coalesce(c.settle_in, c.currency) AS currency, f.monthly * 1000000 AS micros
FROM due d ASOF JOIN card c ON d.moment >= c.since JOIN owes_fee f ON f.card = c.card AND f.payer = d.payer
WHERE f.monthly > 0;

CREATE TABLE owed AS
SELECT period, payer, payee, cause, currency, issuer, sum(micros)::HUGEINT AS micros FROM (
    SELECT period, payer, payee, cause, currency, issuer, micros FROM flow WHERE period IS NOT NULL
    UNION ALL SELECT period, payer, payee, cause, currency, issuer, micros FROM monthly
    UNION ALL
    SELECT period_id, payer, payee, 'correction', currency, 0, amount_minor::HUGEINT * 1000000
    FROM settlement_correction WHERE period_id IS NOT NULL
) GROUP BY ALL;
CREATE TABLE amount AS
WITH grown AS (
    SELECT *, sum(micros) OVER (PARTITION BY payer, payee, cause, currency, issuer ORDER BY period)::HUGEINT AS so_far
    FROM owed
)
SELECT period, payer, payee, cause, currency, issuer, micros,
       whole_minor(so_far) - whole_minor(so_far - micros) AS minor
FROM grown;
CREATE TABLE net AS
SELECT period, currency, party, sum(minor)::HUGEINT AS minor FROM (
    SELECT period, currency, payer AS party, -minor AS minor FROM amount
    UNION ALL SELECT period, currency, payee, minor FROM amount
) GROUP BY ALL;
"""

DIFFERENCES = {
    "accounts": """
        SELECT coalesce(period, period_id), coalesce(a.payer, b.payer), coalesce(a.payee, b.payee),
               coalesce(a.cause, b.cause), coalesce(a.currency, b.currency), coalesce(a.issuer, b.issuer),
               a.micros, b.micros, a.minor, b.amount_minor
        FROM amount a FULL JOIN settlement_account b ON a.period = b.period_id AND a.payer = b.payer
             AND a.payee = b.payee AND a.cause = b.cause AND a.currency = b.currency AND a.issuer = b.issuer
        WHERE coalesce(a.micros, 0) <> coalesce(b.micros, 0) OR coalesce(a.minor, 0) <> coalesce(b.amount_minor, 0)""",
    "positions": """
        SELECT coalesce(n.period, s.period_id), coalesce(n.currency, s.currency), coalesce(n.party, s.party), n.minor,
               s.position_minor
        FROM net n FULL JOIN statement s ON s.period_id = n.period AND s.party = n.party AND s.currency = n.currency
        WHERE coalesce(n.minor, 0) <> coalesce(s.position_minor, 0)""",
    "sums": "SELECT period, currency, sum(minor) FROM net GROUP BY ALL HAVING sum(minor) <> 0",
    "parts and whole": """
        SELECT payer, payee, cause, currency, issuer, sum(minor), whole_minor(sum(micros)::HUGEINT) FROM amount
        GROUP BY ALL HAVING sum(minor) <> whole_minor(sum(micros)::HUGEINT)""",
}


def reckon(rows: Rows, folder: Path) -> duckdb.DuckDBPyConnection:
    """Export the plain tables as CSV, and reckon from these: afterwards there are ``amount``, ``net`` and ``deal``."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for table, columns in EXPORTED.items():
        names = columns.split(", ")
        file = folder / f"{table}.csv"
        with file.open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(names)
            writer.writerows(rows(f"SELECT {columns} FROM {table}"))
        types = {name: TYPES.get(name, "BIGINT") for name in names}
        connection.execute(
            f"CREATE TABLE {table} AS SELECT * FROM read_csv($file, header=true, columns={types})", {"file": str(file)}
        )
    connection.execute(
        "SET VARIABLE zone = (SELECT document->>'time_zone' FROM programme ORDER BY effective_from DESC LIMIT 1)"
    )
    for statement in (PRICES, ENTRIES, FLOWS):
        connection.execute(statement)
    return connection


def differences(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """Where the closed periods are not what was reckoned here; nothing is left where all is well."""
    found = {name: connection.execute(statement).fetchall() for name, statement in DIFFERENCES.items()}
    return {name: rows for name, rows in found.items() if rows}


def positions(connection: duckdb.DuckDBPyConnection, period: int | None = None) -> dict[str, dict[int, int]]:
    """By currency and party, of one period or of all closed ones together."""
    found: dict[str, dict[int, int]] = {}
    statement = "SELECT currency, party, sum(minor)::HUGEINT FROM net WHERE $1 IS NULL OR period = $1 GROUP BY ALL"
    for currency, party, minor in connection.execute(statement, [period]).fetchall():
        found.setdefault(currency, {})[party] = minor
    return found


def positions_of_all(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[int, int]]:
    """What all entries come to as if they were one period, recorded and closed or not; without fees and corrections."""
    statement = """
        WITH total AS (
            SELECT payer, payee, currency, whole_minor(sum(micros)::HUGEINT) AS minor FROM flow
            GROUP BY payer, payee, cause, currency, issuer
        )
        SELECT currency, party, sum(minor)::HUGEINT FROM (
            SELECT currency, payer AS party, -minor AS minor FROM total
            UNION ALL SELECT currency, payee, minor FROM total
        ) GROUP BY ALL"""
    found: dict[str, dict[int, int]] = {}
    for currency, party, minor in connection.execute(statement).fetchall():
        found.setdefault(currency, {})[party] = minor
    return found


def obligations(connection: duckdb.DuckDBPyConnection) -> dict[tuple[int, int], int]:
    """How many of the one partner's points the other redeemed, less what was undone, of all that is recorded."""
    rows = connection.execute(
        "SELECT issuer, partner, sum(redeems * points)::HUGEINT FROM deal WHERE redeems <> 0 AND sequence IS NOT NULL"
        " GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return {(issuer, redeemer): points for issuer, redeemer, points in rows}


@click.command()
@click.option("--database", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(database: Path) -> None:
    """Reckon the closed periods of a SQLite data directory again, and say where they differ."""
    source = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    with TemporaryDirectory() as folder:
        connection = reckon(source.execute, Path(folder))
    found = differences(connection)
    posted = {
        (issuer, redeemer): points
        for issuer, redeemer, points in source.execute(
            "SELECT issuer_id, redeemer_id, SUM(points) FROM posting WHERE account = 'redeemed'"
            " GROUP BY issuer_id, redeemer_id"
        )
    }
    if posted != obligations(connection):
        found["obligations"] = sorted(set(posted.items()) ^ set(obligations(connection).items()))
    closed = connection.execute("SELECT count(*) FROM settlement_period").fetchone()
    for currency, nets in sorted(positions(connection).items()):
        click.echo(f"{currency}: " + ", ".join(f"{party}: {minor}" for party, minor in sorted(nets.items())))
    for name, rows in found.items():
        click.echo(f"{name}: {len(rows)} differ, such as {rows[0]}", err=True)
    click.echo(f"{closed and closed[0]} periods, {'others than here' if found else 'the same here'}")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
