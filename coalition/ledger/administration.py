"""What people do with the contracts by hand: stop and resume recording, and give a role to another account.

None of it needs a recorder, which may have halted, or run elsewhere: it is sent from here, and the chain itself says
what came of it. It is signed into the outbox all the same, so that a chain that is made anew hears of it as well; the
recorder notes there what the chain has.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from peewee import fn

from coalition.clock import Clock
from coalition.config import LedgerMode
from coalition.errors import CoalitionError
from coalition.ledger import deployments
from coalition.ledger.chain_history import read_logs
from coalition.ledger.chains import Chain
from coalition.ledger.contract import ROLE_HASHES, Deployed, History, encode_call
from coalition.ledger.errors import NodeRefused, NoLedger, StillUnderWay, TransactionRefused, WrongChain
from coalition.ledger.keys import Keyring
from coalition.ledger.lease import RECORDER
from coalition.ledger.node import to_bytes, to_hex
from coalition.ledger.orders import WINDOW
from coalition.ledger.outbox import Fees, Order, Outbox
from coalition.ledger.sending import Sender
from coalition.store.database import lock_name, transaction
from coalition.store.tables import ChainTx

_GAS = 200_000
_TRIES = 3
"""Of a call whose nonce somebody else's transaction takes."""
_WAIT_S = 120
_TELL_AFTER_S = 2
_LOOK_AGAIN_S = 0.1
_ROLE_GRANTED = keccak(text="RoleGranted(bytes32,address,address)")


class Call(NamedTuple):
    """A function of a contract, and whether what it is called for is so."""

    contract: Deployed
    function: str
    arguments: tuple[object, ...]
    is_done: Callable[[], bool]
    gas: int = _GAS

    @property
    def purpose(self) -> str:
        return f"{self.function} on {self.contract.name}"


