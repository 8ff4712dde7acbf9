"""``coalition up``: API, worker and chain, until Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

import click

from coalition.config import Settings
from coalition.errors import CoalitionError
from coalition.ledger.chains import end_process, stop_running_anvil, without_passphrase
from scripts.composition import open_coalition
from scripts.output import json_option, people, print_json, refusals_exit

API_PROCESSES = 2
API_THREADS = {"sqlite": 1, "postgresql": 4}
"""SQLite has one writer at a time: threads that wait for it within a process only make the slowest answers slower."""
_LOOK_S = 0.5
_READY_WAIT_S = 30
_END_WAIT_S = 10
"""A worker that is bringing a chain back may take longer; it loses nothing by being killed."""


@dataclass
class NotReady(CoalitionError):
    code = "not_ready"
    template = "The API does not answer; {log} says why."
    log: str


class Supervisor:
    """Starts the processes of a coalition, starts again whichever dies, and ends them all."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stopping = threading.Event()
        self.commands = {"api": _api_command(settings), "worker": [sys.executable, "-m", "scripts.worker"]}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, when_ready: Callable[[], None]) -> None:
        """Returns after Ctrl-C or SIGTERM, when every process that was started has ended.

        :raises OSError: the port is taken.
        :raises NotReady: the API does not come up.
        """
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", self.settings.port))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            for name in self.commands:
                self._start(name)
            if self._becomes_ready():
                when_ready()
            while not self.stopping.wait(_LOOK_S):
                for name, process in list(self.processes.items()):
                    if process.poll() is not None:
                        people.print(f"{name} ended with status {process.returncode}; starting it again")
                        self._start(name)
        finally:
            for process in self.processes.values():
                end_process(process, _END_WAIT_S)
            stop_running_anvil(self.settings.data_dir / "chain")

    def _start(self, name: str) -> None:
        logs = self.settings.data_dir / "logs"
        logs.mkdir(exist_ok=True)
        environment = os.environ | self.settings.to_environment()
        with (logs / f"{name}.log").open("ab") as log:
            # In a session of its own, so that a Ctrl-C reaches us alone and everything ends in order.
            self.processes[name] = subprocess.Popen(
                self.commands[name],
                env=environment if name == "worker" else without_passphrase(environment),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _becomes_ready(self) -> bool:
        for _ in range(int(_READY_WAIT_S / _LOOK_S)):
            try:
                with urlopen(f"http://127.0.0.1:{self.settings.port}/health/ready", timeout=2):
                    return True
            except (URLError, OSError):
                if self.stopping.wait(_LOOK_S):
                    return False
        raise NotReady(log=str(self.settings.data_dir / "logs" / "api.log"))

    def _stop(self, signal_number: int, frame: FrameType | None) -> None:
        self.stopping.set()


def _api_command(settings: Settings) -> list[str]:
    database = "sqlite" if settings.database_url.startswith("sqlite") else "postgresql"
    options = {
        "--interface": "wsgi",
        "--host": "127.0.0.1",
        "--port": settings.port,
        "--workers": API_PROCESSES,
        "--blocking-threads": API_THREADS[database],
        # One that is told to stop while it is still starting does not hear it.
        "--workers-kill-timeout": 5,
    }
    parts = [str(part) for option in options.items() for part in option]
    return [str(Path(sys.executable).parent / "granian"), *parts, "--no-access-log", "scripts.api:app"]


@click.command()
@json_option
@refusals_exit
def up(as_json: bool) -> None:
    """Serve the API and record its journal on the chain, until Ctrl-C, which ends every process that was started."""
    settings = Settings.from_environment()
    open_coalition(settings)
    address = f"http://127.0.0.1:{settings.port}"

    def tell() -> None:
        if as_json:
            print_json({"address": address, "docs": f"{address}/docs"})
        else:
            people.print(f"Serving at {address}; documentation at {address}/docs")

    Supervisor(settings).run(tell)
