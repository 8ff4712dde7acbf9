"""The simulated network keeps the rules of a public one, and breaks them as public ones do."""

import hashlib
from itertools import pairwise
from random import Random

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address

from coalition.ledger.errors import NodeRefused, NodeUnavailable, Underpriced
from coalition.ledger.node import LATEST, Node
from coalition.ledger.signers import KeySigner
from tests.simulation.chain import LEAST_BASE_FEE, Fate, SimulatedChain, contract_address
from tests.simulation.node import URL, Fault, SimulatedNode

ETHER = 10**18
GWEI = 10**9

# A contract that keeps the last word it was given, and logs it. It gives the word back when given nothing, and refuses
# zero with a typed error: its selector, and the word.
KEEPER = bytes.fromhex(
    "36600c575f545f5260205ff3"  # Given nothing: return the word.
    "5b5f35602057"  # Given zero:
    "63deadbeef60e01b5f5260245ffd"  # revert with deadbeef and a word of zero.
    "5b5f355f555f355f5260ff60205fa100"  # Otherwise: store it, log it under topic 255.
)
TOPIC = "0x" + "ff".rjust(64, "0")
ZERO = bytes(32)


def word(number: int) -> bytes:
    return number.to_bytes(32)


def creation(code: bytes) -> bytes:
    """The init code that makes a contract of this code."""
    return bytes.fromhex(f"60{len(code):02x}600a5f3960{len(code):02x}5ff3") + code


class Person:
    """Someone with a key and money, who sends transactions through the node."""

    def __init__(self, name: str, chain: SimulatedChain, node: Node) -> None:
        self.account = Account.from_key(hashlib.sha256(name.encode()).digest())
        self.address = self.account.address
        self.chain = chain
        self.node = node
        self.signer = KeySigner(self.account)

    def signed(self, nonce: int, to: str | None = None, data: bytes = b"", fee: int = 2 * GWEI, **more):
        fields = {"type": 2, "chainId": 31337, "nonce": nonce, "value": 0, "gas": 200_000, "data": data}
        fields |= {"maxFeePerGas": fee, "maxPriorityFeePerGas": min(fee, GWEI)} | more
        return self.signer.sign(fields | ({"to": to_checksum_address(to)} if to else {}))

    def send(self, nonce: int, to: str | None = None, data: bytes = b"", **more) -> str:
        signed = self.signed(nonce, to, data, **more)
        self.node.request("eth_sendRawTransaction", "0x" + signed.signed_bytes.hex())
        return signed.hash


class Network:
    def __init__(self) -> None:
        names = ("anna", "boris", "clara")
        funds = {Account.from_key(hashlib.sha256(name.encode()).digest()).address: ETHER for name in names}
        self.chain = SimulatedChain(Random(7), funds)
        self.faults: list[Fault] = []
        self.server = SimulatedNode(self.chain, lambda _: self.faults.pop(0) if self.faults else None)
        self.node = Node(self.server, URL)
        self.anna, self.boris, self.clara = (Person(name, self.chain, self.node) for name in names)
        self.clara.send(0, data=creation(KEEPER))
        self.chain.mine()
        self.keeper = contract_address(self.clara.address, 0)

    def kept(self, block: str = LATEST) -> int:
        return int(self.node.request("eth_call", {"to": self.keeper, "data": "0x"}, block), 16)

    def height(self) -> int:
        return int(self.node.request("eth_blockNumber"), 16)

    def order(self) -> list[str]:
        """Whose transactions are in the last block."""
        return [tx.sender for tx in self.chain.head.transactions]


@pytest.fixture
def network() -> Network:
    return Network()


def test_contract__called__state_log_and_receipt(network):
    tx = network.anna.send(0, network.keeper, word(5))
    assert network.node.outcome(tx) is None

    network.chain.mine()

    outcome = network.node.outcome(tx)
    assert outcome.succeeded and 21_000 < outcome.gas_used < 100_000
    assert (outcome.block_number, outcome.block_hash) == (2, network.chain.head.hash)
    assert network.kept() == 5
    (log,) = network.node.request(
        "eth_getLogs", {"address": network.keeper, "fromBlock": "0x1", "toBlock": "latest", "topics": [TOPIC]}
    )
    assert (log["data"], log["transactionHash"], log["blockNumber"]) == ("0x" + word(5).hex(), tx, "0x2")
    assert network.node.nonce(network.anna.address) == 1
    assert network.node.request("eth_getTransactionByHash", tx)["input"] == "0x" + word(5).hex()


