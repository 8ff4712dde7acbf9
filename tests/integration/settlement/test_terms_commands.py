"""``coalition party``, ``rate-card``, ``exchange-rate`` and ``settle statement``: what they tell and refuse."""

import json
from pathlib import Path

import pytest
import yaml
from eth_account import Account

from coalition.clock import ManualClock, SystemClock
from coalition.services import payments, settlement
from coalition.store import tables
from tests.integration.books import contents
from tests.integration.test_commands_lifecycle import Run, runner

LATIN_1 = "legal_name: Café Löwe GmbH\n".encode("latin-1")
BANK = {"legal_name": "Café Löwe GmbH", "country": "DE", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX"}
SIGNER = Account.from_key("0x" + "5" * 64).address
RATE = ("USD", "EUR", "2026-03-01", "900000")
EUROS = {"issuer": "cafe", "currency": "EUR", "issued_micros": 900_000, "redeemed_micros": 900_000}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def run(till, database_url: str, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(SystemClock, "now", lambda self: clock.now())
    return runner({"COALITION_DATA_DIR": str(tmp_path), "COALITION_DATABASE_URL": database_url, "LOGNAME": "olga"})


@pytest.fixture
def bank_file(tmp_path: Path) -> Path:
    path = tmp_path / "bank.yaml"
    path.write_text(yaml.safe_dump(BANK, allow_unicode=True), "utf-8")
    return path


@pytest.fixture
def closed(office, coalition, till) -> str:
    """A month in which the café honoured forty of the cinema's points."""
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 40)
    office.until("2026-04-02T00:00:00+00:00")
    office.close("2026-03")
    return "2026-03"


@pytest.fixture
def settled(closed, office) -> str:
    office.until("2026-04-20T00:00:00+00:00")
    settlement.settle_accepted(now=office.clock.now())
    return closed


# Files.


TAKE_A_FILE = (
    ("party", "bank", "cafe"),
    ("rate-card", "publish", "--effective-from", "2027-01-01"),
    ("programme", "publish", "--effective-from", "2027-01-01"),
    ("programme", "try"),
    ("init", "--programme"),
    ("achievements", "publish"),
)


@pytest.mark.parametrize("content", [LATIN_1, b"\xff\xfe\x00", b"\x00", b"[" * 5000, b"a: [", b"- 1\n- 2\n", b""])
def test_file__that_is_none_of_ours__exits_2_in_words_and_nothing_changes(run, tmp_path, content):
    path = tmp_path / "[red].yaml"
    path.write_bytes(content)
    before = contents()
    for words in TAKE_A_FILE:
        said = run(*words, path)
        assert (said.status, said.out) == (2, ""), words
        assert said.err, words
    assert contents() == before


@pytest.mark.parametrize(("content", "problem"), [(LATIN_1, "byte 15 is not UTF-8"), (b"a: [", "not YAML")])
def test_party_bank__a_file_that_cannot_be_read__is_named(run, tmp_path, content, problem):
    path = tmp_path / "bank.yaml"
    path.write_bytes(content)
    said = run("party", "bank", "cafe", path)
    assert said.status == 2
    assert said.err.startswith(f"unreadable_file: {path}")
    assert problem in said.err


def test_refusal__with_brackets_in_its_words__is_told_as_it_is(run, closed):
    assert "[/red]" in run("settle", "statement", closed, "[/red]").err


@pytest.mark.parametrize(
    "words",
    [
        ("party", "signer", "caf\udce9", SIGNER),
        ("settle", "correct", "cinema", "cafe", 1, "--currency", "USD", "--reason", "caf\udce9"),
        ("exchange-rate", "set", "USD", "caf\udce9", "2026-03-01", 1),
    ],
)
def test_words__that_are_not_utf_8__exit_2_and_nothing_changes(run, words):
    before = contents()
    said = run(*words)
    assert (said.status, said.err) == (2, "not_text: 'caf\\udce9' is not in UTF-8.\n")
    assert contents() == before


# Parties.


def test_party_bank__as_json__is_what_was_kept(run, bank_file):
    document = run("party", "bank", "cafe", bank_file, "--json").document
    assert (document["name"], document["bank_details"], document["dry_run"]) == ("cafe", BANK, False)
    listed = run("party", "list", "--json").document
    assert next(each for each in listed if each["name"] == "cafe")["bank_details"] == BANK


def test_party_signer__as_json__is_what_was_kept(run):
    document = run("party", "signer", "cafe", SIGNER.lower(), "--json").document
    assert (document["name"], document["signer"]) == ("cafe", SIGNER)


def test_party__for_people__tells_each_value(run, bank_file):
    assert BANK["iban"] in run("party", "bank", "pool", bank_file).out
    assert SIGNER in run("party", "signer", "cafe", SIGNER).out
    assert SIGNER in run("party", "list").out


# Exchange rates.


def test_exchange_rate_set__told_and_listed(run):
    told = run("exchange-rate", "set", *RATE, "--json").document
    rate = {"base": "USD", "quote": "EUR", "day": "2026-03-01", "micros": 900_000}
    assert told == rate | {"dry_run": False}
    run("exchange-rate", "set", "USD", "RUB", "2026-01-01", 90_000_000)
    earlier = {"base": "USD", "quote": "RUB", "day": "2026-01-01", "micros": 90_000_000}
    assert run("exchange-rate", "list", "--json").document == [earlier, rate]
    assert "90 000 000" in run("exchange-rate", "list").out


@pytest.mark.parametrize(
    "words",
    [
        ("USD", "EUR", "2026-03-01", 1 << 64),
        ("USD", "EUR", "2026-03-01", 10**15 + 1),
        ("USD", "EUR", "2026-03-01", 0),
        ("usd", "EUR", "2026-03-01", 1),
        ("USD", "", "2026-03-01", 1),
        ("USD", "[/x]", "2026-03-01", 1),
        ("USD", "XAU", "2026-03-01", 1),
        ("USD", "USD", "2026-03-01", 1),
    ],
)
def test_exchange_rate_set__that_cannot_be__exits_2_and_says_why(run, words):
    said = run("exchange-rate", "set", *words)
    assert (said.status, "invalid_exchange_rate" in said.err) == (2, True)
    assert not tables.ExchangeRate.select().exists()


# Statements.


def test_statement__of_a_partner_without_one__exits_2_and_writes_no_file(run, closed, tmp_path):
    path = tmp_path / "nobody.html"
    for words in (("tea", closed), ("cafe", closed, "--currency", "EUR")):
        party, period, *options = words
        run("partner", "add", "tea", "--rate-bps", 100)
        said = run("settle", "statement", period, party, *options, "--out", path)
        assert (said.status, "unknown_statement" in said.err, path.exists()) == (2, True, False)


def test_statement__in_several_currencies__names_them_and_takes_one(run, office, coalition, till):
    office.publish("2026-01-01T00:00:00+00:00", prices=[EUROS])
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cafe, 1000)
    till.redeem(coalition.cinema, 60)
    till.redeem(coalition.cafe, 60)
    office.until("2026-04-02T00:00:00+00:00")
    office.close("2026-03")

    said = run("settle", "statement", "2026-03", "cafe")
    assert (said.status, said.out) == (2, "")
    assert "currency_required" in said.err
    assert "EUR, USD" in said.err
    written = run("settle", "statement", "2026-03", "cafe", "--currency", "EUR", "--format", "json").document
    assert written["statement"]["header"]["currency"] == "EUR"


# Dry runs, and commands that only look.


def test_dry_run__tells_what_would_be_and_writes_nothing(run, settled, bank_file):
    (payment,) = payments.list_payments()
    commands = (
        ("party", "bank", "cafe", bank_file),
        ("party", "signer", "cafe", SIGNER),
        ("exchange-rate", "set", "USD", "EUR", "2026-05-01", 900_000),
        ("settle", "confirm", payment.id),
    )
    before = contents()
    for words in commands:
        told = run(*words, "--dry-run", "--json")
        assert (told.status, told.document["dry_run"]) == (0, True)
    assert contents() == before
    for words in commands:
        assert json.loads(run(*words, "--json").out)["dry_run"] is False
    assert contents() != before


def test_plan__once_the_time_for_disputes_is_over__changes_nothing_and_pay_settles(run, closed, office):
    office.until("2026-04-20T00:00:00+00:00")
    before = contents()
    planned = run("settle", "plan", closed, "--json").document
    assert planned["payments"] == [{"from": "cinema", "to": "cafe", "amount_minor": 40, "currency": "USD"}]
    assert contents() == before
    assert "no_bank_details" in run("settle", "pay", closed).err
    assert run("settle", "plan", closed, "--json").document["payments"][0]["id"].startswith("pay_")
