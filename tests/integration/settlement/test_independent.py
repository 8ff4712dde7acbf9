"""SQL over an export, which shares nothing with our reckoning, comes to the same; so does the contract."""

import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from coalition.domain.documents import document_hash
from coalition.domain.redemption import AsMuchAsPossible
from coalition.domain.statements import statement_root
from coalition.errors import InsufficientPoints
from coalition.services import corrections, rate_cards, settlement
from coalition.services.expiry import expire_points
from coalition.services.redemptions import reverse_redemption
from coalition.services.rewards import Reward, TakenReward, reward_points, take_back_rewards
from coalition.services.statements import list_statements, statement_lines
from coalition.store import tables
from coalition.store.database import execute
from tests.independent_settlement import differences, obligations, positions, positions_of_all, reckon
from tests.integration.settlement.conftest import BY

MONTHS = ("2026-03", "2026-04", "2026-05", "2026-06")
ENDS = [datetime.fromisoformat(f"2026-{month:02}-01T00:00+03:00") for month in (4, 5, 6, 7)]

BEGINNING = datetime.fromisoformat("2026-03-01T00:00+03:00")


class History:
    """Months of a small coalition, the same for the same seed."""

    def __init__(self, office, seed: int) -> None:
        self.office, self.rng = office, random.Random(seed)
        people, till = office.coalition, office.till
        self.partners = [people.cinema, people.cafe, people.grocer]
        self.members = [people.anna, *(till.enrol(number) for number in range(1, 8))]
        self.bought: list = []
        self.redeemed: list = []
        self.grants: list[TakenReward] = []

    def live(self, until: datetime, events: int) -> None:
        clock = self.office.clock
        seconds = int((until - clock.now()).total_seconds())
        for after in sorted(clock.now() + timedelta(seconds=self.rng.randrange(seconds)) for _ in range(events)):
            self.office.until(after)
            self.rng.choices(
                [self.buy, self.redeem, self.bring_back, self.reverse, self.reward, self.revoke, self.late],
                [50, 15, 15, 4, 6, 2, 3],
            )[0]()
            if self.rng.random() < 0.05:
                expire_points(now=clock.now())
            if self.rng.random() < 0.02:
                self.office.recorder.drain()
        self.office.until(until)

    def buy(self, at: datetime | None = None) -> None:
        prices = [self.rng.randrange(100, 20_000) for _ in range(self.rng.randrange(1, 4))]
        partner, member = self.rng.choice(self.partners), self.rng.choice(self.members)
        pays = self.rng.random() < 0.4
        wish = AsMuchAsPossible(1, 6_000) if pays else 0
        self.bought.append(
            (partner, self.office.till.sell(partner, *prices, to=member, redeem=wish, at=at), len(prices))
        )

    def late(self) -> None:
        self.buy(max(BEGINNING, self.office.clock.now() - timedelta(days=self.rng.randrange(1, 40))))

    def redeem(self) -> None:
        partner, member = self.rng.choice(self.partners), self.rng.choice(self.members)
        try:
            found = self.office.till.redeem(partner, self.rng.randrange(1, 400), of=member)
        except InsufficientPoints:
            return
        self.redeemed.append((partner, found.redemption.id))

    def bring_back(self) -> None:
        if self.bought:
            partner, bought, lines = self.bought.pop(self.rng.randrange(len(self.bought)))
            self.office.till.take_back(partner, bought, str(self.rng.randrange(1, lines + 1)))

    def reverse(self) -> None:
        if self.redeemed:
            partner, redemption = self.redeemed.pop(self.rng.randrange(len(self.redeemed)))
            reverse_redemption(redemption, partner.number, now=self.office.clock.now())

    def reward(self) -> None:
        grant, member, now = f"grant-{self.office.clock.now()}", self.rng.choice(self.members), self.office.clock.now()
        shares = {self.rng.choice(self.partners).number: self.rng.randrange(1, 300)}
        assert not reward_points([Reward(grant, member.id, shares, document_hash({"grant": grant}), now)], now=now)
        self.grants.append(TakenReward(grant, member.id))

    def revoke(self) -> None:
        if self.grants:
            take_back_rewards([self.grants.pop()], now=self.office.clock.now())