def test_contract__created__has_its_code_and_nobody_else_any(network):
    assert network.node.code(network.keeper) == KEEPER
    assert network.node.code(network.anna.address) == b""


def test_logs__other_address_topic_or_range__none(network):
    network.anna.send(0, network.keeper, word(5))
    network.chain.mine()
    everything = {"address": network.keeper, "fromBlock": "0x0", "toBlock": "latest", "topics": [[TOPIC, "0x11"]]}

    def logs(**other) -> int:
        return len(network.node.request("eth_getLogs", everything | other))

    assert logs() == 1
    assert logs(topics=[None]) == 1
    assert logs(address=network.anna.address) == logs(topics=["0x" + "11" * 32]) == logs(toBlock="0x1") == 0


def test_call__as_of_an_earlier_block__answers_as_then(network):
    for value in (5, 6):
        network.anna.send(value - 5, network.keeper, word(value))
        network.chain.mine()

    assert [network.kept(hex(number)) for number in (1, 2, 3)] == [0, 5, 6]
    with pytest.raises(NodeRefused, match="header not found"):
        network.kept("0x4")


def test_call__contract_refuses__code_words_and_data_of_the_revert(network):
    with pytest.raises(NodeRefused, match=r"execution reverted.*0xdeadbeef"):
        network.node.request("eth_call", {"to": network.keeper, "data": "0x" + ZERO.hex()}, LATEST)

    assert network.kept() == 0


def test_transaction__contract_refuses__takes_nonce_and_gas_and_changes_nothing(network):
    tx = network.anna.send(0, network.keeper, ZERO)
    network.chain.mine()

    assert not network.node.outcome(tx).succeeded
    assert network.node.nonce(network.anna.address) == 1
    price = LEAST_BASE_FEE + GWEI
    assert network.node.balance(network.anna.address) == ETHER - network.node.outcome(tx).gas_used * price
    assert network.kept() == 0


def test_transaction__out_of_gas__fails_and_pays_for_all_of_it(network):
    tx = network.anna.send(0, network.keeper, word(5), gas=22_000)
    network.chain.mine()

    outcome = network.node.outcome(tx)
    assert (outcome.succeeded, outcome.gas_used) == (False, 22_000)


def test_pool__gap_in_nonces__waits_until_it_is_filled(network):
    network.anna.send(1, network.keeper, word(6))
    network.chain.mine()
    assert network.node.nonce(network.anna.address) == 0
    assert network.node.request("eth_getTransactionCount", network.anna.address, "pending") == "0x0"

    network.anna.send(0, network.keeper, word(5))
    assert network.node.request("eth_getTransactionCount", network.anna.address, "pending") == "0x2"
    network.chain.mine()

    assert (network.node.nonce(network.anna.address), network.kept()) == (2, 6)


REFUSALS = {
    "nonce too low": {"nonce": 0},
    "insufficient funds": {"nonce": 1, "value": ETHER},
    "intrinsic gas too low": {"nonce": 1, "gas": 20_000},
    "gas limit too high": {"nonce": 1, "gas": 20_000_000},
    "invalid chain id": {"nonce": 1, "chainId": 1},
    "transaction underpriced": {"nonce": 1, "maxPriorityFeePerGas": 0},
    "max priority fee per gas higher": {"nonce": 1, "maxPriorityFeePerGas": 3 * GWEI},
}


@pytest.mark.parametrize("words", REFUSALS)
def test_pool__what_cannot_be__refused_in_the_words_of_a_node(network, words):
    network.anna.send(0, network.boris.address)
    network.chain.mine()

    with pytest.raises(NodeRefused, match=words):
        network.anna.send(to=network.boris.address, **REFUSALS[words])


def test_pool__the_same_again__already_known(network):
    network.anna.send(0, network.boris.address)

    with pytest.raises(NodeRefused, match="already known"):
        network.anna.send(0, network.boris.address)