class Administrator:
    """Calls the contracts with the accounts of this data directory.

    :param tell: Is told what a person who waits should know.
    :raises NoLedger: there is nothing to administer yet.
    :raises WrongChain: the node serves another chain than the journal is recorded on.
    """

    def __init__(
        self, chain: Chain, keyring: Keyring, clock: Clock, tell: Callable[[str], None] = lambda words: None
    ) -> None:
        found = deployments.deployment()
        if found is None:
            raise NoLedger()
        if (given := chain.node.chain_id()) != found.chain_id:
            raise WrongChain(expected=found.chain_id, given=given)
        self.chain = chain
        self.keyring = keyring
        self.clock = clock
        self.tell = tell
        self.outbox = Outbox(chain.node, found.chain_id)
        self.ledger = deployments.ledger_at(chain.node, found)
        self.badges = deployments.badges_at(chain.node, found)

    def set_paused(self, paused: bool) -> None:
        """Afterwards the contracts accept nothing, or again what the recorder brings."""
        self.call("pauser", [_pausing(contract, paused) for contract in (self.ledger, self.badges)])

    def rotate(self, role: str, to: str) -> str:
        """Afterwards this account has the role, and no other has it; meanwhile recording goes on.

        If it is interrupted, the same again goes on with it. Returns the account that had the role.

        :raises AccountUnfunded: the account, or the admin's, cannot pay for gas; nothing was given to it.
        """
        old = deployments.account_of(role)
        self.chain.ensure_funds(to)
        contracts = self._contracts_with(role)
        self.call("admin", [_giving(contract, role, to) for contract in contracts])
        with transaction():
            # No recorder is then between asking whose the role is and signing.
            lock_name(RECORDER)
            deployments.hand_over(role, to)
        others = {contract: self._holders(contract, role) - {to} for contract in contracts}
        for account in set().union(*others.values()):
            # What it has signed needs the role. Without it that is signed again, so a leaked key is not waited for.
            with suppress(CoalitionError):
                self._settle(account)
        taking = [_taking(contract, role, account) for contract in contracts for account in sorted(others[contract])]
        self.call("admin", taking)
        return old

    def call(self, role: str, calls: Sequence[Call]) -> None:
        """Afterwards what these calls are for is so on the chain; the account of the role makes those that it takes.

        :raises TransactionRefused: a contract does not accept one.
        :raises AccountUnfunded: the account cannot pay for gas.
        :raises StillUnderWay: the chain does not get on.
        """
        account = deployments.account_of(role)
        for tries_left in reversed(range(_TRIES + 1)):
            # Before the first as well: it may be on its way already.
            self._settle(account)
            missing = [call for call in calls if not call.is_done()]
            if not missing:
                return
            if not tries_left:
                raise TransactionRefused(purpose=missing[0].purpose, reason=f"it came to nothing {_TRIES} times")
            self.chain.ensure_funds(account)
            for call in missing:
                self._sign(account, call)

    def create(self, role: str, order: Order, keep: Callable[[str], None]) -> None:
        """Afterwards the contract of this order stands at the address that ``keep`` was told, in the transaction that
        signs the order; or, where somebody else took the account's nonce, nothing does.

        :raises AccountUnfunded: the account cannot pay for gas.
        :raises StillUnderWay: the chain does not get on.
        """
        account = deployments.account_of(role)
        self.catch_up(role)
        self.chain.ensure_funds(account)
        self._sign_order(account, order, keep)
        self.catch_up(role)

    def catch_up(self, role: str) -> None:
        """Afterwards all that the account of the role has signed is in blocks, whatever came of it.

        :raises StillUnderWay: the chain does not get on.
        """
        self._settle(deployments.account_of(role))

    def reason_against(self, role: str, call: Call) -> str | None:
        """The contract's own words against this call by the account of the role, or None where it would accept it."""
        try:
            self._try(deployments.account_of(role), call)
        except TransactionRefused as refusal:
            return refusal.reason
        return None

    def _contracts_with(self, role: str) -> list[History]:
        if role != "registrar":
            return [self.ledger, self.badges]
        return [self.ledger] if self.ledger.mode is LedgerMode.FULL else []

    def _holders(self, contract: History, role: str) -> set[str]:
        """Whoever has the role by now, of all to whom it was ever given."""
        first = ChainTx.select(fn.MIN(ChainTx.block_number)).scalar() or 0
        logs = read_logs(contract, [_ROLE_GRANTED], first, contract.node.latest_block().number)
        given = {
            to_checksum_address(to_bytes(log["topics"][2])[12:])
            for log in logs
            if to_bytes(log["topics"][1]) == ROLE_HASHES[role]
        }
        return {account for account in given if contract.has_role(role, account)}

    def _sign(self, account: str, call: Call) -> None:
        """Sign it, unless the contract would refuse it."""
        calldata = self._try(account, call)
        self._sign_order(account, Order(call.purpose, call.contract.address, calldata, call.gas))

    def _try(self, account: str, call: Call) -> bytes:
        """The calldata; :raises TransactionRefused: the contract would refuse it."""
        calldata = encode_call(call.function, *call.arguments, contract=call.contract.name)
        asked = {"from": account, "to": call.contract.address, "data": to_hex(calldata), "gas": hex(call.gas)}
        try:
            self.chain.node.request("eth_call", asked, "latest")
        except NodeRefused as refusal:
            raise TransactionRefused(purpose=call.purpose, reason=refusal.reason) from refusal
        return calldata

    def _sign_order(self, account: str, order: Order, keep: Callable[[str], None] = lambda created: None) -> None:
        fees, signer = Fees.at(self.chain.node.latest_block().base_fee), self.keyring.signer(account)
        with transaction():
            lock_name(RECORDER)
            keep(deployments.created_address(account, self.outbox.next_nonce(account)))
            self.outbox.sign(order, signer, fees, self.clock.now())

    def _settle(self, account: str) -> None:
        """Afterwards all that this account has signed is in blocks, whatever came of it."""
        # Of this account alone, so that it does not wait for others.
        self.outbox.nonces = {account: self.chain.node.nonce(account)}
        sender = Sender(self.outbox, self.keyring, self.clock)
        began, is_told = time.monotonic(), False
        while waiting := self.outbox.lacking(WINDOW):
            sender.send(self.chain.node.latest_block().base_fee)
            nonce = self.chain.node.nonce(account)
            if nonce != self.outbox.nonces[account]:
                sender.note_move(account, nonce)
                self.outbox.nonces[account] = nonce
                continue
            waited, purposes = time.monotonic() - began, ", ".join(tx.purpose for tx in waiting)
            if waited >= _WAIT_S:
                raise StillUnderWay(purposes=purposes, account=account, wait_s=_WAIT_S)
            if waited >= _TELL_AFTER_S and not is_told:
                self.tell(f"waiting for the chain: {purposes}")
                is_told = True
            time.sleep(_LOOK_AGAIN_S)


def _pausing(contract: History, paused: bool) -> Call:
    return Call(contract, "pause" if paused else "unpause", (), lambda: contract.is_paused() is paused)


def _giving(contract: History, role: str, account: str) -> Call:
    arguments = (ROLE_HASHES[role], account)
    return Call(contract, "grantRole", arguments, lambda: contract.has_role(role, account))


def _taking(contract: History, role: str, account: str) -> Call:
    arguments = (ROLE_HASHES[role], account)
    return Call(contract, "revokeRole", arguments, lambda: not contract.has_role(role, account))
