"""What people do with the contracts by hand: stop and resume recording, and give a role to another account."""

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from coalition.clock import Clock
from coalition.ledger import deployments
from coalition.ledger.chains import Chain
from coalition.ledger.contract import ROLE_HASHES, History, encode_call
from coalition.ledger.errors import NodeRefused, TransactionRefused
from coalition.ledger.keys import Keyring
from coalition.ledger.outbox import REVERTED, UNCONFIRMED, Fees, Order, Outbox
from coalition.ledger.recorder import Recorder
from coalition.store.database import transaction
from coalition.store.tables import ChainTx, Deployment

_GAS = 200_000
_LOOK_AGAIN_S = 0.1


class Call(NamedTuple):
    """A function of a contract, called by the account of a role."""

    role: str
    contract: History
    function: str
    arguments: tuple[object, ...] = ()

    @property
    def purpose(self) -> str:
        return f"{self.function} on {self.contract.name}"


class Administrator:
    """Calls the contracts through the outbox, so that a chain that is made anew hears of it as well.

    :param recorder: This process's recorder, or None where another process is the recorder and does the rest.
    """

    def __init__(self, chain: Chain, keyring: Keyring, clock: Clock, recorder: Recorder | None) -> None:
        found = Deployment.get()
        self.chain = chain
        self.keyring = keyring
        self.clock = clock
        self.recorder = recorder
        self.outbox = recorder.outbox if recorder else Outbox(chain.node, found.chain_id)
        self.ledger = deployments.ledger_at(chain.node, found)
        self.badges = deployments.badges_at(chain.node, found)

    def pause(self) -> None:
        """Afterwards the contracts accept nothing, until they are unpaused."""
        self.call(Call("pauser", contract, "pause") for contract in self._both() if not contract.is_paused())

    def unpause(self) -> None:
        self.call(Call("pauser", contract, "unpause") for contract in self._both() if contract.is_paused())

    def rotate(self, role: str, to: str) -> str:
        """Afterwards this account has the role, and the one that had it has not; meanwhile both have it.

        Returns the account that had it.
        """
        old = deployments.account_of(role)
        self.chain.fund(to)
        contracts = [each for each in self._both() if role != "registrar" or each is self.ledger]
        contracts = [each for each in contracts if each.has_role(role, old)]
        grants = [Call("admin", each, "grantRole", (ROLE_HASHES[role], to)) for each in contracts]
        self.call(grants)
        deployments.hand_over(role, to)
        # What the old account has signed still needs the role.
        self._wait_for(ChainTx.account == old)
        self.call(Call("admin", each, "revokeRole", (ROLE_HASHES[role], old)) for each in contracts)
        return old

    def call(self, calls: Iterable[Call]) -> None:
        """Afterwards the chain has confirmed these calls.

        :raises TransactionRefused: a contract did not accept one.
        """
        signed = [self._sign(call) for call in calls]
        if signed:
            self._wait_for(ChainTx.id.in_([tx.id for tx in signed]))
        for tx in ChainTx.select().where(ChainTx.id.in_([tx.id for tx in signed]), ChainTx.status == REVERTED):
            raise TransactionRefused(purpose=tx.purpose, reason="the account has not the role, or it was done already")

    def _both(self) -> tuple[History, History]:
        return self.ledger, self.badges

    def _sign(self, call: Call) -> ChainTx:
        account = deployments.account_of(call.role)
        self.chain.fund(account)
        calldata = encode_call(call.function, *call.arguments, contract=call.contract.name)
        order = Order(call.purpose, call.contract.address, calldata, _GAS)
        fees = Fees.at(self.chain.node.latest_block().base_fee)
        with transaction():
            tx = self.outbox.sign(order, self.keyring.signer(account), fees, self.clock.now())
        # At once, because a pause is urgent; the recorder sends it again where this comes to nothing.
        with suppress(NodeRefused):
            self.chain.node.send(bytes(tx.signed_bytes))
        return tx

    def _wait_for(self, those: object) -> None:
        while ChainTx.select().where(those, ChainTx.status.in_(UNCONFIRMED)).exists():
            if self.recorder:
                self.recorder.restore()
            time.sleep(_LOOK_AGAIN_S)