def test_pool__replacement__only_for_a_tenth_more_of_both_fees(network):
    first = network.anna.send(0, network.keeper, word(5), fee=GWEI)
    for fees in ({"fee": GWEI + GWEI // 11}, {"fee": 2 * GWEI, "maxPriorityFeePerGas": GWEI}):
        with pytest.raises(NodeRefused, match="replacement transaction underpriced"):
            network.anna.send(0, network.keeper, word(6), **fees)

    second = network.anna.send(0, network.keeper, word(6), fee=2 * GWEI, maxPriorityFeePerGas=11 * GWEI // 10)
    network.chain.mine()

    assert (network.node.outcome(first), network.kept()) == (None, 6)
    assert network.node.outcome(second).succeeded


def test_base_fee__raised_above_what_waits__it_waits_until_the_fee_is_down(network):
    tx = network.anna.send(0, network.keeper, word(5), fee=2 * GWEI)
    network.chain.base_fee = 3 * GWEI
    network.chain.mine()
    assert network.node.outcome(tx) is None
    latest = network.node.request("eth_getBlockByNumber", LATEST, False)
    assert int(latest["baseFeePerGas"], 16) == 3 * GWEI

    while network.chain.base_fee > 2 * GWEI:
        network.chain.mine()
    network.chain.mine()

    assert network.node.outcome(tx).succeeded


def test_base_fee__node_that_holds_no_underpriced_transactions__refuses_them(network):
    network.chain.holds_underpriced = False
    network.chain.base_fee = 3 * GWEI

    with pytest.raises(Underpriced):
        network.node.send(network.anna.signed(0, network.boris.address).signed_bytes)


def test_mine__two_accounts__any_order_between_them_and_the_order_of_nonces_within(network):
    orders = set()
    for turn in range(20):
        for person in (network.anna, network.boris):
            for nonce in (2 * turn, 2 * turn + 1):
                person.send(nonce, network.clara.address)
        network.chain.mine()
        orders.add(tuple(network.order()))
        nonces = [tx.nonce for tx in network.chain.head.transactions if tx.sender == network.anna.address.lower()]
        assert nonces == sorted(nonces)

    assert len(orders) > 3


def test_mine__at_most_so_many__the_others_wait(network):
    for nonce in range(3):
        network.anna.send(nonce, network.boris.address)

    network.chain.mine(at_most=2)

    assert network.node.nonce(network.anna.address) == 2


def test_mine__foreign_transaction_with_the_same_nonce_and_more_fee__takes_its_place(network):
    ours = network.anna.send(0, network.keeper, word(5))
    foreign = network.anna.send(0, network.keeper, word(6), fee=9 * GWEI, maxPriorityFeePerGas=9 * GWEI)
    network.chain.mine()

    assert network.node.outcome(ours) is None
    assert network.node.outcome(foreign).succeeded


def test_mine__validator_who_has_not_heard_of_the_replacement__mines_what_was_replaced(network):
    first = network.anna.send(0, network.keeper, word(5))
    second = network.anna.send(0, network.keeper, word(6), fee=3 * GWEI, maxPriorityFeePerGas=2 * GWEI)
    mined = set()
    for _ in range(20):
        network.chain.mine(from_gossip=True)
        mined |= {tx for tx in (first, second) if network.node.outcome(tx)}
        network.chain.reorg(1, [Fate.WAITS])

    assert mined == {first, second}


def test_forget_pool__waiting_transaction__gone_here_and_mined_elsewhere(network):
    tx = network.anna.send(0, network.keeper, word(5))
    network.chain.forget_pool()
    assert network.node.request("eth_getTransactionByHash", tx) is None
    network.chain.mine()
    assert network.node.outcome(tx) is None

    network.chain.mine(from_gossip=True)

    assert network.node.outcome(tx).succeeded


def test_lose_pool__waiting_transaction__gone_everywhere_until_it_is_sent_again(network):
    tx = network.anna.send(0, network.keeper, word(5))
    network.chain.lose_pool()
    network.chain.mine(from_gossip=True)
    assert network.node.outcome(tx) is None

    network.anna.send(0, network.keeper, word(5))
    network.chain.mine()

    assert network.node.outcome(tx).succeeded


@pytest.mark.parametrize("fate", Fate)
def test_reorg__two_blocks_undone__branch_is_longer_and_transactions_meet_their_fate(network, fate):
    txs = []
    for value in (5, 6):
        txs.append(network.anna.send(value - 5, network.keeper, word(value)))
        network.chain.mine()
    old = network.chain.head

    assert network.chain.reorg(2, [fate]) == [fate, fate]

    assert network.height() == old.number + 1
    assert network.chain.blocks[old.number].hash != old.hash
    assert all(block.parent == before.hash for before, block in pairwise(network.chain.blocks))
    state = [network.kept(), network.node.nonce(network.anna.address), len(network.chain.pool)]
    assert state == {Fate.WAITS: [0, 0, 2], Fate.LOST: [0, 0, 0], Fate.MINED_AGAIN: [6, 2, 0]}[fate]
    assert all(bool(network.node.outcome(tx)) == (fate is Fate.MINED_AGAIN) for tx in txs)
    network.chain.mine()
    assert network.kept() == (0 if fate is Fate.LOST else 6)


def test_reorg__beyond_the_contracts_creation__no_contract(network):
    network.chain.reorg(1, [Fate.LOST])

    assert network.node.code(network.keeper) == b""
    assert network.node.request("eth_call", {"to": network.keeper, "data": "0x"}, LATEST) == "0x"


def test_wipe__everything__same_genesis_and_funds(network):
    genesis = network.chain.blocks[0].hash
    network.anna.send(0, network.keeper, word(5))
    network.chain.mine()

    network.chain.wipe()

    assert network.height() == network.node.nonce(network.anna.address) == 0
    assert network.node.balance(network.anna.address) == network.node.balance(network.clara.address) == ETHER
    assert network.chain.head.hash == genesis
    network.clara.send(0, data=creation(KEEPER))
    network.chain.mine()
    assert network.kept() == 0


UNANSWERED = [fault for fault in Fault if fault not in (Fault.LIMITED, Fault.LAGS)]


@pytest.mark.parametrize("fault", UNANSWERED)
def test_fault__no_sensible_answer__node_unavailable_once(network, fault):
    network.faults = [fault]
    with pytest.raises(NodeUnavailable):
        network.node.chain_id()

    assert network.height() == 1


def test_fault__too_many_requests__refused(network):
    network.faults = [Fault.LIMITED]

    with pytest.raises(NodeRefused, match="limit exceeded"):
        network.height()


def test_fault__node_lags__answers_as_things_were_two_blocks_ago(network):
    for value in (5, 6, 7):
        tx = network.anna.send(value - 5, network.keeper, word(value))
        network.chain.mine()

    def seen() -> list[object]:
        return [
            network.height(),
            network.kept(),
            network.node.nonce(network.anna.address),
            bool(network.node.outcome(tx)),
            len(network.node.request("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})),
        ]

    network.faults = [Fault.LAGS] * 5
    assert seen() == [2, 5, 1, False, 1]
    assert seen() == [4, 7, 3, True, 3]


ARRIVES = {
    Fault.DOWN: False,
    Fault.QUESTION_LOST: False,
    Fault.ANSWER_LOST: True,
    Fault.NOT_JSON: True,
}


@pytest.mark.parametrize("fault", ARRIVES)
def test_fault__while_sending__transaction_arrives_where_only_the_answer_is_lost(network, fault):
    network.faults = [fault]

    with pytest.raises(NodeUnavailable):
        network.anna.send(0, network.keeper, word(5))

    assert (len(network.chain.pool) == 1) == ARRIVES[fault]


def test_method_that_no_public_node_has__refused(network):
    with pytest.raises(NodeRefused, match="does not exist"):
        network.node.request("anvil_setBalance", network.anna.address, "0x1")


def test_chain__same_random_numbers__same_hashes():
    def story() -> list[str]:
        network = Network()
        for turn in range(3):
            network.anna.send(turn, network.keeper, word(turn + 1))
            network.boris.send(turn, network.keeper, word(turn + 9))
            network.chain.mine()
        network.chain.reorg(2, list(Fate))
        return [block.hash for block in network.chain.blocks]

    assert story() == story()