PLAIN = {"currency": "USD", "issued_micros": 1_000_000, "redeemed_micros": 1_000_000}
CARDS = {
    "usual": [],
    "at redemption": [
        (
            "2026-01-01T00:00Z",
            {
                "issued_micros": 913_377,
                "redeemed_micros": 777_777,
                "breakage": "operator",
                "fees": [{"monthly_minor": 1500, "redeemed_bps": 133}, {"partner": "cafe", "issued_micros": 11_111}],
                "prices": [
                    {
                        "issuer": "cinema",
                        "redeemer": "cafe",
                        "issued_micros": 500_001,
                        "redeemed_micros": 777_777,
                        "currency": "EUR",
                    }
                ],
            },
        ),
        (
            "2026-04-14T21:00Z",
            {
                "issued_micros": 700_001,
                "redeemed_micros": 812_345,
                "settle_in": "EUR",
                "prices": [
                    {"issuer": "grocer", "redeemed_micros": 333_333},
                    {"redeemer": "cinema", "issued_micros": 1_234_567, "redeemed_micros": 812_345, "currency": "EUR"},
                ],
                "fees": [{"monthly_minor": 99, "redeemed_micros": 3_333}],
            },
        ),
    ],
    "at issuance": [
        (
            "2026-01-01T00:00Z",
            {"issued_micros": 1_100_009, "redeemed_micros": 900_007, "funding": "at_issuance", "breakage": "pool"},
        ),
        (
            "2026-05-10T00:00Z",
            {
                "issued_micros": 1_300_009,
                "redeemed_micros": 1_000_007,
                "funding": "at_issuance",
                "breakage": "issuer",
                "fees": [{"issued_micros": 7, "redeemed_bps": 50}],
                "prices": [{"issuer": "cafe", "issued_micros": 1_000_001, "redeemed_micros": 777_777}],
            },
        ),
    ],
}


@pytest.fixture(params=CARDS)
def lived(request, office):
    """Four months, each closed some days after it was over, with what came late for it in the next one."""
    office.till.rules("time_zone: Europe/Moscow\nexpiry: {lifetime_months: 1}\nreturns: {grace_days: 3}")
    for since, card in CARDS[request.param]:
        office.publish(since, **card)
    now = office.clock.now()
    for day, micros in (("2026-03-01", 912_345), ("2026-04-20", 898_765), ("2026-05-31", 1_020_304)):
        rate_cards.set_exchange_rate("USD", "EUR", datetime.fromisoformat(day).date(), micros, BY, now=now)
    history = History(office, seed=11)
    for name, end in zip(MONTHS, ENDS, strict=True):
        history.live(end, 60)
        corrections.correct(2, 3, "USD", history.rng.randrange(1, 1000), "by hand", BY, now=office.clock.now())
        history.live(end + timedelta(days=2), 8)
        expire_points(now=office.clock.now())
        office.close(name)
    return office


def rows(statement: str):
    return execute(statement).fetchall()


def test_four_months__recomputed_in_sql_and_from_the_lines__are_what_was_closed_and_what_the_contract_has(
    lived, tmp_path: Path
):
    assert_sql_comes_to_every_account_and_position(lived, tmp_path)
    assert_lines_prove_the_statements_and_come_to_their_totals(lived)
    assert_the_contract_has_the_obligations_of_sql(lived, tmp_path)


