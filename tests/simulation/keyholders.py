"""Who has the keys: the recorder for its work, operators who do something by hand, and a thief."""

from hashlib import sha256
from random import Random

from eth_account import Account

from coalition.config import ROLES, LedgerMode
from coalition.domain.entries import EntryKind
from coalition.domain.packing import pack
from coalition.ledger import contract as calls
from coalition.ledger.contract import Contract
from coalition.ledger.signers import KeySigner
from coalition.store.database import execute
from tests.simulation.chain import Refused, SimulatedChain

GWEI = 10**9
FUNDS = 10**20
_ALMOST_NOTHING = 10**12
_GAS = 200_000
_SUSPENDED = 2


class SeededKeys:
    """Stands in for the keyring: the accounts follow from the seed."""

    def __init__(self, seed: int) -> None:
        keys = {role: Account.from_key(sha256(f"{role} of {seed}".encode()).digest()) for role in ROLES}
        self.addresses = {role: account.address for role, account in keys.items()}
        self._signers = {account.address: KeySigner(account) for account in keys.values()}

    def new_account(self, role: str) -> str:
        return self.addresses[role]

    def signer(self, address: str) -> KeySigner:
        return self._signers[address]


class Keyholders:
    """What is done with the keys behind the recorder's back.

    ``poor``, ``paused`` and ``meddled`` say why the recorder may be unable to go on.
    """

    def __init__(self, rng: Random, chain: SimulatedChain, keys: SeededKeys) -> None:
        self.rng = rng
        self.chain = chain
        self.keys = keys
        self.poor = self.paused = self.meddled = False

    def forget(self) -> None:
        """The chain is another: nothing is paused there, and the accounts have funds. What came of meddling stays."""
        self.poor = self.paused = False

    def use_a_nonce(self) -> str:
        """Not the admin's: what creates the contracts could then never be, and a new deployment is for operators."""
        role = self.rng.choice(["recorder", "recorder", "registrar"])
        address = self.keys.addresses[role]
        nonce = self._nonce(role) + self.rng.choice([0, 0, 1, 2])
        return f"somebody uses the {role}'s key at nonce {nonce}: {self._send(role, nonce, address, b'')}"

    def pause_or_unpause(self, contract: Contract) -> str:
        function = "unpause" if contract.is_paused() else "pause"
        self.paused = True
        return f"{function}: {self._call('pauser', contract, function)}"

    def meddle(self, contract: Contract, partner: int) -> str:
        """The registrar leaves a partner no room, or suspends it, and the journal knows nothing of that."""
        function, *arguments = self.rng.choice([("setLimit", partner, 1), ("suspend", partner)])
        self.meddled = True
        return f"{function} of partner {partner} by hand: {self._call('registrar', contract, function, *arguments)}"

    def funds_end_or_come(self) -> str:
        wei = FUNDS if self.poor else _ALMOST_NOTHING
        for address in self.keys.addresses.values():
            self.chain.world.give(address, wei)
        self.poor = not self.poor
        return f"the accounts have {wei} wei"

    def unpause(self, contract: Contract) -> None:
        if contract.is_paused():
            self._call("pauser", contract, "unpause")
            self.chain.mine()
        self.paused = False

    def put_right(self, contract: Contract) -> None:
        """Each partner is set back to what the chain was told last, or will be told first."""
        last_told = execute(
            "SELECT partner_id, status, limit_points FROM partner_change WHERE id IN"
            " (SELECT COALESCE(MAX(CASE WHEN told THEN id END), MIN(id)) FROM partner_change GROUP BY partner_id)"
            " ORDER BY partner_id"
        ).fetchall()
        for number, status, limit in last_told:
            there = contract.partner(number)
            if there.status == _SUSPENDED and status == "active":
                self._call("registrar", contract, "reinstate", number)
                self.chain.mine()
            if there.status and there.limit != limit:
                self._call("registrar", contract, "setLimit", number, limit)
                self.chain.mine()

    def usurp(self, contract: Contract) -> None:
        """Record with the recorder's key what is not the journal's."""
        for function, *arguments in (("reinstate", 1), ("setLimit", 1, 10**9)):
            self._call("registrar", contract, function, *arguments)
            self.chain.mine()
        word = pack(EntryKind.REWARD, 1, 1, 1, b"\x01" * 20)
        record = calls.encode_record(LedgerMode.FULL, contract.next_sequence(), bytes(32), word)
        self._send("recorder", self._nonce("recorder"), contract.address, record)
        self.chain.mine()

    def _call(self, role: str, contract: Contract, function: str, *arguments: int) -> str:
        return self._send(role, self._nonce(role), contract.address, calls.encode_call(function, *arguments))

    def _nonce(self, role: str) -> int:
        return self.chain.world.accounts.nonce(self.keys.addresses[role].lower())

    def _send(self, role: str, nonce: int, to: str, data: bytes) -> str:
        """For a fee that takes the place of what waits."""
        fields = {"type": 2, "chainId": self.chain.chain_id, "nonce": nonce, "value": 0, "gas": _GAS}
        fees = {"maxFeePerGas": 1000 * GWEI, "maxPriorityFeePerGas": 100 * GWEI}
        signer = self.keys.signer(self.keys.addresses[role])
        try:
            self.chain.submit(signer.sign(fields | fees | {"to": to, "data": data}).signed_bytes)
        except Refused as refusal:
            return str(refusal)
        return "sent"
