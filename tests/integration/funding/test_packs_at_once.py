"""Prepaid partners while many act at the same moment: no point above the pack, nothing that the contract refuses."""

from datetime import timedelta
from functools import partial

import pytest

from coalition.errors import CoalitionError, IssuerLimitExceeded
from coalition.services.leaving import announce_leaving
from coalition.services.offboarding import OffboardPartner, offboard_partner
from coalition.services.pack_watch import tell_limits
from coalition.services.packs import funding, switch_to_prepaid
from coalition.services.purchases import record_purchase
from coalition.services.redemptions import RedeemPoints, redeem_points, reverse_redemption
from tests.integration.books import count, news
from tests.integration.funding.test_packs import Chain, buy
from tests.integration.test_concurrency import at_once

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def people(till):
    return [till.enrol(number) for number in range(6)]


def test_purchases__at_once__issue_the_pack_and_no_more(till, coalition, clock, people):
    buy(coalition.cinema, 350, clock=clock)
    switch_to_prepaid(coalition.cinema.id, now=clock.now())
    receipts = [till.receipt(coalition.cinema, 1000, to=person) for person in people]
    outcomes = at_once(partial(record_purchase, each, now=clock.now()) for each in receipts)
    refusals = [each for each in outcomes if isinstance(each, Exception)]
    assert [type(each) for each in refusals] == [IssuerLimitExceeded] * 3
    assert funding(coalition.cinema.id).left == 50


def test_limits__told_amid_redemptions_and_reversals__are_never_too_low(till, coalition, clock, people):
    buy(coalition.cinema, 600, clock=clock)
    switch_to_prepaid(coalition.cinema.id, now=clock.now())
    for person in people:
        till.sell(coalition.cinema, 1000, to=person)
    for round_ in range(4):
        clock.advance(timedelta(minutes=1))
        redeemed = [till.redeem(coalition.cafe, 40, of=person).redemption for person in people]
        names = [f"at-once-{round_}-{place}" for place in range(len(people))]
        commands = [
            RedeemPoints(coalition.grocer.number, person.id, 5, name)
            for person, name in zip(people, names, strict=True)
        ]
        reversing = [partial(reverse_redemption, each.id, coalition.cafe.number) for each in redeemed]
        redeeming = [partial(redeem_points, command) for command in commands]
        works = [partial(each, now=clock.now()) for each in (*reversing, tell_limits, *redeeming)]
        outcomes = at_once(works)
        assert [each for each in outcomes if isinstance(each, Exception)] == []
        Chain().check()


def test_leaving__announced_by_two_workers__each_member_hears_once(till, coalition, clock, people):
    for person in people:
        till.sell(coalition.cinema, 1000, to=person)
    last_day = clock.now().date() + timedelta(days=30)
    offboard_partner(OffboardPartner(coalition.cinema.id, last_day, None, False, "cli:olga"), now=clock.now())
    for _ in range(4):
        outcomes = at_once([lambda: announce_leaving(now=clock.now(), limit=4)] * 3)
        assert not any(isinstance(each, Exception) for each in outcomes), outcomes
    assert len(news("partner.leaving")) == len(people)


def test_offboarding__at_once__happens_once(till, coalition, clock):
    last_day = clock.now().date() + timedelta(days=30)
    command = OffboardPartner(coalition.cinema.id, last_day, None, False, "cli:olga")
    outcomes = at_once([lambda: offboard_partner(command, now=clock.now())] * 4)
    assert sum(isinstance(each, CoalitionError) for each in outcomes) == 3, outcomes
    assert count("offboarding") == 1
