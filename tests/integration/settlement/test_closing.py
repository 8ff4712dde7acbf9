"""A period is closed once and whole, whatever happens meanwhile; what comes too late for it is in the next one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest

from coalition.domain.periods import Days, PeriodStatus, read_days
from coalition.domain.redemption import Exactly
from coalition.domain.statements import statement_root
from coalition.errors import (
    EntriesNotFinal,
    InvalidPeriod,
    NoExchangeRate,
    PeriodClosed,
    PeriodNotOver,
    PeriodOutOfOrder,
    RateCardInPast,
    UnknownPeriod,
)
from coalition.services import corrections, rate_cards, settlement
from coalition.services.partners import set_status
from coalition.services.redemptions import reverse_redemption
from coalition.services.rewards import Reward, TakenReward, reward_points, take_back_rewards
from coalition.services.settlement import close
from coalition.services.statements import list_statements, opening_liability, statement_lines
from coalition.store import tables
from coalition.store.database import connection, database, transaction
from tests.integration.books import contents, count, refused
from tests.integration.settlement.conftest import BY, MOMENT

APRIL, MAY, JUNE = (datetime(2026, month, 1, tzinfo=UTC) for month in (4, 5, 6))


@pytest.fixture
def march(office, coalition, till):
    """Anna's points of the cinema pay for something at the café."""
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cafe, 1000, redeem=Exactly(30))
    office.until(APRIL)
    return office


def outcome(period):
    """What must be the same however often it is tried."""
    issued = list_statements(period_number=period.number)
    told = [(each.statement.partner, each.statement.currency, each.statement.root) for each in issued]
    found = settlement.result(period)
    return told, found.positions, found.totals, period.sequence, period.head


# --- what is closed


def test_close__a_month__its_issuer_owes_its_redeemer_and_everybody_gets_a_provable_statement(march, coalition):
    period = march.close("2026-03")

    cinema, cafe = coalition.cinema.number, coalition.cafe.number
    assert (period.name, period.number, period.status) == ("2026-03", 1, PeriodStatus.CLOSED)
    assert (period.sequence, period.head) == (1, "0x" + march.recorder.contract.head().hex())
    assert settlement.result(period).positions == {"USD": {cinema: -30, cafe: 30}}
    for each in list_statements():
        lines = list(statement_lines(each.statement, now=march.clock.now()))
        assert each.statement.root == "0x" + statement_root(lines).hex()
        assert each.statement.lines == len(lines)
    assert [each.statement.position_minor for each in list_statements()] == [-30, 30]


@pytest.mark.parametrize("name", ["2026-03", "2026-03-01..2026-03-31"])
def test_close__twice__refused_the_second_time_and_changes_nothing(march, name):
    first = march.close("2026-03")
    with refused(PeriodClosed) as refusal:
        close(name, BY, now=march.clock.now() + timedelta(days=3))
    assert refusal.value.values == {"period": name, "id": first.id}
    assert settlement.period(name, now=march.clock.now()) == first


def test_close__of_a_time_without_entries__has_no_statements_and_is_followed_by_the_next(office, coalition):
    office.until(MAY)
    period = office.close("2026-03")
    assert (period.sequence, list_statements()) == (0, [])
    assert office.close("2026-04").number == 2


def test_close__another_partner_has_points_but_no_entries__it_is_told_of_its_liability(march, coalition):
    march.close("2026-03")
    march.until(MAY)
    statement = march.statement(march.close("2026-04"), coalition.cinema.number)
    assert (statement.lines, statement.position_minor) == (0, 0)
    assert (statement.opening_points, statement.closing_points, statement.liability_minor) == (70, 70, 70)
    assert opening_liability(statement) == 70


def test_close__the_month_that_is_next__is_the_one_named(march):
    assert settlement.next_days() == Days(date(2026, 3, 1), date(2026, 3, 31))
    march.close("2026-03-01..2026-03-20")
    assert settlement.next_days() == Days(date(2026, 3, 21), date(2026, 3, 31))


# --- what is refused


def test_close__entries_that_are_not_recorded__refused(march):
    with refused(EntriesNotFinal) as refusal:
        close("2026-03", BY, now=march.clock.now())
    assert refusal.value.entries == count("entry")
    assert refusal.value.oldest == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_close__entries_recorded_but_not_final__refused_until_they_are(march, clock):
    march.recorder.drain()
    carries_entries = tables.ChainTx.sequence.is_null(False)
    tables.ChainTx.update(status="confirmed").where(carries_entries).execute()
    with refused(EntriesNotFinal) as refusal:
        close("2026-03", BY, now=clock.now())
    assert refusal.value.entries == count("entry")

    tables.ChainTx.update(status="final").where(carries_entries).execute()
    assert close("2026-03", BY, now=clock.now()).sequence == 1


