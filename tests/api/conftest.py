"""The API over the usual coalition, and those who call it. On SQLite, unless a test file asks for both databases."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from coalition.clock import ManualClock
from coalition.config import IN_PROCESS_URL, Settings
from coalition.ledger.chains import Chain
from coalition.ledger.recorder import Recorder
from coalition.services.keys import issue_key
from coalition.services.members import EnrolMember, Member, enrol_member
from coalition.services.sessions import start_session
from coalition.store.database import connection, is_postgresql
from partner_api.app import create_app
from tests.api.callers import Caller
from tests.conftest import Coalition
from tests.integration.books import contents
from tests.integration.ledger.conftest import Ledger

NothingChanges = Callable[[], AbstractContextManager[None]]
Receipt = dict[str, Any]
Publish = Callable[[dict[str, Any]], None]
Record = Callable[[], Recorder]


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """What the services do on either database is tested beside them: SQLite, unless a test asks for both."""
    url: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")
    return url


class ClockOfTheTest:
    """The clock of the test that runs, whichever that is."""

    clock: ManualClock

    def now(self) -> datetime:
        return self.clock.now()


@pytest.fixture(scope="session")
def served() -> tuple[Flask, ClockOfTheTest]:
    """The application, put together once for all tests: it keeps nothing of what it was asked but its metrics."""
    clock = ClockOfTheTest()
    return create_app(clock, lambda: connection() if is_postgresql() else nullcontext()), clock


@pytest.fixture
def app(served: tuple[Flask, ClockOfTheTest], coalition: Coalition, clock: ManualClock) -> Flask:
    app, its_clock = served
    its_clock.clock = clock
    return app


@pytest.fixture
def stranger(app: Flask) -> Caller:
    """Somebody without a key."""
    return Caller(app, None)


@pytest.fixture
def operator(app: Flask, clock: ManualClock) -> Caller:
    return Caller(app, issue_key("operator", now=clock.now()))


@pytest.fixture
def second_operator(app: Flask, clock: ManualClock) -> Caller:
    return Caller(app, issue_key("operator", now=clock.now()))


@pytest.fixture
def cinema(app: Flask, coalition: Coalition, clock: ManualClock) -> Caller:
    return Caller(app, issue_key("partner", coalition.cinema.id, now=clock.now()))


@pytest.fixture
def cafe(app: Flask, coalition: Coalition, clock: ManualClock) -> Caller:
    return Caller(app, issue_key("partner", coalition.cafe.id, now=clock.now()))


@pytest.fixture
def grocer(app: Flask, coalition: Coalition, clock: ManualClock) -> Caller:
    return Caller(app, issue_key("partner", coalition.grocer.id, now=clock.now()))


@pytest.fixture
def annas_session(app: Flask, coalition: Coalition, clock: ManualClock) -> Caller:
    """Anna herself, who is signed in."""
    return Caller(app, start_session(coalition.anna.id, now=clock.now()).token)


@pytest.fixture
def receipt(coalition: Coalition, clock: ManualClock) -> Receipt:
    """Two tickets and a bag of popcorn for Anna: 2,000 minor units, which earn 200 points at the cinema."""
    return {
        "member": coalition.anna.id,
        "receipt_id": "r-1",
        "occurred_at": (clock.now() - timedelta(minutes=1)).isoformat(),
        "currency": "USD",
        "lines": [
            {"line_id": "1", "sku": "ticket", "category": "film", "quantity": 2, "amount_minor": 1500},
            {"line_id": "2", "sku": "popcorn", "category": "snack", "quantity": 1, "amount_minor": 500},
        ],
    }


@pytest.fixture
def nothing_changes() -> NothingChanges:
    """Inside this context not one row of the coalition's tables comes, goes or changes."""

    @contextmanager
    def context() -> Iterator[None]:
        before = contents()
        yield
        assert contents() == before

    return context


@pytest.fixture
def bob(coalition: Coalition, clock: ManualClock) -> Member:
    return enrol_member(EnrolMember(phone="+79161234568", name="Bob"), coalition.cinema.number, now=clock.now())


@pytest.fixture
def annas_purchase(cinema: Caller, receipt: Receipt) -> dict[str, Any]:
    """Anna's receipt at the cinema is recorded: she has 200 points."""
    recorded: dict[str, Any] = cinema.post("/v1/purchases", receipt).get_json()
    return recorded


@pytest.fixture
def publish(operator: Caller, clock: ManualClock) -> Publish:
    """From now on, six minutes later, the programme of this document is in force."""

    def publish(programme: dict[str, Any]) -> None:
        effective_from = clock.now() + timedelta(minutes=6)
        body = {"effective_from": effective_from.isoformat(), "programme": programme}
        assert operator.post("/v1/programme", body).status_code == 201
        clock.advance(timedelta(minutes=6))

    return publish


@pytest.fixture
def record(tmp_path: Path, coalition: Coalition, clock: ManualClock, deployed_chain: Chain) -> Record:
    """Bring everything to a chain in this process; it is final there at once."""
    ledger = Ledger(Settings(tmp_path, "", IN_PROCESS_URL, 0, 0), clock, chain=deployed_chain)
    recorders: list[Recorder] = []

    def record() -> Recorder:
        if not recorders:
            recorders.append(ledger.recorder())
        recorders[0].drain()
        return recorders[0]

    return record


@pytest.fixture
def march(
    record: Record, cafe: Caller, coalition: Coalition, annas_purchase: dict[str, Any], clock: ManualClock
) -> dict[str, Any]:
    """It is April. In March Anna spent 50 of the cinema's points at the cafe, and the chain has that for good."""
    body = {"member": coalition.anna.id, "points": 50, "reference": "gift"}
    redeemed: dict[str, Any] = cafe.post("/v1/redemptions", body).get_json()
    clock.advance(datetime(2026, 4, 1, tzinfo=UTC) - clock.now())
    record()
    return redeemed


@pytest.fixture
def closed(operator: Caller, march: dict[str, Any]) -> dict[str, Any]:
    """March is closed: the cinema owes the cafe 50 minor units."""
    settlement: dict[str, Any] = operator.post("/v1/settlements", {"period": "2026-03"}).get_json()
    return settlement
