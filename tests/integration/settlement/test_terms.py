"""What cards, rates, fees, packs and deposits make of periods."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from coalition.domain.redemption import Exactly
from coalition.domain.statements import statement_root
from coalition.errors import FundingFixed, InvalidExchangeRate, NoExchangeRate, RateCardInPast
from coalition.services import audit_log, corrections, rate_cards, settlement
from coalition.services.leaving import watch_deposits
from coalition.services.offboarding import OffboardPartner, get_offboarding, offboard_partner
from coalition.services.packs import BuyPack, buy_pack, switch_to_prepaid
from coalition.services.partners import register_partner, set_status
from coalition.services.redemptions import reverse_redemption
from coalition.services.statements import list_statements, statement_lines
from coalition.store import tables
from tests.integration.books import refused
from tests.integration.settlement.conftest import BY

APRIL, MAY, JUNE, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (4, 5, 6, 7))
MARCH_1 = date(2026, 3, 1)
CINEMA, CAFE, GROCER = 2, 3, 4


@pytest.fixture
def at(office):
    """Give a rate from USD to EUR."""

    def give(day: date, micros: int = 900_000) -> None:
        rate_cards.set_exchange_rate("USD", "EUR", day, micros, BY, now=office.clock.now())

    return give


def leave(office, partner, last_day=date(2026, 12, 31), deposit=None, failed=False):
    command = OffboardPartner(partner.id, last_day, deposit, failed, BY)
    return offboard_partner(command, now=office.clock.now())


def prepay(office, partner, points=1000, reference="invoice"):
    now = office.clock.now()
    buy_pack(BuyPack(partner.id, points, points, "USD", reference, BY), now=now)
    switch_to_prepaid(partner.id, now=now)


def nets(office) -> list[dict[int, int]]:
    return [settlement.result(each).positions.get("USD", {}) for each in settlement.periods(now=office.clock.now())]


def fees(office, name) -> dict[int, int]:
    owed = office.owed(office.close(name))
    return {payer: amount for (payer, _, cause), amount in owed.items() if cause == "fee_monthly"}


def check_roots(office) -> None:
    """Every statement's lines, made again now, are the ones that its root proves."""
    for issued in list_statements():
        lines = list(statement_lines(issued.statement, now=office.clock.now()))
        assert issued.statement.root == "0x" + statement_root(lines).hex()


# --- rates between currencies


def test_rate__of_an_open_day__is_given_anew(office, at):
    at(date(2027, 1, 1), 985_000_000)
    at(date(2027, 1, 1), 98_500_000)
    assert rate_cards.exchange_rates().at("USD", "EUR", date(2027, 2, 1)) == 98_500_000
    details = [deed.details for deed in audit_log.list_deeds().data if deed.action == "exchange_rate.set"]
    assert sorted(each["instead_of"] or 0 for each in details) == [0, 985_000_000]


def test_rate__before_the_first_known_one__may_be_given_for_closed_days(office, coalition, till, at):
    office.publish("2026-01-01T00:00Z", settle_in="EUR")
    at(date(2026, 3, 15))
    till.sell(coalition.cinema, 1000, at=datetime(2026, 2, 20, tzinfo=UTC))
    office.until(APRIL)
    office.close("2026-02-01..2026-03-31")
    till.sell(coalition.cafe, 1000, redeem=Exactly(10), at=datetime(2026, 3, 10, tzinfo=UTC))
    office.until(MAY)
    office.recorder.drain()
    with refused(NoExchangeRate):
        settlement.close("2026-04", BY, now=office.clock.now())
    at(MARCH_1, 500_000)
    assert office.owed(office.close("2026-04"))[CINEMA, CAFE, "redemption"] == 5


@pytest.mark.parametrize("day", [date(2026, 3, 1), date(2026, 3, 9), date(2026, 3, 15), date(2026, 3, 31)])
def test_rate__that_closed_days_were_converted_by__stays(office, coalition, till, at, day):
    at(MARCH_1)
    at(date(2026, 3, 15), 800_000)
    till.sell(coalition.cinema, 1000)
    office.until(APRIL)
    office.close("2026-03")
    known = rate_cards.exchange_rates()
    with refused(InvalidExchangeRate):
        at(day, 700_000)
    assert rate_cards.exchange_rates() == known
    at(date(2026, 4, 1), 700_000)


