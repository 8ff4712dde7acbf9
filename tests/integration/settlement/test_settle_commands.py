"""``coalition settle``: the month's end, each command as a process of its own."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from eth_account import Account

from coalition.clock import ManualClock, SystemClock
from coalition.config import Settings
from coalition.ledger.chains import open_chain
from coalition.ledger.settlement.typed_data import Domain, sign
from coalition.services import statements
from coalition.services.disputes import dispute
from coalition.services.signatures import acknowledgement_of, domain
from coalition.store import tables
from tests.integration.ledger.conftest import needs_anvil
from tests.integration.test_commands_lifecycle import Run, runner

pytestmark = needs_anvil

CAFE_BANK = """
legal_name: Café Löwe GmbH
country: DE
iban: DE89 3704 0044 0532 0130 00
bic: COBADEFFXXX
"""
CINEMA_BANK = """
legal_name: Kino AG
country: FR
iban: FR14 2004 1010 0505 0001 3M02 606
bic: PSSTFRPPXXX
"""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def run(till, database_url: str, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(SystemClock, "now", lambda self: clock.now())
    return runner({"COALITION_DATA_DIR": str(tmp_path), "COALITION_DATABASE_URL": database_url})


@pytest.fixture
def node_url(tmp_path: Path, closed: str) -> Iterator[str]:
    """The coalition's own anvil, which stays for a while."""
    with open_chain(Settings(tmp_path, "", None, 0, 0)) as chain:
        yield chain.node.url


@pytest.fixture
def march(run, coalition, till, clock) -> str:
    """A month in which the café honoured forty of the cinema's points; it is over, and on the chain."""
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 40)
    clock.advance(datetime(2026, 4, 2, tzinfo=UTC) - clock.now())
    assert run("record").status == 0
    return "2026-03"


@pytest.fixture
def closed(run, march) -> str:
    assert run("settle", "close", march).status == 0
    return march


def test_close__dry_run__tells_and_writes_nothing(run, march):
    told = run("settle", "close", march, "--dry-run", "--json").document
    assert told["dry_run"]
    assert told["transfers"] == [{"from": "cinema", "to": "cafe", "amount_minor": 40, "currency": "USD"}]
    assert not tables.SettlementPeriod.select().exists()


def test_close__twice__is_refused_the_second_time_and_changes_nothing(run, closed):
    before = run("settle", "status", "--json").document
    said = run("settle", "close", closed)
    assert (said.status, "period_closed" in said.err) == (2, True)
    assert run("settle", "status", "--json").document == before


@pytest.mark.parametrize(
    ("period", "code"),
    [("2026-04", "period_not_over"), ("march", "invalid_period"), ("2026-02", "period_out_of_order")],
)
def test_close__what_cannot_be__exits_2_and_says_why(run, closed, period, code):
    said = run("settle", "close", period)
    assert (said.status, code in said.err) == (2, True)


@pytest.mark.parametrize(
    ("form", "beginning"), [("html", "<!doctype html>"), ("pdf", "%PDF"), ("csv", "id,"), ("json", '{"statement"')]
)
def test_statement__in_each_form__is_written(run, closed, tmp_path, form, beginning):
    path = tmp_path / f"cafe.{form}"
    assert run("settle", "statement", closed, "cafe", "--format", form, "--language", "ru", "--out", path).status == 0
    assert path.read_bytes().lower().startswith(beginning.lower().encode())


def test_statement__of_nobody__exits_2(run, closed):
    assert run("settle", "statement", closed, "nobody").status == 2


def test_verify__lines_and_a_node__nothing_differs_and_a_changed_line_does(run, closed, node_url, coalition, tmp_path):
    path = tmp_path / "cafe.csv"
    run("settle", "statement", closed, "cafe", "--format", "csv", "--out", path)
    assert run("settle", "anchor").status == 0
    contract = tables.Deployment.get().settlement
    asked = ("--rpc", node_url, "--contract", contract, "--period", 1, "--partner", coalition.cafe.number)

    said = run("settle", "verify", path, *asked, "--currency", "USD", "--json")
    assert (said.status, {check["result"] for check in said.document["checks"]}) == (0, {"the same"})

    path.write_bytes(path.read_bytes().replace(b",redemption,40,", b",redemption,41,"))
    said = run("settle", "verify", path, *asked, "--currency", "USD", "--json")
    differing = [check["what"] for check in said.document["checks"] if check["result"] == "differs"]
    assert (said.status, differing) == (
        1,
        [
            "Merkle root of the lines",
            "lines with a price whose amount is points times price",
            "entries of these statements in their batches",
        ],
    )


