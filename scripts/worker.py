"""The worker: records the journal on the chain, lets achievements follow events, and does to points what time brings.

It works until it is told to stop. It ends when its parent is gone, so that no worker outlives the command that started
it.
"""

import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from types import FrameType

import structlog
from structlog.dev import ConsoleRenderer, plain_traceback

from coalition import events
from coalition.config import Settings
from coalition.errors import CoalitionError
from coalition.ledger.administration import Administrator
from coalition.ledger.errors import LeaseHeld, NodeUnavailable, TransactionRefused
from coalition.ledger.recorder import Recorder
from coalition.ledger.settlement.errors import NothingToSettleBy
from coalition.services.birthdays import tell_birthdays
from coalition.services.expiry import announce_expiring, expire_points, release_pending
from coalition.services.gifts import give_approved
from coalition.services.holds import expire_holds
from coalition.services.idempotency import forget_old_answers
from coalition.services.leaving import announce_leaving, end_offboardings, watch_deposits
from coalition.services.offboarding import Offboarding
from coalition.services.pack_watch import Crossing, tell_limits, watch_packs
from coalition.services.sessions import forget_old_sessions
from coalition.services.settlement import settle_accepted
from coalition.services.settlement_chain import has_periods, last_deeds
from coalition.services.tiers import judge_ended
from coalition.services.traits import forget_old_traits
from coalition.store.database import gave_way, reconnect
from gamification.draw_prizes import give_draw_prizes
from gamification.engine import run_batch
from gamification.giving import release_held
from gamification.prizes import give_prizes
from gamification.rewards import expire_rewards
from gamification.stream import CONSUMER
from scripts.composition import CLOCK, open_coalition, recording
from scripts.draw_chain import DrawKeeper
from scripts.settle_chain import bring

_IDLE_S = 0.1
_TICK_S = 1.0
_RETRY_S = 1.0
_LONGEST_RETRY_S = 60.0
_TIDY_EVERY_S = 60.0
_LOOK_AT_DEEDS_EVERY_S = 1.0
_ANCHOR_AGAIN_S = 10.0
_REFUSED_AGAIN_S = 600.0
"""What the contract refused it may take later, as a confirmation that came before its own deadline had passed."""

log = structlog.get_logger()


def watch_funding(*, now: datetime) -> int:
    """Tell of prepaid partners that run low or have nothing left, and of deposits that are exhausted."""
    return watch_packs(tell=_tell_of_pack) + watch_deposits(now=now, tell=_tell_of_deposit)


def _tell_of_pack(crossing: Crossing) -> None:
    say = log.info if crossing.alert == "none" else log.warning
    say("pack.alert", **crossing._asdict())


def _tell_of_deposit(offboarding: Offboarding) -> None:
    log.warning(
        "deposit.exhausted",
        partner=offboarding.name,
        deposit_minor=offboarding.deposit_minor,
        drawn_minor=offboarding.drawn_minor,
        borne_by=offboarding.borne_by,
    )


TIMED_WORK = (
    expire_holds,
    release_pending,
    expire_points,
    announce_expiring,
    judge_ended,
    tell_birthdays,
    give_prizes,
    give_draw_prizes,
    give_approved,
    settle_accepted,
    tell_limits,
    watch_funding,
    expire_rewards,
    announce_leaving,
    end_offboardings,
)
"""What time brings, done a part at a time; each says how much it did, and goes on with the rest at the next tick."""