def assert_sql_comes_to_every_account_and_position(lived, tmp_path: Path) -> None:
    found = reckon(rows, tmp_path)

    assert differences(found) == {}
    kinds = {kind for (kind,) in rows("SELECT DISTINCT kind FROM entry WHERE sequence IS NOT NULL")}
    assert kinds >= {"accrual", "redemption", "accrual_reversal", "redemption_reversal", "expiry", "reward"}
    in_all: dict[str, dict[int, int]] = {}
    for period in settlement.periods(now=lived.clock.now()):
        result = settlement.result(period).positions
        assert result == positions(found, period.number)
        for currency, nets in result.items():
            assert sum(nets.values()) == 0
            for party, minor in nets.items():
                in_all.setdefault(currency, {})[party] = in_all.get(currency, {}).get(party, 0) + minor
    assert in_all == positions(found)
    assert settlement.outlook(None, None, now=lived.clock.now()).positions == positions_of_all(found)
    late = found.execute(
        "SELECT count(*) FROM deal JOIN settlement_period p ON p.number = deal.period"
        " JOIN entry USING (id) WHERE entry.occurred_at < timezone('Europe/Moscow', p.first_day::TIMESTAMP)"
    ).fetchone()
    assert late and late[0] > 0


def assert_the_contract_has_the_obligations_of_sql(lived, tmp_path: Path) -> None:
    lived.recorder.drain()
    expected = obligations(reckon(rows, tmp_path))

    pairs = sorted(expected)
    assert lived.recorder.contract.obligations(pairs) == [expected[pair] for pair in pairs]
    assert any(expected.values())


def assert_lines_prove_the_statements_and_come_to_their_totals(lived) -> None:
    carried: dict[tuple[object, ...], int] = {}
    for period in settlement.periods(now=lived.clock.now()):
        for issued in list_statements(period_number=period.number):
            statement = issued.statement
            lines = list(statement_lines(statement, now=lived.clock.now()))
            assert (statement.root, statement.lines) == ("0x" + statement_root(lines).hex(), len(lines))
            micros: Counter[tuple[int | None, str | None, int | None]] = Counter()
            for line in lines:
                micros[line.counterparty, line.cause, line.issuer if line.cause == "redemption" else None] += (
                    line.micros
                )
            for total in statement.totals:
                account = (total.counterparty, total.cause, total.issuer)
                pair = {statement.partner, total.counterparty}
                in_minor = total.amount_minor * 1_000_000
                key = (statement.partner, statement.currency, *account)
                # What is left over is owed by the payer: to it the lines have the other sign.
                as_payee, as_payer = (
                    in_minor + sign * (total.carried_micros - carried.get(key, 0)) for sign in (1, -1)
                )
                assert micros.pop(account) in (as_payee, as_payer), pair
                carried[key] = total.carried_micros
            assert not any(micros.values())
            assert statement.position_minor == sum(total.amount_minor for total in statement.totals)


@pytest.mark.parametrize("lived", ["at issuance"], indirect=True)
def test_liability__of_each_statement__goes_on_where_the_last_one_ended_and_ends_at_what_members_hold(lived):
    for issued in reversed(list_statements()):
        statement = issued.statement
        expected = statement.opening_points + statement.issued_points - statement.redeemed_points
        assert statement.closing_points == expected - statement.expired_points
    for party in (2, 3, 4):
        closing = 0
        for number in range(1, 5):
            statements = [each.statement for each in list_statements(party, number)]
            assert {each.opening_points for each in statements} == {closing}
            [closing] = {each.closing_points for each in statements}
    lived.recorder.drain()
    lived.until(lived.clock.now() + timedelta(days=40))
    last = lived.close("2026-07")
    for party in (2, 3, 4):
        statements = [each.statement for each in list_statements(party, last.number)]
        outstanding = tables.Partner.get_by_id(party).outstanding
        assert {each.closing_points for each in statements} <= {outstanding}
        on_chain = lived.recorder.contract.partner(party)
        assert on_chain.issued - on_chain.redeemed - on_chain.expired == outstanding


@pytest.mark.parametrize("lived", ["usual"], indirect=True)
def test_sql__an_account_is_a_cent_off__says_so(lived, tmp_path: Path):
    account = tables.SettlementAccount.select().where(tables.SettlementAccount.cause == "redemption").first()
    tables.SettlementAccount.update(amount_minor=account.amount_minor + 1).where(
        tables.SettlementAccount._meta.primary_key == account._pk
    ).execute()
    assert set(differences(reckon(rows, tmp_path))) == {"accounts"}
