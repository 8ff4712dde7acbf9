"""A member who has spent points of goods that came back owes them, until the next points repay."""

from datetime import timedelta

import pytest

from coalition.domain.entries import EntryKind
from coalition.errors import InsufficientPoints, IssuerLimitExceeded
from coalition.services.adjustments import AdjustPoints, adjust_points
from coalition.services.gifts import GivePoints, give, propose_gift
from coalition.services.journal import JournalSession, Source
from coalition.services.partners import get_partner, set_limit, set_status
from coalition.services.redemptions import reverse_redemption
from coalition.services.rewards import Reward, TakenReward, reward_points, take_back_rewards
from coalition.services.transfers import TransferPoints, transfer_points
from coalition.store import tables
from coalition.store.database import transaction
from tests.integration.books import journal, refused
from tests.integration.conftest import Purse


@pytest.fixture
def owing(coalition, till):
    """``owing(cinema=100, cafe=50)``: Anna owes these partners as many points, and has none."""

    def owe(**debts):
        partners = {name: getattr(coalition, name) for name in debts}
        sold = [till.sell(each, debts[name] * 10_000 // each.rate_bps) for name, each in partners.items()]
        till.redeem(coalition.grocer, sum(debts.values()))
        for partner, bought in zip(partners.values(), sold, strict=True):
            till.take_back(partner, bought, "1")

    return owe


def debts() -> list[tuple[int, int, int]]:
    """(creditor, points, remaining) of every debt, the oldest first."""
    return [(each.creditor_id, each.points, each.remaining) for each in tables.Debt.select().order_by(tables.Debt.id)]


def test_debt__next_points_of_another_issuer__are_redeemed_at_the_creditor(coalition, till, owing):
    owing(cinema=100)
    assert till.sell(coalition.cafe, 600).balance == 0
    cinema, cafe = coalition.cinema.number, coalition.cafe.number
    assert journal()[-2:] == [("accrual", cafe, cafe, 30), ("redemption", cafe, cinema, 30)]
    assert (till.purse(), debts()) == (Purse(debt=70), [(cinema, 100, 70)])
    assert (get_partner(coalition.cafe.id).outstanding, get_partner(coalition.cinema.id).outstanding) == (0, 0)

    assert till.sell(coalition.cafe, 2000).balance == 30
    assert (till.purse(), debts()) == (Purse(30), [(cinema, 100, 0)])


def test_debt__of_several_creditors__the_oldest_is_repaid_first(coalition, till, owing):
    owing(cafe=50, cinema=100)
    cinema, cafe, grocer = coalition.cinema.number, coalition.cafe.number, coalition.grocer.number
    till.sell(coalition.grocer, 8000)
    assert journal()[-2:] == [("redemption", grocer, cafe, 50), ("redemption", grocer, cinema, 30)]
    assert debts() == [(cafe, 50, 0), (cinema, 100, 70)]


def test_debt__its_creditor_suspended__waits_while_younger_ones_are_repaid(coalition, till, owing):
    owing(cafe=50, cinema=100)
    set_status(coalition.cafe.id, "suspended")
    till.sell(coalition.grocer, 12_000)
    assert till.purse() == Purse(20, debt=50)
    set_status(coalition.cafe.id, "active")
    till.sell(coalition.grocer, 100)
    assert till.purse() == Purse(debt=29)


def test_debt__its_creditor_reinstated__is_repaid_before_anything_is_redeemed_elsewhere(coalition, till, owing):
    owing(cinema=100)
    set_status(coalition.cinema.id, "suspended")
    till.sell(coalition.cafe, 3000)
    set_status(coalition.cinema.id, "active")
    with refused(InsufficientPoints) as refusal:
        till.redeem(coalition.grocer, 51)
    assert refusal.value.available == 50
    assert till.redeem(coalition.grocer, 20).balance == 30
    cinema, cafe, grocer = coalition.cinema.number, coalition.cafe.number, coalition.grocer.number
    assert journal()[-2:] == [("redemption", cafe, cinema, 100), ("redemption", cafe, grocer, 20)]
    assert till.purse() == Purse(30)


def test_debt__points_of_several_issuers__one_entry_for_each(coalition, till, owing):
    owing(cinema=100)
    till.rules("accrual:\n  rules:\n  - {id: spring, bonus_points: 60, funded_by: {operator: 1, partner: 1}}")
    till.sell(coalition.grocer, 1000)
    operator, grocer, cinema = coalition.operator.number, coalition.grocer.number, coalition.cinema.number
    assert {entry for entry in journal() if entry[0] == "redemption" and entry[2] == cinema} == {
        ("redemption", operator, cinema, 30),
        ("redemption", grocer, cinema, 40),
    }
    assert till.purse() == Purse(debt=30)


def test_debt__points_in_their_return_window__repay_too(coalition, till, owing):
    owing(cinema=100)
    till.rules("accrual: {pending_days: 14}")
    till.sell(coalition.cafe, 3000)
    assert till.purse() == Purse(pending=50)


def adjusted(coalition, now):
    adjust_points(AdjustPoints(coalition.anna.id, coalition.cafe.id, 30, "sorry", "ops"), now=now)


def given(coalition, now):
    give(propose_gift(GivePoints(coalition.cafe.id, 30, "May Day", "ops"), now=now).id, now=now)


def rewarded(coalition, now):
    reward_points([Reward("gra_1", coalition.anna.id, {coalition.cafe.number: 30}, "", now)], now=now)


@pytest.mark.parametrize("gain", [adjusted, given, rewarded])
def test_debt__points_however_they_come__repay(coalition, till, clock, owing, gain):
    owing(cinema=100)
    clock.advance(timedelta(hours=1))
    gain(coalition, clock.now())
    cafe, cinema = coalition.cafe.number, coalition.cinema.number
    assert journal()[-1] == ("redemption", cafe, cinema, 30)
    assert till.purse() == Purse(debt=70)


def test_debt__points_of_a_friend__repay(coalition, till, clock, owing):
    till.rules("transfers: {allowed: true}")
    boris = till.enrol(1)
    till.sell(coalition.cafe, 1000, to=boris)
    owing(cinema=100)
    command = TransferPoints(coalition.cafe.number, boris.id, coalition.anna.id, 30, "t-1")
    transfer_points(command, now=clock.now())
    assert (till.purse(), till.purse(boris)) == (Purse(debt=70), Purse(20))


def test_debt__a_redemption_is_reversed__repay(coalition, till, clock, owing):
    till.sell(coalition.cafe, 1000)
    redeemed = till.redeem(coalition.grocer, 30).redemption
    till.redeem(coalition.grocer, 20)
    owing(cinema=100)
    assert reverse_redemption(redeemed.id, None, now=clock.now()).balance == 0
    assert till.purse() == Purse(debt=70)


def test_debt__points_given_back_beyond_their_issuers_limit__refused_though_they_would_repay(
    coalition, till, clock, owing
):
    # The ledger takes entry by entry: the points would be above the limit until the next one redeems them.
    till.sell(coalition.cafe, 1000)
    redeemed = till.redeem(coalition.grocer, 25).redemption
    bought = till.sell(coalition.grocer, 25, redeem=25)
    owing(cinema=100)
    set_limit(coalition.cafe.id, 24)
    with refused(IssuerLimitExceeded):
        reverse_redemption(redeemed.id, None, now=clock.now())
    with refused(IssuerLimitExceeded):
        till.take_back(coalition.grocer, bought, "1")
    set_limit(coalition.cafe.id, 25)
    till.take_back(coalition.grocer, bought, "1")
    reverse_redemption(redeemed.id, None, now=clock.now())
    assert till.purse() == Purse(debt=50)


def test_debt__a_hold_is_captured_in_part__its_rest_repays(coalition, till):
    bought = till.sell(coalition.cinema, 1000)
    hold = till.hold(coalition.cafe, 70)
    till.take_back(coalition.cinema, bought, "1")
    assert till.purse() == Purse(held=70, debt=70)
    assert till.capture(coalition.cafe, hold, 20).balance == 0
    assert till.purse() == Purse(debt=20)


def test_debt__a_holds_time_is_over__its_points_repay_before_they_can_be_spent(coalition, till, clock):
    bought = till.sell(coalition.cinema, 1000)
    hold = till.hold(coalition.cafe, 70)
    till.take_back(coalition.cinema, bought, "1")
    clock.advance(hold.expires_at - clock.now())
    till.sell(coalition.cafe, 400)
    with transaction():
        session = JournalSession([coalition.anna.id], spenders=[coalition.anna.id], now=clock.now())
        assert session.available(session.accounts[coalition.anna.id]) == 20
        session.write()
    assert till.purse() == Purse(20)


@pytest.mark.parametrize("policy, debt", [("debt", 60), ("deduct_from_refund", 60), ("write_off", 0)])
def test_grant__taken_back_after_its_points_were_spent__is_owed_unless_written_off(
    coalition, till, clock, policy, debt
):
    till.rules(f"returns: {{spent_points: {policy}}}")
    rewarded(coalition, clock.now())
    reward_points([Reward("gra_2", coalition.anna.id, {coalition.cinema.number: 50}, "", clock.now())], now=clock.now())
    till.redeem(coalition.grocer, 60)
    taken = [TakenReward("gra_1", coalition.anna.id), TakenReward("gra_2", coalition.anna.id)]
    assert take_back_rewards(taken, now=clock.now()) == 60
    assert till.purse() == Purse(debt=debt)


def test_grant__that_gave_nothing__takes_nothing_back(coalition, till, clock):
    till.sell(coalition.cinema, 1000)
    assert take_back_rewards([TakenReward("gra_1", coalition.anna.id)], now=clock.now()) == 0
    assert till.purse() == Purse(100)


def test_debt__points_of_the_creditor_itself__repay(coalition, till, clock, owing):
    owing(cinema=100)
    with transaction():
        session = JournalSession([coalition.anna.id], now=clock.now())
        source = Source("gra_9", "", clock.now())
        account = session.accounts[coalition.anna.id]
        expires_at = clock.now().replace(year=2028)
        session.issue(EntryKind.REWARD, coalition.cinema.number, account, 130, source, expires_at)
        session.write()
    assert till.purse() == Purse(30)
