"""A ledger with three partners on an EVM inside the test process, as good as new for every test."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_tester import EthereumTester, PyEVMBackend
from web3 import EthereumTesterProvider, Web3

from tests.contracts.ledger import CAFE, CINEMA, GROCER, Ledger

ARTIFACT = Path(__file__).parents[2] / "contracts" / "artifacts" / "PointsLedger.json"
LIMIT = 1_000_000


@pytest.fixture(scope="session")
def artifact() -> dict[str, Any]:
    return json.loads(ARTIFACT.read_text())


@pytest.fixture(scope="session")
def deployed(artifact: dict[str, Any]) -> Ledger:
    """The ledger right after its deployment: nobody but the admin has a role, and there are no partners."""
    parameters = PyEVMBackend.generate_genesis_params({"gas_limit": 100_000_000})
    web3 = Web3(EthereumTesterProvider(EthereumTester(PyEVMBackend(genesis_parameters=parameters))))
    admin, clerk, *_ = web3.eth.accounts
    factory = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    receipt = web3.eth.wait_for_transaction_receipt(
        factory.constructor("Coalition Points", "POINTS", admin).transact({"from": admin}), poll_latency=0
    )
    return Ledger(web3, factory(receipt["contractAddress"]), admin, clerk)


@pytest.fixture(scope="session")
def opened(deployed: Ledger) -> Ledger:
    """The ledger as the coalition opens: a clerk with every role, and three partners with room for a million points."""
    for role in ("RECORDER_ROLE", "PAUSER_ROLE", "REGISTRAR_ROLE"):
        deployed.call("grantRole", deployed.read(role), deployed.clerk, by=deployed.admin)
    for number in (CINEMA, CAFE, GROCER):
        deployed.call("registerPartner", number, LIMIT)
    return deployed


@pytest.fixture
def ledger(opened: Ledger) -> Iterator[Ledger]:
    """The ledger as it opened. What a test does to it is undone."""
    snapshot = opened.web3.testing.snapshot()
    yield opened
    opened.web3.testing.revert(snapshot)


@pytest.fixture
def stranger(opened: Ledger) -> str:
    """Somebody without any role."""
    return opened.web3.eth.accounts[2]
