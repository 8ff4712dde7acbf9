"""Points lapse when the last local day of their life is over, and members hear of it before."""

from datetime import UTC, datetime, timedelta

import pytest

from coalition.errors import InsufficientPoints, NotAnExtension, ReasonRequired, UnknownLot
from coalition.services.balances import Expiring, balance
from coalition.services.expiry import announce_expiring, expire_points, extend_lot, release_pending
from coalition.services.holds import expire_holds, void_hold
from coalition.services.partners import get_partner, set_status
from coalition.services.quotes import AskQuote, quote
from coalition.services.redemptions import reverse_redemption
from coalition.store import tables
from coalition.store.database import execute
from tests.integration.books import count, journal, news, refused
from tests.integration.conftest import Purse, goods

MOMENT = timedelta(milliseconds=1)
DAY = timedelta(days=1)
LONG_HOLDS = "expiry: {lifetime_months: 1}\nredemption: {hold_ttl_s: 604800}"


def until(clock, moment):
    clock.advance(moment - clock.now())


@pytest.fixture
def expiring(coalition, till):
    """Anna's hundred points lapse with the end of 2 April."""
    till.rules("expiry: {lifetime_months: 1}")
    return till.sell(coalition.cinema, 1000)


LAST_MOMENT = datetime(2026, 4, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "earned_at, months, over",
    [
        # The last day has 23 hours, then 25; the day of a month that is too short is its last.
        (datetime(2026, 1, 29, 23, 30, tzinfo=UTC), 2, datetime(2026, 3, 30, 22, tzinfo=UTC)),
        (datetime(2026, 1, 29, 22, 30, tzinfo=UTC), 2, datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (datetime(2025, 10, 25, 12, 0, tzinfo=UTC), 12, datetime(2026, 10, 25, 23, tzinfo=UTC)),
        (datetime(2026, 1, 31, 12, 0, tzinfo=UTC), 3, datetime(2026, 4, 30, 22, tzinfo=UTC)),
        (datetime(2024, 2, 29, 12, 0, tzinfo=UTC), 36, datetime(2027, 2, 28, 23, tzinfo=UTC)),
    ],
)
def test_points__live_to_the_end_of_the_local_day(coalition, till, clock, earned_at, months, over):
    till.rules(f"time_zone: Europe/Berlin\nexpiry: {{lifetime_months: {months}}}")
    till.sell(coalition.cinema, 1000, at=earned_at)
    until(clock, over - MOMENT)
    assert (till.purse(), expire_points(now=clock.now())) == (Purse(100), 0)
    clock.advance(MOMENT)
    assert till.purse() == Purse()
    assert (expire_points(now=clock.now()), expire_points(now=clock.now())) == (100, 0)


def test_points__whose_day_is_over__cannot_be_spent_though_the_worker_sleeps(coalition, till, clock, expiring):
    until(clock, LAST_MOMENT)
    for attempt in (till.redeem, till.hold, lambda partner, points: till.sell(partner, 100, redeem=points)):
        with refused(InsufficientPoints) as refusal:
            attempt(coalition.grocer, 1)
        assert refusal.value.available == 0
    command = AskQuote(coalition.grocer.id, coalition.anna.id, "USD", (goods("1", 100),))
    assert quote(command, now=clock.now()).max_points == 0


def test_answer__where_points_have_lapsed_unnoticed__tells_what_can_be_spent(coalition, till, clock, expiring):
    until(clock, LAST_MOMENT)
    till.sell(coalition.cafe, 1000)
    assert till.redeem(coalition.grocer, 20).balance == 30
    assert till.sell(coalition.cinema, 10, redeem=10).balance == 20


def test_expiry__of_points_of_several_issuers__is_breakage_to_each_issuers_favour(coalition, till, clock, expiring):
    till.sell(coalition.cafe, 1000)
    till.redeem(coalition.grocer, 30)
    set_status(coalition.cafe.id, "suspended")
    until(clock, LAST_MOMENT + timedelta(hours=5))
    assert expire_points(now=clock.now()) == 120
    cinema, cafe = coalition.cinema.number, coalition.cafe.number
    assert sorted(journal()[-2:]) == [("expiry", cinema, cinema, 70), ("expiry", cafe, cafe, 50)]
    broken = execute("SELECT issuer_id, SUM(points) FROM posting WHERE account = 'expired' GROUP BY issuer_id")
    assert {issuer: int(points) for issuer, points in broken.fetchall()} == {cinema: 70, cafe: 50}
    assert get_partner(coalition.cinema.id).outstanding == 0
    assert news("points.expired") == [{"points": 120}]
    # They lapsed at midnight, whenever the worker came round.
    moments = {each.occurred_at for each in tables.Entry.select().where(tables.Entry.kind == "expiry")}
    assert moments == {LAST_MOMENT}


def test_worker__many_members__goes_on_where_it_stopped(coalition, till, clock, expiring):
    for number in range(2):
        till.sell(coalition.cinema, 1000, to=till.enrol(number))
    until(clock, LAST_MOMENT)
    assert [expire_points(now=clock.now(), limit=2) for _ in range(3)] == [200, 100, 0]


def test_expiry__of_points_that_are_pending_still__takes_them_too(coalition, till, clock):
    till.rules("expiry: {lifetime_months: 1}\naccrual: {pending_days: 20}")
    till.sell(coalition.cinema, 1000)
    until(clock, LAST_MOMENT)
    assert (expire_points(now=clock.now()), till.purse(), release_pending(now=clock.now())) == (100, Purse(), 0)


# Holds


def test_held_points__outlive_their_expiry_until_the_hold_ends(coalition, till, clock):
    till.rules(LONG_HOLDS)
    till.sell(coalition.cinema, 1000)
    until(clock, LAST_MOMENT - 3 * DAY)
    voided, left_alone, captured = (till.hold(coalition.cafe, 20) for _ in range(3))
    until(clock, LAST_MOMENT)
    assert till.purse() == Purse(held=60)
    assert balance(coalition.anna.id, now=clock.now()).expiring == [Expiring(60, LAST_MOMENT)]
    assert expire_points(now=clock.now()) == 40

    till.capture(coalition.cafe, captured)
    void_hold(voided.id, coalition.cafe.number, now=clock.now())
    assert (till.purse(), expire_points(now=clock.now())) == (Purse(held=20), 20)
    until(clock, left_alone.expires_at)
    assert till.purse() == Purse()
    assert (expire_points(now=clock.now()), expire_holds(now=clock.now())) == (0, 1)
    assert (expire_points(now=clock.now()), count("lot", "remaining > 0")) == (20, 0)


# Grace


def test_reversal__of_points_that_lapsed_meanwhile__lets_them_live_on_once(coalition, till, clock):
    till.rules("expiry: {lifetime_months: 1}\nreturns: {grace_days: 10}")
    till.sell(coalition.cinema, 1000)
    redeemed = till.redeem(coalition.cafe, 100).redemption
    until(clock, LAST_MOMENT)
    assert reverse_redemption(redeemed.id, None, now=clock.now()).balance == 100

    # The day of the reversal, and ten more.
    until(clock, LAST_MOMENT + 11 * DAY - MOMENT)
    again = till.redeem(coalition.cafe, 100).redemption
    clock.advance(MOMENT)
    assert reverse_redemption(again.id, None, now=clock.now()).balance == 0
    cinema, cafe = coalition.cinema.number, coalition.cafe.number
    assert journal()[-2:] == [("redemption_reversal", cinema, cafe, 100), ("expiry", cinema, cinema, 100)]
    assert (till.purse(), count("lot_extension")) == (Purse(), 1)


# Notices


def told() -> list[tuple[int, int]]:
    """(days, points) of every notice."""
    return [(each["days"], each["points"]) for each in news("points.expiring")]


def test_notices__day_by_day__come_thirty_seven_and_one_days_before_once_each(coalition, till, clock, expiring):
    announce_expiring(now=clock.now())
    days_told = []
    while clock.now() < LAST_MOMENT + DAY:
        clock.advance(timedelta(hours=12))
        if announce_expiring(now=clock.now()):
            days_told.append((LAST_MOMENT - clock.now()).days)
    assert told() == [(30, 100), (7, 100), (1, 100)]
    assert days_told == [29, 6, 0]
    assert {each["expires_at"] for each in news("points.expiring")} == {"2026-04-03T00:00:00.000Z"}


def test_notices__the_worker_slept__are_caught_up_with_once(coalition, till, clock, expiring):
    announce_expiring(now=clock.now())
    until(clock, LAST_MOMENT - 5 * DAY)
    assert [announce_expiring(now=clock.now()) for _ in range(2)] == [2, 0]
    assert told() == [(30, 100), (7, 100)]


def test_notices__the_worker_slept_until_the_points_had_lapsed__none_come(coalition, till, clock, expiring):
    announce_expiring(now=clock.now())
    until(clock, LAST_MOMENT)
    assert announce_expiring(now=clock.now()) == 0


def test_notices__of_one_day__are_one_for_all_of_a_members_points(coalition, till, clock, expiring):
    announce_expiring(now=clock.now())
    till.sell(coalition.cafe, 1000)
    till.redeem(coalition.grocer, 40)
    till.sell(coalition.cafe, 1000, to=till.enrol(1))
    until(clock, LAST_MOMENT - 7 * DAY)
    announce_expiring(now=clock.now())
    assert sorted(told()) == [(7, 50), (7, 110), (30, 50), (30, 110)]


def test_notices__points_spent_before__none_come(coalition, till, clock, expiring):
    announce_expiring(now=clock.now())
    till.redeem(coalition.grocer, 100)
    until(clock, LAST_MOMENT - DAY)
    assert announce_expiring(now=clock.now()) == 0


# Extension


def entry_of(purchase) -> str:
    return tables.Entry.get(tables.Entry.source == purchase.id).public_id


def test_extension__of_a_lot__puts_its_expiry_off_with_a_reason(coalition, till, clock, expiring):
    later = LAST_MOMENT + 10 * DAY
    assert extend_lot(entry_of(expiring), later, "flood", "ops", now=clock.now()) == LAST_MOMENT
    until(clock, LAST_MOMENT + DAY)
    assert (till.purse(), expire_points(now=clock.now())) == (Purse(100), 0)
    (kept,) = tables.LotExtension.select()
    assert (kept.previous_expires_at, kept.expires_at, kept.reason, kept.by) == (LAST_MOMENT, later, "flood", "ops")
    until(clock, later)
    assert expire_points(now=clock.now()) == 100


def test_extension__that_cannot_be__refused_with_nothing_changed(coalition, till, clock, expiring):
    spent = till.sell(coalition.cafe, 1000, at=clock.now() - DAY)
    till.redeem(coalition.grocer, 50)
    later = LAST_MOMENT + DAY
    attempts = [
        (ReasonRequired, entry_of(expiring), later, " "),
        (NotAnExtension, entry_of(expiring), LAST_MOMENT, "flood"),
        (UnknownLot, entry_of(spent), later, "flood"),
        (UnknownLot, "ent_01ARZ3NDEKTSV4RRFFQ69G5FAV", later, "flood"),
    ]
    for reason, entry, expires_at, why in attempts:
        with refused(reason):
            extend_lot(entry, expires_at, why, "ops", now=clock.now())
    until(clock, LAST_MOMENT)
    with refused(UnknownLot):
        extend_lot(entry_of(expiring), later, "flood", "ops", now=clock.now())
