"""What the chain is to be told next: the journal's entries in batches, changes of partners between them, and badges.

Each order is signed into the outbox in the transaction that takes note of what it carries. What a reverted transaction
carried is not given up: it is told again once the contract would accept it, and an entry that the contract does not
accept is set aside, so that the others go on.
"""

import re
from collections.abc import Sequence
from typing import Any

import structlog

from coalition.clock import Clock
from coalition.config import LedgerMode
from coalition.ledger import contract as calls
from coalition.ledger import partner_changes
from coalition.ledger.batches import TX_GAS_LIMIT
from coalition.ledger.contract import Contract, History, PartnerStatus, PartnerTotals
from coalition.ledger.deployments import account_of
from coalition.ledger.errors import LedgerDiverged, NodeRefused, TransactionRefused
from coalition.ledger.keys import Keyring
from coalition.ledger.lanes import BadgesLane, Lane, PointsLane
from coalition.ledger.lease import RECORDER
from coalition.ledger.node import to_hex
from coalition.ledger.outbox import REVERTED, Fees, Order, Outbox
from coalition.store import badges as badge_store
from coalition.store import ledger as store
from coalition.store import tables
from coalition.store.database import lock_name, transaction
from coalition.store.tables import ChainTx

WINDOW = 16
"""Transactions that may be on their way at once."""
_AT_ONCE = 8
"""Of these, how many may be signed before the first of them is sent."""
_READ_AHEAD = 4_000
"""Entries to look at in one transaction of the database: about as many as gas lets into two batches."""
_BATCHES_A_COMMIT = 2
_CHANGE_GAS = 200_000

_REVERT = re.compile(r"[A-Z]\w*\(.*\)|.*(revert|out ?of ?gas|oog)", re.IGNORECASE | re.DOTALL)
"""How a contract's refusal reads; anything else that a node refuses is the node's own affair."""
_OF_AN_ENTRY = (
    "UnknownKind",
    "ZeroPoints",
    "ZeroMember",
    "InsufficientPoints",
    "InsufficientOutstanding",
    "InsufficientObligation",
    "LimitExceeded",
    "TotalOverflow",
    "UnknownPartner",
    "PartnerSuspended",
    "ZeroIssuer",
    "BadgeHeld",
    "BadgeNotHeld",
    "IssuerMismatch",
)
"""The contracts' errors that are about one entry; without it, the others would be accepted."""
_OUT_OF_GAS = re.compile(r"out ?of ?gas|oog", re.IGNORECASE)
"""The refusal of too many entries at once."""

log = structlog.get_logger()


