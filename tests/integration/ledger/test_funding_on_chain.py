"""The contract bounds what prepaid partners issue, hears who leaves, and takes all that the journal took."""

from datetime import timedelta

import pytest

from coalition.config import IN_PROCESS_URL
from coalition.ledger.contract import Contract, PartnerStatus
from coalition.ledger.reconciliation.reconcile import reconcile
from coalition.services.expiry import expire_points
from coalition.services.leaving import announce_leaving
from coalition.services.offboarding import OffboardPartner, offboard_partner
from coalition.services.pack_watch import tell_limits
from coalition.services.packs import BuyPack, buy_pack, switch_to_prepaid
from coalition.services.partners import get_partner
from coalition.services.redemptions import reverse_redemption
from coalition.store import tables
from tests.integration.funding.test_packs import live
from tests.integration.ledger.conftest import on_both_databases

in_process = pytest.mark.parametrize("ledger", [IN_PROCESS_URL], indirect=True)


def assert_taken(contract: Contract) -> None:
    """Every entry is on the chain, none refused, and no limit there is below the journal's."""
    result = reconcile(contract)
    assert (result.differences, result.pending) == ([], 0)
    assert tables.RefusedEntry.select().count() == 0
    for partner in tables.Partner.select():
        assert contract.partner(partner.id).limit >= partner.limit_points >= partner.outstanding


@pytest.fixture
def prepaid(coalition, clock):
    buy_pack(BuyPack(coalition.cinema.id, 1000, 900, "USD", "first", "cli:olga"), now=clock.now())
    switch_to_prepaid(coalition.cinema.id, now=clock.now())
    return coalition.cinema


@in_process
def test_limit__of_a_prepaid_partner__follows_what_is_used_and_bought(ledger, prepaid, coalition, clock, till):
    recorder = ledger.recorder()

    def on_chain() -> int:
        recorder.drain()
        assert_taken(recorder.contract)
        return recorder.contract.partner(prepaid.number).limit

    till.sell(prepaid, 10_000)
    assert on_chain() == 1000
    redeemed = till.redeem(coalition.cafe, 700)
    assert on_chain() == 1000
    tell_limits(now=clock.now())
    assert on_chain() == 300
    reverse_redemption(redeemed.redemption.id, coalition.cafe.number, now=clock.now())
    assert on_chain() == 1000 == get_partner(prepaid.id).outstanding
    till.redeem(coalition.cafe, 100)
    buy_pack(BuyPack(prepaid.id, 50, 50, "USD", "second", "cli:olga"), now=clock.now())
    assert on_chain() == 950
    till.sell(prepaid, 500)
    assert on_chain() == 950 == get_partner(prepaid.id).outstanding


@in_process
@on_both_databases
@pytest.mark.parametrize("seed", [3, 100])
def test_histories__of_prepaid_partners__are_taken_by_the_contract(ledger, coalition, clock, till, seed):
    recorder = ledger.recorder()
    live(till, coalition, clock, seed)
    recorder.drain()
    assert_taken(recorder.contract)
    clock.advance(timedelta(minutes=1))
    tell_limits(now=clock.now())
    recorder.drain()
    assert_taken(recorder.contract)
    for partner in (coalition.cinema, coalition.cafe):
        assert recorder.contract.partner(partner.number).limit == get_partner(partner.id).limit


@in_process
def test_leaving_partner__is_suspended_on_chain_and_its_points_go_on(ledger, prepaid, coalition, clock, till):
    recorder = ledger.recorder()
    till.sell(prepaid, 10_000)
    last_day = clock.now().date() + timedelta(days=30)
    offboard_partner(OffboardPartner(prepaid.id, last_day, 500, False, "cli:olga"), now=clock.now())
    redeemed = till.redeem(coalition.cafe, 700)
    announce_leaving(now=clock.now())
    tell_limits(now=clock.now())
    recorder.drain()
    assert_taken(recorder.contract)
    totals = recorder.contract.partner(prepaid.number)
    assert (totals.status, totals.redeemed, totals.limit) == (PartnerStatus.SUSPENDED, 700, 300)
    reverse_redemption(redeemed.redemption.id, coalition.cafe.number, now=clock.now())
    clock.advance(timedelta(days=31))
    expire_points(now=clock.now())
    recorder.drain()
    assert_taken(recorder.contract)
    totals = recorder.contract.partner(prepaid.number)
    assert (totals.issued, totals.redeemed, totals.expired) == (1000, 0, 1000)
