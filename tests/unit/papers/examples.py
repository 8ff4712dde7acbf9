"""A café's January: it is owed for the grocer's points, pays fees, and gets a correction."""

from dataclasses import replace
from datetime import UTC, date, datetime

from coalition.domain.statements import CounterpartyTotal, Statement, StatementLine, WeekTotal, statement_root
from coalition.papers.scribe import Context

CAFE = "Café <Sol> & Söhne"
GROCER = "ООО «Гастроном»"


def lines(count: int = 5) -> list[StatementLine]:
    """Redemptions, one of them late, the reversal of one, a fee and a correction; ``count`` redemptions in all."""
    entries = [
        StatementLine(
            id=f"ent_01JH{number:022d}",
            occurred_at=f"2026-01-{number % 27 + 1:02d}T21:30:05.000Z",
            kind="redemption",
            points=1_250,
            sequence=40 + number,
            issuer=2,
            partner=3,
            member="0x" + "ab" * 20,
            cause="redemption",
            counterparty=2,
            price_micros=73_555_000,
            micros=91_943_750_000,
        )
        for number in range(count)
    ]
    entries[0] = replace(entries[0], occurred_at="2025-12-31T20:15:00.000Z", late=True)
    reversal = replace(
        entries[-1], id="ent_01JHREVERSAL", kind="redemption_reversal", micros=-91_943_750_000, corrects="red_01JHSOLD"
    )
    fee = StatementLine(
        id="fee_2026-01",
        occurred_at="2026-01-31T20:59:59.999Z",
        kind="fee",
        cause="fee_monthly",
        counterparty=1,
        micros=-150_000_000_000,
    )
    correction = StatementLine(
        id="cor_01JHFIXED",
        occurred_at="2026-01-15T09:00:00.000Z",
        kind="correction",
        cause="correction",
        counterparty=2,
        micros=12_345_000_000,
        corrects="dis_01JHASKED",
    )
    return [*entries, reversal, fee, correction]


def statement(entries: list[StatementLine] | None = None) -> Statement:
    entries = lines() if entries is None else entries
    unproved = Statement(
        id="sta_01JHCAFE",
        period="2026-01",
        partner=3,
        partner_name=CAFE,
        currency="RUB",
        first_day=date(2026, 1, 1),
        last_day=date(2026, 1, 31),
        time_zone="Europe/Moscow",
        chain_id=31337,
        ledger="0x5FbDB2315678afecb367f032d93F642f64180aa3",
        sequence=1234567,
        head="0x" + "1f" * 32,
        opening_points=1_000_000,
        issued_points=250_000,
        redeemed_points=99_500,
        expired_points=500,
        closing_points=1_150_000,
        liability_minor=115_000_000,
        totals=(
            CounterpartyTotal(2, "redemption", 2, 5_000, 123_456_789, 730_000),
            CounterpartyTotal(1, "fee_monthly", None, 0, -150_000, 0),
            CounterpartyTotal(2, "correction", None, 0, 12_345, 0),
        ),
        position_minor=123_319_134,
        root="",
        lines=len(entries),
    )
    return replace(unproved, root="0x" + statement_root(entries).hex())


WEEKS = (
    WeekTotal(date(2025, 12, 29), 31_000, 12_500),
    WeekTotal(date(2026, 1, 5), 62_417, 22_000),
    WeekTotal(date(2026, 1, 12), 58_583, 31_250),
    WeekTotal(date(2026, 1, 19), 49_000, 18_750),
    WeekTotal(date(2026, 1, 26), 49_000, 15_000),
)
CONTEXT = Context(
    names={1: "Coalition Operator Ltd", 2: GROCER},
    dispute_until=datetime(2026, 2, 10, 21, 0, tzinfo=UTC),
    lines_file="sta_01JHCAFE.csv",
    opening_liability_minor=100_000_000,
    bank_hints={2: "Сбербанк, …4021", 9: "nobody's"},
)
