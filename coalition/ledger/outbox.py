"""The outbox: every chain transaction is signed and written down before it is sent.

The account's nonce on the chain says how far the chain has come; whatever the outbox has from there on is sent, the
same bytes each time. So a killed process, a killed node and a wiped chain are one case.
"""

from datetime import datetime
from typing import Any, NamedTuple

from eth_account.signers.local import LocalAccount

from coalition.ledger.node import TxOutcome
from coalition.store.database import transaction
from coalition.store.tables import ChainTx, Deployment

SIGNED, SUBMITTED, CONFIRMED, FINAL = "signed", "submitted", "confirmed", "final"

_LEAST_FEE_WEI = 2 * 10**9


class Order(NamedTuple):
    """What a transaction is to do; ``to`` is None where it creates the contract."""

    purpose: str
    to: str | None
    calldata: bytes
    gas: int
    sequence: int | None = None


class Outbox:
    """The signed transactions of one account on one chain; the first one carries ``first_nonce``."""

    def __init__(self, account: LocalAccount, chain_id: int, first_nonce: int) -> None:
        self.account = account
        self.chain_id = chain_id
        self.first_nonce = first_nonce

    def sign(self, order: Order, base_fee: int, now: datetime) -> None:
        """Append the order, signed, behind all that is there; inside the caller's transaction."""
        nonce = self.next_nonce()
        fee = max(2 * base_fee, _LEAST_FEE_WEI)
        fields: dict[str, Any] = {
            "type": 2,
            "chainId": self.chain_id,
            "nonce": nonce,
            "value": 0,
            "gas": order.gas,
            "maxFeePerGas": fee,
            "maxPriorityFeePerGas": min(fee, 10**9),
            "data": order.calldata,
        } | ({"to": order.to} if order.to else {})
        signed = self.account.sign_transaction(fields)
        ChainTx.create(
            nonce=nonce,
            purpose=order.purpose,
            sequence=order.sequence,
            hash="0x" + signed.hash.hex().removeprefix("0x"),
            signed_bytes=bytes(signed.raw_transaction),
            status=SIGNED,
            signed_at=now,
            force_insert=True,
        )

    def next_nonce(self) -> int:
        last = ChainTx.select(ChainTx.nonce).order_by(ChainTx.nonce.desc()).first()
        return last.nonce + 1 if last else self.first_nonce

    def deploy_nonce(self) -> int:
        """The nonce of the transaction that makes the contract: the first one there is."""
        first = ChainTx.select(ChainTx.nonce).order_by(ChainTx.nonce).first()
        return first.nonce if first else self.first_nonce

    def from_nonce(self, nonce: int, limit: int) -> list[ChainTx]:
        """What the chain does not have yet, in the order in which it must get it."""
        return list(ChainTx.select().where(ChainTx.nonce >= nonce).order_by(ChainTx.nonce).limit(limit))

    def unconfirmed_before(self, nonce: int) -> list[ChainTx]:
        """What the chain has, and we have not yet seen there."""
        waiting = ChainTx.status.in_((SIGNED, SUBMITTED))
        return list(ChainTx.select().where(waiting, ChainTx.nonce < nonce).order_by(ChainTx.nonce))

    def unconfirmed(self) -> int:
        return int(ChainTx.select().where(ChainTx.status.in_((SIGNED, SUBMITTED))).count())

    def mark_submitted(self, nonces: list[int]) -> None:
        ChainTx.update(status=SUBMITTED).where(ChainTx.nonce.in_(nonces), ChainTx.status == SIGNED).execute()

    def mark_confirmed(self, nonce: int, outcome: TxOutcome, now: datetime) -> None:
        ChainTx.update(
            status=CONFIRMED,
            block_number=outcome.block_number,
            block_hash=outcome.block_hash,
            gas_used=outcome.gas_used,
            confirmed_at=now,
        ).where(ChainTx.nonce == nonce).execute()

    def mark_final(self, up_to_block: int) -> None:
        ChainTx.update(status=FINAL).where(ChainTx.status == CONFIRMED, ChainTx.block_number <= up_to_block).execute()

    def take_back(self, from_nonce: int) -> int:
        """The chain lost what it had from this nonce on: it is to be sent again. Returns how many that are."""
        return int(
            ChainTx.update(status=SIGNED, block_number=None, block_hash=None, confirmed_at=None)
            .where(ChainTx.nonce >= from_nonce, ChainTx.status.in_((CONFIRMED, FINAL)))
            .execute()
        )


def deployment() -> Deployment | None:
    """The chain and contract that this journal is recorded on, once there is one."""
    return Deployment.get_or_none()


def bind(chain_id: int, contract: str, recorder: str) -> Deployment:
    """From now on this journal is recorded on this contract."""
    with transaction():
        return Deployment.create(chain_id=chain_id, contract=contract, recorder=recorder, force_insert=True)