class Worker:
    """Three loops, each in a thread with a database connection of its own: a stopped chain does not stop the others."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stopping = threading.Event()
        self.failed = False
        self._parent = os.getppid()
        # The last deeds that the settlement contract has heard of, when it is told again anyway, and when to look.
        self._anchored: tuple[int, int] | None = None
        self._tell_again_at = math.inf
        self._look_at = 0.0
        self._draws = DrawKeeper()

    def run(self) -> int:
        """Returns once told to stop, with all loops ended: 0, or 1 if one of them failed and the others were told."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        threads = [
            threading.Thread(target=self._keep, args=(loop,))
            for loop in (self._record, self._evaluate, self._keep_time)
        ]
        for thread in threads:
            thread.start()
        while not self.stopping.wait(_RETRY_S):
            if os.getppid() != self._parent:
                self.stopping.set()
        for thread in threads:
            thread.join()
        return int(self.failed)

    def _keep(self, loop: Callable[[], None]) -> None:
        """Run the loop; what nobody foresaw ends the whole worker, loudly, so that it is started again from scratch."""
        try:
            loop()
        except Exception:
            log.exception("worker.failed", loop=loop.__name__)
            self.failed = True
            self.stopping.set()

    def _record(self) -> None:
        """Keep the chain up to the journal; whatever goes wrong with the chain is told and tried again."""
        while not self.stopping.is_set():
            try:
                with recording(self.settings) as recorder:
                    log.info("recorder.started", chain=recorder.node.url, contract=recorder.contract.address)
                    while not self.stopping.is_set():
                        self._step(recorder)
            except LeaseHeld as held:
                log.info("recorder.standing_by", holder=held.holder)
                self.stopping.wait(_RETRY_S)
            except NodeUnavailable as error:
                log.warning("recorder.node_unavailable", reason=str(error))
                self.stopping.wait(_RETRY_S)
            except CoalitionError as error:
                log.error("recorder.halted", code=error.code, reason=str(error))
                self.stopping.wait(_RETRY_S * 10)

    def _step(self, recorder: Recorder) -> None:
        try:
            progress = recorder.step()
        except TransactionRefused as refusal:
            # All that the contracts accept was sent; the rest is tried again once somebody has mended the cause.
            log.error("recorder.refused", reason=str(refusal))
            self.stopping.wait(_RETRY_S)
            return
        if progress.confirmed:
            log.info("recorder.confirmed", transactions=progress.confirmed, entries=progress.entries)
        elif not progress.signed and not self._anchor(recorder) and not self._draws.tend(recorder):
            self.stopping.wait(_IDLE_S)

    def _anchor(self, recorder: Recorder) -> bool:
        """In a quiet moment, bring closed periods to their contract; whether there was anything to bring."""
        moment = time.monotonic()
        if moment < self._look_at:
            return False
        self._look_at = moment + _LOOK_AT_DEEDS_EVERY_S
        deeds = last_deeds()
        if deeds == self._anchored and moment < self._tell_again_at:
            return False
        try:
            refused = bring(Administrator(recorder.chain, recorder.keyring, CLOCK)) if has_periods() else []
            for each in refused:
                log.warning("settlement.refused", **asdict(each))
            self._anchored = deeds
            self._tell_again_at = time.monotonic() + _REFUSED_AGAIN_S if refused else math.inf
            log.info("settlement.anchored", deed=deeds[0])
        except NothingToSettleBy:
            self._anchored, self._tell_again_at = deeds, math.inf
        except CoalitionError as error:
            log.error("settlement.not_anchored", code=error.code, reason=str(error))
            self._look_at = time.monotonic() + _ANCHOR_AGAIN_S
        return True

    def _evaluate(self) -> None:
        """Let achievements follow events; in quiet moments retry held rewards and forget answers nobody asks for.

        A batch leaves no trace when it fails, so it is tried again: after twice as long each time, up to a minute,
        since what fails again and again waits for somebody to mend it.
        """
        tidy_at = time.monotonic()
        retry_s = _RETRY_S
        while not self.stopping.is_set():
            try:
                if events.backlog(CONSUMER):
                    summary = run_batch(now=CLOCK.now())
                    log.info("achievements.evaluated", **summary._asdict())
                elif time.monotonic() >= tidy_at:
                    tidy_at = time.monotonic() + _TIDY_EVERY_S
                    release_held(now=CLOCK.now())
                    forget_old_answers(now=CLOCK.now())
                    forget_old_sessions(now=CLOCK.now())
                    forget_old_traits(now=CLOCK.now())
                else:
                    self.stopping.wait(_IDLE_S)
                retry_s = _RETRY_S
            except Exception as error:
                if gave_way(error):
                    log.warning("achievements.again", reason=str(error))
                    continue
                log.exception("achievements.failed", again_in_s=retry_s)
                reconnect()
                self.stopping.wait(retry_s)
                retry_s = min(2 * retry_s, _LONGEST_RETRY_S)

    def _keep_time(self) -> None:
        """Let points become available and lapse, holds end, and tiers be judged, each when its time has come.

        What fails is tried again at the next tick, and holds up nothing else.
        """
        while not self.stopping.is_set():
            for work in TIMED_WORK:
                try:
                    if done := work(now=CLOCK.now()):
                        log.info("time.passed", work=work.__name__, done=done)
                except CoalitionError as refusal:
                    log.error("time.refused", work=work.__name__, code=refusal.code, reason=str(refusal))
                except Exception as error:
                    if gave_way(error):
                        log.warning("time.again", work=work.__name__, reason=str(error))
                        continue
                    log.exception("time.failed", work=work.__name__)
                    reconnect()
            self.stopping.wait(_TICK_S)

    def _stop(self, signal_number: int, frame: FrameType | None) -> None:
        self.stopping.set()


def log_for_people() -> None:
    """From now on what is logged is a line each, and errors with plain tracebacks: what their variables hold may be
    thousands of lines long, and members' own business."""
    *before, _ = structlog.get_config()["processors"]
    renderer = ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=plain_traceback)
    structlog.configure(processors=[*before, renderer])


def main() -> None:
    log_for_people()
    settings = Settings.from_environment()
    open_coalition(settings)
    sys.exit(Worker(settings).run())


if __name__ == "__main__":
    main()
