"""The outbox: every chain transaction is signed and written down before it is sent.

An account's nonce on the chain says how far the chain has come with it; whatever the outbox has from there on is sent,
the same bytes each time. So a killed process, a killed node and a wiped chain are one case.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any, NamedTuple

from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes
from peewee import fn

from coalition.ledger.errors import NodeRefused, Underpriced
from coalition.ledger.node import Node, TxOutcome
from coalition.ledger.signers import Signer
from coalition.store.database import execute, transaction
from coalition.store.tables import ChainTx, ReplacedTx

SIGNED, SUBMITTED, CONFIRMED, FINAL = "signed", "submitted", "confirmed", "final"
REVERTED, LOST = "reverted", "lost"
UNCONFIRMED, RECORDED = (SIGNED, SUBMITTED), (CONFIRMED, FINAL)

LEAST_FEE_WEI = 2 * 10**9
_TIP_WEI = 10**9
_LEAST_TIP_WEI = 10**6
"""What geth wants by default."""


_LIGHT = [field for field in ChainTx._meta.sorted_fields if field is not ChainTx.signed_bytes]


class Order(NamedTuple):
    """What a transaction is to do, and what of the journal it carries; ``to`` is None where it creates a contract."""

    purpose: str
    to: str | None
    calldata: bytes
    gas: int
    sequence: int | None = None
    change: int | None = None
    badges: int | None = None


class Fees(NamedTuple):
    """What to offer for gas, in wei."""

    most: int
    tip: int

    @classmethod
    def at(cls, base_fee: int) -> "Fees":
        """Enough for a base fee that doubles, with a tip no higher than it: on an L2 more would be most of the price.

        Nothing where gas is free: accounts have nothing to pay with there.
        """
        most = max(2 * base_fee, LEAST_FEE_WEI) if base_fee else 0
        return cls(most, min(most, _TIP_WEI, max(base_fee, _LEAST_TIP_WEI)))

    @classmethod
    def replacing(cls, most: int, tip: int, base_fee: int) -> "Fees":
        """Enough for nodes to take it in place of what offered so much: they want a tenth more of both."""
        return cls(max(most * 5 // 4, 2 * base_fee, LEAST_FEE_WEI), max(tip * 5 // 4, _TIP_WEI))


class Outbox:
    """The signed transactions on one chain, in the order in which they are to come there."""

    def __init__(self, node: Node, chain_id: int) -> None:
        self.node = node
        self.chain_id = chain_id
        # Each account's nonce on the chain, as it was when we last looked.
        self.nonces = {row.account: 0 for row in ChainTx.select(ChainTx.account).distinct()}
        # What was last offered for using up an account's nonce.
        self._filling: dict[str, Fees] = {}

    def sign(self, order: Order, signer: Signer, fees: Fees, now: datetime) -> ChainTx:
        """Append the order, signed, behind all that is there; inside the caller's transaction."""
        nonce = self.next_nonce(signer.address)
        to = {"to": order.to} if order.to else {}
        signed = signer.sign(self._fields(nonce, fees) | {"gas": order.gas, "data": order.calldata} | to)
        return ChainTx.create(
            account=signer.address,
            nonce=nonce,
            purpose=order.purpose,
            sequence=order.sequence,
            change=order.change,
            badges=order.badges,
            hash=signed.hash,
            signed_bytes=signed.signed_bytes,
            max_fee=fees.most,
            status=SIGNED,
            signed_at=now,
        )

    def replace(self, tx: ChainTx, signer: Signer, base_fee: int) -> None:
        """Sign the transaction anew with the same nonce and payload, for higher fees; the earlier form is kept."""
        whole = ChainTx.get_by_id(tx.id)
        was = TypedTransaction.from_bytes(HexBytes(whole.signed_bytes)).as_dict()
        fees = Fees.replacing(tx.max_fee, was["maxPriorityFeePerGas"], base_fee)
        to = {"to": to_checksum_address(was["to"])} if was["to"] else {}
        signed = signer.sign(self._fields(tx.nonce, fees) | {"gas": was["gas"], "data": bytes(was["data"])} | to)
        with transaction():
            self._keep_form(tx)
            self._update(tx, hash=signed.hash, signed_bytes=signed.signed_bytes, max_fee=fees.most, status=SIGNED)

    def next_nonce(self, account: str) -> int:
        """The account's first nonce that neither a transaction of ours nor one on the chain has."""
        if account not in self.nonces:
            self.nonces[account] = self.node.nonce(account)
        last = ChainTx.select(ChainTx.nonce).where(ChainTx.account == account).order_by(ChainTx.nonce.desc()).first()
        return max(last.nonce + 1 if last else 0, self.nonces[account])

    def unconfirmed(self) -> list[ChainTx]:
        """What is on its way, in order, without the signed bytes."""
        return list(ChainTx.select(*_LIGHT).where(ChainTx.status.in_(UNCONFIRMED)).order_by(ChainTx.id))

    def count_unconfirmed(self) -> int:
        count: int = execute("SELECT COUNT(*) FROM chain_tx WHERE status IN ('signed', 'submitted')").fetchone()[0]
        return count

    def has_unsent(self) -> bool:
        """Whether anything was signed and not sent yet."""
        return bool(ChainTx.select().where(ChainTx.status == SIGNED).exists())

    def is_free_for(self, account: str) -> bool:
        """Whether all that other accounts have signed is final.

        Transactions of different accounts have no order on the chain, and what is not final may come there anew.
        """
        others = "SELECT 1 FROM chain_tx WHERE status IN ('signed', 'submitted', 'confirmed') AND account <> ?"
        return execute(f"{others} LIMIT 1", (account,)).fetchone() is None

    def lacking(self, limit: int) -> list[ChainTx]:
        """What the chain lacks, in order, of one account, without the signed bytes; what came to nothing stays out.

        What another account signed after that waits for it.
        """
        live = ChainTx.status.not_in((REVERTED, LOST))
        waiting: list[ChainTx] = []
        # Account by account, as the index has them: all at once, the database would walk through all that ever was.
        for account, nonce in self.nonces.items():
            ahead = ChainTx.select(*_LIGHT).where(ChainTx.account == account, ChainTx.nonce >= nonce, live)
            waiting.extend(ahead.order_by(ChainTx.nonce).limit(limit))
        waiting.sort(key=lambda tx: tx.id)
        return list(takewhile(lambda tx: tx.account == waiting[0].account, waiting))[:limit]

    def send(self, txs: Sequence[ChainTx]) -> list[NodeRefused | None]:
        """Hand the transactions to the node, in order, as often as need be; for each its refusal, or None."""
        whole = {tx.id: bytes(tx.signed_bytes) for tx in ChainTx.select().where(ChainTx.id.in_([tx.id for tx in txs]))}
        return self.node.send_all([whole[tx.id] for tx in txs])

    def fill(self, signer: Signer, base_fee: int) -> None:
        """Use up the account's next nonce on the chain, which nothing of ours waits for, with one that does nothing.

        It is not written down: it carries nothing, and it can be made again.

        :raises NodeRefused: the node does not take it, for another reason than its fee.
        """
        fees = self._filling.get(signer.address, Fees.at(base_fee))
        if fees.most < base_fee:
            fees = Fees.replacing(fees.most, fees.tip, base_fee)
        self._filling[signer.address] = fees
        nothing = {"gas": 21_000, "to": signer.address, "data": b""}
        signed = signer.sign(self._fields(self.nonces[signer.address], fees) | nothing)
        try:
            self.node.send(signed.signed_bytes)
        except Underpriced:
            # An earlier one, or something of somebody else's, waits there for less than the chain wants by now.
            self._filling[signer.address] = Fees.replacing(fees.most, fees.tip, base_fee)

    def outcome(self, tx: ChainTx) -> TxOutcome | None:
        """What became of the transaction in whichever form the chain has it, or None where it has none of them."""
        if outcome := self.node.outcome(tx.hash):
            return outcome
        for earlier in ReplacedTx.select().where(ReplacedTx.chain_tx == tx.id):
            if outcome := self.node.outcome(earlier.hash):
                with transaction():
                    earlier.delete_instance()
                    self._keep_form(tx)
                    self._update(tx, hash=earlier.hash, signed_bytes=earlier.signed_bytes)
                return outcome
        return None

    def note_form(self, tx: ChainTx, chain_tx: str) -> None:
        """The chain has the transaction in a form that was not kept here: under this hash."""
        self._update(tx, hash=chain_tx)

    def newest_block(self) -> int:
        """The block of the last transaction of which we know that the chain has it; 0 if there is none."""
        newest = (
            ChainTx.select(fn.MAX(ChainTx.block_number)).where(ChainTx.status == status).scalar() for status in RECORDED
        )
        return max((block for block in newest if block is not None), default=0)

    def note_gas(self, tx_id: int) -> None:
        """Ask the node what gas a confirmed transaction used, and note it."""
        tx = ChainTx.get_by_id(tx_id)
        if outcome := self.outcome(tx):
            self._update(tx, gas_used=outcome.gas_used)

    def mark_submitted(self, txs: Iterable[ChainTx]) -> None:
        ids = [tx.id for tx in txs]
        ChainTx.update(status=SUBMITTED).where(ChainTx.id.in_(ids), ChainTx.status == SIGNED).execute()

    def mark_confirmed(self, tx: ChainTx, outcome: TxOutcome, now: datetime) -> None:
        self._mark_in_block(tx, CONFIRMED, outcome, now)

    def mark_reverted(self, tx: ChainTx, outcome: TxOutcome, now: datetime) -> None:
        self._mark_in_block(tx, REVERTED, outcome, now)

    def mark_lost(self, tx: ChainTx) -> None:
        self._update(tx, status=LOST)

    def mark_final(self, up_to_block: int) -> None:
        deep = (ChainTx.status == CONFIRMED, ChainTx.block_number <= up_to_block)
        # Asked first, because in SQLite even an update of nothing waits for the tills, and they for it.
        if ChainTx.select().where(*deep).exists():
            ChainTx.update(status=FINAL).where(*deep).execute()

    def take_back(self, account: str, from_nonce: int) -> int:
        """The chain lost what it had from this nonce on: it is to be sent again. Returns how many that are."""
        lost = (ChainTx.account == account, ChainTx.nonce >= from_nonce)
        ChainTx.update(block_number=None, block_hash=None).where(ChainTx.status == REVERTED, *lost).execute()
        return self._take_back(*lost)

    def take_back_from_other_blocks(self) -> int:
        """What lies in blocks that are no longer the chain's is to be found, or sent, again. Returns how many."""
        moved = []
        for status in RECORDED:
            recorded = ChainTx.select(*_LIGHT).where(ChainTx.status == status).order_by(ChainTx.block_number.desc())
            for tx in recorded.iterator():
                if self._is_in_its_block(tx):
                    break
                moved.append(tx.id)
        return self._take_back(ChainTx.id.in_(moved)) if moved else 0

    def _keep_form(self, tx: ChainTx) -> None:
        """The form in which the transaction is signed now is about to be another's: the chain may have this one yet."""
        whole = ChainTx.get_by_id(tx.id)
        ReplacedTx.create(hash=whole.hash, chain_tx=tx.id, signed_bytes=whole.signed_bytes, force_insert=True)

    def _is_in_its_block(self, tx: ChainTx) -> bool:
        block = self.node.block(tx.block_number or 0)
        return block is not None and block.hash == tx.block_hash

    def _fields(self, nonce: int, fees: Fees) -> dict[str, Any]:
        return {
            "type": 2,
            "chainId": self.chain_id,
            "nonce": nonce,
            "value": 0,
            "maxFeePerGas": fees.most,
            "maxPriorityFeePerGas": fees.tip,
        }

    def _take_back(self, *conditions: Any) -> int:
        return int(
            ChainTx.update(status=SIGNED, block_number=None, block_hash=None, confirmed_at=None)
            .where(ChainTx.status.in_(RECORDED), *conditions)
            .execute()
        )

    def _mark_in_block(self, tx: ChainTx, status: str, outcome: TxOutcome, now: datetime) -> None:
        self._update(
            tx,
            status=status,
            block_number=outcome.block_number,
            block_hash=outcome.block_hash,
            gas_used=outcome.gas_used,
            confirmed_at=now,
        )

    def _update(self, tx: ChainTx, **fields: Any) -> None:
        ChainTx.update(**fields).where(ChainTx.id == tx.id).execute()
