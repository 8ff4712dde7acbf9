"""The recorder: brings the journal to the chain, each entry once and in order, whatever is killed meanwhile.

One step observes how far the chain is, signs what is new, sends what the chain lacks, and signs on while the chain is
busy with that. What it remembers between steps only saves work: the outbox, the contract's sequence and its head say
everything.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from coalition.clock import Clock
from coalition.config import LedgerMode, Settings
from coalition.ledger import deployments, partner_changes
from coalition.ledger.chains import Chain
from coalition.ledger.contract import Recording
from coalition.ledger.errors import (
    AccountUnfunded,
    LedgerDiverged,
    WrongChain,
    WrongContract,
)
from coalition.ledger.keys import Keyring
from coalition.ledger.lanes import Lane
from coalition.ledger.lease import Lease
from coalition.ledger.node import Block, TxOutcome, to_hex
from coalition.ledger.orders import Orders
from coalition.ledger.outbox import Fees, Outbox
from coalition.ledger.sending import PATIENCE, Sender
from coalition.store import ledger as store
from coalition.store import tables
from coalition.store.database import transaction
from coalition.store.tables import ChainTx, Deployment

PAUSE_S = 0.02

log = structlog.get_logger()


@dataclass(frozen=True)
class Progress:
    """What one step did: how many transactions were confirmed, with how many entries, and how many were signed."""

    confirmed: int
    entries: int
    signed: int
    is_done: bool
    """Nothing waits, and nothing is on its way."""


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
        for account in sorted({*self.outbox.nonces, *deployments.ensure_accounts(keyring).values()}):
            chain.fund(account)
        self._sender = Sender(self.outbox, keyring, clock)
        # Since when a transaction, whose nonce is used, has no outcome.
        self._missing: dict[int, datetime] = {}
        self._gas_unknown: list[int] = []
        for account in self.outbox.nonces:
            self.outbox.nonces[account] = self.node.nonce(account)
            self.outbox.take_back(account, self.outbox.nonces[account])
        self.outbox.take_back_from_other_blocks()
        self._check_contracts()

    def step(self) -> Progress:
        """Bring the chain a step closer to the journal. Safe to repeat, to interrupt and to run after any crash.

        :raises LeaseHeld: another process has become the recorder.
        :raises TransactionRefused: the contract does not accept what comes next, for a reason that is not the entries'.
        :raises LedgerDiverged: the chain has a history that is not the journal's.
        """
        confirmed = self._observe()
        try:
            signed = 0 if self.outbox.has_unsent() else self._sign_new()
        finally:
            self._send()
        # While the chain is busy with what was sent.
        signed += self._sign_new()
        entries = store.entries_of([tx.sequence_id for tx in confirmed if tx.sequence_id is not None])
        is_done = not signed and not store.has_news() and not self.outbox.unconfirmed()
        return Progress(len(confirmed), entries, signed, is_done)

    def drain(self, progress: Callable[[Progress], None] = lambda _: None, pause_s: float = PAUSE_S) -> None:
        """Step until everything that the journal has is confirmed on the chain."""
        while not (state := self.step()).is_done:
            progress(state)
            if not state.confirmed and not state.signed:
                time.sleep(pause_s)
        progress(state)

    def restore(self) -> None:
        """Give the chain again whatever it lost of what was signed; nothing new is signed."""
        while (moved := self._observe()) or self.outbox.unconfirmed():
            self._send()
            if not moved:
                time.sleep(PAUSE_S)

    def note_gas(self, at_most: int | None = None) -> None:
        """Note what gas confirmed transactions used: it takes their whole receipts, so it waits for a quiet moment."""
        for tx in self._gas_unknown[:at_most]:
            self.outbox.note_gas(tx)
        del self._gas_unknown[:at_most]

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

    def _check_contracts(self) -> None:
        """Where the chain has what creates them, our contracts must stand at their addresses, and have our history."""
        for lane in self._created_lanes():
            if not lane.contract.is_deployed():
                raise WrongContract(address=lane.contract.address)
            self._check_head(lane)

    def _created_lanes(self) -> list[Lane]:
        """Those whose contract the chain has, as far as we saw; what creates them is the first that was signed."""
        creations = ChainTx.select(ChainTx.account, ChainTx.nonce).order_by(ChainTx.id).limit(2)
        lanes: tuple[Lane, Lane] = (self.orders.points, self.orders.badges)
        return [
            lane
            for lane, creation in zip(lanes, creations, strict=True)
            if creation.nonce < self.outbox.nonces[creation.account]
        ]

    def _observe(self) -> list[ChainTx]:
        """Take note of how far the chain has come; the transactions that it confirmed, or of which it made nothing."""
        self.lease.hold(self.clock.now())
        under_way = self.outbox.unconfirmed()
        self._look({tx.account for tx in under_way})
        if not under_way:
            self.note_gas(1)
        outcomes = self._outcomes([tx for tx in under_way if tx.nonce < self.outbox.nonces[tx.account]])
        if outcomes:
            with transaction():
                for tx, outcome in outcomes:
                    self._note(tx, outcome)
            for lane in self._created_lanes():
                if any(lane.is_carried_by(tx) for tx, _ in outcomes):
                    self._check_head(lane)
        self.outbox.mark_final(self._final_block)
        return [tx for tx, _ in outcomes]

    def _look(self, accounts: set[str]) -> None:
        """How far the chain is with these accounts. What it lost is to be found, or sent, again."""
        block, before = self.node.latest_block(), self._block
        self._block = block
        if block.hash != before.hash and not self._is_on_the_chain(before):
            log.warning("recorder.reorganised", block=block.number)
            self.outbox.take_back_from_other_blocks()
            accounts = {*accounts, *self.outbox.nonces}
        for account in sorted(accounts):
            nonce, known = self.node.nonce(account), self.outbox.nonces.get(account, 0)
            if nonce < known:
                log.warning("recorder.taken_back", account=account, nonce=nonce)
                self.outbox.take_back(account, nonce)
            if nonce != known:
                self._sender.note_move(account, nonce)
            self.outbox.nonces[account] = nonce

    def _is_on_the_chain(self, block: Block) -> bool:
        there = self.node.block(block.number)
        return there is not None and there.hash == block.hash

    def _outcomes(self, used: list[ChainTx]) -> list[tuple[ChainTx, TxOutcome | None]]:
        """What became of transactions whose nonces are used: None where another one took the nonce.

        Those that have no outcome, and may yet have one, are left out.
        """
        if not used:
            return []
        recordings = self.contract.recorded_since(self.outbox.newest_block())
        by_event = {each.chain_tx: each.outcome for each in recordings}
        outcomes = [(tx, by_event.get(tx.hash) or self.outbox.outcome(tx)) for tx in used]
        now = self.clock.now()
        self._missing = {tx.id: self._missing.get(tx.id, now) for tx, outcome in outcomes if outcome is None}
        return [
            (tx, outcome or self._recorded_otherwise(tx, recordings))
            for tx, outcome in outcomes
            if outcome or now - self._missing[tx.id] >= PATIENCE
        ]

    def _recorded_otherwise(self, tx: ChainTx, recordings: list[Recording]) -> TxOutcome | None:
        """What recorded the very batch of this transaction, though it is none of its forms that we know of.

        We do not where this database was restored from a backup, older than the last raise of the fee.
        """
        batch = tables.Batch.get_or_none(tables.Batch.sequence == tx.sequence_id)
        for each in recordings:
            if batch is not None and each.head == batch.head:
                self.outbox.note_form(tx, each.chain_tx)
                return each.outcome
        return None

    def _note(self, tx: ChainTx, outcome: TxOutcome | None) -> None:
        """Note it; what came to nothing is to be told again."""
        if outcome and outcome.succeeded:
            self.outbox.mark_confirmed(tx, outcome, self.clock.now())
            if outcome.gas_used is None:
                self._gas_unknown.append(tx.id)
            return
        if outcome:
            log.error("recorder.reverted", purpose=tx.purpose, chain_tx=tx.hash)
            self.outbox.mark_reverted(tx, outcome, self.clock.now())
        else:
            log.error("recorder.foreign_transaction", purpose=tx.purpose, account=tx.account, nonce=tx.nonce)
            self.outbox.mark_lost(tx)
        if tx.change_id is not None:
            partner_changes.mark_untold(tx.change_id)

    def _check_head(self, lane: Lane) -> None:
        """:raises LedgerDiverged: the contract's history is not what was formed here."""
        given = to_hex(lane.contract.head())
        if not lane.has_head(given):
            raise LedgerDiverged(sequence=lane.contract.next_sequence() - 1, given=given)

    def _sign_new(self) -> int:
        return self.orders.sign_new(Fees.at(self._block.base_fee), self._final_block)

    def _send(self) -> None:
        self._sender.send(self._block.base_fee)
