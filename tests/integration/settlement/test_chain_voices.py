"""What partners sign comes to the chain, whoever brings it; what they did not sign does not."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from eth_account import Account

from coalition.domain.merkle import leaf_hash
from coalition.ledger.administration import Administrator
from coalition.ledger.recorder import Recorder
from coalition.ledger.settlement.anchoring import replace_lost_key
from coalition.ledger.settlement.binding import DisputeStatus, Status
from coalition.ledger.settlement.description import Claim, PeriodOnChain
from coalition.ledger.settlement.typed_data import Acknowledgement, sign, signer_of, typed_data
from tests.integration.ledger import conftest as on_chains
from tests.integration.settlement.chain_periods import (
    ANSWER,
    CAFE,
    CINEMA,
    KEYS,
    LINES,
    OPERATOR,
    Settling,
    anchor_with,
    period,
)

ledger, database_url = on_chains.ledger, on_chains.database_url


@pytest.fixture
def march() -> PeriodOnChain:
    return period(1, 1, Claim(CINEMA, CAFE, "USD", 100, 90, 80))


@pytest.fixture
def settling(ledger, coalition, till, clock, march, deployments) -> Iterator[Settling]:
    """March is closed on the chain."""

    def spend() -> None:
        till.sell(coalition.cinema, 10_000)
        till.redeem(coalition.cafe, 100)

    def close(recorder: Recorder) -> None:
        anchor_with(Administrator(recorder.chain, recorder.keyring, clock), march)

    with ledger.has(deployments, "March is closed", spend, close):
        yield Settling(ledger)


def status(settling: Settling, party: int) -> Status:
    return Status(settling.contract.statements(1, [(party, "USD")])[0].status)


def reasons(refused) -> list[tuple[str, int, str]]:
    return [(each.purpose, each.partner, each.reason.partition("(")[0]) for each in refused]


def test_acknowledgements__of_all__settle_the_period(settling, march):
    agreed = settling.acknowledged(march, OPERATOR, CINEMA)
    assert settling.anchor(agreed) == []
    assert not settling.contract.is_settled(1)
    assert settling.anchor(settling.acknowledged(agreed, CAFE)) == []
    assert settling.contract.is_settled(1)


def test_acknowledgement__by_another_key__refused_and_the_others_are_taken(settling, march):
    forged = settling.acknowledged(march, CINEMA, by=CAFE)
    assert reasons(settling.anchor(settling.acknowledged(forged, CAFE))) == [("acknowledge", CINEMA, "WrongSignature")]
    assert (status(settling, CINEMA), status(settling, CAFE)) == (Status.OPEN, Status.ACKNOWLEDGED)


@pytest.mark.parametrize("other", [{"root": leaf_hash(b"another")}, {"position_minor": -89}, {"period": 2}])
def test_acknowledgement__for_another_statement__refused(settling, march, other):
    refused = settling.anchor(settling.acknowledged(march, CINEMA, **other))
    assert reasons(refused) == [("acknowledge", CINEMA, "WrongSignature")]
    assert status(settling, CINEMA) is Status.OPEN


def test_dispute__answered_later__keeps_the_period_from_being_settled_until_then(settling, march):
    assert settling.anchor(settling.disputed(march, CAFE)) == []
    settling.pass_the_deadline(1)
    assert (status(settling, CAFE), settling.contract.is_settled(1)) == (Status.DISPUTED, False)
    answered = settling.disputed(march, CAFE, ANSWER)
    assert settling.anchor(answered) == []
    assert (status(settling, CAFE), settling.contract.is_settled(1)) == (Status.ANSWERED, True)
    assert settling.contract.disputes(1, [(CAFE, "USD", LINES)]) == [DisputeStatus.ANSWERED]
    assert settling.anchor(answered) == []


def test_dispute__after_the_deadline__refused(settling, march):
    settling.pass_the_deadline(1)
    assert settling.contract.is_settled(1)
    assert reasons(settling.anchor(settling.disputed(march, CAFE))) == [("dispute", CAFE, "TooLate")]
    assert settling.contract.is_settled(1)


def test_dispute__then_acknowledged__needs_no_answer(settling, march):
    disputed = settling.disputed(march, CAFE)
    settling.anchor(disputed)
    agreed = settling.acknowledged(disputed, CAFE)
    assert settling.anchor(agreed) == []
    answered = replace(agreed, disputes=(replace(agreed.disputes[0], answer=ANSWER),))
    assert settling.anchor(answered) == []
    assert status(settling, CAFE) is Status.ACKNOWLEDGED


def test_payment__confirmed_by_the_payee__counts_for_both(settling, march):
    settling.pass_the_deadline(1)
    paid = settling.paid(settling.paid(march, CINEMA, CAFE, 50), CINEMA, CAFE, 30)
    assert settling.anchor(paid) == []
    payer, payee = settling.contract.statements(1, [(CINEMA, "USD"), (CAFE, "USD")])
    assert (payer.paid_minor, payee.paid_minor) == (80, 80)
    assert settling.anchor(paid) == []
    assert reasons(settling.anchor(settling.paid(paid, CINEMA, CAFE, 1))) == [
        ("confirmPayment", CAFE, "PaymentTooHigh")
    ]


def test_payment__by_the_payer_or_too_early__refused(settling, march):
    early = settling.paid(march, CINEMA, CAFE, 80)
    assert reasons(settling.anchor(early)) == [("confirmPayment", CAFE, "NotSettled")]
    settling.pass_the_deadline(1)
    forged = settling.paid(march, CINEMA, CAFE, 80, by=CINEMA)
    assert reasons(settling.anchor(forged)) == [("confirmPayment", CAFE, "WrongSignature")]
    assert settling.anchor(early) == []


def test_key__lost__is_replaced_by_the_admin_and_told_until_then(settling, march, monkeypatch):
    new = Account.from_key((77).to_bytes(32))
    monkeypatch.setitem(KEYS, CINEMA, new)
    agreed = settling.acknowledged(march, CINEMA)
    purposes = [(each.purpose, each.partner) for each in settling.anchor(agreed)]
    assert purposes == [("registerKey", CINEMA), ("acknowledge", CINEMA)]
    replace_lost_key(settling.administrator(), CINEMA, new.address.lower())
    assert settling.anchor(agreed) == []
    assert status(settling, CINEMA) is Status.ACKNOWLEDGED


def test_typed_data__signed__names_its_signer_and_reads_as_json(settling, march):
    words = Acknowledgement(1, CINEMA, "USD", LINES, -90)
    domain = settling.contract.domain()
    document = typed_data(domain, words)
    assert document["message"] | {"root": ""} == {
        "period": 1,
        "partner": CINEMA,
        "currency": "0x555344",
        "root": "",
        "positionMinor": -90,
    }
    signature = sign(domain, words, KEYS[CINEMA])
    assert signer_of(domain, words, signature) == KEYS[CINEMA].address
    assert signer_of(domain, replace(words, position_minor=90), signature) != KEYS[CINEMA].address
    assert signer_of(domain, words, b"agreed") is None