@pytest.mark.parametrize(
    ("base", "quote", "micros"),
    [
        ("USD", "USD", 1),
        ("XXX", "USD", 1),
        ("USD", "usd", 1),
        ("USD", "XAU", 1),
        ("USD", "EUR", 0),
        ("USD", "EUR", 10**15 + 1),
    ],
)
@pytest.mark.usefixtures("coalition")
def test_rate__of_no_currency_or_out_of_bounds__refused(clock, base, quote, micros):
    with refused(InvalidExchangeRate):
        rate_cards.set_exchange_rate(base, quote, MARCH_1, micros, BY, now=clock.now())


# --- cards


def test_first_card__once_a_period_is_closed__reaches_back_no_more(office, coalition, till):
    till.sell(coalition.cinema, 1000)
    office.until(APRIL)
    office.close("2026-03")
    till.redeem(coalition.cafe, 10)
    office.until("2026-04-20T00:00Z")
    with refused(RateCardInPast):
        office.publish(APRIL, issued_micros=5_000_000)
    office.publish(MAY)


def test_first_card__with_another_funding__refused_once_there_are_entries(office, coalition, till):
    till.sell(coalition.cinema, 1000)
    with refused(FundingFixed):
        office.publish(APRIL, funding="at_issuance", breakage="pool")
    office.publish(APRIL)


def test_first_card__funded_at_issuance__is_so_from_the_beginning(office, coalition, till):
    office.publish(APRIL, funding="at_issuance", breakage="pool")
    till.sell(coalition.cinema, 1000)
    office.until("2026-04-02T00:00Z")
    till.redeem(coalition.cafe, 60)
    office.until(MAY)
    assert office.owed(office.close("2026-03")) == {(CINEMA, 0, "issuance"): 100}
    assert office.owed(office.close("2026-04")) == {(0, CAFE, "redemption"): 60}
    with refused(FundingFixed):
        office.publish(JUNE)


# --- partners that pay in advance


def test_prepaid__points_of_a_pack__are_paid_from_the_pool_and_not_again(office, coalition, till):
    till.sell(coalition.cinema, 1000)
    prepay(office, coalition.cinema)
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 150)
    office.until(APRIL)
    assert office.owed(office.close("2026-03")) == {(0, CAFE, "redemption"): 150}


def test_prepaid__what_was_redeemed_before__is_undone_between_those_who_paid(office, coalition, till):
    till.sell(coalition.cinema, 1000)
    redeemed = till.redeem(coalition.cafe, 30)
    office.clock.advance(timedelta(days=1))
    prepay(office, coalition.cinema)
    later = till.redeem(coalition.cafe, 20)
    office.until(APRIL)
    before = office.owed(office.close("2026-03"))
    assert before == {(CINEMA, CAFE, "redemption"): 30, (0, CAFE, "redemption"): 20}
    for each in (redeemed, later):
        reverse_redemption(each.redemption.id, CAFE, now=office.clock.now())
    office.until(MAY)
    assert office.owed(office.close("2026-04")) == {pair: -amount for pair, amount in before.items()}
    check_roots(office)


# --- deposits


def test_guarantee__of_what_was_owed_before_the_partner_began_to_leave__is_none(office, coalition, till):
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 60)
    office.until("2026-04-03T00:00Z")
    leave(office, coalition.cinema, deposit=10, failed=True)
    till.redeem(coalition.cafe, 40)
    office.until(MAY)
    office.close("2026-03")
    office.close("2026-04")
    assert nets(office) == [{CINEMA: -60, CAFE: 60}, {1: -30, CINEMA: -10, CAFE: 40}]


def test_guarantee__of_a_leaver_without_a_deposit__is_none(office, coalition, till):
    till.sell(coalition.cinema, 1000)
    leave(office, coalition.cinema)
    till.redeem(coalition.cafe, 60)
    office.clock.advance(timedelta(minutes=2))
    assert watch_deposits(now=office.clock.now(), tell=pytest.fail) == 0
    office.until(APRIL)
    office.close("2026-03")
    assert nets(office) == [{CINEMA: -60, CAFE: 60}]


