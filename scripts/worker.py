"""The worker: records the journal on the chain and lets achievements follow events, until it is told to stop.

It ends when its parent is gone, so that no worker outlives the command that started it.
"""

import os
import signal
import threading
from types import FrameType

import structlog

from coalition.config import Settings
from coalition.errors import CoalitionError
from coalition.ledger.errors import LeaseHeld, NodeUnavailable
from gamification.engine import run_batch
from scripts.composition import CLOCK, open_coalition, recording

_IDLE_S = 0.1
_RETRY_S = 1.0

log = structlog.get_logger()


class Worker:
    """Two loops, each in a thread with a database connection of its own: a stopped chain does not stop achievements."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stopping = threading.Event()
        self._parent = os.getppid()

    def run(self) -> None:
        """Returns once told to stop, with both loops ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        threads = [threading.Thread(target=loop, name=loop.__name__) for loop in (self._record, self._evaluate)]
        for thread in threads:
            thread.start()
        while not self.stopping.wait(_RETRY_S):
            if os.getppid() != self._parent:
                self.stopping.set()
        for thread in threads:
            thread.join()

    def _record(self) -> None:
        """Keep the chain up to the journal; whatever goes wrong with the chain is told and tried again."""
        while not self.stopping.is_set():
            try:
                with recording(self.settings) as recorder:
                    log.info("recorder.started", chain=recorder.node.url, contract=recorder.contract.address)
                    while not self.stopping.is_set():
                        progress = recorder.step()
                        if progress.confirmed:
                            log.info("recorder.confirmed", transactions=progress.confirmed, backlog=progress.backlog)
                        else:
                            self.stopping.wait(_IDLE_S)
            except LeaseHeld as held:
                log.info("recorder.standing_by", holder=held.holder)
                self.stopping.wait(_RETRY_S)
            except NodeUnavailable as error:
                log.warning("recorder.node_unavailable", reason=str(error))
                self.stopping.wait(_RETRY_S)
            except CoalitionError as error:
                log.error("recorder.halted", code=error.code, reason=str(error))
                self.stopping.wait(_RETRY_S * 10)

    def _evaluate(self) -> None:
        """Let achievements follow events."""
        while not self.stopping.is_set():
            summary = run_batch(now=CLOCK.now())
            if summary.grants:
                log.info("achievements.granted", grants=summary.grants, points=summary.points_rewarded)
            if not summary.events:
                self.stopping.wait(_IDLE_S)

    def _stop(self, signal_number: int, frame: FrameType | None) -> None:
        self.stopping.set()


def main() -> None:
    settings = Settings.from_environment()
    open_coalition(settings)
    Worker(settings).run()


if __name__ == "__main__":
    main()
