"""Closed periods for a chain, of the usual people: what was redeemed, what partners sign, and the time until then."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from coalition.config import IN_PROCESS_URL
from coalition.domain.merkle import leaf_hash
from coalition.ledger.administration import Administrator
from coalition.ledger.keys import Keyring
from coalition.ledger.settlement.anchoring import Refused, anchor, settlement_of
from coalition.ledger.settlement.binding import SettlementContract
from coalition.ledger.settlement.description import (
    AcknowledgementOnChain,
    Claim,
    DisputeOnChain,
    PaymentOnChain,
    PeriodOnChain,
    StatementOnChain,
)
from coalition.ledger.settlement.typed_data import Acknowledgement, Dispute, Payment, sign
from tests.integration.ledger.conftest import Ledger

STARTS_AT = datetime(2026, 3, 1, tzinfo=UTC)
CEILINGS = {"USD": 1_000_000}
OPERATOR, CINEMA, CAFE, GROCER = 1, 2, 3, 4
KEYS: dict[int, LocalAccount] = {
    party: Account.from_key((1_000 + party).to_bytes(32)) for party in (0, OPERATOR, CINEMA, CAFE, GROCER)
}
LINES, ANSWER = leaf_hash(b"a line"), leaf_hash(b"it is right")


def period(number: int, sequence: int, *claims: Claim, **more: Any) -> PeriodOnChain:
    """A month with these claims, and what issuers pay above what redeemers get, which the operator has."""
    positions: dict[int, list[int]] = {OPERATOR: [0, 0]}
    for claim in claims:
        margin = claim.paid_minor - claim.got_minor
        for party, minor, other in (
            (claim.payer, -claim.paid_minor, 0),
            (claim.redeemer, claim.got_minor, 0),
            (OPERATOR, margin, margin),
        ):
            position = positions.setdefault(party, [0, 0])
            position[0] += minor
            position[1] += other
    starts_at = STARTS_AT + timedelta(days=30 * (number - 1))
    return PeriodOnChain(
        number,
        starts_at,
        starts_at + timedelta(days=30),
        sequence,
        starts_at + timedelta(days=40),
        claims,
        tuple(
            StatementOnChain(party, "USD", leaf_hash(b"%d of %d" % (party, number)), *minor)
            for party, minor in sorted(positions.items())
        ),
        **more,
    )


def anchor_with(administrator: Administrator, *periods: PeriodOnChain, **more: Any) -> list[Refused]:
    keys = {party: account.address for party, account in KEYS.items()}
    return anchor(administrator, periods, keys, CEILINGS, **more)


@dataclass
class Settling:
    """A chain with a ledger, whose registrar settles by what there is on it."""

    ledger: Ledger

    def record(self) -> int:
        """Afterwards the chain has all that the journal has; the last batch of it."""
        recorder = self.ledger.recorder()
        recorder.drain()
        return recorder.contract.next_sequence() - 1

    def administrator(self) -> Administrator:
        assert self.ledger.chain is not None
        return Administrator(self.ledger.chain, Keyring(self.ledger.settings), self.ledger.clock)

    def anchor(self, *periods: PeriodOnChain, **more: Any) -> list[Refused]:
        return anchor_with(self.administrator(), *periods, **more)

    @property
    def contract(self) -> SettlementContract:
        found = settlement_of(self.administrator())
        assert found is not None
        return found

    def positions(self, number: int, *parties: int) -> list[int]:
        return [each.position_minor for each in self.contract.statements(number, [(party, "USD") for party in parties])]

    def acknowledged(self, closed: PeriodOnChain, *parties: int, by: int | None = None, **other: Any) -> PeriodOnChain:
        """The period, agreed to by these parties; by another's key, or to something else, if so told."""
        given = []
        for each in closed.statements:
            if each.partner in parties:
                words = Acknowledgement(closed.number, each.partner, "USD", each.root, each.position_minor)
                key = KEYS[each.partner if by is None else by]
                signature = sign(self.contract.domain(), replace(words, **other), key)
                given.append(AcknowledgementOnChain(each.partner, "USD", signature))
        return replace(closed, acknowledgements=(*closed.acknowledgements, *given))

    def disputed(self, closed: PeriodOnChain, party: int, answer: bytes | None = None) -> PeriodOnChain:
        (root,) = (each.root for each in closed.statements if each.partner == party)
        signature = sign(self.contract.domain(), Dispute(closed.number, party, "USD", root, LINES), KEYS[party])
        return replace(closed, disputes=(DisputeOnChain(party, "USD", LINES, signature, answer),))

    def paid(self, closed: PeriodOnChain, payer: int, payee: int, minor: int, by: int | None = None) -> PeriodOnChain:
        number = len(closed.payments) + 1
        words = Payment(closed.number, payer, payee, "USD", minor, number)
        signature = sign(self.contract.domain(), words, KEYS[payee if by is None else by])
        payment = PaymentOnChain(payer, payee, "USD", minor, number, signature)
        return replace(closed, payments=(*closed.payments, payment))

    def pass_the_deadline(self, number: int) -> None:
        """The chain's clock is its own."""
        assert self.ledger.chain is not None
        node, deadline = self.ledger.chain.node, self.contract.period(number).deadline
        if node.url == IN_PROCESS_URL:
            node.request("testing_timeTravel", deadline + 1)
        else:
            node.request("evm_setNextBlockTimestamp", deadline + 1)
            node.request("evm_mine")