def test_close__an_entry_that_the_contract_refused__refused_until_it_is_recorded(march, clock):
    first = tables.Entry.select().order_by(tables.Entry.id.desc()).get()
    tables.RefusedEntry.create(entry=first.id, reason="BalanceTooLow", refused_at=clock.now(), force_insert=True)
    march.recorder.drain()
    with refused(EntriesNotFinal) as refusal:
        close("2026-03", BY, now=clock.now())
    assert refusal.value.entries == 1

    tables.RefusedEntry.delete().execute()
    assert march.close("2026-03").status is PeriodStatus.CLOSED


def test_close__entries_of_the_next_month_that_are_not_final__do_not_matter(march, coalition, till):
    march.recorder.drain()
    till.sell(coalition.cinema, 1000)
    assert close("2026-03", BY, now=march.clock.now()).sequence == 1


def test_close__before_its_last_moment_is_over__refused(march):
    march.recorder.drain()
    with refused(PeriodNotOver) as refusal:
        close("2026-03", BY, now=APRIL - MOMENT)
    assert refusal.value.ends_at == APRIL
    assert close("2026-03", BY, now=APRIL).ends_at == APRIL


@pytest.mark.parametrize("name", ["2026-05", "2026-04-02..2026-04-03", "2026-03-31..2026-04-02", "2026-02", "2026"])
def test_close__with_a_gap_or_an_overlap__refused(march, name):
    march.close("2026-03")
    march.until("2027-02-01T00:00Z")
    march.recorder.drain()
    with refused(PeriodOutOfOrder) as refusal:
        close(name, BY, now=march.clock.now())
    assert refusal.value.expected == date(2026, 4, 1)


@pytest.mark.parametrize("name", ["March", "9999", "2026-04-02..2026-04-01"])
def test_close__what_is_no_period__refused(office, name):
    with refused(InvalidPeriod):
        close(name, BY, now=APRIL)


def test_close__a_card_that_converts_without_a_rate__refused_until_there_is_one(march, clock):
    march.publish("2026-01-01T00:00Z", settle_in="EUR")
    march.recorder.drain()
    with refused(NoExchangeRate):
        close("2026-03", BY, now=clock.now())
    rate_cards.set_exchange_rate("USD", "EUR", date(2026, 3, 1), 900_000, BY, now=clock.now())
    assert settlement.result(march.close("2026-03")).positions["EUR"] == {2: -27, 3: 27}


def test_close__first_a_period_that_begins_after_an_entry__refused(march):
    march.recorder.drain()
    with refused(PeriodOutOfOrder) as refusal:
        close("2026-03-03..2026-03-31", BY, now=march.clock.now())
    assert refusal.value.expected == date(2026, 3, 2)


def test_period__that_is_not_closed__is_not_known(office):
    with refused(UnknownPeriod):
        settlement.period("2026-03", now=office.clock.now())


# --- what happens at once or in the middle


def test_close__killed_at_each_write__again_gives_the_same(march, coalition, monkeypatch):
    now = march.clock.now()
    march.publish("2026-01-01T00:00Z", fees=[{"monthly_minor": 7}])
    corrections.correct(2, 3, "USD", 5, "a mistake", BY, now=now)
    march.recorder.drain()
    with transaction() as _, database.atomic() as savepoint:
        expected = outcome(close("2026-03", BY, now=now))
        savepoint.rollback()
    before, kills = contents(), 0

    while True:
        assert contents() == before
        with monkeypatch.context() as patch:
            patch.setattr(database.obj, "execute_sql", dying_at(kills + 1))
            try:
                period = close("2026-03", BY, now=now)
                break
            except Killed:
                kills += 1
    # The period, its accounts, three statements at least, the corrections, the audit log and the commit.
    assert kills >= 6
    assert outcome(period) == expected


class Killed(BaseException):
    """The process is gone: nobody catches this."""


def dying_at(write: int):
    real, writes = database.obj.execute_sql, 0

    def execute_sql(sql, *arguments, **options):
        nonlocal writes
        if sql.split(None, 1)[0] in ("INSERT", "UPDATE", "DELETE"):
            writes += 1
            if writes == write:
                raise Killed
        return real(sql, *arguments, **options)

    return execute_sql


