"""GET /health/live, GET /health/ready, GET /metrics"""

import subprocess
import sys
from datetime import timedelta

import pytest
from peewee import OperationalError

from coalition.store.database import database, execute
from gamification.engine import run_batch, run_to_end
from tests.api.callers import refused


def test_get_live__without_a_database__lives(stranger, monkeypatch):
    monkeypatch.setattr(database.obj, "execute_sql", lambda *_: pytest.fail("asked the database"))
    assert stranger.get("/health/live").get_json() == {"status": "ok"}


def test_get_ready__with_a_purchase_not_yet_recorded__ready_and_tells_the_lag(stranger, cinema, receipt):
    cinema.post("/v1/purchases", receipt)
    response = stranger.get("/health/ready")
    assert response.status_code == 200
    assert response.get_json() == {
        "status": "ok",
        "ledger": {"backlog": 1, "in_flight": 0, "waiting_s": 0},
        "achievements": {"backlog": 1, "waiting_s": 0},
    }


def test_get_ready__achievements_a_minute_behind__still_ready_and_says_so(stranger, cinema, receipt, clock):
    run_to_end(now=clock.now())
    cinema.post("/v1/purchases", receipt)
    clock.advance(timedelta(seconds=60))
    assert stranger.get("/health/ready").get_json()["status"] == "ok"
    clock.advance(timedelta(seconds=1))
    response = stranger.get("/health/ready")
    told = response.get_json()
    assert (response.status_code, told["status"]) == (200, "achievements_behind")
    assert told["achievements"] == {"backlog": 1, "waiting_s": 61}


def test_get_ready__achievements_up_to_date_though_nothing_happens__ok(stranger, cinema, receipt, clock):
    cinema.post("/v1/purchases", receipt)
    run_to_end(now=clock.now())
    clock.advance(timedelta(days=1))
    told = stranger.get("/health/ready").get_json()
    assert (told["status"], told["achievements"]) == ("ok", {"backlog": 0, "waiting_s": 0})


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_get_ready__catching_up__counts_from_the_oldest_event_that_waits(stranger, cinema, receipt, clock):
    cinema.post("/v1/purchases", receipt)
    clock.advance(timedelta(minutes=2))
    cinema.post("/v1/purchases", receipt | {"receipt_id": "r-2"})
    assert stranger.get("/health/ready").get_json()["status"] == "achievements_behind"
    while stranger.get("/health/ready").get_json()["status"] != "ok":
        assert run_batch(now=clock.now(), limit=1).events
    assert stranger.get("/health/ready").get_json()["achievements"] == {"backlog": 1, "waiting_s": 0}


def test_get_ready__schema_behind__not_ready_and_says_what_is_missing(stranger):
    execute("DELETE FROM schema_migration")
    problem = refused(stranger.get("/health/ready"), 503, "older_schema")
    assert "0001_foundation" in problem["values"]["missing"]


def test_get_ready__schema_ahead__not_ready(stranger):
    execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01 00:00:00')")
    problem = refused(stranger.get("/health/ready"), 503, "newer_schema")
    assert problem["values"] == {"migration": "9999_future"}


def test_get_ready__database_unreachable__not_ready(stranger, monkeypatch):
    def fail(*_):
        raise OperationalError("no connection")

    monkeypatch.setattr(database.obj, "execute_sql", fail)
    refused(stranger.get("/health/ready"), 503, "temporarily_unavailable")


def test_start__schema_ahead__refuses_and_says_what_to_do(store, database_url):
    execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01 00:00:00')")
    environment = {"COALITION_DATABASE_URL": database_url, "COALITION_DATA_DIR": database_url[10:-13]}
    process = subprocess.run(
        [sys.executable, "-c", "import scripts.api"], env=environment, capture_output=True, text=True, check=False
    )
    assert process.returncode == 1
    assert "upgrade this installation" in process.stderr and "Traceback" not in process.stderr


def test_get_metrics__after_calls__counts_them_by_route(stranger, cinema):
    def count():
        lines = stranger.get("/metrics").text.splitlines()
        label = 'coalition_http_requests_total{method="GET",route="/v1/purchases/<purchase_id>",status="404"}'
        return next((float(line.split()[-1]) for line in lines if line.startswith(label)), 0.0)

    before = count()
    for number in range(3):
        cinema.get(f"/v1/purchases/pur_{number}")
    assert count() == before + 3
