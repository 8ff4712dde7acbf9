"""The recorder: brings the journal to the chain, each entry once and in order, whatever is killed meanwhile.

One step observes how far the chain is, signs what is new, and sends what the chain lacks. What it remembers between
steps only saves work: the outbox, the contract's sequence and its head say everything.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from coalition.clock import Clock
from coalition.config import LedgerMode, Settings
from coalition.ledger import deployments, partner_changes
from coalition.ledger.chains import Chain
from coalition.ledger.errors import (
    AccountUnfunded,
    LedgerDiverged,
    NodeRefused,
    Underpriced,
    WrongChain,
    WrongContract,
)
from coalition.ledger.keys import Keyring
from coalition.ledger.lanes import Lane
from coalition.ledger.lease import Lease
from coalition.ledger.node import TxOutcome, to_hex
from coalition.ledger.orders import WINDOW, Orders
from coalition.ledger.outbox import Fees, Outbox
from coalition.store import ledger as store
from coalition.store.database import transaction
from coalition.store.tables import ChainTx, Deployment

_PATIENCE = timedelta(seconds=5)
"""How long the chain may stand still before we send again, and be without an outcome before we believe that."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Progress:
    """``backlog`` entries are in no batch yet; ``in_flight`` transactions are signed and not yet confirmed."""

    confirmed: int
    backlog: int
    in_flight: int
    has_news: bool

    @property
    def is_done(self) -> bool:
        return not self.has_news and self.in_flight == 0