def at_once(*names: str) -> list[object]:
    """Close these in threads of their own, none of which writes before all have reckoned."""

    def run(name: str) -> object:
        with connection():
            try:
                return close(name, BY, now=datetime(2027, 1, 1, tzinfo=UTC))
            except (PeriodClosed, PeriodOutOfOrder) as refusal:
                return refusal

    with ThreadPoolExecutor(len(names)) as threads:
        return list(threads.map(run, names))


def reckon_together(monkeypatch, parties: int) -> None:
    real, barrier = settlement.period_books, Barrier(parties)

    def waiting(*arguments):
        books = real(*arguments)
        barrier.wait(timeout=20)
        return books

    monkeypatch.setattr(settlement, "period_books", waiting)


def test_close__twice_at_the_same_time__is_one_period(march, monkeypatch):
    march.recorder.drain()
    reckon_together(monkeypatch, 2)
    results = at_once("2026-03", "2026-03")
    assert sorted(isinstance(each, PeriodClosed) for each in results) == [False, True]
    assert (count("settlement_period"), count("statement")) == (1, 2)
    assert count("audit_entry", "action = 'period.closed'") == 1


def test_close__overlapping_periods_at_the_same_time__one_of_them_is_refused(march, monkeypatch):
    march.recorder.drain()
    reckon_together(monkeypatch, 2)
    results = at_once("2026-03", "2026-03-01..2026-04-30")
    assert sorted(isinstance(each, PeriodOutOfOrder) for each in results) == [False, True]
    assert count("settlement_period") == 1


def meanwhile(monkeypatch, deed) -> None:
    """Do this once, when a period has been reckoned and is not written yet."""
    real, deeds = settlement.period_books, [deed]

    def interrupted(*arguments):
        books = real(*arguments)
        if deeds:
            deeds.pop()()
        return books

    monkeypatch.setattr(settlement, "period_books", interrupted)


def test_close__a_correction_comes_meanwhile__is_in_it(march, monkeypatch):
    march.recorder.drain()
    meanwhile(monkeypatch, lambda: corrections.correct(3, 2, "USD", 5, "a mistake", BY, now=APRIL))
    period = close("2026-03", BY, now=APRIL)
    assert settlement.result(period).positions == {"USD": {2: -25, 3: 25}}


def test_close__the_first_card_is_published_meanwhile__prices_what_the_statements_say(march, coalition, monkeypatch):
    march.recorder.drain()
    meanwhile(monkeypatch, lambda: march.publish("2026-01-01T00:00Z", redeemed_micros=500_000))
    period = close("2026-03", BY, now=APRIL)
    statement = march.statement(period, coalition.cafe.number)
    assert statement.root == "0x" + statement_root(march.lines(period, coalition.cafe.number)).hex()


# --- what comes late, and what undoes


def test_late_purchase__of_a_closed_month__is_late_in_the_next_and_changes_nothing_before(march, coalition, till):
    first = march.close("2026-03")
    told = outcome(first), march.lines(first, coalition.cinema.number)
    bought = till.sell(coalition.cinema, 500, at=APRIL - timedelta(days=2))
    march.until(MAY)

    second = march.close("2026-04")

    [line] = march.lines(second, coalition.cinema.number)
    assert (line.kind, line.points, line.late, line.corrects) == ("accrual", 50, True, None)
    assert march.statement(second, coalition.cinema.number).issued_points == 50
    assert (outcome(first), march.lines(first, coalition.cinema.number)) == told
    assert bought.points_accrued == 50


@pytest.fixture
def pooled(office, coalition, till):
    """Issuers pay the pool 2 a point in March, and 3 from April; redeemers get 1, and 2 from April."""
    dear = {"funding": "at_issuance", "breakage": "pool"}
    office.publish("2026-01-01T00:00Z", issued_micros=2_000_000, redeemed_micros=1_000_000, **dear)
    office.publish(APRIL, issued_micros=3_000_000, redeemed_micros=2_000_000, **dear)
    return office


def test_late_return__of_what_was_bought_before__is_a_correction_by_the_card_of_the_purchase(pooled, coalition, till):
    bought = till.sell(coalition.cinema, 700, 300)
    pooled.until(APRIL)
    assert pooled.owed(pooled.close("2026-03")) == {(2, 0, "issuance"): 200}
    till.take_back(coalition.cinema, bought, "2")
    till.sell(coalition.cinema, 100)
    pooled.until(MAY)

    period = pooled.close("2026-04")

    assert pooled.owed(period) == {(2, 0, "issuance"): -30 * 2 + 10 * 3}
    back, new = pooled.lines(period, coalition.cinema.number)
    assert (back.kind, back.corrects, back.late, back.micros) == ("accrual_reversal", bought.id, False, 60_000_000)
    assert (new.corrects, new.price_micros, new.micros) == (None, 3_000_000, -30_000_000)


