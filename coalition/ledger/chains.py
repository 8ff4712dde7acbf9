"""Where the chain comes from: a node given by URL, an anvil that we start and end, or an EVM inside this process."""

import json
import os
import platform
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from coalition.config import IN_PROCESS_URL, Settings
from coalition.ledger.errors import AccountUnfunded, NodeUnavailable
from coalition.ledger.node import Node

LOCAL_CHAIN_ID = 31337

_FUNDS_WEI = 10**27
_START_WAIT_S = 30
_STOP_WAIT_S = 60
"""Anvil writes its whole state before it goes."""


@dataclass(frozen=True)
class Chain:
    """A node, and whether it is ours: a chain of our own may be made anew from what the recorder has signed."""

    node: Node
    ours: bool

    def fund(self, account: str) -> None:
        """Give an account enough to pay for gas, if the chain is ours."""
        if not self.ours or self.node.balance(account) >= _FUNDS_WEI // 2:
            return
        if self.node.url == IN_PROCESS_URL:
            (rich,) = self.node.request("eth_accounts")[:1]
            gift = {"from": rich, "to": account, "value": hex(_FUNDS_WEI), "gas": hex(21_000)}
            self.node.request("eth_sendTransaction", gift)
        else:
            self.node.request("anvil_setBalance", account, hex(_FUNDS_WEI))

    def ensure_funds(self, account: str) -> None:
        """Afterwards the account has something to pay for gas with, or gas is free.

        :raises AccountUnfunded: it has nothing, and the chain is not ours.
        """
        self.fund(account)
        if self.node.latest_block().base_fee and not self.node.balance(account):
            raise AccountUnfunded(address=account, chain_id=self.node.chain_id())


def anvil_binary() -> Path | None:
    """The anvil that npm installed beside this package for this platform, or None."""
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system(), "")
    machine = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "")
    path = Path(__file__).parents[2] / "node_modules" / "@foundry-rs" / f"anvil-{system}-{machine}" / "bin" / "anvil"
    return path if path.exists() else None


class Anvil:
    """A local chain as a child process, which keeps its state in a file between runs.

    A state file that was torn by a kill is set aside: the recorder brings a new chain to where the old one was.
    """

    def __init__(self, binary: Path, directory: Path) -> None:
        self.binary = binary
        self.directory = directory
        self.state = directory / "state.json"
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once the node answers.

        :raises NodeUnavailable: it does not, with anvil's own last words.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        if not self._start_once() and self.state.exists():
            self.state.rename(self.state.with_suffix(f".torn-{int(time.time())}"))
            self._start_once()
        if self.process is None:
            raise NodeUnavailable(url="anvil", reason=(self.directory / "anvil.log").read_text()[-500:])
        (self.directory / "node.json").write_text(json.dumps({"url": self.url, "pid": self.process.pid}))

    def stop(self) -> None:
        """End the process, letting it save its state."""
        if self.process is not None:
            end_process(self.process)
            self.process = None
            (self.directory / "node.json").unlink(missing_ok=True)

    def _start_once(self) -> bool:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        options = {
            "--host": "127.0.0.1",
            "--port": port,
            "--chain-id": LOCAL_CHAIN_ID,
            "--state": self.state,
            "--state-interval": 60,
            # Far above what we send, so that the base fee never rises; a transaction keeps to the cap of EIP-7825.
            "--gas-limit": 1_000_000_000,
            "--accounts": 1,
        }
        with (self.directory / "anvil.log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    self.binary,
                    "--quiet",
                    "--enable-tx-gas-limit",
                    *(str(part) for pair in options.items() for part in pair),
                ],
                env=without_passphrase(os.environ),
                stdout=log,
                stderr=log,
                # A Ctrl-C on the terminal is for us; we end anvil when we no longer need it.
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_WAIT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if answers(self.url):
                return True
            time.sleep(0.05)
        end_process(self.process)
        self.process = None
        return False


def without_passphrase(environment: Mapping[str, str]) -> dict[str, str]:
    """What a child process that signs nothing may know."""
    return {name: value for name, value in environment.items() if name != "COALITION_KEY_PASSPHRASE"}


def end_process(process: subprocess.Popen[bytes], wait_s: float = _STOP_WAIT_S) -> None:
    """Ask the process to end, and make it."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(wait_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    """Whether a local chain of ours answers there."""
    try:
        return Node.at(url).chain_id() == LOCAL_CHAIN_ID
    except NodeUnavailable:
        return False


def running_anvil(directory: Path) -> str | None:
    """The URL of the anvil that another process of ours runs on this state, or None."""
    try:
        url: str = json.loads((directory / "node.json").read_text())["url"]
    except (FileNotFoundError, ValueError):
        return None
    return url if answers(url) else None


def stop_running_anvil(directory: Path) -> None:
    """End the anvil that a process of ours started on this state and left behind, if there is one."""
    if running_anvil(directory) is None:
        return
    pid = json.loads((directory / "node.json").read_text())["pid"]
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_WAIT_S
        while time.monotonic() < deadline and Path(f"/proc/{pid}").exists():
            time.sleep(0.05)
    (directory / "node.json").unlink(missing_ok=True)


@contextmanager
def open_chain(settings: Settings) -> Iterator[Chain]:
    """The chain of these settings.

    An anvil that is started here ends here.
    """
    directory = settings.data_dir / "chain"
    binary = anvil_binary()
    url = settings.chain_url or running_anvil(directory)
    if url == IN_PROCESS_URL or (url is None and binary is None):
        # Here and not above, because most processes have no use for it, and it takes long to load.
        from coalition.ledger.in_process import in_process_node

        yield Chain(in_process_node(LOCAL_CHAIN_ID, _FUNDS_WEI * 1000), ours=True)
    elif url is not None:
        yield Chain(Node.at(url), ours=settings.chain_url is None)
    else:
        assert binary is not None
        anvil = Anvil(binary, directory)
        anvil.start()
        try:
            yield Chain(Node.at(anvil.url), ours=True)
        finally:
            anvil.stop()
