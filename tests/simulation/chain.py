"""A public network in one process: many validators, one node that we see it through, and no word that can be relied on.

Everything follows from the random numbers it is given, so what happened once happens again.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import NamedTuple

import rlp
from eth_utils.crypto import keccak

from tests.simulation.evm import Execution, Log, Machine
from tests.simulation.transactions import Transaction, read_transaction

TX_GAS_CAP = 16_777_216
"""EIP-7825."""
BLOCK_GAS = 60_000_000
LEAST_BASE_FEE = 10**9
LEAST_TIP = 1
START = 1_700_000_000


class Refused(Exception):
    """The node does not take the transaction; the words are a node's."""


class Fate(Enum):
    """What becomes of a transaction whose block is undone."""

    WAITS = "waits"
    LOST = "lost"
    MINED_AGAIN = "mined again"


class Receipt(NamedTuple):
    tx: Transaction
    execution: Execution
    price: int
    block_number: int
    block_hash: str
    index: int
    created: str | None


@dataclass(frozen=True)
class Block:
    number: int
    hash: str
    parent: str
    timestamp: int
    base_fee: int
    transactions: tuple[Transaction, ...] = ()


@dataclass
class _Accounts:
    """What each account owns, and how many of its transactions are in blocks."""

    balances: dict[str, int]
    nonces: dict[str, int] = field(default_factory=dict)

    def copy(self) -> "_Accounts":
        return _Accounts(dict(self.balances), dict(self.nonces))

    def nonce(self, address: str) -> int:
        return self.nonces.get(address, 0)

    def balance(self, address: str) -> int:
        return self.balances.get(address, 0)


class World:
    """The state after a row of blocks, which can be undone one by one."""

    def __init__(self, chain_id: int, funds: Mapping[str, int]) -> None:
        self.machine = Machine(chain_id)
        self.accounts = _Accounts({address.lower(): wei for address, wei in funds.items()})
        self._before: list[_Accounts] = []

    def give(self, address: str, wei: int) -> None:
        """The account has that much, and had it all the time."""
        for accounts in (self.accounts, *self._before):
            accounts.balances[address.lower()] = wei

    def open_block(self, number: int, timestamp: int) -> None:
        self._before.append(self.accounts.copy())
        self.machine.mark()
        self.machine.at(number, timestamp)

    def undo_block(self) -> None:
        self.accounts = self._before.pop()
        self.machine.go_back()

    def payable(self, tx: Transaction, base_fee: int) -> bool:
        """Whether a validator may put it into a block now."""
        return (
            tx.nonce == self.accounts.nonce(tx.sender)
            and tx.max_fee >= base_fee
            and tx.cost <= self.accounts.balance(tx.sender)
        )

    def apply(self, tx: Transaction, base_fee: int) -> tuple[Execution, int, str | None]:
        """Run the transaction: what came of it, the price of its gas, and the contract that it made."""
        price = min(tx.max_fee, base_fee + tx.tip)
        created = None
        if tx.to is None:
            created = contract_address(tx.sender, tx.nonce)
            done = self.machine.create(tx.sender, tx.nonce, tx.data, tx.gas)
        elif self.machine.code(tx.to):
            done = self.machine.call(tx.sender, tx.to, tx.data, tx.gas)
        else:
            done = Execution(True, tx.least_gas, b"")
            self.accounts.balances[tx.to] = self.accounts.balance(tx.to) + tx.value
            self.accounts.balances[tx.sender] -= tx.value
        self.accounts.balances[tx.sender] -= done.gas_used * price
        self.accounts.nonces[tx.sender] = tx.nonce + 1
        return done, price, created if done.succeeded else None


def contract_address(sender: str, nonce: int) -> str:
    return "0x" + keccak(rlp.encode([bytes.fromhex(sender[2:]), nonce]))[12:].hex()