def test_verify__a_period_that_is_not_there__exits_2(run, closed, node_url, tmp_path):
    path = tmp_path / "cafe.csv"
    run("settle", "statement", closed, "cafe", "--format", "csv", "--out", path)
    run("settle", "anchor")
    contract = tables.Deployment.get().settlement
    asked = ("--rpc", node_url, "--contract", contract, "--period", 2, "--partner", 4, "--currency", "USD")
    said = run("settle", "verify", path, *asked)
    assert (said.status, "unknown_period" in said.err) == (2, True)


def test_anchor__signatures__reach_the_contract_and_those_for_another_are_named(run, closed, coalition, clock):
    key = Account.from_key("0x" + "5" * 64)
    assert run("party", "signer", "cafe", key.address).status == 0
    assert run("settle", "anchor").status == 0
    row = tables.Statement.get(party=coalition.cafe.number)
    where = domain()
    assert where
    signature = sign(where, acknowledgement_of(row), key).hex()
    statements.acknowledge(row.public_id, row.party, row.root, signature, "cafe", now=clock.now())
    assert run("settle", "anchor", "--json").document == []

    other = sign(Domain(where.chain_id, "0x" + "11" * 20), acknowledgement_of(row), key).hex()
    tables.Statement.update(signature=other).execute()
    tables.Deployment.update(settlement=None).execute()
    said = run("settle", "anchor", "--json")
    assert (said.status, len(said.document) > 0) == (1, True)


def test_dispute__answered_by_a_correction__is_in_the_next_period(run, closed, coalition, till, clock):
    row = tables.Statement.get(party=coalition.cinema.number)
    line = next(
        each.id
        for each in statements.statement_lines(statements.get_statement(row.public_id).statement, now=clock.now())
    )
    raised = dispute(row.public_id, row.party, line, "not ours", "cinema", now=clock.now())
    assert [each["id"] for each in run("settle", "status", "--json").document["open_disputes"]] == [raised.id]
    words = ("--words", "indeed", "--amount-minor", 40, "--counterparty", "cafe")
    assert run("settle", "answer", raised.id, "correction", *words).status == 0

    clock.advance(timedelta(days=30))
    told = run("settle", "close", "2026-04", "--json").document
    assert told["transfers"] == [{"from": "cafe", "to": "cinema", "amount_minor": 40, "currency": "USD"}]


def test_pay__once_the_time_for_disputes_is_over__a_file_for_the_bank_and_confirmation(run, closed, clock, tmp_path):
    assert "period_not_settled" in run("settle", "pay", closed).err
    clock.advance(timedelta(days=12))
    assert "no_bank_details" in run("settle", "pay", closed).err
    for name, details in (("cafe", CAFE_BANK), ("cinema", CINEMA_BANK)):
        path = tmp_path / f"{name}.yaml"
        path.write_text(details)
        assert run("party", "bank", name, path).status == 0

    path = tmp_path / "march.xml"
    assert run("settle", "pay", closed, "--out", path).status == 0
    assert b"0.40" in path.read_bytes()
    (payment,) = run("settle", "plan", closed, "--json").document["payments"]
    assert run("settle", "confirm", payment["id"]).status == 0
    assert "invalid_payment_file" in run("settle", "pay", closed).err
    (period,) = run("settle", "status", "--json").document["periods"]
    assert (period["status"], period["payments"], period["confirmed"]) == ("settled", 1, 1)


def test_rate_card__published_for_next_month__is_told(run, march, tmp_path):
    path = tmp_path / "card.yaml"
    path.write_text("currency: USD\nissued_micros: 1100000\nredeemed_micros: 1000000\n")
    said = run("rate-card", "publish", path, "--effective-from", "2026-03-01", "--json")
    assert (said.status, said.document["version"]) == (0, 1)
    assert json.loads(run("rate-card", "list", "--json").out)[0]["document"]["issued_micros"] == 1_100_000
    told = run("settle", "close", march, "--json").document
    assert {(each["partner"], each["amount_minor"]) for each in told["positions"]} == {
        ("cinema", -44),
        ("cafe", 40),
        ("operator", 4),
    }
