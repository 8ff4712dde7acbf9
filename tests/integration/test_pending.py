"""Points are pending while the return window is open, and nothing can be done with them but take them back."""

from datetime import UTC, datetime, timedelta

import pytest

from coalition.errors import InsufficientPoints
from coalition.services.balances import Pending, balance
from coalition.services.expiry import release_pending
from coalition.services.purchases import record_purchases
from coalition.services.quotes import AskQuote, quote
from tests.integration.books import count, news, refused
from tests.integration.conftest import Purse, goods

FORTNIGHT = "time_zone: Europe/Moscow\naccrual: {pending_days: 14}"
# Monday noon in Moscow, and a fortnight later the midnight after that day.
OVER = datetime(2026, 3, 16, 21, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def waiting(coalition, till):
    """Anna has a hundred points, all of them pending."""
    till.rules(FORTNIGHT)
    return till.sell(coalition.cinema, 1000)


def test_pending_points__can_neither_be_spent_nor_held(coalition, till, waiting, clock):
    assert (waiting.points_accrued, waiting.available_at, waiting.balance) == (100, OVER, 0)
    assert till.purse() == Purse(pending=100)
    assert balance(coalition.anna.id, now=clock.now()).maturing == [Pending(100, OVER)]
    for attempt in (till.redeem, till.hold, lambda partner, points: till.sell(partner, 100, redeem=points)):
        with refused(InsufficientPoints) as refusal:
            attempt(coalition.grocer, 1)
        assert refusal.value.available == 0


def test_pending_points__until_the_local_day_ends__then_are_there_without_the_worker(coalition, till, waiting, clock):
    clock.advance(OVER - clock.now() - MOMENT)
    with refused(InsufficientPoints):
        till.redeem(coalition.grocer, 1)
    clock.advance(MOMENT)
    assert till.purse() == Purse(100)
    command = AskQuote(coalition.grocer.id, coalition.anna.id, "USD", (goods("1", 100),))
    assert quote(command, now=clock.now()).max_points == 100
    assert till.redeem(coalition.grocer, 40).balance == 60
    assert release_pending(now=clock.now()) == 0


def test_worker__once_the_window_has_passed__tells_the_member_once(coalition, till, waiting, clock):
    till.sell(coalition.cafe, 1000)
    clock.advance(OVER - clock.now() - MOMENT)
    assert release_pending(now=clock.now()) == 0
    clock.advance(MOMENT)
    assert (release_pending(now=clock.now()), release_pending(now=clock.now())) == (1, 0)
    assert news("points.available") == [{"points": 150}]
    assert count("member", "pending > 0") == 0


@pytest.mark.parametrize("act", ["redeem", "hold", "sell"])
def test_till__serves_the_member_once_the_window_has_passed__tells_them_and_the_worker_no_more(
    coalition, till, waiting, clock, act
):
    till.sell(coalition.cafe, 1000)
    clock.advance(OVER - clock.now())
    if act == "sell":
        till.sell(coalition.grocer, 10, redeem=10)
    else:
        getattr(till, act)(coalition.grocer, 10)
    assert news("points.available") == [{"points": 150}]
    assert release_pending(now=clock.now()) == 0
    assert len(news("points.available")) == 1


def test_worker__points_taken_back_meanwhile__are_no_news(coalition, till, waiting, clock):
    till.take_back(coalition.cinema, waiting, "1")
    clock.advance(OVER - clock.now())
    assert release_pending(now=clock.now()) == 0
    assert news("points.available") == []


def test_worker__many_members__goes_on_where_it_stopped(coalition, till, waiting, clock):
    for number in range(2):
        till.sell(coalition.cinema, 1000, to=till.enrol(number))
    clock.advance(OVER - clock.now())
    assert [release_pending(now=clock.now(), limit=2) for _ in range(3)] == [2, 1, 0]


def test_receipt__from_before_the_window__earns_points_that_are_there_at_once(coalition, till, waiting, clock):
    late = till.sell(coalition.cafe, 1000, at=clock.now() - timedelta(days=15))
    assert late.available_at == datetime(2026, 3, 1, 21, tzinfo=UTC)
    assert till.purse() == Purse(50, pending=100)


def test_batch__points_pending_in_it__cannot_be_spent_in_it(coalition, till, clock):
    till.rules(FORTNIGHT)
    receipts = [till.receipt(coalition.cinema, 1000), till.receipt(coalition.grocer, 99, redeem=1)]
    _, second = record_purchases(receipts, now=clock.now())
    assert second == InsufficientPoints(available=0, required=1)


def test_window__that_ends_with_the_hour_put_forward__ends_with_the_local_day(coalition, till, clock):
    till.rules("time_zone: Europe/Berlin\naccrual: {pending_days: 27}")
    assert till.sell(coalition.cinema, 1000).available_at == datetime(2026, 3, 29, 22, tzinfo=UTC)