class Recorder:
    """Records the journal of this database on one chain, as long as it holds the lease.

    :raises WrongChain: the node serves another chain than the journal is recorded on.
    :raises WrongContract: what stands at the contract's address is not our ledger.
    :raises AccountUnfunded: there is no ledger yet, and its admin cannot pay for one.
    """

    def __init__(self, chain: Chain, settings: Settings, keyring: Keyring, clock: Clock, lease: Lease) -> None:
        self.lease = lease
        self.chain = chain
        self.node = chain.node
        self.clock = clock
        self.keyring = keyring
        self.confirmations = settings.confirmations
        chain_id = self.node.chain_id()
        self._block = self.node.latest_block()
        found = deployments.deployment()
        if found and found.chain_id != chain_id:
            raise WrongChain(expected=found.chain_id, given=chain_id)
        self.outbox = Outbox(self.node, chain_id)
        found = found or self._create(settings.ledger_mode, f"{settings.public_url}/v1/badges/{{id}}")
        self.contract = deployments.ledger_at(self.node, found)
        self.badges = deployments.badges_at(self.node, found)
        self.orders = Orders(self.outbox, keyring, self.contract, self.badges, clock)
        for account in {*self.outbox.nonces, *deployments.ensure_accounts(keyring).values()}:
            chain.fund(account)
        self._check_contract()
        # By account: what was sent since the chain last went back, and by transaction since when it has no outcome.
        self._sent: dict[str, int] = {}
        self._missing: dict[int, datetime] = {}
        self._moved_at = clock.now()
        for account in self.outbox.nonces:
            self.outbox.take_back(account, self.node.nonce(account))
        self.outbox.take_back_from_other_blocks()

    def step(self) -> Progress:
        """Bring the chain a step closer to the journal. Safe to repeat, to interrupt and to run after any crash.

        :raises LeaseHeld: another process has become the recorder.
        :raises TransactionRefused: the contract does not accept what comes next, for a reason that is not the entries'.
        :raises LedgerDiverged: the chain has a history that is not the journal's.
        """
        confirmed = self._observe()
        try:
            self._sign_new()
        finally:
            self._send()
        return Progress(confirmed, store.backlog()[0], len(self.outbox.unconfirmed()), store.has_news())

    def drain(self, progress: Callable[[Progress], None] = lambda _: None, pause_s: float = 0.02) -> None:
        """Step until everything that the journal has is confirmed on the chain."""
        while not (state := self.step()).is_done:
            progress(state)
            if not state.confirmed:
                time.sleep(pause_s)
        progress(state)

    def restore(self) -> None:
        """Give the chain again whatever it lost of what was signed; nothing new is signed."""
        while self._observe() or self.outbox.unconfirmed():
            self._send()

    @property
    def _final_block(self) -> int:
        return self._block.number - self.confirmations

    def _create(self, mode: LedgerMode, badge_uri: str) -> Deployment:
        """Sign what creates a new ledger, and say where it will be."""
        accounts = deployments.ensure_accounts(self.keyring)
        for account in accounts.values():
            self._ensure_funds(account)
        admin, fees = accounts["admin"], Fees.at(self._block.base_fee)
        with transaction():
            first_nonce = self.outbox.next_nonce(admin)
            for order in deployments.creation_orders(mode, accounts, badge_uri):
                self.outbox.sign(order, self.keyring.signer(admin), fees, self.clock.now())
            return deployments.bind(self.outbox.chain_id, mode, admin, first_nonce)

    def _ensure_funds(self, account: str) -> None:
        self.chain.fund(account)
        if self._block.base_fee > 0 and self.node.balance(account) == 0:
            raise AccountUnfunded(address=account, chain_id=self.outbox.chain_id)

    def _check_contract(self) -> None:
        """Where the chain has what we sent, our ledger must stand at its address, and have our history."""
        first = ChainTx.select().order_by(ChainTx.id).get()
        if self.node.nonce(first.account) <= first.nonce:
            return
        if not self.contract.is_deployed():
            raise WrongContract(address=self.contract.address)
        self._check_heads()

    def _observe(self) -> int:
        """Take note of how far the chain has come; the number of transactions that it confirmed."""
        self.lease.hold(self.clock.now())
        under_way = self.outbox.unconfirmed()
        self._look({tx.account for tx in under_way})
        confirmed = 0
        for tx in under_way:
            if tx.nonce < self.outbox.nonces[tx.account]:
                confirmed += self._confirm(tx)
        if confirmed:
            self._check_heads()
        self.outbox.mark_final(self._final_block)
        return confirmed

    def _look(self, accounts: set[str]) -> None:
        """How far the chain is with these accounts and those we know. What it lost is to be found, or sent, again."""
        block, before = self.node.latest_block(), self._block
        self._block = block
        for account, known in (dict.fromkeys(accounts, 0) | self.outbox.nonces).items():
            nonce = self.node.nonce(account)
            if nonce != known:
                self._moved_at = self.clock.now()
            if nonce < known:
                self.outbox.take_back(account, nonce)
                self._sent[account] = nonce
            self.outbox.nonces[account] = nonce
        if block.hash != before.hash and self.outbox.take_back_from_other_blocks():
            log.warning("recorder.reorganised", block=block.number)

    def _confirm(self, tx: ChainTx) -> bool:
        """Note what became of a transaction whose nonce is used; False as long as there is nothing to note."""
        outcome = self.outbox.outcome(tx)
        if outcome is None:
            since = self._missing.setdefault(tx.id, self.clock.now())
            if self.clock.now() - since < _PATIENCE:
                return False
        self._missing.pop(tx.id, None)
        if outcome and outcome.succeeded:
            self.outbox.mark_confirmed(tx, outcome, self.clock.now())
        else:
            self._give_up(tx, outcome)
        return True

    def _give_up(self, tx: ChainTx, outcome: TxOutcome | None) -> None:
        """The transaction came to nothing; what it carried is to be told again."""
        with transaction():
            if outcome:
                log.error("recorder.reverted", purpose=tx.purpose, chain_tx=tx.hash)
                self.outbox.mark_reverted(tx, outcome, self.clock.now())
            else:
                log.error("recorder.foreign_transaction", purpose=tx.purpose, account=tx.account, nonce=tx.nonce)
                self.outbox.mark_lost(tx)
            if tx.change_id is not None:
                partner_changes.mark_untold(tx.change_id)

    def _check_heads(self) -> None:
        for lane in (self.orders.points, self.orders.badges):
            self._check_head(lane)

    def _check_head(self, lane: Lane) -> None:
        """:raises LedgerDiverged: the contract's history is not what was formed here."""
        sequence, given = lane.contract.next_sequence() - 1, to_hex(lane.contract.head())
        expected = lane.head_of(sequence)
        # It may have moved on between the two questions; then the next step asks again.
        if given != expected and lane.contract.next_sequence() == sequence + 1:
            raise LedgerDiverged(sequence=sequence, expected=str(expected), given=given)

    def _sign_new(self) -> None:
        self.orders.sign_new(Fees.at(self._block.base_fee), self._final_block)

    def _send(self) -> None:
        """Send what the chain lacks and was not sent yet; all of it again where the chain has stood still too long."""
        waiting = self.outbox.lacking(WINDOW)
        if not waiting:
            return
        account = waiting[0].account
        signer = self.keyring.signer(account)
        stalled = self.clock.now() - self._moved_at > _PATIENCE
        if stalled:
            self._moved_at = self.clock.now()
            self._sent.pop(account, None)
        if waiting[0].nonce > self.outbox.nonces[account]:
            self.outbox.fill(signer, Fees.at(self._block.base_fee))
        fresh = [tx for tx in waiting if tx.nonce >= self._sent.get(account, 0)]
        for tx in fresh:
            try:
                if stalled and tx.max_fee < self._block.base_fee:
                    raise Underpriced(method="eth_sendRawTransaction", reason="the base fee has risen")
                self.outbox.send(tx)
            except Underpriced as refusal:
                log.warning("recorder.fee_raised", purpose=tx.purpose, reason=refusal.reason)
                self.outbox.replace(tx, signer, self._block.base_fee)
                return
            except NodeRefused as refusal:
                if "insufficient funds" in refusal.reason.lower():
                    raise AccountUnfunded(address=account, chain_id=self.outbox.chain_id) from refusal
                raise
            self._sent[account] = tx.nonce + 1
        self.outbox.mark_submitted(fresh)