class SimulatedChain:
    """Blocks, the transactions that wait for one, and the powers that nobody on a public network has over others.

    ``pool`` is what our node knows to be waiting; other nodes remember more (``gossip``): what our node forgot, and
    what was replaced. A validator may take it from there. ``base_fee`` is what the next block wants for each gas; it
    may be set, and every block brings it down again, as far as ``least_base_fee``.
    """

    def __init__(
        self,
        rng: Random,
        funds: Mapping[str, int],
        chain_id: int = 31337,
        now: Callable[[], int] = lambda: START,
        holds_underpriced: bool = True,
    ) -> None:
        self.rng = rng
        self.funds = dict(funds)
        self.chain_id = chain_id
        self.now = now
        self.holds_underpriced = holds_underpriced
        self.base_fee = self.least_base_fee = LEAST_BASE_FEE
        self.wipe()

    def wipe(self) -> None:
        """Another chain with the same genesis: nothing ever happened."""
        self.world = World(self.chain_id, self.funds)
        self.blocks = [
            Block(0, "0x" + keccak(text=f"genesis of {self.chain_id}").hex(), "0x" + "00" * 32, START, LEAST_BASE_FEE)
        ]
        self.receipts: dict[str, Receipt] = {}
        self.pool: dict[tuple[str, int], Transaction] = {}
        self.gossip: dict[tuple[str, int], dict[str, Transaction]] = {}
        self._past: dict[str, World] = {}

    @property
    def head(self) -> Block:
        return self.blocks[-1]

    # What the node takes

    def submit(self, signed_bytes: bytes) -> str:
        """Let the transaction wait for a block; its hash.

        :raises Refused: in a node's words.
        """
        try:
            tx = read_transaction(signed_bytes)
        except ValueError as error:
            raise Refused(str(error)) from error
        key = tx.sender, tx.nonce
        if self.pool.get(key) == tx:
            raise Refused("already known")
        self._check(tx)
        if (rival := self.pool.get(key)) and not outbids(tx, rival):
            raise Refused("replacement transaction underpriced")
        self.pool[key] = tx
        self.gossip.setdefault(key, {})[tx.hash] = tx
        return tx.hash

    def _check(self, tx: Transaction) -> None:
        nonce, balance = self.world.accounts.nonce(tx.sender), self.world.accounts.balance(tx.sender)
        problems = {
            "invalid chain id for signer": tx.chain_id != self.chain_id,
            f"nonce too low: next nonce {nonce}, tx nonce {tx.nonce}": tx.nonce < nonce,
            f"transaction gas limit too high (cap: {TX_GAS_CAP}, tx: {tx.gas})": tx.gas > TX_GAS_CAP,
            f"intrinsic gas too low: gas {tx.gas}, minimum needed {tx.least_gas}": tx.gas < tx.least_gas,
            "max priority fee per gas higher than max fee per gas": tx.tip > tx.max_fee,
            f"transaction underpriced: gas tip cap {tx.tip}, minimum needed {LEAST_TIP}": tx.tip < LEAST_TIP,
            f"insufficient funds for gas * price + value: balance {balance}, tx cost {tx.cost}": tx.cost > balance,
            f"max fee per gas less than block base fee: maxFeePerGas: {tx.max_fee}, baseFee: {self.base_fee}": (
                tx.max_fee < self.base_fee and not self.holds_underpriced
            ),
        }
        for words, applies in problems.items():
            if applies:
                raise Refused(words)

    def pending_nonce(self, address: str) -> int:
        """The nonce behind all that our node knows to be waiting without a gap."""
        nonce = self.world.accounts.nonce(address)
        while (address, nonce) in self.pool:
            nonce += 1
        return nonce

    def was_replaced(self, tx: Transaction) -> bool:
        """Whether the network has seen another form of the transaction later."""
        forms = self.gossip.get((tx.sender, tx.nonce), {})
        return bool(forms) and list(forms)[-1] != tx.hash

    # What happens on the network

    def mine(self, at_most: int | None = None, from_gossip: bool = False) -> Block:
        """A validator makes a block: of each account's transactions in the order of nonces, of accounts in any order.

        It holds no more than ``at_most`` transactions, and, ``from_gossip``, what only other nodes remember.
        """
        number, base_fee = self.head.number + 1, self.base_fee
        timestamp = max(self.head.timestamp + 1, self.now())
        self.world.open_block(number, timestamp)
        applied: list[tuple[Transaction, tuple[Execution, int, str | None]]] = []
        gas_left = BLOCK_GAS
        while at_most is None or len(applied) < at_most:
            ready = [tx for tx in self._candidates(from_gossip) if self.world.payable(tx, base_fee)]
            ready = [tx for tx in ready if tx.gas <= gas_left]
            if not ready:
                break
            tx = self.rng.choice(ready)
            applied.append((tx, self.world.apply(tx, base_fee)))
            gas_left -= applied[-1][1][0].gas_used
        salt = self.rng.getrandbits(64)
        parts = [self.head.hash, str(number), str(timestamp), str(salt), *(tx.hash for tx, _ in applied)]
        block_hash = "0x" + keccak(text="|".join(parts)).hex()
        for index, (tx, (done, price, created)) in enumerate(applied):
            self.receipts[tx.hash] = Receipt(tx, done, price, number, block_hash, index, created)
        transactions = tuple(tx for tx, _ in applied)
        self.blocks.append(Block(number, block_hash, self.head.hash, timestamp, base_fee, transactions))
        self._forget_what_cannot_be()
        self.base_fee = max(self.least_base_fee, base_fee * 7 // 8)
        return self.head

    def reorg(self, depth: int, fates: Sequence[Fate]) -> list[Fate]:
        """Another branch wins, one block longer: the last ``depth`` blocks never were. What became of each transaction.

        Those that are mined again come in any order that nonces allow, and possibly in a variant that was replaced.
        """
        undone: list[Transaction] = []
        for _ in range(min(depth, self.head.number)):
            self.world.undo_block()
            block = self.blocks.pop()
            undone = [*block.transactions, *undone]
        for tx in undone:
            del self.receipts[tx.hash]
        suffered = [self.rng.choice(fates) for _ in undone]
        waiting = dict(self.pool)
        self.pool = {}
        for tx, fate in zip(undone, suffered, strict=True):
            key = tx.sender, tx.nonce
            if fate is Fate.LOST:
                self.gossip.pop(key, None)
            else:
                self.gossip.setdefault(key, {})[tx.hash] = tx
            if fate is Fate.MINED_AGAIN:
                self.pool[key] = self.rng.choice([variant for _, variant in sorted(self.gossip[key].items())])
            elif fate is Fate.WAITS:
                waiting[key] = tx
        again = len(self.pool)
        for _ in range(depth):
            again -= len(self.mine(at_most=self.rng.randint(0, again)).transactions)
        self.pool = {**waiting, **self.pool}
        self.mine(at_most=again)
        return suffered

    def forget_pool(self) -> None:
        """Our node starts anew: it has forgotten what waits, though others have not."""
        self.pool = {}

    def lose_pool(self) -> None:
        """What waits has been evicted everywhere."""
        self.pool, self.gossip = {}, {}

    def _candidates(self, from_gossip: bool) -> list[Transaction]:
        """What a validator may look at, in an order that only depends on what there is."""
        if from_gossip:
            return [tx for key in sorted(self.gossip) for _, tx in sorted(self.gossip[key].items())]
        return [tx for _, tx in sorted(self.pool.items())]

    def _forget_what_cannot_be(self) -> None:
        """Nonces that are taken need no waiting; the variants stay remembered until another branch may want them."""
        self.pool = {key: tx for key, tx in self.pool.items() if tx.nonce >= self.world.accounts.nonce(key[0])}

    # What can be read

    def call(self, sender: str, to: str, data: bytes, number: int) -> Execution:
        """What the contract answers as things stood after that block; nothing is changed."""
        machine = self.world_after(number).machine
        if not machine.code(to):
            return Execution(True, 0, b"")
        machine.mark()
        try:
            return machine.call(sender, to, data, BLOCK_GAS)
        finally:
            machine.go_back()

    def logs(
        self, address: str | None, topics: Sequence[Collection[bytes] | None], first: int, last: int
    ) -> list[tuple[Receipt, int, Log]]:
        """The logs in these blocks that match, in order, each with its place in the block."""
        found: list[tuple[Receipt, int, Log]] = []
        for block in self.blocks[first : last + 1]:
            place = 0
            for tx in block.transactions:
                receipt = self.receipts[tx.hash]
                for log in receipt.execution.logs:
                    if (address is None or log.address == address) and _matches(log, topics):
                        found.append((receipt, place, log))
                    place += 1
        return found

    def world_after(self, number: int) -> World:
        """The state after that block; for what is not the latest, all is run again."""
        if number == self.head.number:
            return self.world
        block_hash = self.blocks[number].hash
        if block_hash not in self._past:
            self._past = {block_hash: self._run_again(number)}
        return self._past[block_hash]

    def _run_again(self, number: int) -> World:
        world = World(self.chain_id, self.funds)
        for block in self.blocks[1 : number + 1]:
            world.open_block(block.number, block.timestamp)
            for tx in block.transactions:
                world.apply(tx, block.base_fee)
        return world


def outbids(tx: Transaction, rival: Transaction) -> bool:
    """Whether nodes would take it in the place of the other: a tenth more of each fee."""
    return 10 * tx.max_fee >= 11 * rival.max_fee and 10 * tx.tip >= 11 * rival.tip


def _matches(log: Log, topics: Sequence[Collection[bytes] | None]) -> bool:
    return len(topics) <= len(log.topics) and all(
        wanted is None or given in wanted for wanted, given in zip(topics, log.topics, strict=False)
    )
