"""Run the chain's tests on a network like a consortium's: ``python -m tests.network``, with any options of pytest.

A node that the tests know by its URL, and that is not theirs to end; blocks that come by the clock; first come, first
served; no price for gas, and not one account with money. The node is an anvil, and is gone afterwards.
"""

import os
import socket
import subprocess
import sys
import time

from coalition.errors import CoalitionError
from coalition.ledger.chains import anvil_binary, end_process
from coalition.ledger.node import Node

CHAIN_ID = 20_260
OPTIONS = {
    "--chain-id": CHAIN_ID,
    "--hardfork": "cancun",
    # Shorter than a consortium's: tests wait for many blocks, one after another.
    "--block-time": 0.05,
    "--order": "fifo",
    "--block-base-fee-per-gas": 0,
    "--gas-price": 0,
    "--balance": 0,
    # So much that no block is half full: anvil would then raise a base fee of 0, which Besu's zeroBaseFee never does.
    "--gas-limit": 1_000_000_000,
}
TESTS = (
    "tests/contracts",
    "tests/integration/ledger",
    # These two compile and measure, and need no chain.
    "--ignore=tests/contracts/test_artifacts.py",
    "--ignore=tests/contracts/test_gas.py",
    # Of the ledger's tests, those on the chain that the URL names.
    "-k=contracts or url",
)
_START_WAIT_S = 30


def main() -> int:
    """The exit status of pytest."""
    binary = anvil_binary()
    if binary is None:
        sys.exit("anvil is not installed: run npm install")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [str(part) for pair in OPTIONS.items() for part in pair]
    anvil = subprocess.Popen([binary, "--quiet", "--enable-tx-gas-limit", "--port", str(port), *options])
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url)
        environment = os.environ | {"COALITION_TEST_CHAIN_URL": url}
        command = [sys.executable, "-m", "pytest", "-q", *TESTS, *sys.argv[1:]]
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        end_process(anvil)


def wait_for(url: str) -> None:
    """Returns once the node answers."""
    deadline = time.monotonic() + _START_WAIT_S
    while True:
        try:
            assert Node.at(url).chain_id() == CHAIN_ID
            return
        except CoalitionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
