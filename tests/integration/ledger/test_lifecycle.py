"""Whatever happens to points in their life, the chain can record, and then has as the journal has it."""

from datetime import timedelta

import pytest

from coalition.config import IN_PROCESS_URL
from coalition.domain.entries import EntryKind
from coalition.ledger.reconciliation.reconcile import reconcile
from coalition.services.adjustments import AdjustPoints, adjust_points
from coalition.services.expiry import expire_points
from coalition.services.gifts import GivePoints, give, propose_gift
from coalition.services.holds import void_hold
from coalition.services.partners import set_limit, set_status
from coalition.services.redemptions import reverse_redemption
from coalition.services.rewards import Reward, TakenReward, reward_points, take_back_rewards
from coalition.services.transfers import TransferPoints, transfer_points
from tests.integration.books import journal
from tests.integration.conftest import Purse

DAY = timedelta(days=1)
RULES = """
accrual:
  rules: [{id: spring, bonus_points: 100, when: {partners: [grocer]}, funded_by: {operator: 1, partner: 1}}]
expiry: {lifetime_months: 1}
returns: {spent_points: deduct_from_refund}
transfers: {allowed: true}
"""
pytestmark = pytest.mark.parametrize("ledger", [IN_PROCESS_URL], indirect=True)


def assert_recorded(ledger) -> None:
    recorder = ledger.recorder()
    recorder.drain()
    result = reconcile(recorder.contract)
    assert (result.differences, result.pending) == ([], 0)
    assert result.total_supply == result.sum_of_balances


def test_journal__with_entries_of_every_kind__is_recorded_without_a_difference(ledger, coalition, till, clock):
    till.rules(RULES)
    anna, boris = coalition.anna, till.enrol(1)
    cinema, cafe, grocer = coalition.cinema, coalition.cafe, coalition.grocer
    tickets = till.sell(cinema, 1000, 1000)
    coffee = till.sell(cafe, 300, 1000, redeem=120)
    till.capture(grocer, till.hold(grocer, 50), 20)
    void_hold(till.hold(grocer, 30).id, grocer.number, now=clock.now())
    reverse_redemption(till.redeem(grocer, 10).redemption.id, None, now=clock.now())
    till.take_back(cafe, coffee, "1")
    assert_recorded(ledger)

    # What was spent is paid for by the refund, or is a debt that the next points repay.
    till.redeem(grocer, till.purse().available)
    till.take_back(cinema, tickets, "1", "2")
    reward_points([Reward("gra_1", anna.id, {cafe.number: 70, cinema.number: 30}, "", clock.now())], now=clock.now())
    till.redeem(grocer, 60)
    take_back_rewards([TakenReward("gra_1", anna.id)], now=clock.now())
    assert till.purse().debt
    groceries = till.sell(grocer, 3000)
    till.redeem(cafe, till.purse().available)
    till.take_back(grocer, groceries, "1")
    assert_recorded(ledger)

    adjust_points(AdjustPoints(anna.id, cafe.id, 500, "sorry", "ops"), now=clock.now())
    adjust_points(AdjustPoints(anna.id, cafe.id, -40, "too many", "ops"), now=clock.now())
    transfer_points(TransferPoints(grocer.number, anna.id, boris.id, 100, "t-1"), now=clock.now())
    clock.advance(DAY)
    give(propose_gift(GivePoints(coalition.operator.id, 10, "May Day", "ops"), now=clock.now()).id, now=clock.now())
    clock.advance(60 * DAY)
    assert expire_points(now=clock.now())
    assert {kind for kind, *_ in journal()} == {kind.name.lower() for kind in EntryKind}
    assert_recorded(ledger)


def test_journal__of_a_partner_whose_limit_was_lowered_before_the_chain_heard_of_it__is_recorded(
    ledger, coalition, till
):
    till.sell(coalition.cinema, 1000, 1000)
    till.redeem(coalition.cafe, 150)
    set_limit(coalition.cinema.id, 60)
    assert_recorded(ledger)
    assert ledger.recorder().contract.partner(coalition.cinema.number).limit == 60


def test_journal__of_partners_suspended_and_at_their_limits__is_recorded_without_a_difference(
    ledger, coalition, till, clock
):
    till.rules(RULES)
    cinema, cafe, grocer = coalition.cinema, coalition.cafe, coalition.grocer
    tickets, groceries = till.sell(cinema, 1000), till.sell(grocer, 3000)
    spent = till.sell(cafe, 200, redeem=200)
    assert_recorded(ledger)
    set_limit(cinema.id, 30)
    for partner in (coalition.operator, cafe):
        set_status(partner.id, "suspended")
    assert_recorded(ledger)

    # The chain knows of the suspensions, and what only unwinds goes on.
    till.take_back(cinema, tickets, "1")
    till.take_back(grocer, groceries, "1")
    assert till.purse() == Purse(debt=40 + 50)
    assert_recorded(ledger)
    set_limit(cinema.id, 1000)
    till.take_back(cafe, spent, "1")
    till.sell(cinema, 500)
    clock.advance(60 * DAY)
    expire_points(now=clock.now())
    assert_recorded(ledger)