def test_deposit__once_used__is_not_filled_by_what_the_partner_gets(office, coalition, till):
    till.sell(coalition.cinema, 1_000_000)
    till.sell(coalition.cafe, 100_000)
    leave(office, coalition.cinema, deposit=1000, failed=True)
    corrections.correct(CAFE, CINEMA, "USD", 1000, "got", BY, now=office.clock.now())
    office.until(APRIL)
    office.close("2026-03")
    for name, end in (("2026-04", MAY), ("2026-05", JUNE), ("2026-06", JULY)):
        till.redeem(coalition.cafe, 600)
        office.until(end)
        office.close(name)
    assert [each[CINEMA] for each in nets(office)] == [1000, -600, -400, 0]
    assert [each.get(1, 0) for each in nets(office)] == [0, 0, -200, -600]
    check_roots(office)


def test_deposit__where_all_is_converted__is_in_that_currency(office, coalition, till, at):
    office.publish("2026-01-01T00:00Z", settle_in="EUR")
    at(date(2026, 1, 1))
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 40)
    leaving = leave(office, coalition.cinema, deposit=50, failed=True)
    assert (leaving.currency, leaving.outstanding_minor) == ("EUR", 54)
    till.redeem(coalition.cafe, 60)
    office.until(APRIL)
    period = office.close("2026-03")
    assert settlement.result(period).positions == {"EUR": {1: -40, CINEMA: -50, CAFE: 90}}
    assert get_offboarding(coalition.cinema.id, now=office.clock.now()).drawn_minor == 54


# --- monthly fees


@pytest.fixture
def charged(office, coalition):
    office.publish("2026-01-01T00:00Z", fees=[{"monthly_minor": 100}])
    return office


def test_fees__of_a_month__are_due_whoever_is_suspended(charged, coalition):
    set_status(coalition.cafe.id, "suspended")
    charged.until(APRIL)
    assert fees(charged, "2026-03") == {CINEMA: 100, CAFE: 100, GROCER: 100}


def test_fees__of_a_charity__are_none(charged):
    register_partner("charity", 0, kind="charity", now=charged.clock.now())
    charged.until(APRIL)
    assert fees(charged, "2026-03") == {CINEMA: 100, CAFE: 100, GROCER: 100}


def test_fees__of_whoever_leaves__are_due_to_the_month_in_which_it_began(charged, coalition, till):
    till.sell(coalition.cinema, 1000)
    charged.until("2026-04-05T00:00Z")
    leave(charged, coalition.cinema)
    charged.until(JUNE)
    found = [fees(charged, name) for name in ("2026-03", "2026-04", "2026-05")]
    assert [each.get(CINEMA) for each in found] == [100, 100, None]
    check_roots(charged)


def test_fees__of_whoever_joins__are_due_from_that_month(charged):
    charged.until("2026-04-30T00:00Z")
    bakery = register_partner("bakery", 100, now=charged.clock.now()).number
    charged.until(JUNE)
    found = [fees(charged, name) for name in ("2026-03", "2026-04", "2026-05")]
    assert [each.get(bakery) for each in found] == [None, 100, 100]


def test_fees__of_whoever_joins_in_a_month_whose_first_half_is_closed__are_due_in_the_next_period(charged):
    charged.until("2026-04-16T00:00Z")
    assert set(fees(charged, "2026-03-01..2026-04-15")) == {CINEMA, CAFE, GROCER}
    bakery = register_partner("bakery", 100, now=charged.clock.now()).number
    charged.until(MAY)
    assert fees(charged, "2026-04-16..2026-04-30") == {bakery: 100}
    check_roots(charged)


def test_fees__of_a_partner_whose_entries_are_older_than_itself__are_due_from_the_first_of_them(charged, till):
    charged.until("2026-05-20T00:00Z")
    bakery = register_partner("bakery", 1000, now=charged.clock.now())
    till.sell(bakery, 1000, at=datetime(2026, 4, 10, tzinfo=UTC))
    charged.until(JUNE)
    found = [fees(charged, name) for name in ("2026-03", "2026-04", "2026-05")]
    assert [each.get(bakery.number) for each in found] == [None, 100, 100]


# --- liability


def test_liability__with_a_price_in_another_currency__stands_on_the_statement_in_ones_own(office, coalition, till):
    price = {"issuer": "cinema", "redeemer": "cafe", "currency": "EUR"}
    office.publish("2026-01-01T00:00Z", prices=[price | {"issued_micros": 2_000_000, "redeemed_micros": 2_000_000}])
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 10)
    till.redeem(coalition.grocer, 10)
    office.until(APRIL)
    period = office.close("2026-03")
    told = [office.statement(period, CINEMA, currency) for currency in ("USD", "EUR")]
    assert [(each.issued_points, each.closing_points, each.liability_minor) for each in told] == [
        (100, 80, 80),
        (0, 0, 0),
    ]