class Orders:
    """Turns what the journal has and the chain lacks into signed transactions, in order."""

    def __init__(self, outbox: Outbox, keyring: Keyring, contract: Contract, badges: History, clock: Clock) -> None:
        self.outbox = outbox
        self.keyring = keyring
        self.contract = contract
        self.clock = clock
        self.points = PointsLane(contract)
        self.badges = BadgesLane(badges)
        self._fees = Fees(0, 0)
        self._final_block = 0

    def sign_new(self, fees: Fees, final_block: int) -> int:
        """Sign some of what is to be told, or all of it; how many transactions that makes.

        :raises TransactionRefused: the contract does not accept what comes next, and would not if it were less.
        :raises LedgerDiverged: the chain has something else in the place of what comes next.
        """
        # Asked without a lock, so that an idle recorder does not stand in the way of tills.
        if not store.has_news():
            return 0
        self._fees, self._final_block = fees, final_block
        signed = 0
        try:
            while signed < _AT_ONCE:
                with transaction():
                    # A recorder that fell silent amid a step, and whose lease another took, may still be at it.
                    lock_name(RECORDER)
                    if not (more := self._sign_next()):
                        break
                signed += more
        except BaseException:
            # Whatever it was, the transaction is undone, and what was remembered of it is not.
            self.points.forget()
            raise
        return signed

    def sign(self, role: str, order: Order) -> None:
        self.outbox.sign(order, self.keyring.signer(account_of(role)), self._fees, self.clock.now())

    def _sign_next(self) -> int:
        """Form batches of the entries up to the next change of a partner; where there are none, tell of the change.

        Returns how many steps forward that was, none where nothing can be done yet.

        In PostgreSQL others write meanwhile, so the questions have their order. Entries that rely on a change which
        commits too late to be found take ids above ``newest``. Entries from before a change which is found were
        committed before it, so the last question finds them.
        """
        under_way = self.outbox.count_unconfirmed()
        if under_way >= WINDOW:
            return 0
        newest = store.highest_entry()
        change = partner_changes.oldest_untold()
        unsent = self.points.next_unsent()
        if change and change.before_batch is not None and (unsent is None or change.before_batch <= unsent):
            return self._tell(change, under_way)
        if unsent is not None:
            return self._send_again(self.points, unsent, under_way)
        if entries := store.unrecorded_entries(_READ_AHEAD, up_to=change.after_entry if change else newest):
            return self._send_new(self.points, entries)
        return self._tell(change, under_way) if change else self._sign_badges(under_way)

    def _sign_badges(self, under_way: int) -> int:
        if (unsent := self.badges.next_unsent()) is not None:
            return self._send_again(self.badges, unsent, under_way)
        entries = badge_store.waiting_entries(_READ_AHEAD)
        return self._send_new(self.badges, entries) if entries else 0

    def _tell(self, change: tables.PartnerChange, under_way: int) -> bool:
        """Nothing of a partner is told while entries are on their way, so that it stays in its place among them."""
        if not self.outbox.is_free_for(account_of("registrar")):
            return False
        last = tables.Batch.select(tables.Batch.sequence).order_by(tables.Batch.sequence.desc()).first()
        place = change.before_batch or (last.sequence + 1 if last else 1)
        if self.contract.mode is LedgerMode.FULL:
            earlier = self._earlier(ChainTx.change == change.id)
            if earlier and not self._is_settled(earlier, under_way):
                return False
            if not self._came_true(earlier):
                self._sign_change(change, tried=bool(earlier))
        partner_changes.mark_told(change, place)
        return True

    def _sign_change(self, change: tables.PartnerChange, *, tried: bool) -> None:
        function, *arguments = partner_changes.call(change)
        purpose, calldata = f"{function} {change.partner_id}", calls.encode_call(function, *arguments)
        reason = self._reason_against("registrar", self.contract, calldata) if tried else None
        if reason is None:
            self.sign("registrar", Order(purpose, self.contract.address, calldata, _CHANGE_GAS, change=change.id))
        # Somebody else with the role may have done by hand what the journal wants.
        elif not _is_so(self.contract.partner(change.partner_id), function, *arguments):
            raise TransactionRefused(purpose=purpose, reason=reason)

    def _send_new(self, lane: Lane, entries: Sequence[Any]) -> int:
        """Make one batch or two of these entries: each commit costs as much as a third of a batch. Returns how many."""
        if not self.outbox.is_free_for(account_of("recorder")):
            return 0
        batches = 0
        while entries and batches < _BATCHES_A_COMMIT:
            formed = lane.form(entries, self.clock.now())
            self._sign_batch(lane, formed.sequence, formed.calldata)
            entries = entries[formed.entries :]
            batches += 1
        return batches

    def _send_again(self, lane: Lane, sequence: int, under_way: int) -> bool:
        """Tell the chain a batch that was formed before; if it was refused, once all that was on its way has ended."""
        if not self.outbox.is_free_for(account_of("recorder")):
            return False
        earlier = self._earlier(lane.carries == sequence)
        if not earlier:
            self._sign_batch(lane, sequence, lane.calldata(sequence, lane.entries_of(sequence)))
        elif not self._is_settled(earlier, under_way):
            return False
        elif not self._came_true(earlier):
            self._try_again(lane, sequence)
        return True

    def _sign_batch(self, lane: Lane, sequence: int, calldata: bytes) -> None:
        self.sign("recorder", lane.order(sequence, calldata))

    def _try_again(self, lane: Lane, sequence: int) -> None:
        """The contract refused the batch: it is sent as it is, if that would help; else without its first bad entry.

        Entries before that one are a batch of their own, and the bad one is set aside when it comes first.
        """
        if lane.contract.next_sequence() > sequence:
            raise LedgerDiverged(sequence=sequence, given=to_hex(lane.contract.head()))
        entries = lane.entries_of(sequence)
        reason = self._reason_against_entries(lane, sequence, entries)
        if reason is None:
            self._sign_batch(lane, sequence, lane.calldata(sequence, entries))
            return
        good, bad = 0, len(entries)
        if not (reason.startswith(_OF_AN_ENTRY) or (_OUT_OF_GAS.search(reason) and bad > 1)):
            raise TransactionRefused(purpose=lane.order(sequence, b"").purpose, reason=reason)
        while bad - good > 1:
            middle = (good + bad) // 2
            refusal = self._reason_against_entries(lane, sequence, entries[:middle])
            good, bad, reason = (good, middle, refusal) if refusal else (middle, bad, reason)
        lane.dissolve(sequence)
        if good:
            formed = lane.form(entries[:good], self.clock.now())
            self._sign_batch(lane, formed.sequence, formed.calldata)
        else:
            refused = lane.set_aside(entries[0], reason, self.clock.now())
            log.error("recorder.entry_refused", entry=refused, reason=reason)

    def _earlier(self, carries: object) -> list[ChainTx]:
        """The transactions that were to carry it, and came to nothing so far."""
        return list(ChainTx.select().where(carries).order_by(ChainTx.id))

    def _is_settled(self, earlier: Sequence[ChainTx], under_way: int) -> bool:
        """Whether their failure is final, and nothing is on its way that could change what the contract accepts."""
        blocks = [tx.block_number or 0 for tx in earlier if tx.status == REVERTED]
        return not under_way and max(blocks, default=0) <= self._final_block

    def _came_true(self, earlier: Sequence[ChainTx]) -> bool:
        """Whether one of these is on the chain after all, which then counts: a reorganised chain may have taken it."""
        for tx in earlier:
            outcome = self.outbox.outcome(tx)
            if outcome and outcome.succeeded:
                self.outbox.mark_confirmed(tx, outcome, self.clock.now())
                return True
        return False

    def _reason_against_entries(self, lane: Lane, sequence: int, entries: Sequence[Any]) -> str | None:
        return self._reason_against("recorder", lane.contract, lane.calldata(sequence, entries))

    def _reason_against(self, role: str, contract: History, calldata: bytes) -> str | None:
        """The contract's own words against this call, or None where it would accept it now."""
        call = {"from": account_of(role), "to": contract.address, "data": to_hex(calldata), "gas": hex(TX_GAS_LIMIT)}
        try:
            contract.node.request("eth_call", call, "latest")
        except NodeRefused as refusal:
            if not _REVERT.match(refusal.reason):
                raise
            return refusal.reason
        return None


def _is_so(partner: PartnerTotals, function: str, *arguments: int) -> bool:
    """Whether the contract has the partner already as this call of it would make it."""
    match function:
        case "registerPartner":
            return partner.status != PartnerStatus.UNKNOWN
        case "setLimit":
            return partner.limit == arguments[-1]
        case "suspend":
            return partner.status == PartnerStatus.SUSPENDED
    return partner.status == PartnerStatus.ACTIVE
