"""What issuers owe in points: by age, lapsed, and about to lapse; each equal to the journal to the point."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from coalition.errors import InvalidPeriod
from coalition.services.adjustments import AdjustPoints, adjust_points
from coalition.services.expiry import expire_points, extend_lot
from coalition.services.gifts import GivePoints, give, propose_gift
from coalition.services.partners import list_partners
from coalition.services.programmes import draft, publish_programme
from coalition.services.redemptions import reverse_redemption
from coalition.services.reports import Lapse, breakage, expiring, liability, liability_on
from coalition.services.transfers import TransferPoints, transfer_points
from coalition.store.database import execute, to_column
from tests.integration.books import sums

DAY = timedelta(days=1)
SHORT_LIVES = "{accrual: {pending_days: 3}, expiry: {lifetime_months: 2}, transfers: {allowed: true}}"
LONG_LIVES = "expiry: {lifetime_months: 100}"


def owed_by(at: datetime | None = None) -> Counter:
    """By issuer, what the postings recorded by then say is outstanding."""
    until = to_column(at) if at else "9999-01-01T00:00:00.000Z"
    return sums(
        "SELECT a.name, -p.points FROM posting p JOIN entry e ON e.id = p.entry_id JOIN partner a ON a.id = p.issuer_id"
        f" WHERE p.account IN ('issued', 'redeemed', 'expired') AND e.recorded_at <= '{until}'"
    )


def reported(at: datetime) -> Counter:
    return Counter({(row.issuer,): row.points for row in liability(at) if row.points})


def ages(at: datetime) -> list[int]:
    (row,) = liability(at)
    found = [getattr(row, name) for name in row.__slots__ if name.startswith("months_")]
    assert sum(found) == row.points
    return found


@pytest.fixture
def eventful(till, coalition, clock):
    """Everything that moves points, some weeks apart; returns what was reported after each, by the moment."""
    till.rules(SHORT_LIVES)
    bob = till.enrol(2)
    seen = {}

    def see(pause: int) -> None:
        seen[clock.now()] = liability(clock.now())
        clock.advance(pause * DAY)

    first = till.sell(coalition.cinema, 3000, 2000)
    see(10)
    till.sell(coalition.cafe, 10_000, redeem=120)
    see(10)
    till.take_back(coalition.cinema, first, "1")
    see(10)
    spent = till.redeem(coalition.grocer, 150)
    see(1)
    reverse_redemption(spent.redemption.id, coalition.grocer.number, now=clock.now())
    till.hold(coalition.cinema, 100, ttl_s=7 * 86_400)
    see(1)
    for points in (70, -30):
        command = AdjustPoints(coalition.anna.id, coalition.cafe.id, points, "a mistake", "key_1")
        adjust_points(command, now=clock.now())
    see(1)
    gift = propose_gift(GivePoints(coalition.operator.id, 25, "New Year", "key_1"), now=clock.now())
    give(gift.id, now=clock.now())
    see(1)
    command = TransferPoints(coalition.cinema.number, coalition.anna.id, bob.id, 60, "t-1")
    transfer_points(command, now=clock.now())
    see(40)
    assert expire_points(now=clock.now()) > 0
    see(0)
    return seen


def test_liability__now__is_what_the_postings_and_the_partners_have_outstanding(eventful, clock):
    outstanding = Counter({(each.name,): each.outstanding for each in list_partners() if each.outstanding})
    assert reported(clock.now()) == owed_by() == outstanding
    assert outstanding


def test_liability__of_a_past_moment__is_what_the_postings_recorded_by_then_say(eventful):
    assert len(eventful) > 8
    for moment in eventful:
        assert reported(moment) == owed_by(moment)


def test_liability__of_a_past_moment__is_told_later_as_it_was_told_then(eventful):
    assert {moment: liability(moment) for moment in eventful} == eventful


def test_liability__before_anything_was_issued__names_nobody(till, coalition, clock):
    before = clock.now()
    clock.advance(DAY)
    till.sell(coalition.cinema, 1000)
    assert liability(before) == []


def test_liability__by_age__counts_months_from_when_it_happened_to_the_moment_asked(till, coalition, clock):
    till.rules(LONG_LIVES)
    # 2 March 2026: of a receipt a moment older than so many months, each in its own age, whenever it is recorded.
    for months_ago, price in (
        (datetime(2025, 12, 2, 9, 0, 1, tzinfo=UTC), 10),
        (datetime(2025, 12, 2, 9, 0, 0, tzinfo=UTC), 200),
        (datetime(2025, 9, 2, 9, 0, 0, tzinfo=UTC), 3000),
        (datetime(2025, 3, 2, 9, 0, 0, tzinfo=UTC), 40_000),
        (datetime(2024, 3, 2, 9, 0, 0, tzinfo=UTC), 500_000),
    ):
        till.sell(coalition.cinema, price, at=months_ago)
    assert ages(clock.now()) == [1, 20, 300, 4000, 50_000]


def test_liability__of_points_spent__lessens_the_age_they_came_from(till, coalition, clock):
    till.rules(LONG_LIVES)
    till.sell(coalition.cinema, 1000, at=datetime(2025, 1, 1, tzinfo=UTC))
    till.sell(coalition.cinema, 1000)
    clock.advance(DAY)
    till.redeem(coalition.cafe, 30)
    assert ages(clock.now()) == [100, 0, 0, 70, 0]
    assert ages(clock.now() - DAY) == [100, 0, 0, 100, 0]


def test_liability__in_money__is_at_the_price_in_force_at_the_moment(till, coalition, clock):
    before = clock.now()
    till.sell(coalition.cinema, 1000)
    publish_programme(draft("point_price_minor: 3", "test"), before + DAY, now=before)
    clock.advance(2 * DAY)
    assert [(row.points, row.amount_minor, row.currency) for row in liability(before)] == [(100, 100, "USD")]
    assert [(row.points, row.amount_minor) for row in liability(clock.now())] == [(100, 300)]


def test_liability__on_a_day__is_that_of_its_last_moment_by_the_programmes_calendar(till, coalition, clock):
    till.rules("time_zone: Asia/Tokyo")
    till.sell(coalition.cinema, 1000)
    # 9:00 UTC is 18:00 in Tokyo, whose day ends at 15:00 UTC.
    clock.advance(timedelta(hours=5, minutes=59))
    till.sell(coalition.cinema, 100)
    clock.advance(timedelta(minutes=1))
    till.sell(coalition.cinema, 10)
    clock.advance(DAY)
    assert [row.points for row in liability_on(date(2026, 3, 2), now=clock.now())] == [110]
    assert [row.points for row in liability_on(date(2026, 3, 3), now=clock.now())] == [111]
    assert liability_on(date(2026, 3, 1), now=clock.now()) == []


def test_liability__on_a_day_that_is_not_over__is_that_of_now(till, coalition, clock):
    till.sell(coalition.cinema, 1000)
    assert liability_on(date(2050, 1, 1), now=clock.now()) == liability(clock.now())
    assert ages(clock.now())[0] == 100


@pytest.fixture
def lapsed(till, coalition, clock):
    """Points whose last days, in New York, were 30 May and 1 June; the worker has yet to write that down."""
    till.rules("{time_zone: America/New_York, expiry: {lifetime_months: 1}}")
    for day in (date(2026, 4, 30), date(2026, 5, 1)):
        clock.advance(datetime(day.year, day.month, day.day, 16, tzinfo=UTC) - clock.now())
        till.sell(coalition.cinema, 1000)
        till.sell(coalition.cafe, 400)
    clock.advance(datetime(2026, 6, 20, tzinfo=UTC) - clock.now())
    return till


def test_breakage__is_of_the_month_of_the_points_last_day(lapsed, clock):
    expire_points(now=clock.now())
    # What is earned on 30 April lives through 30 May; on 1 May, through 1 June.
    assert breakage(None, None, now=clock.now()) == [
        Lapse("cinema", "2026-05", 100, 100, "USD"),
        Lapse("cinema", "2026-06", 100, 100, "USD"),
        Lapse("cafe", "2026-05", 20, 20, "USD"),
        Lapse("cafe", "2026-06", 20, 20, "USD"),
    ]


def test_breakage__equals_the_postings_of_expired_points(eventful, clock):
    told = Counter()
    for row in breakage(None, None, now=clock.now()):
        told[row.issuer,] += row.points
    assert told == sums(
        "SELECT a.name, p.points FROM posting p JOIN partner a ON a.id = p.issuer_id WHERE p.account = 'expired'"
    )
    assert told


@pytest.mark.parametrize(
    ("from_", "to", "months"),
    [
        (date(2026, 6, 1), None, ["2026-06"]),
        (None, date(2026, 6, 1), ["2026-05"]),
        (date(2026, 6, 1), date(2026, 6, 2), ["2026-06"]),
        (date(2026, 6, 2), None, []),
        (date(2026, 5, 31), date(2026, 6, 1), []),
        (date(2026, 5, 30), date(2026, 5, 31), ["2026-05"]),
    ],
)
def test_breakage__of_a_period__is_of_the_points_whose_last_day_is_in_it(from_, to, months, lapsed, clock):
    expire_points(now=clock.now())
    assert [row.month for row in breakage(from_, to, now=clock.now()) if row.issuer == "cinema"] == months


def test_breakage__is_at_the_price_that_the_points_had_when_they_lapsed(lapsed, coalition, clock):
    # From 1 June in New York; the points of 1 June then lapse at three cents.
    execute(
        "INSERT INTO programme (version, effective_from, document, created_at) VALUES (?, ?, ?, ?)",
        (
            2,
            "2026-06-01T04:00:00.000Z",
            '{"point_price_minor": 3, "time_zone": "America/New_York"}',
            to_column(clock.now()),
        ),
    )
    expire_points(now=clock.now())
    amounts = {(row.issuer, row.month): row.amount_minor for row in breakage(None, None, now=clock.now())}
    assert amounts == {
        ("cinema", "2026-05"): 100,
        ("cinema", "2026-06"): 300,
        ("cafe", "2026-05"): 20,
        ("cafe", "2026-06"): 60,
    }


@pytest.mark.usefixtures("till")
def test_breakage__of_a_period_without_a_day__refused(clock):
    with pytest.raises(InvalidPeriod):
        breakage(date(2026, 6, 1), date(2026, 6, 1), now=clock.now())


def test_expiring__before_the_worker_was_there__is_what_breakage_is_afterwards(lapsed, clock):
    before = expiring(None, now=clock.now())
    expire_points(now=clock.now())
    assert breakage(None, None, now=clock.now()) == before
    assert expiring(None, now=clock.now()) == []


def test_expiring__in_all__is_what_is_outstanding_held_and_pending_points_included(till, coalition, clock):
    till.rules("accrual: {pending_days: 3}")
    till.sell(coalition.cinema, 1000)
    clock.advance(5 * DAY)
    till.hold(coalition.cafe, 40)
    till.sell(coalition.cafe, 1000)
    told = Counter()
    for row in expiring(None, now=clock.now()):
        told[row.issuer,] += row.points
    assert told == owed_by() == {("cinema",): 100, ("cafe",): 50}


def test_expiring__until_a_day__leaves_out_what_is_alive_on_it(till, coalition, clock):
    till.rules("expiry: {lifetime_months: 1}")
    till.sell(coalition.cinema, 1000)
    clock.advance(DAY)
    till.sell(coalition.cinema, 200)
    assert [row.points for row in expiring(date(2026, 4, 2), now=clock.now())] == []
    assert [row.points for row in expiring(date(2026, 4, 3), now=clock.now())] == [100]
    assert [row.points for row in expiring(date(2026, 4, 4), now=clock.now())] == [120]


def test_expiring__of_points_that_were_given_longer__is_of_their_new_last_day(till, coalition, clock):
    till.sell(coalition.cinema, 1000)
    entry = execute("SELECT public_id FROM entry").fetchone()[0]
    extend_lot(entry, datetime(2030, 5, 1, tzinfo=UTC), "goodwill", "key_1", now=clock.now())
    assert expiring(None, now=clock.now()) == [Lapse("cinema", "2030-04", 100, 100, "USD")]
