"""Many at the same moment: nothing is spent twice, nothing is recorded twice, and nothing is lost."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import accumulate
from threading import Barrier, Thread
from time import monotonic
from typing import Any

import psycopg
import pytest

from coalition.domain.entries import EntryKind, member_effect
from coalition.domain.programme import Programme
from coalition.errors import (
    AdjustmentDecided,
    CoalitionError,
    DuplicateReceipt,
    DuplicateReturn,
    GiftDecided,
    HoldEnded,
    InsufficientPoints,
    IssuerLimitExceeded,
    MemberExists,
    PartnerExists,
    PartnerSuspended,
    ProgrammeExists,
    RedemptionReversed,
    ReturnExceedsPurchase,
)
from coalition.events import NewEvent, append, read_after
from coalition.services import gifts
from coalition.services.adjustments import AdjustPoints, adjust_points, decide_adjustment
from coalition.services.expiry import announce_expiring, expire_points, release_pending
from coalition.services.holds import void_hold
from coalition.services.members import EnrolMember, enrol_member, enrol_members
from coalition.services.partners import get_partner, register_partner, set_limit, set_status
from coalition.services.programmes import create_programme
from coalition.services.purchases import record_purchase, record_purchases
from coalition.services.redemptions import reverse_redemption
from coalition.store.database import connection, disconnect, execute, reserve_ids, transaction
from coalition.store.tables import Entry
from tests.conftest import MONDAY_MORNING
from tests.integration.books import assert_books_balance, balance_of, count, journal, news
from tests.integration.conftest import Purse, goods

TIMEOUT_S = 60
KOPECKS = Programme()


def at_once(works: Iterable[Callable[[], Any]]) -> list[Any]:
    """Do all the works at the same moment, each on a connection of its own; what they returned or raised, in order."""
    works = list(works)
    outcomes: list[Any] = [TimeoutError("never ended")] * len(works)
    start = Barrier(len(works))

    def run(place: int, work: Callable[[], Any]) -> None:
        try:
            start.wait(TIMEOUT_S)
            with connection():
                outcomes[place] = work()
        except Exception as error:
            outcomes[place] = error

    threads = [Thread(target=run, args=each, daemon=True) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT_S)
    return outcomes


def kinds(outcomes: list[Any]) -> Counter[str]:
    return Counter(type(outcome).__name__ for outcome in outcomes)


def selling(till, receipt):
    return lambda: record_purchase(receipt, now=till.clock.now())


def test_redemptions__of_one_balance_at_once__as_many_succeed_as_it_allows(coalition, till):
    till.sell(coalition.cinema, 500)
    till.sell(coalition.cafe, 1000)
    shops = (coalition.cinema, coalition.cafe, coalition.grocer)
    receipts = [till.receipt(shops[number % 3], 10, redeem=10) for number in range(16)]
    outcomes = at_once(selling(till, receipt) for receipt in receipts)
    assert kinds(outcomes) == {"RecordedPurchase": 10, InsufficientPoints.__name__: 6}
    assert balance_of(coalition.anna.id) == 0


def test_receipt__sent_by_many_at_once__becomes_one_purchase_and_all_hear_which(coalition, till):
    receipt = till.receipt(coalition.cinema, 1000)
    outcomes = at_once([selling(till, receipt)] * 8)
    assert kinds(outcomes) == {"RecordedPurchase": 1, DuplicateReceipt.__name__: 7}
    purchases = {outcome.purchase if isinstance(outcome, DuplicateReceipt) else outcome.id for outcome in outcomes}
    assert len(purchases) == 1
    assert (count("purchase"), count("entry"), balance_of(coalition.anna.id)) == (1, 1, 100)


def test_receipt__sent_for_different_members_at_once__becomes_one_purchase(coalition, till):
    people = [till.enrol(number) for number in range(8)]
    receipts = [till.receipt(coalition.cinema, 1000, to=member, receipt_id="same") for member in people]
    outcomes = at_once(selling(till, receipt) for receipt in receipts)
    assert kinds(outcomes) == {"RecordedPurchase": 1, DuplicateReceipt.__name__: 7}
    assert count("purchase") == 1


def test_purchases__of_different_members_at_once__none_is_lost(coalition, till):
    people = [till.enrol(number) for number in range(8)]

    def a_batch_then_singles(member):
        batch = [till.receipt(coalition.cinema, 100, to=member) for _ in range(7)]
        singles = [till.receipt(coalition.cafe, 200, 10, to=member, redeem=10) for _ in range(7)]

        def work():
            outcomes = record_purchases(batch, now=till.clock.now())
            return [*outcomes, *(record_purchase(receipt, now=till.clock.now()) for receipt in singles)]

        return work

    outcomes = at_once(a_batch_then_singles(member) for member in people)
    assert kinds(outcomes) == {"list": 8}, outcomes
    assert not [each for done in outcomes for each in done if isinstance(each, CoalitionError)]
    assert count("purchase") == 8 * 14
    assert [balance_of(member.id) for member in people] == [7 * 10 + 7 * 10 - 7 * 10] * 8


def test_batches__of_the_same_members_in_opposite_orders_at_once__do_not_lock_each_other_out(coalition, till):
    people = [till.enrol(number) for number in range(6)]
    shops = (coalition.cinema, coalition.cafe, coalition.grocer)

    def batch(turn):
        order = people if turn % 2 else people[::-1]
        return [till.receipt(shops[(turn + place) % 3], 1000, to=member) for place, member in enumerate(order)]

    batches = [batch(turn) for turn in range(8)]
    outcomes = at_once((lambda each=each: record_purchases(each, now=till.clock.now())) for each in batches)
    assert kinds(outcomes) == {"list": 8}, outcomes
    assert count("purchase") == 48


def test_limit__approached_by_many_at_once__is_kept(coalition, till):
    people = [till.enrol(number) for number in range(16)]
    set_limit(coalition.cinema.id, 500)
    receipts = [till.receipt(coalition.cinema, 1000, to=member) for member in people]
    outcomes = at_once(selling(till, receipt) for receipt in receipts)
    assert kinds(outcomes) == {"RecordedPurchase": 5, IssuerLimitExceeded.__name__: 11}
    assert get_partner(coalition.cinema.id).outstanding == 500


def test_enrolment__of_one_person_at_many_tills_at_once__makes_one_member(coalition, till):
    command = EnrolMember(phone="+79260000000")
    outcomes = at_once([lambda: enrol_member(command, coalition.cafe.number, now=till.clock.now())] * 8)
    assert kinds(outcomes) == {"Member": 1, MemberExists.__name__: 7}
    (member,) = {outcome.member if isinstance(outcome, MemberExists) else outcome.id for outcome in outcomes}
    assert count("member") == 2
    assert balance_of(member) == 0


def test_enrolment__of_different_people_at_once__makes_them_all(coalition, till):
    def work(serial):
        commands = [EnrolMember(phone=f"+7926{serial:03d}{number:04d}") for number in range(20)]
        return lambda: enrol_members(commands, coalition.cafe.number, now=till.clock.now())

    outcomes = at_once(work(serial) for serial in range(8))
    assert kinds(outcomes) == {"dict": 8}, outcomes
    assert count("member") == 161


def test_registration__of_one_name_at_once__makes_one_partner(coalition, till):
    outcomes = at_once([lambda: register_partner("museum", 100, now=till.clock.now())] * 8)
    assert kinds(outcomes) == {"Partner": 1, PartnerExists.__name__: 7}


@pytest.mark.usefixtures("store")
def test_programme__created_by_many_at_once__is_created_once(clock):
    outcomes = at_once([lambda: create_programme(KOPECKS, now=clock.now())] * 8)
    assert kinds(outcomes) == {"NoneType": 1, ProgrammeExists.__name__: 7}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_ids__reserved_by_many_at_once__are_never_given_twice(coalition):
    def reserve():
        given = []
        for _ in range(60):
            with transaction():
                given += reserve_ids(Entry, 3)
        return given

    outcomes = at_once([reserve] * 8)
    assert kinds(outcomes) == {"list": 8}, outcomes
    assert all(given == sorted(given) for given in outcomes)
    ids = [id_ for given in outcomes for id_ in given]
    assert len(set(ids)) == len(ids)


def test_stream__followed_while_many_write__is_read_completely_and_in_order(coalition, clock):
    writers, each = 8, 40

    def writer(name):
        def work():
            for number in range(each):
                event = NewEvent("visit", name, str(number), 1, coalition.cinema.number, {}, clock.now())
                with transaction():
                    append([event], clock.now())
                    # What else a transaction does after its events; the others overtake it here.
                    for _ in range(number % 4):
                        execute("SELECT COUNT(*) FROM event")

        return work

    def reader():
        seen: list[int] = []
        deadline = monotonic() + TIMEOUT_S / 4
        while len(seen) < writers * each and monotonic() < deadline:
            seen += [event.id for event in read_after(seen[-1] if seen else 0, 5)]
        return seen

    *written, seen = at_once([*(writer(f"door {number}") for number in range(writers)), reader])
    assert kinds(written) == {"NoneType": writers}, written
    assert seen == [id_ for (id_,) in execute("SELECT id FROM event ORDER BY id").fetchall()]


@pytest.fixture
def overtaken(database_url) -> Callable[[Callable[[], Any], Callable[[], Any]], Any]:
    """``overtaken(first, second)`` does the first thing, begins the second, and only then commits the first.

    Returns what the second returned or raised, which in PostgreSQL had to wait in the middle of what it did.
    """

    def run(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
        outcomes: list[Any] = []

        def work() -> None:
            with connection():
                try:
                    outcomes.append(second())
                except Exception as error:
                    outcomes.append(error)

        thread = Thread(target=work, daemon=True)
        with transaction():
            first()
            thread.start()
            if database_url.startswith("postgresql"):
                with psycopg.connect(database_url, autocommit=True) as outside:
                    waiting = (
                        "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'test'"
                    )
                    deadline = monotonic() + TIMEOUT_S
                    while outside.execute(waiting).fetchone() == (0,) and thread.is_alive() and monotonic() < deadline:
                        pass
        thread.join(TIMEOUT_S)
        return outcomes[0] if outcomes else TimeoutError("never ended")

    return run


@pytest.mark.usefixtures("store")
def test_programme__created_while_another_is_being_created__refused_naming_that(overtaken, clock):
    outcome = overtaken(
        lambda: create_programme(Programme(currency="RUB"), now=clock.now()),
        lambda: create_programme(Programme(currency="USD"), now=clock.now()),
    )
    assert outcome == ProgrammeExists(currency="RUB", point_price_minor=1)


def test_enrolment__while_another_till_enrols_the_same_person__refused_naming_them(overtaken, coalition, clock):
    enrolled = []
    outcome = overtaken(
        lambda: enrolled.append(enrol_member(EnrolMember("+79260000000"), 2, now=clock.now())),
        lambda: enrol_member(EnrolMember("+7 926 000-00-00"), 3, now=clock.now()),
    )
    assert outcome == MemberExists(member=enrolled[0].id)


def test_receipt__while_it_is_being_recorded_for_another_member__refused_naming_the_purchase(
    overtaken, coalition, till
):
    recorded = []
    boris = till.enrol(1)
    outcome = overtaken(
        lambda: recorded.append(till.sell(coalition.cinema, 1000, receipt_id="same")),
        lambda: till.sell(coalition.cinema, 1000, receipt_id="same", to=boris),
    )
    assert outcome == DuplicateReceipt(receipt_id="same", purchase=recorded[0].id)


def test_redemption__while_another_takes_the_points__refused_with_what_is_left(overtaken, coalition, till):
    till.sell(coalition.cinema, 1000)
    outcome = overtaken(
        lambda: till.sell(coalition.cafe, 70, redeem=70), lambda: till.sell(coalition.grocer, 70, redeem=70)
    )
    assert outcome == InsufficientPoints(available=30, required=70)


def test_issue__while_the_partner_is_being_suspended__refused(overtaken, coalition, till):
    outcome = overtaken(lambda: set_status(coalition.cinema.id, "suspended"), lambda: till.sell(coalition.cinema, 1000))
    assert outcome == PartnerSuspended(partner="cinema")
    assert count("purchase") == 0


def test_issue__while_the_partners_limit_is_being_lowered__refused(overtaken, coalition, till):
    outcome = overtaken(lambda: set_limit(coalition.cinema.id, 99), lambda: till.sell(coalition.cinema, 1000))
    assert outcome == IssuerLimitExceeded(partner="cinema", limit=99, outstanding=100)
    assert count("purchase") == 0


# Holds, returns, and what operators and workers do


def test_hold__captured_voided_and_paid_with_at_once__ends_once(coalition, till, clock):
    till.sell(coalition.cinema, 1000)
    hold = till.hold(coalition.cafe, 60)
    works = [
        lambda: till.capture(coalition.cafe, hold),
        lambda: void_hold(hold.id, coalition.cafe.number, now=clock.now()),
        lambda: till.sell(coalition.cafe, 60, hold=hold.id),
    ]
    outcomes = at_once(works * 4)
    assert kinds(outcomes)[HoldEnded.__name__] == 11, outcomes
    assert till.purse() in (Purse(40), Purse(100))


def test_hold__placed_by_many_at_once__as_many_as_the_balance_allows(coalition, till):
    till.sell(coalition.cinema, 1000)
    outcomes = at_once([lambda: till.hold(coalition.cafe, 15)] * 10)
    assert kinds(outcomes) == {"Hold": 6, InsufficientPoints.__name__: 4}
    assert till.purse() == Purse(10, held=90)


def test_return__sent_by_many_at_once__is_recorded_once(coalition, till):
    bought = till.sell(coalition.cinema, lines=(goods("1", 1000, 9),))
    outcomes = at_once([lambda: till.take_back(coalition.cinema, bought, "1", return_id="same")] * 8)
    assert kinds(outcomes) == {"RecordedReturn": 1, DuplicateReturn.__name__: 7}
    assert count("goods_return") == 1


def test_returns__of_the_same_goods_at_once__never_exceed_what_was_bought(coalition, till):
    bought = till.sell(coalition.cinema, lines=(goods("1", 1000, 5),))
    outcomes = at_once([lambda: till.take_back(coalition.cinema, bought, "1")] * 8)
    assert kinds(outcomes) == {"RecordedReturn": 5, ReturnExceedsPurchase.__name__: 3}
    assert till.purse() == Purse()


def test_returns__at_once_with_purchases_under_the_same_cap__do_not_lock_each_other_out(coalition, till):
    cap = "points: 100000, per: day, of: everybody"
    till.rules(f"accrual:\n  caps: [{{id: second, {cap}}}, {{id: first, {cap}}}]")
    people = [till.enrol(number) for number in range(16)]
    sold = [[till.sell(coalition.cinema, 100, to=member) for _ in range(5)] for member in people[:8]]
    works = [lambda each=each: [till.take_back(coalition.cinema, one, "1") for one in each] for each in sold]
    works += [lambda each=each: [till.sell(coalition.cinema, 100, to=each) for _ in range(5)] for each in people[8:]]
    outcomes = at_once(works)
    assert kinds(outcomes) == {"list": 16}, outcomes
    assert execute("SELECT SUM(points) FROM cap_use").fetchone()[0] == 2 * 400


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_limit__approached_while_returns_mint__is_kept_after_every_entry_in_the_order_of_ids(coalition, till):
    till.rules("returns: {spent_points: deduct_from_refund}")
    set_limit(coalition.cinema.id, 100)
    boris, vera = till.enrol(1), till.enrol(2)
    sold = []
    for _ in range(40):
        sold.append(till.sell(coalition.cinema, 1000))
        till.redeem(coalition.cafe, 100)

    def sell_and_redeem(member):
        for _ in range(40):
            till.sell(coalition.cinema, 100, to=member)
            till.redeem(coalition.cafe, 10, of=member)

    def take_back():
        deducted = 0
        for bought in sold:
            try:
                deducted += till.take_back(coalition.cinema, bought, "1").spent.points_deducted
            except IssuerLimitExceeded:
                # There was room for these points when the return began, and no longer when it ended.
                continue
        return deducted

    outcomes = at_once([lambda: sell_and_redeem(boris), lambda: sell_and_redeem(vera), take_back])
    assert kinds(outcomes) == {"NoneType": 2, "int": 1}, outcomes
    assert outcomes[-1] > 0
    cinema = coalition.cinema.number
    effects = [member_effect(EntryKind[kind.upper()], points) for kind, by, _, points in journal() if by == cinema]
    assert max(accumulate(effects)) <= 100


def test_redemption__reversed_by_many_at_once__once(coalition, till, clock):
    till.sell(coalition.cinema, 1000)
    redeemed = till.redeem(coalition.cafe, 60).redemption
    outcomes = at_once([lambda: reverse_redemption(redeemed.id, None, now=clock.now())] * 8)
    assert kinds(outcomes) == {"ChangedRedemption": 1, RedemptionReversed.__name__: 7}
    assert till.purse() == Purse(100)


def test_adjustment__decided_by_many_at_once__once(coalition, till, clock):
    command = AdjustPoints(coalition.anna.id, coalition.cafe.id, 20_000, "sorry", "first")
    proposed = adjust_points(command, now=clock.now())
    decisions = ["posted", "rejected"] * 4
    outcomes = at_once(
        (lambda each=each: decide_adjustment(proposed.id, each, "second", now=clock.now())) for each in decisions
    )
    assert kinds(outcomes) == {"Adjustment": 1, AdjustmentDecided.__name__: 7}, outcomes
    assert till.purse().available in (0, 20_000)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_adjustments__of_one_member_at_once__do_not_lock_each_other_out(coalition, till, clock):
    def adjust(operator):
        command = AdjustPoints(coalition.anna.id, coalition.cafe.id, 1, "sorry", operator)
        return lambda: [adjust_points(command, now=clock.now()) for _ in range(25)]

    outcomes = at_once(adjust(f"operator {number}") for number in range(4))
    assert kinds(outcomes) == {"list": 4}, outcomes
    assert till.purse() == Purse(100)


def test_gift__given_by_many_workers_at_once__nobody_has_it_twice(coalition, till, clock, monkeypatch):
    monkeypatch.setattr(gifts, "_CHUNK", 2)
    people = [till.enrol(number) for number in range(8)]
    clock.advance(timedelta(hours=1))
    gift = gifts.propose_gift(gifts.GivePoints(coalition.operator.id, 10, "May Day", "first"), now=clock.now())
    outcomes = at_once([lambda: gifts.give(gift.id, now=clock.now())] * 4)
    assert kinds(outcomes).keys() <= {"Gift", GiftDecided.__name__}, outcomes
    assert [balance_of(member.id) for member in people] == [10] * 8
    assert gifts.get_gift(gift.id).given == 9


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_workers__releasing_the_same_points_at_once__tell_the_members_once(coalition, till, clock):
    till.rules("accrual: {pending_days: 14}")
    for member in (coalition.anna, till.enrol(1), till.enrol(2)):
        till.sell(coalition.cinema, 1000, to=member)
    clock.advance(timedelta(days=15))
    outcomes = at_once([lambda: release_pending(now=clock.now())] * 6)
    assert kinds(outcomes) == {"int": 6}, outcomes
    assert news("points.available") == [{"points": 100}] * 3


def test_workers__expiring_the_same_points_at_once__expire_them_once(coalition, till, clock):
    till.sell(coalition.cinema, 1000)
    clock.advance(timedelta(days=800))
    outcomes = at_once([lambda: expire_points(now=clock.now())] * 4)
    assert sorted(outcomes) == [0, 0, 0, 100]


def test_notices__announced_by_many_workers_at_once__come_once(coalition, till, clock):
    announce_expiring(now=clock.now())
    till.sell(coalition.cinema, 1000)
    clock.advance(timedelta(days=720))
    outcomes = at_once([lambda: announce_expiring(now=clock.now())] * 4)
    assert sorted(outcomes) == [0, 0, 0, 1]


# Many processes


def in_processes(script: str, arguments: Iterable[list[str]]) -> list[str]:
    """Run the script in as many processes, which all begin once each has told that it is ready; what they tell then."""
    # This process must not hold the file while others work on it.
    disconnect()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, *each],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for each in arguments
    ]
    try:
        for process in processes:
            process.stdout.readline()
        told = []
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            output, errors = process.communicate(timeout=TIMEOUT_S)
            assert process.returncode == 0, errors
            told.append(output)
        return told
    finally:
        for process in processes:
            process.kill()
            process.wait()


SPEND_IN_TEN_THREADS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from coalition.errors import InsufficientPoints
from coalition.services.holds import PlaceHold, place_hold
from coalition.services.redemptions import RedeemPoints, redeem_points
from coalition.store.database import connect, connection

url, member, how, at = sys.argv[1:]
now = datetime.fromisoformat(at)
connect(url)

def spend(number):
    with connection():
        try:
            if how == "hold":
                place_hold(PlaceHold(3, member, 10), now=now)
            else:
                redeem_points(RedeemPoints(3, member, 10, f"{how}-{number}"), now=now)
            return how
        except InsufficientPoints:
            return "refused"

print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(10) as threads:
    print(*threads.map(spend, range(25)))
"""


