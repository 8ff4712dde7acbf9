"""Holds set points aside at a till, and end once: captured, voided, or when their time is over."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest

from coalition.errors import (
    CaptureAboveHold,
    CoalitionError,
    DuplicateReference,
    HoldEnded,
    HoldOfAnotherMember,
    InsufficientPoints,
    NoPoints,
    PartnerSuspended,
    RedemptionAboveMaximum,
    RedemptionBelowMinimum,
    RedemptionOffStep,
    UnknownHold,
    UnknownMember,
)
from coalition.services.holds import CaptureHold, PlaceHold, capture_hold, expire_holds, get_hold, place_hold, void_hold
from coalition.services.partners import set_status
from coalition.services.purchases import record_purchases
from coalition.store import tables
from tests.integration.books import contents, count, entries_of, lots_of, refused
from tests.integration.conftest import Purse, Till, goods

A_QUARTER = timedelta(minutes=15)

# Sixty of a member's hundred points are held at the café.


@dataclass(frozen=True)
class Becomes:
    """How a hold stands afterwards, and what its member has."""

    status: str
    captured: int
    purse: Purse


def void(till: Till, hold, member):
    void_hold(hold.id, till.coalition.cafe.number, now=till.clock.now())


def capture(points: int | None, till: Till, hold, member):
    till.capture(till.coalition.cafe, hold, points)


def buy(till: Till, hold, member):
    till.sell(till.coalition.cafe, 50, to=member, hold=hold.id)


def wait(till: Till, hold, member):
    till.clock.advance(A_QUARTER)


def sweep(till: Till, hold, member):
    expire_holds(now=till.clock.now())


def nothing(till: Till, hold, member):
    pass


def wait_and_sweep(till: Till, hold, member):
    wait(till, hold, member)
    sweep(till, hold, member)


ACTIONS = {
    "capture all": partial(capture, None),
    "capture part": partial(capture, 20),
    "capture more": partial(capture, 61),
    "void": void,
    "buy": buy,
    "sweep": sweep,
}
STATES = {
    "open": (nothing, Becomes("open", 0, Purse(40, held=60))),
    "captured": (ACTIONS["capture all"], Becomes("captured", 60, Purse(40))),
    "captured in part": (ACTIONS["capture part"], Becomes("captured", 20, Purse(80))),
    "voided": (void, Becomes("voided", 0, Purse(100))),
    "expired": (wait, Becomes("expired", 0, Purse(100))),
    "expired and swept": (wait_and_sweep, Becomes("expired", 0, Purse(100))),
}
OF_AN_OPEN_HOLD = {
    "capture all": Becomes("captured", 60, Purse(40)),
    "capture part": Becomes("captured", 20, Purse(80)),
    "capture more": CaptureAboveHold,
    "void": Becomes("voided", 0, Purse(100)),
    "buy": Becomes("captured", 50, Purse(50)),
    "sweep": Becomes("open", 0, Purse(40, held=60)),
}


@pytest.mark.parametrize("state", STATES)
def test_hold__every_action_in_every_state__ends_it_once(coalition, till, clock, state):
    lead_there, becomes = STATES[state]
    cafe = coalition.cafe.number
    for number, (name, act) in enumerate(ACTIONS.items()):
        member = till.enrol(number)
        till.sell(coalition.cinema, 1000, to=member)
        hold = till.hold(coalition.cafe, 60, of=member)
        lead_there(till, hold, member)

        expected = OF_AN_OPEN_HOLD[name] if state == "open" else becomes
        if state != "open" and name != "sweep":
            with refused(HoldEnded) as refusal:
                act(till, hold, member)
            assert refusal.value.status == becomes.status
        elif isinstance(expected, Becomes):
            act(till, hold, member)
        else:
            with refused(expected):
                act(till, hold, member)
            expected = becomes
        now = get_hold(hold.id, partner=cafe, now=clock.now())
        assert Becomes(now.status, now.captured_points, till.purse(member)) == expected, name


# Placing


def test_hold__of_some_points__leaves_the_others_to_spend(coalition, till, clock):
    till.sell(coalition.cinema, 1000)
    hold = till.hold(coalition.cafe, 60)
    assert (hold.member, hold.points, hold.status, hold.captured_points) == (coalition.anna.id, 60, "open", 0)
    assert (hold.created_at, hold.expires_at, hold.ended_at) == (clock.now(), clock.now() + A_QUARTER, None)
    with refused(InsufficientPoints) as refusal:
        till.redeem(coalition.grocer, 41)
    assert (refusal.value.available, refusal.value.required) == (40, 41)
    till.redeem(coalition.grocer, 40)
    assert till.purse() == Purse(held=60)


def test_hold__several__set_aside_different_lots_that_expire_first(coalition, till, clock):
    till.sell(coalition.cafe, 1000, at=clock.now() - timedelta(days=30))
    till.sell(coalition.cinema, 1000)
    first, second = till.hold(coalition.grocer, 70), till.hold(coalition.grocer, 70)
    held = [(each.hold_id, each.lot.issuer_id, each.points) for each in tables.HeldLot.select()]
    cinema, cafe = coalition.cinema.number, coalition.cafe.number
    assert sorted(held) == [(1, cinema, 20), (1, cafe, 50), (2, cinema, 70)]
    assert {first.id, second.id} == {each.public_id for each in tables.Hold.select()}
    assert till.purse() == Purse(10, held=140)


def test_hold__time_given_by_the_till_or_the_programme__is_its_own(coalition, till, clock):
    till.rules("redemption: {hold_ttl_s: 60}")
    till.sell(coalition.cinema, 1000)
    brief, long = till.hold(coalition.cafe, 10), till.hold(coalition.cafe, 10, ttl_s=3600)
    assert brief.expires_at - clock.now() == timedelta(minutes=1)
    assert long.expires_at - clock.now() == timedelta(hours=1)
    clock.advance(timedelta(seconds=59))
    assert expire_holds(now=clock.now()) == 0
    clock.advance(timedelta(seconds=1))
    assert till.purse() == Purse(90, held=10)
    assert (expire_holds(now=clock.now()), expire_holds(now=clock.now())) == (1, 0)
    assert till.purse() == Purse(90, held=10)


def test_hold__whose_time_is_over__its_points_are_spent_without_waiting_for_the_worker(coalition, till, clock):
    till.sell(coalition.cinema, 1000)
    hold = till.hold(coalition.cafe, 60)
    clock.advance(A_QUARTER)
    assert till.redeem(coalition.grocer, 100).balance == 0
    assert get_hold(hold.id, partner=None, now=clock.now()).ended_at == clock.now()
    assert expire_holds(now=clock.now()) == 0


def test_sweep__of_many_members__goes_on_where_it_stopped(coalition, till, clock):
    people = [till.enrol(number) for number in range(3)]
    for member in people:
        till.sell(coalition.cinema, 1000, to=member)
        till.hold(coalition.cafe, 10, of=member)
        till.hold(coalition.cafe, 10, of=member)
    clock.advance(A_QUARTER)
    assert [expire_holds(now=clock.now(), limit=2) for _ in range(3)] == [2, 1, 0]
    assert count("hold", "status = 'expired'") == 6


@pytest.mark.parametrize(
    "reason, change",
    [
        (InsufficientPoints, {"points": 101}),
        (NoPoints, {"points": 0}),
        (NoPoints, {"points": -5}),
        (UnknownMember, {"member": "mem_01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
        (PartnerSuspended, {"partner": 4}),
    ],
)
def test_hold__that_cannot_be__refused_with_nothing_changed(coalition, till, clock, reason, change):
    till.sell(coalition.cinema, 1000)
    set_status(coalition.grocer.id, "suspended")
    wanted = {"partner": coalition.cafe.number, "member": coalition.anna.id, "points": 60}
    with refused(reason):
        place_hold(PlaceHold(**(wanted | change)), now=clock.now())


# Capturing


def test_capture__in_part__spends_what_expires_first_and_frees_the_rest(coalition, till, clock):
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cafe, 1000, at=clock.now() - timedelta(days=30))
    hold = till.hold(coalition.grocer, 120)
    ended = till.capture(coalition.grocer, hold, 70)
    grocer = coalition.grocer.number
    assert entries_of(ended.redemption.id) == [
        ("redemption", coalition.cinema.number, grocer, 20),
        ("redemption", coalition.cafe.number, grocer, 50),
    ]
    assert (ended.balance, ended.hold.captured_points, ended.hold.ended_at) == (80, 70, clock.now())
    assert [left for _, _, left, _ in lots_of(coalition.anna.id)] == [80, 0]


def test_capture__of_points_that_expired_meanwhile__is_honoured(coalition, till, clock):
    till.rules("expiry: {lifetime_months: 1}\nredemption: {hold_ttl_s: 604800}")
    till.sell(coalition.cinema, 1000)
    clock.advance(timedelta(days=30))
    hold = till.hold(coalition.cafe, 60)
    clock.advance(timedelta(days=3))
    assert till.purse() == Purse(held=60)
    ended = till.capture(coalition.cafe, hold, 50)
    # The ten that were not captured are not to be had again.
    assert (ended.redemption.points, till.purse()) == (50, Purse())


def captured(till, hold, /, **change):
    wanted = {"partner": till.coalition.cafe.number, "hold": hold.id, "receipt_id": "x", "points": 50}
    return lambda: capture_hold(CaptureHold(**(wanted | change)), now=till.clock.now())


def bought(till, hold, /, *lines, **other):
    return lambda: till.sell(till.coalition.cafe, lines=lines or (goods("1", 100),), hold=hold.id, **other)


def test_ending__that_cannot_be__refused_and_the_hold_stays_open(coalition, till, clock):
    till.rules("redemption: {minimum_points: 20, step_points: 10, excluded_categories: [gift card]}")
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 20, reference="used")
    hold = till.hold(coalition.cafe, 60)
    boris, cafe, grocer = till.enrol(1), coalition.cafe.number, coalition.grocer.number
    attempts: list[tuple[type[CoalitionError], object]] = [
        (NoPoints, captured(till, hold, points=0)),
        (RedemptionBelowMinimum, captured(till, hold, points=10)),
        (RedemptionOffStep, captured(till, hold, points=55)),
        (CaptureAboveHold, captured(till, hold, points=70)),
        (DuplicateReference, captured(till, hold, receipt_id="used")),
        (UnknownHold, captured(till, hold, partner=grocer)),
        (UnknownHold, captured(till, hold, hold="hld_01ARZ3NDEKTSV4RRFFQ69G5FAV")),
        (UnknownHold, lambda: void_hold(hold.id, grocer, now=clock.now())),
        (UnknownHold, lambda: get_hold(hold.id, partner=grocer, now=clock.now())),
        (UnknownHold, lambda: till.sell(coalition.grocer, 100, hold=hold.id)),
        (HoldOfAnotherMember, bought(till, hold, to=boris)),
        (RedemptionAboveMaximum, bought(till, hold, goods("1", 100, 1, "gift card"))),
        (RedemptionAboveMaximum, bought(till, hold, goods("1", 19))),
    ]
    for reason, attempt in attempts:
        with refused(reason):
            attempt()
    set_status(coalition.cafe.id, "suspended")
    for attempt in (captured(till, hold), bought(till, hold)):
        with refused(PartnerSuspended):
            attempt()
    assert void_hold(hold.id, cafe, now=clock.now()).hold.status == "voided"


def test_capture__sent_again_of_the_same_receipt__refused_naming_the_redemption(coalition, till):
    till.sell(coalition.cinema, 1000)
    hold = till.hold(coalition.cafe, 60)
    ended = captured(till, hold)()
    with refused(DuplicateReference) as refusal:
        captured(till, hold)()
    assert (refusal.value.reference, refusal.value.existing) == ("x", ended.redemption.id)


def test_purchase__with_a_hold__pays_what_may_and_frees_the_rest(coalition, till):
    till.rules("redemption: {max_share_bps: 5000}")
    till.sell(coalition.cinema, 1000)
    hold = till.hold(coalition.cafe, 60)
    bought = till.sell(coalition.cafe, 80, hold=hold.id)
    assert (bought.points_redeemed, bought.payable_minor, bought.points_accrued) == (40, 40, 2)
    assert till.purse() == Purse(62)


def test_batch__the_same_hold_twice_in_it__pays_once(coalition, till, clock):
    till.sell(coalition.cinema, 1000)
    hold = till.hold(coalition.cafe, 60)
    receipts = [till.receipt(coalition.cafe, 60, hold=hold.id) for _ in range(2)]
    first, second = record_purchases(receipts, now=clock.now())
    assert (first.points_redeemed, second) == (60, HoldEnded(hold=hold.id, status="captured"))
    before = contents()
    assert record_purchases([receipts[1]], now=clock.now()) == [second]
    assert contents() == before