def test_late_return__where_points_had_paid__the_redeemer_gives_back_what_it_got_then(pooled, coalition, till):
    till.sell(coalition.cinema, 1000)
    bought = till.sell(coalition.cafe, 1000, redeem=Exactly(40))
    pooled.until(APRIL)
    pooled.close("2026-03")
    till.take_back(coalition.cafe, bought, "1")
    pooled.until(MAY)

    period = pooled.close("2026-04")

    assert pooled.owed(period)[0, coalition.cafe.number, "redemption"] == -40
    kinds = {line.kind: line for line in pooled.lines(period, coalition.cafe.number)}
    assert kinds["redemption_reversal"].corrects == kinds["accrual_reversal"].corrects == bought.id
    assert kinds["redemption_reversal"].price_micros == 1_000_000


def test_late_reversal__of_a_redemption__undoes_it_to_the_cent(pooled, coalition, till):
    till.sell(coalition.cinema, 1000)
    redeemed = till.redeem(coalition.cafe, 33)
    pooled.until(APRIL)
    before = pooled.owed(pooled.close("2026-03"))
    reverse_redemption(redeemed.redemption.id, coalition.cafe.number, now=pooled.clock.now())
    pooled.until(MAY)

    period = pooled.close("2026-04")

    pair = (0, coalition.cafe.number, "redemption")
    assert before[pair] == 33
    assert pooled.owed(period) == {pair: -33}
    [line] = pooled.lines(period, coalition.cafe.number)
    assert (line.corrects, line.points, line.micros) == (redeemed.redemption.id, 33, -33_000_000)


def test_late_reversal__of_a_reward__is_by_the_card_of_the_reward_and_names_it(pooled, coalition):
    now, anna = pooled.clock.now(), coalition.anna.id
    reward_points([Reward("gra_1", anna, {coalition.cinema.number: 50}, "0x" + "0" * 64, now)], now=now)
    pooled.until(APRIL)
    pooled.close("2026-03")
    take_back_rewards([TakenReward("gra_1", anna)], now=APRIL)
    pooled.until(MAY)

    period = pooled.close("2026-04")

    assert pooled.owed(period) == {(coalition.cinema.number, 0, "issuance"): -50 * 2}
    [line] = pooled.lines(period, coalition.cinema.number)
    assert (line.kind, line.corrects) == ("accrual_reversal", "gra_1")


def test_periods__of_months_with_odd_prices__come_to_what_the_whole_time_does(office, coalition, till):
    office.publish("2026-01-01T00:00Z", issued_micros=333_333, redeemed_micros=333_333)
    till.sell(coalition.cinema, 1000)
    closed = []
    for name, end in (("2026-03", APRIL), ("2026-04", MAY), ("2026-05", JUNE)):
        till.redeem(coalition.cafe, 1)
        till.redeem(coalition.cafe, 1)
        office.until(end)
        closed.append(settlement.result(office.close(name)).positions["USD"][coalition.cafe.number])
    # 0.67, 1.33 and 2 in all: rounding each month down would lose both cents.
    assert closed == [0, 1, 0]
    whole = settlement.outlook(None, None, now=office.clock.now()).totals
    [total] = whole.values()
    assert (total.micros, total.amount_minor, total.carried_micros) == (1_999_998, 1, 999_998)
    assert settlement.result(settlement.period("2026-05", now=office.clock.now())).totals.keys() == whole.keys()


# --- what a month is


@pytest.mark.parametrize(
    ("zone", "name", "ends_at"),
    [
        ("UTC", "2026-03", "2026-04-01T00:00Z"),
        ("Europe/Moscow", "2026-03", "2026-03-31T21:00Z"),
        ("America/New_York", "2026-03", "2026-04-01T04:00Z"),
        ("America/New_York", "2026-10", "2026-11-01T04:00Z"),
        ("America/New_York", "2026-11", "2026-12-01T05:00Z"),
        ("Asia/Kathmandu", "2026-03", "2026-03-31T18:15Z"),
    ],
)
def test_month__of_a_zone__ends_at_its_local_midnight(office, coalition, till, zone, name, ends_at):
    till.rules(f"time_zone: {zone}")
    till.sell(coalition.cinema, 1000)
    office.until(ends_at)
    midnight = office.clock.now()
    office.clock.advance(-MOMENT)
    till.redeem(coalition.cafe, 3)
    office.recorder.drain()
    with refused(PeriodNotOver):
        close(name, BY, now=office.clock.now())
    office.until(midnight)
    till.redeem(coalition.cafe, 40)

    period = office.close(f"2026-03-01..{read_days(name).last}")

    assert period.ends_at == midnight
    assert settlement.result(period).positions["USD"][coalition.cafe.number] == 3


