"""A running coalition, as an operator has it, and what becomes of it when its processes are killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.integration.ledger.conftest import needs_anvil

pytestmark = needs_anvil

COALITION = Path(sys.executable).parent / "coalition"
WAIT_S = 60


class Running:
    """``coalition up`` on a data directory of its own."""

    def __init__(self, data_dir: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.data_dir = data_dir
        self.environment = os.environ | {"COALITION_DATA_DIR": str(data_dir), "COALITION_PORT": str(self.port)}
        self.command("partner", "add", "cafe", "--rate-bps", "500")
        self.key = self.command("key", "issue", "--partner", "cafe")["key"]
        self.process = subprocess.Popen([COALITION, "up"], env=self.environment, stderr=subprocess.DEVNULL)
        self.until(self.is_ready)

    def command(self, *words: str) -> Any:
        done = subprocess.run(
            [COALITION, *words, "--json"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=True,
        )
        return json.loads(done.stdout)

    def is_ready(self) -> bool:
        try:
            return self.call("GET", "/health/ready") is not None
        except OSError:
            return False

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        data = json.dumps(body).encode() if body is not None else None
        request = Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        with urlopen(request, timeout=WAIT_S) as answer:
            return json.load(answer)

    def buy(self, member: str, receipt_id: str) -> Any:
        line = {"line_id": "1", "sku": "latte", "category": "COFFEE", "quantity": 1, "amount_minor": 1000}
        body = {
            "member": member,
            "receipt_id": receipt_id,
            "occurred_at": datetime.now(UTC).isoformat(),
            "currency": "USD",
            "lines": [line],
        }
        return self.call("POST", "/v1/purchases", body)

    def status_of(self, purchase: Any) -> str:
        return str(self.call("GET", f"/v1/purchases/{purchase['id']}")["ledger"]["status"])

    def children(self) -> dict[int, str]:
        """Every process of this data directory but ``coalition up`` itself, with its command line."""
        marks = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != self.process.pid:
                try:
                    if str(self.data_dir).encode() in (entry / "environ").read_bytes():
                        marks[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
                except OSError:
                    continue
        return marks

    def kill(self, name: str) -> None:
        """Kill the one process of that name, once it is there."""
        found: list[int] = []
        self.until(lambda: bool(found.extend(p for p, command in self.children().items() if name in command) or found))
        os.kill(found[0], signal.SIGKILL)

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < deadline, f"still not so after {WAIT_S} s"
            assert self.process.poll() is None, "coalition up has ended"
            time.sleep(0.1)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    if running.process.poll() is None:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(WAIT_S)


def test_up__worker_and_anvil_killed_while_purchases_come_in__every_entry_recorded_once(running):
    member = running.call("POST", "/v1/members", {"phone": "+79161234567", "consents": {"marketing": False}})["id"]
    purchases = [running.buy(member, "before")]
    running.until(lambda: running.status_of(purchases[0]) == "final")

    for round_ in range(3):
        running.kill("scripts.worker" if round_ != 1 else "anvil")
        purchases += [running.buy(member, f"after-{round_}-{number}") for number in range(5)]
    running.until(lambda: all(running.status_of(purchase) == "final" for purchase in purchases))

    assert running.call("GET", "/v1/ledger/status")["backlog"] == 0
    result = running.command("reconcile")
    assert (result["differences"], result["pending"]) == (0, 0)
    assert result["total_supply"] == result["sum_of_balances"] >= 50 * len(purchases)


def test_up__interrupted__ends_every_process_it_started(running):
    assert len(running.children()) >= 3

    running.process.send_signal(signal.SIGINT)

    assert running.process.wait(WAIT_S) == 0
    assert running.children() == {}
