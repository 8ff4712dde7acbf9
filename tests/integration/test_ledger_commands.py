"""``coalition ledger``: what operators do with the ledger's contracts, each command as a process of its own."""

import json
from pathlib import Path

import pytest

from coalition.clock import ManualClock, SystemClock
from coalition.config import IN_PROCESS_URL, ROLES
from coalition.ledger.deployments import account_of
from coalition.store import tables
from coalition.store.database import execute
from tests.integration.test_commands_lifecycle import Run, runner

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def run(till, database_url: str, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(SystemClock, "now", lambda self: clock.now())
    return runner(
        {
            "COALITION_DATA_DIR": str(tmp_path),
            "COALITION_DATABASE_URL": database_url,
            "COALITION_CHAIN_URL": IN_PROCESS_URL,
        }
    )


@pytest.fixture
def recorded(run, coalition, till) -> None:
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 40)
    assert run("record").status == 0


def status(run: Run) -> dict:
    return run("ledger", "status", "--json").document


def test_status__of_a_complete_ledger__tells_where_it_is_and_that_nothing_waits(run, recorded):
    told = status(run)
    assert (told["backlog"], told["in_flight"], told["refused"], told["lost"]) == (0, 0, 0, 0)
    assert told["contract"] == tables.Deployment.get().contract
    assert "next sequence" in run("ledger", "status").out


def test_accounts__before_there_is_a_ledger__are_made_once_and_used_by_it(run, coalition, till):
    made = run("ledger", "accounts", "--json").document
    assert tuple(made) == ROLES
    assert len(set(made.values())) == len(ROLES)
    till.sell(coalition.cinema, 1000)
    assert run("record").status == 0
    assert {role: account_of(role) for role in ROLES} == made
    assert run("ledger", "accounts", "--json").document == made


def test_rebuild__to_a_new_contract__has_the_same_history_there(run, coalition, till, recorded):
    before = status(run)
    till.sell(coalition.grocer, 1000)

    said = run("ledger", "rebuild", "--json")

    after = status(run)
    assert (said.status, said.document["differences"]) == (0, 0)
    assert after["next_sequence"] == before["next_sequence"] + 1
    first = tables.Batch.select().order_by(tables.Batch.sequence.desc()).offset(1).first()
    assert first.head == before["head"]


def test_rebuild__dry_run__says_what_would_be_and_changes_nothing(run, recorded):
    before = status(run), tables.ChainTx.select().count()
    said = run("ledger", "rebuild", "--dry-run")
    assert said.status == 0
    assert "2 entries would be replayed" in said.err
    assert (status(run), tables.ChainTx.select().count()) == before


def test_rebuild__to_roots_only_and_back__keeps_the_head(run, recorded):
    head = status(run)["head"]
    for mode in ("roots", "full"):
        assert run("ledger", "rebuild", "--mode", mode).status == 0
        assert (tables.Deployment.get().mode, status(run)["head"]) == (mode, head)


def test_rebuild__while_a_worker_records__refused(run, clock, recorded):
    execute(
        "INSERT INTO lease (name, holder, expires_at) VALUES ('recorder', 'another:1', ?)",
        ("2999-01-01T00:00:00.000Z",),
    )
    said = run("ledger", "rebuild")
    assert (said.status, "lease_held" in said.err) == (2, True)


@pytest.mark.parametrize("role", ROLES)
def test_rotate__any_role__the_new_account_does_the_work_and_the_old_one_may_not(run, coalition, till, recorded, role):
    old = account_of(role)

    said = run("ledger", "rotate", role, "--json")

    assert said.document == {"role": role, "account": account_of(role), "before": old}
    assert old != account_of(role)
    till.sell(coalition.grocer, 1000)
    assert run("record").status == 0
    assert run("reconcile").status == 0
    revoked = tables.ChainTx.select().where(tables.ChainTx.purpose.startswith("revokeRole"))
    assert {tx.status for tx in revoked} == {"final"}
    assert {tx.purpose for tx in revoked} == {
        f"revokeRole on {name}" for name in ("PointsLedger", "AchievementBadges")[: 1 if role == "registrar" else 2]
    }


def test_rotate__to_an_account_without_a_key__refused_and_nothing_changes(run, recorded):
    said = run("ledger", "rotate", "recorder", "--to", "0x" + "11" * 20)
    assert (said.status, "missing_key" in said.err) == (2, True)
    assert run("reconcile").status == 0


def test_pause__sales_go_on__and_are_recorded_after_unpause(run, coalition, till, recorded):
    assert run("ledger", "pause").status == 0
    till.sell(coalition.cinema, 1000)

    refused = run("record")

    assert (refused.status, "EnforcedPause" in refused.err) == (2, True)
    assert status(run)["refused"] == 0
    assert run("ledger", "unpause").status == 0
    assert run("record").status == 0
    assert run("reconcile", "--json").document["differences"] == 0


def test_retry__an_entry_that_was_refused__is_recorded(run, coalition, till, recorded):
    sale = till.sell(coalition.cinema, 1000)
    entry = tables.Entry.get(tables.Entry.source == sale.id)
    tables.RefusedEntry.create(entry=entry.id, reason="LimitExceeded()", refused_at=till.clock.now(), force_insert=True)
    assert run("record").status == 0
    assert status(run)["refused_entries"] == [{"entry": entry.public_id, "reason": "LimitExceeded()"}]

    assert json.loads(run("ledger", "retry", "--json").out) == {"entries": 1}

    assert run("record").status == 0
    assert tables.Entry.get_by_id(entry.id).sequence_id is not None
    assert run("reconcile").status == 0
