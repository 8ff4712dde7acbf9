"""The recorder: brings the journal to the chain, each entry once and in order, whatever is killed meanwhile.

One step observes how far the chain is, signs what is new, and sends what the chain lacks. What it remembers between
steps only saves work: the outbox, the contract's sequence and its head say everything.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from rlp import encode as rlp_encode

from coalition.clock import Clock
from coalition.ledger import contract as calls
from coalition.ledger import partner_changes
from coalition.ledger.batches import TX_GAS_LIMIT, GasMeter, build_batch
from coalition.ledger.chains import Chain
from coalition.ledger.contract import Contract
from coalition.ledger.errors import (
    BatchReverted,
    ForeignTransaction,
    LedgerDiverged,
    NodeRefused,
    RecorderUnfunded,
    WrongChain,
    WrongContract,
)
from coalition.ledger.lease import Lease
from coalition.ledger.node import to_hex
from coalition.ledger.outbox import Order, Outbox, bind, deployment
from coalition.store import ledger as store
from coalition.store import tables
from coalition.store.database import transaction
from coalition.store.ledger import JournalEntry

WINDOW = 8
"""Transactions that may be on their way at once."""
_READ_AHEAD = 6_000
"""Entries to look at for one batch: more than gas lets into it."""
_SETUP_GAS = 5_000_000
_ADMIN_GAS = 200_000
_RESEND_AFTER_S = 5.0


@dataclass(frozen=True)
class Progress:
    """``backlog`` entries are in no batch yet; ``in_flight`` transactions are signed and not yet confirmed."""

    confirmed: int
    backlog: int
    in_flight: int

    @property
    def is_done(self) -> bool:
        return self.backlog == 0 and self.in_flight == 0


class Recorder:
    """Records the journal of this database on one chain, as long as it holds the lease.

    :raises WrongChain: the node serves another chain than the journal is recorded on.
    :raises WrongContract: what stands at the contract's address is not our ledger.
    """

    def __init__(self, chain: Chain, account: LocalAccount, clock: Clock, confirmations: int, lease: Lease) -> None:
        self.lease = lease
        self.node = chain.node
        self.clock = clock
        self.confirmations = confirmations
        self.account = account
        chain_id = self.node.chain_id()
        self._base_fee = self.node.base_fee()
        bound = deployment()
        if bound and bound.chain_id != chain_id:
            raise WrongChain(expected=bound.chain_id, given=chain_id)
        self.outbox = Outbox(account, chain_id, first_nonce=self.node.nonce(account.address))
        self.contract = Contract(self.node, bound.contract if bound else self._deploy(chain_id))
        self._check_contract()
        self._meter = GasMeter(store.recorded_balances(), store.recorded_redeemers())
        self._sent_up_to = 0
        self._moved_at = time.monotonic()
        self._chain_nonce = 0

    def step(self) -> Progress:
        """Bring the chain a step closer to the journal. Safe to repeat, to interrupt and to run after any crash.

        :raises LeaseHeld: another process has become the recorder.
        """
        confirmed = self._observe()
        self._sign_new()
        self._send()
        return Progress(confirmed, store.backlog()[0], self.outbox.unconfirmed())

    def drain(self, progress: Callable[[Progress], None] = lambda _: None, pause_s: float = 0.02) -> None:
        """Step until every entry of the journal is confirmed on the chain."""
        while not (state := self.step()).is_done:
            progress(state)
            if not state.confirmed:
                time.sleep(pause_s)
        progress(state)

    def restore(self) -> None:
        """Give the chain again whatever it lost of what was signed; nothing new is signed."""
        while self._observe() or self.outbox.unconfirmed():
            self._send()

    def _deploy(self, chain_id: int) -> str:
        """Sign everything that makes a new ledger ready, and say where it will be."""
        admin = self.account.address
        nonce = self.outbox.next_nonce()
        address = to_checksum_address(keccak(rlp_encode([bytes.fromhex(admin[2:]), nonce]))[12:])
        if self.node.balance(admin) == 0 and self._base_fee > 0:
            raise RecorderUnfunded(address=admin, chain_id=chain_id)
        now = self.clock.now()
        with transaction():
            self._sign(Order("deploy", None, calls.deployment(admin), _SETUP_GAS), now)
            for name, role in calls.ROLES.items():
                calldata = calls.encode_call("grantRole", role, admin)
                self._sign(Order(f"grant {name}", address, calldata, _ADMIN_GAS), now)
            bind(chain_id, address, admin)
        return address

    def _check_contract(self) -> None:
        """Where the chain has what we sent, our ledger must stand at its address."""
        if self.node.nonce(self.account.address) > self.outbox.deploy_nonce() and not self.contract.is_deployed():
            raise WrongContract(address=self.contract.address)

    def _observe(self) -> int:
        """Take note of how far the chain has come; the number of transactions that it confirmed."""
        self.lease.hold(self.clock.now())
        nonce = self.node.nonce(self.account.address)
        if nonce != self._chain_nonce:
            self._moved_at = time.monotonic()
        if nonce < self._chain_nonce or self.outbox.take_back(nonce):
            self._sent_up_to = nonce
        self._chain_nonce = nonce
        confirmed = self.outbox.unconfirmed_before(nonce)
        for tx in confirmed:
            self._confirm(tx)
        if batches := [tx.sequence_id for tx in confirmed if tx.sequence_id is not None]:
            self._check_head(batches[-1])
        self.outbox.mark_final(self.node.block_number() - self.confirmations)
        return len(confirmed)

    def _confirm(self, tx: tables.ChainTx) -> None:
        outcome = self.node.outcome(tx.hash)
        if outcome is None:
            raise ForeignTransaction(nonce=tx.nonce)
        if not outcome.succeeded:
            reason = self._revert_reason(tx, outcome.block_number)
            raise BatchReverted(nonce=tx.nonce, purpose=tx.purpose, reason=reason)
        self.outbox.mark_confirmed(tx.nonce, outcome, self.clock.now())

    def _check_head(self, sequence: int) -> None:
        expected = tables.Batch.get_by_id(sequence).head
        given = "0x" + self.contract.head().hex()
        if self.contract.next_sequence() == sequence + 1 and given != expected:
            raise LedgerDiverged(sequence=sequence, expected=expected, given=given)

    def _sign_new(self) -> None:
        # Asked without a lock, so that an idle recorder does not stand in the way of tills.
        if not store.has_news():
            return
        self._base_fee = self.node.base_fee()
        while self.outbox.unconfirmed() < WINDOW:
            with transaction():
                if not self._sign_next():
                    return

    def _sign_next(self) -> bool:
        """Form a batch of the entries up to the next change of a partner; where there are none, tell of the change.

        In PostgreSQL others write meanwhile, so these three questions have their order. Entries that rely on a change
        which commits too late to be found take ids above ``newest``. Entries from before a change which is found were
        committed before it, so the last question finds them.
        """
        newest = store.highest_entry()
        change = partner_changes.oldest_untold()
        entries = store.unrecorded_entries(_READ_AHEAD, up_to=change.after_entry if change else newest)
        if entries:
            self._sign_batch(self._meter.fitting(entries))
        elif change:
            self._sign_change(change)
        return bool(entries or change)

    def _sign_batch(self, entries: list[JournalEntry]) -> None:
        now = self.clock.now()
        batch = build_batch(entries)
        last = tables.Batch.select().order_by(tables.Batch.sequence.desc()).first()
        sequence = last.sequence + 1 if last else 1
        head = bytes.fromhex(last.head[2:]) if last else calls.GENESIS_HEAD
        tables.Batch.create(
            sequence=sequence,
            entries=len(entries),
            root="0x" + batch.root.hex(),
            head="0x" + calls.next_head(head, sequence, batch.root, batch.words).hex(),
            formed_at=now,
            force_insert=True,
        )
        store.assign_to_batch(sequence, entries)
        calldata = calls.encode_record(sequence, batch.root, batch.words)
        self._sign(Order(f"record {sequence}", self.contract.address, calldata, TX_GAS_LIMIT, sequence), now)
        self._meter.add(entries)

    def _sign_change(self, change: tables.PartnerChange) -> None:
        for call in partner_changes.calls(change):
            self._sign_call(*call)
        partner_changes.mark_told(change)

    def _sign_call(self, function: str, *arguments: int) -> None:
        calldata = calls.encode_call(function, *arguments)
        order = Order(f"{function} {arguments[0]}", self.contract.address, calldata, _ADMIN_GAS)
        self._sign(order, self.clock.now())

    def _sign(self, order: Order, now: datetime) -> None:
        self.outbox.sign(order, self._base_fee, now)

    def _send(self) -> None:
        """Send what the chain lacks and was not sent yet; all of it again where the chain has stood still too long."""
        if time.monotonic() - self._moved_at > _RESEND_AFTER_S:
            self._sent_up_to = self._chain_nonce
            self._moved_at = time.monotonic()
        start = max(self._chain_nonce, self._sent_up_to)
        waiting = self.outbox.from_nonce(start, WINDOW)
        for tx in waiting:
            self.node.send(bytes(tx.signed_bytes))
            self._sent_up_to = tx.nonce + 1
        self.outbox.mark_submitted([tx.nonce for tx in waiting])

    def _revert_reason(self, tx: tables.ChainTx, block_number: int) -> str:
        """The contract's own words, by asking it again as things were before the block, else as they are now."""
        sent = self.node.request("eth_getTransactionByHash", tx.hash)
        call = {"from": self.account.address, "to": sent["to"], "data": to_hex(sent.get("input") or sent["data"])}
        for moment in (hex(block_number - 1), "latest"):
            try:
                self.node.request("eth_call", call, moment)
            except NodeRefused as refusal:
                return refusal.reason
        return "it would be accepted now, so it ran out of gas"
