"""Closed periods come to the chain whole, whatever is killed meanwhile, and the ledger has to support them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from coalition.config import LedgerMode
from coalition.ledger import deployments
from coalition.ledger.administration import Administrator
from coalition.ledger.errors import TransactionRefused, WrongContract
from coalition.ledger.settlement import anchoring, calls
from coalition.ledger.settlement.anchoring import ensure_settlement
from coalition.ledger.settlement.binding import Claimed, place
from coalition.ledger.settlement.claims import Known, claims_to_make
from coalition.ledger.settlement.description import Claim, PeriodOnChain
from coalition.ledger.settlement.errors import LedgerBehind, NothingToSettleBy, PeriodsMissing, SettlementDiverged
from coalition.services.redemptions import reverse_redemption
from coalition.store import tables
from tests.integration.ledger import conftest as on_chains
from tests.integration.ledger.conftest import needs_anvil
from tests.integration.settlement.chain_periods import CAFE, CINEMA, GROCER, KEYS, OPERATOR, Settling, period

ledger, database_url = on_chains.ledger, on_chains.database_url

CAFE_GETS = Claim(CINEMA, CAFE, "USD", 100, 90, 80)
GROCER_GETS = Claim(CINEMA, GROCER, "USD", 50, 45, 40)


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def settling(ledger, coalition, till, deployments) -> Iterator[Settling]:
    """Points of the cinema: 100 were spent at the cafe and 50 at the grocer, and the chain has that."""

    def spend() -> None:
        till.sell(coalition.cinema, 10_000)
        till.redeem(coalition.cafe, 100)
        till.redeem(coalition.grocer, 50)

    with ledger.has(deployments, "spent at the cafe and the grocer", spend):
        yield Settling(ledger)


@pytest.fixture
def march(settling) -> PeriodOnChain:
    return period(1, 1, CAFE_GETS, GROCER_GETS)


def chain_txs() -> int:
    return tables.ChainTx.select().count()


def test_anchor__first_period__is_closed_with_its_positions_and_nothing_is_left_unclaimed(settling, march):
    assert settling.anchor(march) == []
    contract = settling.contract
    assert settling.positions(1, OPERATOR, CINEMA, CAFE, GROCER) == [15, -135, 80, 40]
    assert contract.unclaimed([(CINEMA, CAFE), (CINEMA, GROCER)]) == [0, 0]
    assert contract.keys(KEYS) == [account.address for account in KEYS.values()]
    state = contract.period(1)
    assert (state.closed, state.statements, state.pending) == (True, 4, 4)
    assert (state.starts_at, state.ends_at) == (march.starts_at.timestamp(), march.ends_at.timestamp())


def test_anchor__again__sends_nothing(settling, march):
    settling.anchor(march)
    sent = chain_txs()
    assert settling.anchor(march) == []
    assert chain_txs() == sent


def test_anchor__killed_again_and_again__goes_on_to_the_same_result(settling, march, monkeypatch):
    monkeypatch.setattr(anchoring, "CLAIMS_AT_ONCE", 1)
    monkeypatch.setattr(anchoring, "STATEMENTS_AT_ONCE", 3)
    signs, settles = Administrator._sign_order, Administrator._settle
    kills = 0
    for fatal in range(1, 60):
        reached = 0

        def die_at(method, fatal=fatal):
            def counted(*arguments, **more):
                nonlocal reached
                reached += 1
                if reached == fatal:
                    raise Killed
                return method(*arguments, **more)

            return counted

        monkeypatch.setattr(Administrator, "_sign_order", die_at(signs))
        monkeypatch.setattr(Administrator, "_settle", die_at(settles))
        try:
            settling.anchor(march)
            break
        except Killed:
            kills += 1
    assert kills > 5
    assert settling.positions(1, OPERATOR, CINEMA, CAFE, GROCER) == [15, -135, 80, 40]
    purposes = Counter(tx.purpose for tx in tables.ChainTx.select())
    steps = ("create settlement", "open on Settlement", "claim on Settlement", "state on Settlement")
    assert [purposes[step] for step in steps] == [1, 1, 2, 2]
    assert tables.ChainTx.select().where(tables.ChainTx.status.in_(("reverted", "lost"))).count() == 0


def test_anchor__more_points_than_the_ledger_has__refused(settling):
    with pytest.raises(TransactionRefused, match=r"Unsupported\(issuer=2, redeemer=3, obligation=100, claimed=101\)"):
        settling.anchor(period(1, 1, Claim(CINEMA, CAFE, "USD", 101, 90, 80)))
    assert settling.contract.claimed([(CINEMA, CAFE)]) == [0]


def test_anchor__more_money_than_points_may_cost__refused(settling):
    with pytest.raises(TransactionRefused, match="MoneyUnsupported"):
        settling.anchor(period(1, 1, Claim(CINEMA, CAFE, "USD", 100, 101, 80)))


def test_anchor__position_that_claims_do_not_explain__refused_and_not_closed(settling, march):
    changed = [replace(each, position_minor=each.position_minor + 1) for each in march.statements]
    with pytest.raises(TransactionRefused, match="PositionUnsupported"):
        settling.anchor(replace(march, statements=tuple(changed)))
    assert not settling.contract.period(1).closed


def test_anchor__statement_left_out__refused(settling, march):
    with pytest.raises(TransactionRefused, match=r"Unbalanced|StatementsMissing"):
        settling.anchor(replace(march, statements=march.statements[:-1]))
    assert not settling.contract.period(1).closed


def test_anchor__gap_or_overlap_between_periods__refused(settling, march):
    april = period(2, 1)
    with pytest.raises(TransactionRefused, match="StartMismatch"):
        settling.anchor(march, replace(april, starts_at=march.starts_at))
    with pytest.raises(PeriodsMissing):
        settling.anchor(april)


def test_anchor__batch_that_the_chain_lacks__waits_for_it(settling, march):
    with pytest.raises(LedgerBehind):
        settling.anchor(replace(march, sequence=9))
    assert tables.Deployment.get().settlement is None


def test_anchor__other_statement_of_a_closed_period__is_told_and_changes_nothing(settling, march):
    settling.anchor(march)
    first, *others = march.statements
    with pytest.raises(SettlementDiverged):
        settling.anchor(replace(march, statements=(replace(first, root=bytes(32)), *others)))


def test_anchor__redemption_undone_before_its_period_came_to_the_chain__next_period_evens_it_out(
    settling, march, till, coalition, clock
):
    undone = till.redeem(coalition.cafe, 60).redemption.id
    settling.record()
    reverse_redemption(undone, None, now=clock.now())
    settling.record()
    march = period(1, 2, Claim(CINEMA, CAFE, "USD", 160, 144, 128), GROCER_GETS)
    with pytest.raises(TransactionRefused, match="Unsupported"):
        settling.anchor(march)
    assert settling.anchor(march, taken_back={(CINEMA, CAFE): 60}) == []
    # The position is the whole one; what the ledger no longer has of it is shown apart.
    assert settling.positions(1, CINEMA, CAFE) == [-189, 128]
    assert settling.contract.claimed_in([(CINEMA, CAFE, "USD")]) == [Claimed(100, 90, 80)]

    assert settling.anchor(march, period(2, 3, Claim(CINEMA, CAFE, "USD", -60, -54, -48))) == []
    assert settling.positions(2, CINEMA, CAFE) == [54, -48]
    assert settling.contract.claimed_in([(CINEMA, CAFE, "USD")]) == [Claimed(100, 90, 80)]


def test_anchor__pool_pays__where_points_were_paid_for_when_issued(settling):
    settling.anchor(period(1, 1, replace(CAFE_GETS, by_pool=True)))
    assert settling.positions(1, 0, CAFE, OPERATOR) == [-90, 80, 10]


def test_anchor__ledger_rebuilt__is_done_anew_on_another_contract(settling, march):
    settling.anchor(march)
    agreed = settling.acknowledged(march, CINEMA)
    before = settling.contract.address
    deployments.unbind()
    settling.record()
    refused = settling.anchor(agreed)
    assert settling.contract.address != before
    assert settling.positions(1, OPERATOR, CINEMA, CAFE, GROCER) == [15, -135, 80, 40]
    # What was signed for one contract is not good for another.
    assert [(each.partner, each.purpose) for each in refused] == [(CINEMA, "acknowledge")]
    assert "WrongSignature" in refused[0].reason


# Only anvil can be wiped in place.
@pytest.mark.parametrize("ledger", [pytest.param(None, marks=needs_anvil, id="anvil")], indirect=True)
def test_anchor__chain_wiped__comes_back_with_all_that_was_signed(settling, march):
    settling.anchor(march)
    agreed = settling.acknowledged(march, CINEMA)
    settling.anchor(agreed)
    address = settling.contract.address
    settling.ledger.chain.node.request("anvil_reset")
    with pytest.raises(WrongContract):
        settling.anchor(agreed)
    settling.record()
    assert settling.anchor(agreed) == []
    assert settling.contract.address == address
    assert settling.contract.period(1).pending == 3


def test_anchor__another_contract_at_the_address__raises(settling, march):
    settling.record()
    tables.Deployment.update(settlement=tables.Deployment.get().badges).execute()
    with pytest.raises(WrongContract):
        settling.anchor(march)


def test_anchor__settlement_of_another_ledger__raises(settling, march):
    settling.anchor(march)
    tables.Deployment.update(contract=tables.Deployment.get().badges).execute()
    with pytest.raises(WrongContract):
        ensure_settlement(settling.administrator())


def test_anchor__roots_mode__has_nothing_to_settle_by(ledger, coalition, till):
    ledger.settings = replace(ledger.settings, ledger_mode=LedgerMode.ROOTS)
    till.sell(coalition.cinema, 10_000)
    settling = Settling(ledger)
    settling.record()
    with pytest.raises(NothingToSettleBy):
        settling.anchor(period(1, 1))


def test_claims__interrupted_while_the_ledger_went_on__leave_what_was_claimed_as_it_is():
    march = period(1, 1, CAFE_GETS, GROCER_GETS)
    # The cafe's came to the chain when 60 of its points were undone; by now 30 of these were redeemed again.
    claimed = {(CINEMA, CAFE, "USD"): Claimed(40, 36, 32), (CINEMA, GROCER, "USD"): Claimed(0, 0, 0)}
    known = Known(claimed, {(CINEMA, CAFE): 70, (CINEMA, GROCER): 50})
    after = place(CAFE_GETS)
    assert claims_to_make([march], 1, known, {(CINEMA, CAFE): 30}, after) == [GROCER_GETS]
    april = period(2, 1, CAFE_GETS)
    caught_up = known._replace(obligations={(CINEMA, CAFE): 200, (CINEMA, GROCER): 50})
    (claim,) = (each for each in claims_to_make([march, april], 2, caught_up, {}, 0) if each.redeemer == CAFE)
    assert (claim.points, claim.paid_minor, claim.got_minor) == (160, 144, 128)


def test_claims__of_a_pair_by_issuer_and_pool__are_one_by_whoever_pays_more():
    both = period(1, 1, CAFE_GETS, Claim(CINEMA, CAFE, "USD", 200, 180, 160, by_pool=True))
    known = Known({(CINEMA, CAFE, "USD"): Claimed(0, 0, 0)}, {(CINEMA, CAFE): 300})
    assert claims_to_make([both], 1, known, {}, 0) == [Claim(CINEMA, CAFE, "USD", 300, 270, 240, by_pool=True)]


def test_gas__of_full_chunks__is_under_the_cap_of_a_transaction():
    assert calls._BASE_GAS + calls.CLAIMS_AT_ONCE * calls._CLAIM_GAS < 16_777_216
    assert calls._BASE_GAS + calls.STATEMENTS_AT_ONCE * calls._STATEMENT_GAS < 16_777_216