def test_processes__of_ten_threads_each_redeeming_and_holding_one_balance__spend_it_exactly(
    database_url, coalition, till
):
    till.sell(coalition.cinema, 6330)
    moment = MONDAY_MORNING.isoformat()
    told = in_processes(
        SPEND_IN_TEN_THREADS,
        ([database_url, coalition.anna.id, how, moment] for how in ("till-1", "till-2", "till-3", "hold")),
    )
    outcomes = Counter(" ".join(told).split())
    assert outcomes["refused"] == 37, outcomes
    assert sum(outcomes.values()) == 100
    assert till.purse() == Purse(3, held=10 * outcomes["hold"])


SELL_FIFTY = """
import sys
from datetime import datetime
from coalition.domain.purchase import Line
from coalition.services.purchases import RecordPurchase, record_purchase
from coalition.store.database import connect

url, member, till, at = sys.argv[1:]
now = datetime.fromisoformat(at)
connect(url)
print("ready", flush=True)
sys.stdin.readline()
for number in range(50):
    receipt = f"{till}-{number}"
    record_purchase(RecordPurchase(2, member, receipt, now, "USD", (Line("1", "sku", "film", 1, 1000),)), now=now)
"""


def test_processes__four_selling_fifty_each__lose_no_purchase(database_url, coalition):
    moment = MONDAY_MORNING.isoformat()
    in_processes(SELL_FIFTY, ([database_url, coalition.anna.id, str(number), moment] for number in range(4)))
    assert count("purchase") == 200
    assert balance_of(coalition.anna.id) == 200 * 100
    assert_books_balance()
