"""Points spent without a purchase, and given back if that is undone."""

from datetime import UTC, datetime, timedelta

import pytest

from coalition.errors import (
    DuplicateReference,
    InsufficientPoints,
    IssuerLimitExceeded,
    NoPoints,
    NotACharity,
    PartnerSuspended,
    RedemptionBelowMinimum,
    RedemptionOffStep,
    RedemptionReversed,
    UnknownMember,
    UnknownPartner,
    UnknownRedemption,
)
from coalition.services.partners import get_partner, register_partner, set_limit, set_status
from coalition.services.redemptions import (
    RedeemPoints,
    donate_points,
    get_redemption,
    redeem_points,
    reverse_redemption,
)
from tests.integration.books import entries_of, lots_of, refused
from tests.integration.conftest import Purse


def test_redemption__of_several_issuers__each_owes_the_redeemer_its_part(coalition, till, clock):
    till.rules("point_price_minor: 5")
    till.sell(coalition.cinema, 5000, at=datetime(2026, 2, 1, tzinfo=UTC))
    till.sell(coalition.cafe, 5000)
    redeemed = till.redeem(coalition.grocer, 120, reference="ticket 7")
    assert (redeemed.balance, till.purse()) == (30, Purse(30))
    told = redeemed.redemption
    assert (told.member, told.points, told.discount_minor, told.reference) == (coalition.anna.id, 120, 600, "ticket 7")
    assert (told.status, told.occurred_at) == ("redeemed", clock.now())
    assert get_redemption(told.id, coalition.grocer.number) == told
    assert entries_of(told.id) == [
        ("redemption", coalition.cinema.number, coalition.grocer.number, 100),
        ("redemption", coalition.cafe.number, coalition.grocer.number, 20),
    ]


REFUSALS = {
    "nothing": (NoPoints, {"points": 0}),
    "less than nothing": (NoPoints, {"points": -10}),
    "too few": (RedemptionBelowMinimum, {"points": 10}),
    "no multiple": (RedemptionOffStep, {"points": 25}),
    "more than there is": (InsufficientPoints, {"points": 110}),
    "nobody's": (UnknownMember, {"member": "mem_01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
    "the same again": (DuplicateReference, {"reference": "once"}),
    "at a suspended partner": (PartnerSuspended, {"partner": 3}),
}


@pytest.mark.parametrize("reason, change", REFUSALS.values(), ids=REFUSALS)
def test_redemption__that_cannot_be__refused_with_nothing_changed(coalition, till, clock, reason, change):
    till.rules("redemption: {minimum_points: 20, step_points: 10}")
    till.sell(coalition.cinema, 1200)
    till.redeem(coalition.grocer, 20, reference="once")
    set_status(coalition.cafe.id, "suspended")
    wanted = {"partner": coalition.grocer.number, "member": coalition.anna.id, "points": 50, "reference": "new"}
    with refused(reason):
        redeem_points(RedeemPoints(**(wanted | change)), now=clock.now())


def test_reversal__gives_the_points_back_to_their_lots__once(coalition, till, clock):
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cafe, 1000)
    before = lots_of(coalition.anna.id)
    redeemed = till.redeem(coalition.grocer, 120).redemption
    clock.advance(timedelta(days=3))
    reversed_ = reverse_redemption(redeemed.id, coalition.grocer.number, now=clock.now())
    assert (reversed_.redemption.status, reversed_.balance) == ("reversed", 150)
    assert lots_of(coalition.anna.id) == before
    grocer = coalition.grocer.number
    assert entries_of(redeemed.id)[2:] == [
        ("redemption_reversal", coalition.cinema.number, grocer, 100),
        ("redemption_reversal", coalition.cafe.number, grocer, 20),
    ]
    with refused(RedemptionReversed):
        reverse_redemption(redeemed.id, coalition.grocer.number, now=clock.now())


def test_reversal__at_a_suspended_partner_of_a_suspended_issuers_points__is_done(coalition, till, clock):
    till.sell(coalition.cinema, 1000)
    redeemed = till.redeem(coalition.grocer, 60).redemption
    for partner in (coalition.cinema, coalition.grocer):
        set_status(partner.id, "suspended")
    reverse_redemption(redeemed.id, coalition.grocer.number, now=clock.now())
    assert till.purse() == Purse(100)


def test_reversal__of_points_that_expired_meanwhile__they_have_the_days_of_grace(coalition, till, clock):
    till.rules("expiry: {lifetime_months: 1}\nreturns: {grace_days: 0}")
    till.sell(coalition.cinema, 1000)
    redeemed = till.redeem(coalition.grocer, 60).redemption
    clock.advance(timedelta(days=40))
    assert reverse_redemption(redeemed.id, None, now=clock.now()).balance == 60
    assert lots_of(coalition.anna.id) == [(2, 100, 60, datetime(2026, 4, 12, tzinfo=UTC))]


def test_reversal__that_cannot_be__refused_with_nothing_changed(coalition, till, clock):
    till.sell(coalition.cinema, 1000)
    redeemed = till.redeem(coalition.grocer, 60).redemption
    set_limit(coalition.cinema.id, 99)
    attempts = [
        (UnknownRedemption, redeemed.id, coalition.cafe.number),
        (UnknownRedemption, "red_01ARZ3NDEKTSV4RRFFQ69G5FAV", None),
        (IssuerLimitExceeded, redeemed.id, coalition.grocer.number),
    ]
    for reason, redemption, partner in attempts:
        with refused(reason):
            reverse_redemption(redemption, partner, now=clock.now())


def test_donation__goes_to_the_charity__asked_for_by_any_partner(coalition, till, clock):
    shelter = register_partner("shelter", 0, kind="charity", now=clock.now())
    till.sell(coalition.cinema, 1000)
    wishes = [
        RedeemPoints(partner.number, coalition.anna.id, 40, "1") for partner in (coalition.cafe, coalition.cinema)
    ]
    given = [donate_points(shelter.id, wish, now=clock.now()).redemption for wish in wishes]
    assert [entries_of(each.id) for each in given] == [[("redemption", 2, shelter.number, 40)]] * 2
    assert get_partner(coalition.cinema.id).outstanding == 20
    with refused(DuplicateReference):
        donate_points(shelter.id, wishes[0], now=clock.now())


def test_donation__to_a_merchant_or_nobody__refused(coalition, till, clock):
    till.sell(coalition.cinema, 1000)
    wish = RedeemPoints(coalition.cafe.number, coalition.anna.id, 40, "1")
    with refused(NotACharity):
        donate_points(coalition.grocer.id, wish, now=clock.now())
    with refused(UnknownPartner):
        donate_points("par_01ARZ3NDEKTSV4RRFFQ69G5FAV", wish, now=clock.now())
