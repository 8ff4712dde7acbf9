"""Points from member to member: they stay their issuer's, and keep their expiry."""

from datetime import timedelta

import pytest

from coalition.errors import (
    DuplicateReference,
    InsufficientPoints,
    NoPoints,
    PartnerSuspended,
    TransfersNotAllowed,
    TransferToSelf,
    UnknownMember,
)
from coalition.services.partners import get_partner, set_limit, set_status
from coalition.services.transfers import TransferPoints, transfer_points
from tests.integration.books import lots_of, refused
from tests.integration.conftest import Purse

NOBODY = "mem_01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture
def boris(coalition, till):
    """Anna may give him some of her hundred and fifty points."""
    till.rules("transfers: {allowed: true}")
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cafe, 1000, at=till.clock.now() - timedelta(days=30))
    return till.enrol(1)


@pytest.fixture
def transfer(coalition, clock, boris):
    def transfer(points, **other):
        wanted = {"partner": coalition.grocer.number, "sender": coalition.anna.id, "recipient": boris.id}
        wanted |= {"points": points, "reference": "t-1"} | other
        return transfer_points(TransferPoints(**wanted), now=clock.now())

    return transfer


def test_transfer__of_several_lots__keeps_issuer_and_expiry(coalition, till, clock, boris, transfer):
    set_limit(coalition.cinema.id, 100)
    before = {partner: get_partner(partner.id).outstanding for partner in (coalition.cinema, coalition.cafe)}
    (cinema, _, _, later), (cafe, _, _, sooner) = lots_of(coalition.anna.id)
    assert transfer(70).balance == 80
    assert lots_of(boris.id) == [(cafe, 50, 50, sooner), (cinema, 20, 20, later)]
    assert (till.purse(), till.purse(boris)) == (Purse(80), Purse(70))
    assert {partner: get_partner(partner.id).outstanding for partner in before} == before
    till.redeem(coalition.grocer, 70, of=boris)


def test_transfer__there_and_back__can_be_repeated(till, boris, coalition, transfer):
    transfer(70)
    transfer(70, sender=boris.id, recipient=coalition.anna.id, reference="t-2")
    transfer(150, reference="t-3")
    assert (till.purse(), till.purse(boris)) == (Purse(), Purse(150))


REFUSALS = {
    "more than there is": (InsufficientPoints, {"points": 151}),
    "no points": (NoPoints, {"points": 0}),
    "below zero": (NoPoints, {"points": -5}),
    "to nobody": (UnknownMember, {"recipient": NOBODY}),
    "by nobody": (UnknownMember, {"sender": NOBODY}),
    "the same again": (DuplicateReference, {"reference": "once"}),
}


@pytest.mark.parametrize("reason, change", REFUSALS.values(), ids=REFUSALS)
def test_transfer__that_cannot_be__refused_with_nothing_changed(till, transfer, reason, change):
    transfer(1, reference="once")
    with refused(reason):
        transfer(**({"points": 10} | change))


def test_transfer__to_oneself__refused(coalition, transfer):
    with refused(TransferToSelf):
        transfer(10, recipient=coalition.anna.id)


def test_transfer__of_pending_or_held_points__refused(coalition, till, transfer):
    till.hold(coalition.grocer, 100)
    till.rules("transfers: {allowed: true}\naccrual: {pending_days: 14}")
    till.sell(coalition.cinema, 1000)
    with refused(InsufficientPoints) as refusal:
        transfer(51)
    assert refusal.value.available == 50


def test_transfer__at_a_suspended_partner_or_of_its_points__refused(coalition, till, transfer):
    set_status(coalition.grocer.id, "suspended")
    with refused(PartnerSuspended):
        transfer(10)
    set_status(coalition.grocer.id, "active")
    set_status(coalition.cafe.id, "suspended")
    with refused(PartnerSuspended):
        transfer(10)


def test_transfer__the_programme_does_not_allow_it__refused(till, boris, transfer):
    till.rules("transfers: {allowed: false}")
    with refused(TransfersNotAllowed):
        transfer(10)
