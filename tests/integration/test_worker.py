"""What the worker does when something that nobody foresaw goes wrong: the rest goes on, and it is tried again."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from coalition.config import Settings
from coalition.store.database import execute, is_postgresql, transaction
from gamification.engine import BatchSummary, run_batch
from scripts import worker as module
from scripts.worker import Worker, log_for_people
from tests.integration.gamification.conftest import publish, shop  # noqa: F401
from tests.integration.gamification.helpers import rule, states

WAIT_S = 30


class Failing:
    """Does what it stands for, but for the first so many times, when it fails."""

    def __init__(
        self, error: Callable[[], BaseException], times: int, work: Callable[..., Any] = lambda **_: 0
    ) -> None:
        self.called = threading.Event()
        self.__name__ = "failing"
        self._error, self._times, self._work = error, times, work

    def __call__(self, **given: Any) -> Any:
        if self._times:
            self._times -= 1
            raise self._error()
        done = self._work(**given)
        self.called.set()
        return done


@pytest.fixture
def worker(coalition, clock, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CLOCK", clock)
    for name in ("_TICK_S", "_RETRY_S", "_IDLE_S"):
        monkeypatch.setattr(module, name, 0.01)
    return Worker(Settings(tmp_path, "", "", 0, 0))


def run(worker: Worker, loop: Callable[[], None], until: threading.Event) -> list[Any]:
    """The loop in a thread until this has happened; returns what it has logged."""
    with capture_logs() as logged:
        thread = threading.Thread(target=worker._keep, args=(loop,))
        thread.start()
        happened = until.wait(WAIT_S)
        worker.stopping.set()
        thread.join(WAIT_S)
    assert happened and not worker.failed and not thread.is_alive()
    return logged


def test_timed_work__one_part_fails__the_others_go_on_and_it_is_tried_again(worker, monkeypatch):
    failing, other = Failing(ZeroDivisionError, 2), Failing(ZeroDivisionError, 0)
    monkeypatch.setattr(module, "TIMED_WORK", (failing, other))
    logged = run(worker, worker._keep_time, failing.called)
    failed = [(each["event"], each["work"], each["log_level"]) for each in logged]
    assert failed == [("time.failed", "failing", "error")] * 2
    assert all(each["exc_info"] for each in logged)
    assert other.called.is_set()


def test_batch__fails__is_told_and_tried_again(worker, shop, publish, coalition, monkeypatch):  # noqa: F811
    publish(rule("first"))
    shop.sells(coalition.cafe)
    failing = Failing(ZeroDivisionError, 2, run_batch)
    monkeypatch.setattr(module, "run_batch", failing)
    logged = run(worker, worker._evaluate, failing.called)
    assert [each["event"] for each in logged][:3] == ["achievements.failed"] * 2 + ["achievements.evaluated"]
    assert states() == ["granted"]


def test_batch__fails_again_and_again__waits_longer_each_time_until_one_succeeds(
    worker,
    shop,  # noqa: F811
    publish,  # noqa: F811
    coalition,
    monkeypatch,
):
    monkeypatch.setattr(module, "_LONGEST_RETRY_S", 0.05)
    publish(rule("first"))
    shop.sells(coalition.cafe)
    fails = iter([True, True, True, True, False, True])
    done = threading.Event()

    def run_next(**given: Any) -> BatchSummary:
        match next(fails, None):
            case True:
                raise ZeroDivisionError
            case False:
                return BatchSummary(0, 0, 0)
        done.set()
        return run_batch(**given)

    monkeypatch.setattr(module, "run_batch", run_next)
    logged = run(worker, worker._evaluate, done)
    waits = [each["again_in_s"] for each in logged if each["event"] == "achievements.failed"]
    assert waits == [0.01, 0.02, 0.04, 0.05, 0.01]


def test_batch__gave_way_in_a_deadlock__is_simply_tried_again(worker, shop, publish, coalition, monkeypatch):  # noqa: F811
    if not is_postgresql():
        pytest.skip("SQLite has one writer")
    publish(rule("first"))
    shop.sells(coalition.cafe)
    failing = Failing(lambda: AssertionError("never raised"), 0, run_batch)
    left = iter(["40P01", "40001"])

    def gives_way(**given: Any) -> Any:
        if state := next(left, None):
            with transaction():
                execute(f"DO $$ BEGIN RAISE EXCEPTION 'gives way' USING ERRCODE = '{state}'; END $$")
        return failing(**given)

    monkeypatch.setattr(module, "run_batch", gives_way)
    logged = run(worker, worker._evaluate, failing.called)
    assert [each["event"] for each in logged][:3] == ["achievements.again"] * 2 + ["achievements.evaluated"]


def test_connection_lost__is_opened_anew(worker, coalition, monkeypatch):
    if not is_postgresql():
        pytest.skip("SQLite has no server")
    asks = Failing(ZeroDivisionError, 0, lambda **_: execute("SELECT 1").fetchone()[0])
    cuts = iter([True])

    def cut(**_: Any) -> int:
        if next(cuts, False):
            execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return 0

    monkeypatch.setattr(module, "TIMED_WORK", (cut, asks))
    assert "time.failed" in [each["event"] for each in run(worker, worker._keep_time, asks.called)]


def test_log__of_a_failure__says_where_it_was_and_not_what_variables_held(capsys):
    def fail(phone: str) -> None:
        raise ValueError("no such day")

    try:
        log_for_people()
        try:
            fail("+79161234567")
        except ValueError:
            module.log.exception("achievements.failed", again_in_s=1.0)
    finally:
        structlog.reset_defaults()
    told = capsys.readouterr().out
    assert "achievements.failed" in told and "again_in_s=1.0" in told
    assert "in fail" in told and "ValueError: no such day" in told
    assert "+79161234567" not in told.replace('fail("+79161234567")', "")
    assert len(told.splitlines()) < 12
