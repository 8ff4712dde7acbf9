"""Sending what the outbox has and the chain lacks, to a node that may lose it, want more for it, or not take it yet."""

import re
from datetime import UTC, datetime, timedelta

import structlog

from coalition.clock import Clock
from coalition.errors import CoalitionError
from coalition.ledger.errors import AccountUnfunded, FeeTooHigh, NodeRefused, Underpriced
from coalition.ledger.keys import Keyring
from coalition.ledger.orders import WINDOW
from coalition.ledger.outbox import LEAST_FEE_WEI, Outbox
from coalition.store.tables import ChainTx

PATIENCE = timedelta(seconds=5)
"""How long the chain may stand still before we send again, or be without an outcome before we believe that."""

_MOST_TIMES = 100
"""Of what the chain asks for gas: whatever a node says, we do not offer more."""
_NO_FUNDS = re.compile("insufficient ?(funds|balance)|exceeds (account )?balance", re.IGNORECASE)

log = structlog.get_logger()


class Sender:
    """What it remembers saves sending twice; forgetting it does no harm."""

    def __init__(self, outbox: Outbox, keyring: Keyring, clock: Clock) -> None:
        self.outbox = outbox
        self.keyring = keyring
        self.clock = clock
        # The first nonce of each account that was not sent since the chain last went back.
        self._unsent: dict[str, int] = {}
        self._moved_at = clock.now()
        self._raised_at: dict[int, datetime] = {}

    def note_move(self, account: str, nonce: int) -> None:
        """The chain has come to this nonce of the account; if it has gone back, what follows is to be sent again."""
        self._moved_at = self.clock.now()
        if nonce < self.outbox.nonces.get(account, 0):
            self._unsent[account] = nonce

    def send(self, base_fee: int) -> None:
        """Send what the chain lacks and was not sent yet; all of it again where the chain has stood still too long.

        :raises AccountUnfunded: the account cannot pay.
        :raises FeeTooHigh: the node wants more than we offer anybody.
        :raises NodeRefused: the node does not take what is next, for another reason than its fee.
        """
        waiting = self.outbox.lacking(WINDOW)
        if not waiting:
            return
        account = waiting[0].account
        if waiting[0].nonce > self.outbox.nonces[account]:
            self._fill(account, base_fee)
        if self.clock.now() - self._moved_at > PATIENCE:
            self._moved_at = self.clock.now()
            self._unsent.pop(account, None)
            for tx in waiting:
                if tx.max_fee < base_fee:
                    self._raise_fee(tx, base_fee)
        fresh = [tx for tx in waiting if tx.nonce >= self._unsent.get(account, 0)]
        for tx, refusal in zip(fresh, self.outbox.send(fresh), strict=True):
            if refusal:
                self._refused(tx, refusal, base_fee)
                return
            self._unsent[account] = tx.nonce + 1
        self.outbox.mark_submitted(fresh)

    def _fill(self, account: str, base_fee: int) -> None:
        try:
            self.outbox.fill(self.keyring.signer(account), base_fee)
        except NodeRefused as refusal:
            raise self._in_words(refusal, account) from refusal

    def _refused(self, tx: ChainTx, refusal: NodeRefused, base_fee: int) -> None:
        """The node does not take the transaction: what can be done about it is done, or raised if nothing can."""
        if isinstance(refusal, Underpriced):
            self._raise_fee(tx, base_fee)
        elif tx.nonce == self.outbox.nonces[tx.account]:
            raise self._in_words(refusal, tx.account)
        # Else the node does not take it before the ones ahead of it are in a block.

    def _raise_fee(self, tx: ChainTx, base_fee: int) -> None:
        """Offer more for the transaction, but not again and again to a node that is never satisfied."""
        if self.clock.now() - self._raised_at.get(tx.id, datetime.min.replace(tzinfo=UTC)) < PATIENCE:
            return
        if tx.max_fee > _MOST_TIMES * max(base_fee, LEAST_FEE_WEI):
            raise FeeTooHigh(purpose=tx.purpose, offered=tx.max_fee)
        log.warning("recorder.fee_raised", purpose=tx.purpose, nonce=tx.nonce)
        self.outbox.replace(tx, self.keyring.signer(tx.account), base_fee)
        self._raised_at[tx.id] = self.clock.now()

    def _in_words(self, refusal: NodeRefused, account: str) -> CoalitionError:
        if _NO_FUNDS.search(refusal.reason):
            return AccountUnfunded(address=account, chain_id=self.outbox.chain_id)
        return refusal