def test_card__that_changes_at_local_midnight__prices_what_happens_from_then_on(office, coalition, till):
    till.rules("time_zone: Europe/Moscow")
    till.sell(coalition.cinema, 1000)
    midnight = datetime.fromisoformat("2026-03-14T21:00Z")
    office.publish("2026-01-01T00:00Z")
    office.publish(midnight, issued_micros=7_000_000, redeemed_micros=7_000_000)
    office.until(midnight - MOMENT)
    till.redeem(coalition.cafe, 10)
    office.until(midnight)
    till.redeem(coalition.cafe, 10)
    office.until(APRIL)

    lines = office.lines(office.close("2026-03"), coalition.cafe.number)

    assert [line.price_micros for line in lines] == [1_000_000, 7_000_000]
    assert [line.occurred_at for line in lines] == ["2026-03-14T20:59:59.999Z", "2026-03-14T21:00:00.000Z"]


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [("Europe/Moscow", "2026-03-14T21:00Z"), ("Asia/Kathmandu", "2026-03-14T18:15Z"), ("UTC", "2026-03-15T00:00Z")],
)
def test_rate__of_a_currency__is_that_of_the_local_day(office, coalition, till, zone, midnight):
    till.rules(f"time_zone: {zone}")
    office.publish("2026-01-01T00:00Z", settle_in="EUR")
    for day, micros in ((date(2026, 3, 1), 500_000), (date(2026, 3, 15), 2_000_000)):
        rate_cards.set_exchange_rate("USD", "EUR", day, micros, BY, now=office.clock.now())
    till.sell(coalition.cinema, 1000)
    office.until(datetime.fromisoformat(midnight) - MOMENT)
    till.redeem(coalition.cafe, 10)
    office.until(midnight)
    till.redeem(coalition.cafe, 10)
    office.until(APRIL)
    lines = office.lines(office.close("2026-03"), coalition.cafe.number, "EUR")
    assert [line.micros for line in lines] == [5_000_000, 20_000_000]


def test_fees__of_twelve_months__are_what_one_year_pays(office, coalition):
    office.publish("2026-01-01T00:00Z", fees=[{"monthly_minor": 100}, {"partner": "cafe", "monthly_minor": 40}])
    office.until("2027-01-01T00:00Z")
    months = [office.owed(office.close(f"2026-{month:02}")) for month in range(1, 13)]
    in_months = {}
    for owed in months:
        for pair, amount in owed.items():
            in_months[pair] = in_months.get(pair, 0) + amount
    for table in (tables.SettlementAccount, tables.Statement, tables.SettlementPeriod):
        table.delete().execute()
    assert office.owed(office.close("2026")) == in_months


def test_fees__of_a_partner_that_is_suspended__are_due_as_long_as_it_does_not_leave(march, coalition):
    march.publish("2026-01-01T00:00Z", fees=[{"monthly_minor": 100}])
    set_status(coalition.grocer.id, "suspended")
    fees = {pair: amount for pair, amount in march.owed(march.close("2026-03")).items() if pair[2] == "fee_monthly"}
    merchants = (coalition.cinema, coalition.cafe, coalition.grocer)
    assert fees == {(partner.number, 1, "fee_monthly"): 100 for partner in merchants}


def test_lines__of_points_that_another_paid_for__are_told_to_the_seller_and_to_whoever_paid(office, coalition, till):
    till.rules("accrual: {rules: [{id: gift, bonus_points: 70, funded_by: {cinema: 1}}]}")
    till.sell(coalition.cafe, 1000)
    office.until(APRIL)
    period = office.close("2026-03")
    cinema, cafe = coalition.cinema.number, coalition.cafe.number
    [line] = office.lines(period, cinema)
    assert (line.issuer, line.partner, line.points, line.cause, line.micros) == (cinema, cafe, 70, None, 0)
    assert line in office.lines(period, cafe)
    assert [each.issuer for each in office.lines(period, cafe)] == [cafe, cinema]


def test_card__that_begins_in_a_closed_month__refused(march):
    march.close("2026-03")
    with refused(RateCardInPast):
        march.publish(APRIL - MOMENT)
