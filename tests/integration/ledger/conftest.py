"""A chain of either local kind, and a recorder on it that can be made anew, as after a crash."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from eth_account import Account

from coalition.clock import ManualClock
from coalition.config import IN_PROCESS_URL, Settings
from coalition.domain.purchase import Line
from coalition.ledger.chains import Anvil, Chain, anvil_binary, open_chain
from coalition.ledger.deployments import ensure_accounts
from coalition.ledger.keys import Keyring
from coalition.ledger.lease import RECORDER, Lease
from coalition.ledger.node import Node
from coalition.ledger.recorder import Recorder
from coalition.services.purchases import RecordedPurchase, RecordPurchase, record_purchase
from tests.deployed import Deployments, nothing

needs_anvil = pytest.mark.skipif(
    anvil_binary() is None and "CI" not in os.environ, reason="anvil is not installed: run npm install"
)


on_both_databases = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


NODE_URL = os.environ.get("COALITION_TEST_CHAIN_URL")
"""A node that is already there; the ledger's tests then run against it, and against no other."""
FUNDER_KEY = os.environ.get("COALITION_TEST_FUNDER_KEY")
"""An account that can pay for gas there; on a chain where gas is free there need be none."""

brings_its_own_node = "a node is given by its URL, and this test brings its own"

CHAINS = (
    [pytest.param(NODE_URL, id="url")]
    if NODE_URL
    else [IN_PROCESS_URL, pytest.param(None, marks=needs_anvil, id="anvil")]
)


@dataclass
class Ledger:
    """The chain of a test's data directory."""

    settings: Settings
    clock: ManualClock
    stack: ExitStack = field(default_factory=ExitStack)
    chain: Chain | None = None

    def open(self) -> Chain:
        self.chain = self.stack.enter_context(open_chain(self.settings))
        return self.chain

    def close(self) -> None:
        """Afterwards the chain is as when a process has ended; the test is left out where that is not ours to do."""
        if NODE_URL:
            pytest.skip("this chain is not ours to end")
        self.stack.close()

    def recorder(self) -> Recorder:
        """A recorder as a process that has just started has it."""
        chain = self.chain or self.open()
        if FUNDER_KEY and not chain.ours:
            for address in ensure_accounts(Keyring(self.settings)).values():
                fund(chain.node, address)
        return Recorder(chain, self.settings, Keyring(self.settings), self.clock, Lease(RECORDER))

    @contextmanager
    def has(
        self,
        deployments: Deployments,
        done: str = "",
        do: Callable[[], None] = nothing,
        then: Callable[[Recorder], None] = nothing,
    ) -> Iterator[None]:
        """Inside, the chain has the usual coalition, and what it did; what is to be done then the recorder did.

        On a chain in this process all that happens once, for every test that knows it by this name.
        """
        if self.settings.chain_url == IN_PROCESS_URL:
            with deployments.open(self.settings.data_dir, self.clock, done, do, then) as self.chain:
                yield
        else:
            do()
            recorder = self.recorder()
            recorder.drain()
            then(recorder)
            yield


@pytest.fixture(params=CHAINS)
def ledger(
    request: pytest.FixtureRequest, tmp_path: Path, coalition, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ledger]:
    settings = Settings(tmp_path, "", request.param, 0, 0)
    if NODE_URL:
        settings = replace(settings, key_passphrase="secret")
        monkeypatch.setattr("coalition.ledger.keys._COST", 2**10)
    opened = Ledger(settings, clock)
    yield opened
    opened.stack.close()


def fund(node: Node, address: str) -> None:
    """Give the account enough to pay for gas, on a chain by URL."""
    if node.balance(address):
        return
    funder = Account.from_key(FUNDER_KEY)
    fee = max(2 * node.latest_block().base_fee, 2 * 10**9)
    gift = {
        "type": 2,
        "chainId": node.chain_id(),
        "nonce": node.nonce(funder.address),
        "to": address,
        "value": 10**18,
        "gas": 21_000,
        "maxFeePerGas": fee,
        "maxPriorityFeePerGas": min(fee, 10**9),
    }
    node.send(bytes(funder.sign_transaction(gift).raw_transaction))
    while not node.balance(address):
        pass


@pytest.fixture
def anvil_ledger(tmp_path: Path, coalition, clock: ManualClock) -> Iterator[Ledger]:
    if NODE_URL:
        pytest.skip(brings_its_own_node)
    opened = Ledger(Settings(tmp_path, "", None, 0, 0), clock)
    yield opened
    opened.stack.close()


@pytest.fixture(scope="module")
def anvil_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A node for the tests of one module, which use it one after another."""
    if NODE_URL:
        pytest.skip(brings_its_own_node)
    binary = anvil_binary()
    assert binary is not None
    anvil = Anvil(binary, tmp_path_factory.mktemp("anvil"))
    anvil.start()
    yield anvil.url
    anvil.stop()


@pytest.fixture
def reset_ledger(tmp_path: Path, coalition, clock: ManualClock, anvil_url: str) -> Ledger:
    """A new chain of our own, on a node that was there before."""
    chain = Chain(Node.at(anvil_url), ours=True)
    chain.node.request("anvil_reset")
    chain.node.request("evm_setAutomine", True)
    return Ledger(Settings(tmp_path, "", None, 0, 0), clock, chain=chain)


@pytest.fixture
def buy(coalition, clock: ManualClock) -> Callable[..., RecordedPurchase]:
    """Anna buys at a partner: ``buy(partner, "r-1", 1000)``."""

    def buy(partner, receipt_id: str, amount_minor: int, **more) -> RecordedPurchase:
        line = Line("1", "sku", "things", 1, amount_minor)
        command = RecordPurchase(partner.number, coalition.anna.id, receipt_id, clock.now(), "USD", (line,), **more)
        return record_purchase(command, now=clock.now())

    return buy


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """The chain is what varies here: SQLite, unless a test asks for ``on_both_databases``."""
    return request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")