def test_liability__of_an_issuer_with_a_currency_of_its_own__is_in_that(office, coalition, till):
    price = {"issuer": "cinema", "currency": "EUR", "issued_micros": 2_000_000, "redeemed_micros": 2_000_000}
    office.publish("2026-01-01T00:00Z", prices=[price])
    till.sell(coalition.cinema, 1000)
    office.until(APRIL)
    period = office.close("2026-03")
    told = office.statement(period, CINEMA, "EUR")
    assert (told.closing_points, told.liability_minor, told.lines) == (100, 200, 1)
    assert [each.statement.currency for each in list_statements(CINEMA)] == ["EUR"]


def test_liability__where_all_is_converted__is_by_the_rate_of_the_last_day(office, coalition, till, at):
    office.publish("2026-01-01T00:00Z", settle_in="EUR")
    at(date(2026, 3, 31), 500_000)
    till.sell(coalition.cinema, 1000)
    office.until(APRIL)
    assert office.statement(office.close("2026-03"), CINEMA, "EUR").liability_minor == 50


def test_liability__where_there_is_no_rate__refuses_the_closing(office, coalition, till, at):
    office.publish("2026-01-01T00:00Z", settle_in="EUR")
    till.sell(coalition.cinema, 1000)
    office.until(APRIL)
    office.recorder.drain()
    with refused(NoExchangeRate):
        settlement.close("2026-03", BY, now=office.clock.now())
    assert settlement.periods(now=office.clock.now()) == []
    at(date(2026, 3, 31))
    office.close("2026-03")


# --- months and years


@pytest.mark.parametrize("seed", range(4))
def test_months__with_fees_suspensions_leaving_and_packs__come_to_what_their_whole_time_does(
    sqlite_url, office, coalition, till, seed
):
    rng = random.Random(seed)
    office.publish(
        "2026-01-01T00:00Z",
        issued_micros=913_377,
        redeemed_micros=777_777,
        breakage="operator",
        fees=[{"monthly_minor": 1500, "redeemed_bps": 133, "issued_micros": 77}],
    )
    partners = {partner.number: partner for partner in (coalition.cinema, coalition.cafe, coalition.grocer)}
    gone = rng.choice(list(partners))
    deeds = [
        lambda: set_status(rng.choice([each for each in partners.values() if each.number != gone]).id, "suspended"),
        lambda: prepay(office, rng.choice([each for each in partners.values() if each.number != gone]), 10**6),
        lambda: leave(office, partners[gone], last_day=date(2026, 7, 20)),
        lambda: register_partner("bakery", 100, now=office.clock.now()),
    ]
    rng.shuffle(deeds)
    for name, end in (("2026-03", APRIL), ("2026-04", MAY), ("2026-05", JUNE), ("2026-06", JULY)):
        while office.clock.now() < end - timedelta(days=4):
            office.clock.advance(timedelta(hours=rng.randrange(5, 90)))
            late = max(
                office.clock.now() - timedelta(days=rng.choice([0, 0, 0, 9, 40])), datetime(2026, 3, 1, tzinfo=UTC)
            )
            for partner in rng.sample(list(partners.values()), 2):
                if tables.Partner.get_by_id(partner.number).status == "active":
                    wish = Exactly(7) if till.purse().available >= 7 and rng.random() < 0.7 else 0
                    till.sell(partner, rng.randrange(1000, 9000), redeem=wish, at=late)
        deeds.pop()()
        office.until(end)
        office.close(name)
    periods = settlement.periods(now=office.clock.now())
    in_months: Counter[object] = Counter()
    for period in periods:
        found = settlement.result(period)
        assert all(sum(of.values()) == 0 for of in found.positions.values())
        for account, total in found.totals.items():
            in_months[account] += total.amount_minor
    check_roots(office)
    for table in (tables.SettlementAccount, tables.Statement, tables.SettlementPeriod):
        table.delete().execute()
    whole = settlement.result(office.close("2026-03-01..2026-06-30")).totals
    assert {account: total.amount_minor for account, total in whole.items()} == in_months
    assert {account.cause.value for account in whole} >= {"redemption", "fee_monthly", "fee_issued"}
