"""The operators' commands for rules, corrections, gifts and reports: what they print and change, how they exit."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from coalition.clock import ManualClock, SystemClock
from coalition.domain.programme_document import read_programme
from coalition.services.expiry import expire_points
from coalition.services.partners import partner_named
from coalition.services.programmes import rulebook
from coalition.store.database import disconnect
from scripts.main import main
from tests.integration.books import balance_of, contents, count

DAY = timedelta(days=1)
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "programme.yaml"


class Said(NamedTuple):
    """What a command came to: its exit status, and what it printed for programs and for people."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Said]


def runner(environment: dict[str, str]) -> Run:
    def run(*words: str) -> Said:
        # The command opens the database itself, as in a process of its own.
        disconnect()
        result = CliRunner().invoke(main, [str(word) for word in words], env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def run(till, database_url: str, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command on the usual coalition, at the time of the test's clock, by the operator olga."""
    monkeypatch.setattr(SystemClock, "now", lambda self: clock.now())
    environment = {"COALITION_DATA_DIR": str(tmp_path), "COALITION_DATABASE_URL": database_url, "LOGNAME": "olga"}
    return runner(environment)


@pytest.fixture
def draft_file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "next.yaml"
        path.write_text(text)
        return path

    return write


# Reports.


@pytest.fixture
def owed(till, coalition, clock) -> None:
    """A hundred of the cinema's points, of which thirty lapsed in April."""
    till.rules("expiry: {lifetime_months: 1}")
    till.sell(coalition.cinema, 300)
    clock.advance(40 * DAY)
    till.sell(coalition.cinema, 700)
    expire_points(now=clock.now())


REPORTS = {
    "liability": {
        "issuer": "cinema",
        "months_0_3": 70,
        "months_3_6": 0,
        "months_6_12": 0,
        "months_12_24": 0,
        "months_over_24": 0,
        "points": 70,
        "amount_minor": 70,
        "currency": "USD",
    },
    "breakage": {"issuer": "cinema", "month": "2026-04", "points": 30, "amount_minor": 30, "currency": "USD"},
    "expiring": {"issuer": "cinema", "month": "2026-05", "points": 70, "amount_minor": 70, "currency": "USD"},
}


@pytest.mark.usefixtures("owed")
@pytest.mark.parametrize(("name", "row"), REPORTS.items())
def test_report__json_and_csv__have_the_same_rows(name, row, run):
    assert run("report", name, "--json").document == [row]
    said = run("report", name, "--csv")
    assert list(csv.DictReader(io.StringIO(said.out))) == [{key: str(value) for key, value in row.items()}]
    assert said.status == 0


@pytest.mark.usefixtures("owed")
@pytest.mark.parametrize("name", REPORTS)
def test_report__as_a_table__names_the_issuer_and_the_currency(name, run):
    said = run("report", name)
    assert "cinema" in said.out and "USD" in said.out


@pytest.mark.parametrize(("name", "row"), REPORTS.items())
def test_report__of_nothing__is_an_empty_list_and_the_names_of_the_columns(name, row, run):
    assert run("report", name, "--json").document == []
    assert run("report", name, "--csv").out == ",".join(row) + "\n"
    assert run("report", name).status == 0


@pytest.mark.usefixtures("owed")
@pytest.mark.parametrize(
    ("words", "points"),
    [
        (("liability", "--at", "2026-03-02"), [30]),
        (("liability", "--at", "2026-03-01"), []),
        (("breakage", "--from", "2026-04-02"), [30]),
        (("breakage", "--to", "2026-04-02"), []),
        (("expiring", "--until", "2026-05-12"), [70]),
        (("expiring", "--until", "2026-05-11"), []),
    ],
)
def test_report__of_days__is_of_these(words, points, run):
    assert [row["points"] for row in run("report", *words, "--json").document] == points


def test_report__in_two_forms_at_once__refused(run):
    assert run("report", "liability", "--json", "--csv").status == 2


def test_report__of_a_period_without_a_day__refused(run):
    said = run("report", "breakage", "--from", "2026-04-02", "--to", "2026-04-02")
    assert (said.status, said.out) == (2, "")
    assert "invalid_period" in said.err


# The programme.


def test_programme_show__is_a_file_that_describes_the_programme(run, till):
    till.rules(EXAMPLE.read_text())
    assert read_programme(run("programme", "show").out, "shown") == rulebook().versions[0]


def test_programme_show__a_version_that_is_not_there__refused(run):
    assert run("programme", "show", "7").status == 2


def test_programme_publish__lets_the_file_take_effect(run, draft_file, clock):
    file = draft_file("{time_zone: Asia/Tokyo, point_price_minor: 2}")
    said = run("programme", "publish", file, "--effective-from", "2026-04-01", "--json").document
    # Midnight in Tokyo.
    assert (said["version"], said["effective_from"]) == (2, "2026-03-31T15:00:00+00:00")
    assert rulebook().at(datetime(2026, 3, 31, 15, tzinfo=UTC)).point_price_minor == 2
    assert rulebook().at(datetime(2026, 3, 31, 14, tzinfo=UTC)).point_price_minor == 1
    statuses = [(each["version"], each["status"]) for each in run("programme", "list", "--json").document]
    assert statuses == [(1, "in force"), (2, "to come")]
    clock.advance(60 * DAY)
    assert run("programme", "show", "--json").document["version"] == 2
    assert "past" in run("programme", "list").out


def test_programme_publish__dry_run__tells_and_writes_nothing(run, draft_file):
    before = contents()
    file = draft_file("accrual: {rules: [{id: none, excludes: true, when: {categories: [TOBACO]}}]}")
    said = run("programme", "publish", file, "--effective-from", "2026-04-01T00:00:00Z", "--dry-run", "--json")
    assert (said.document["unknown_categories"], said.document["dry_run"]) == (["TOBACO"], True)
    assert "TOBACO" in run("programme", "publish", file, "--effective-from", "2026-04-01", "--dry-run").err
    assert contents() == before


@pytest.mark.parametrize("how", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("text", "moment", "code"),
    [
        ("currency: USD", "2026-03-01", "programme_in_past"),
        ("currency: EUR", "2026-04-01", "currency_fixed"),
        ("curency: USD", "2026-04-01", "next.yaml:1: curency"),
        ("accrual: {rules: [{id: a, rate_bps: 1, when: {partners: [cinma]}}]}", "2026-04-01", "did you mean cinema"),
    ],
)
def test_programme_publish__what_cannot_be__refused_for_the_same_reason_in_a_dry_run(
    how, text, moment, code, run, draft_file
):
    before = contents()
    said = run("programme", "publish", draft_file(text), "--effective-from", moment, *how)
    assert said.status == 2
    assert code in said.err
    assert contents() == before


def test_programme_publish__at_no_moment__refused(run, draft_file):
    assert run("programme", "publish", draft_file("currency: USD"), "--effective-from", "tomorrow").status == 2


def test_programme_diff__of_a_version_and_a_file__has_a_line_for_each_key(run, draft_file):
    file = draft_file("{point_price_minor: 5, accrual: {rules: [{id: all, rate_bps: 300}]}}")
    said = run("programme", "diff", "1", file)
    assert said.status == 1
    assert said.out.splitlines() == [
        "point_price_minor: 1 → 5",
        'accrual.rules[all].id: nothing → "all"',
        "accrual.rules[all].rate_bps: nothing → 300",
    ]
    assert run("programme", "diff", file, "1", "--json").document[0] == {
        "key": "point_price_minor",
        "before": 5,
        "after": 1,
    }


def test_programme_diff__of_the_same__says_nothing_and_succeeds(run, draft_file):
    said = run("programme", "diff", "1", draft_file("currency: USD"))
    assert (said.status, said.out) == (0, "")


def test_programme_diff__of_what_is_not_there__refused(run):
    assert run("programme", "diff", "1", "nowhere.yaml").status == 2
    assert run("programme", "diff", "1", "2").status == 2


def test_programme_try__tells_what_would_have_been_earned_and_writes_nothing(run, till, coalition, draft_file):
    till.sell(coalition.cinema, 1000)
    before = contents()
    file = draft_file("accrual: {rules: [{id: all, rate_bps: 2000, when: {categories: [category, BOOK]}}]}")
    words = ("programme", "try", file, "--from", "2026-03-02", "--to", "2026-03-03")
    outcome = run(*words, "--json").document
    assert (outcome["purchases"], outcome["points_before"], outcome["points_after"]) == (1, 100, 200)
    assert outcome["most_gained"] == [{"member": coalition.anna.id, "points_before": 100, "points_after": 200}]
    assert outcome["unknown_categories"] == ["BOOK"]
    said = run(*words)
    assert said.status == 0
    assert coalition.anna.id in said.out and "BOOK" in said.err
    assert contents() == before


# Adjustments.


def test_adjust__gives_and_takes(run, till, coalition):
    given = run("adjust", coalition.anna.id, "cinema", "50", "--reason", "a mistake", "--json").document
    assert (given["status"], given["points"], given["requested_by"]) == ("posted", 50, "cli:olga")
    taken = run("adjust", coalition.anna.id, "cinema", "-20", "--reason", "too many", "--as", "oleg")
    assert (taken.status, "posted" in taken.out) == (0, True)
    assert till.purse().available == 30
    listed = run("adjust", "list", "--json").document
    assert [(each["points"], each["requested_by"]) for each in listed] == [(-20, "cli:oleg"), (50, "cli:olga")]
    assert "too many" in run("adjust", "list").out


@pytest.mark.parametrize("words", [("cinema", "50"), ("cinema", "20000"), ("cinema", "-20")])
def test_adjust__dry_run__writes_nothing(words, run, till, coalition):
    till.sell(coalition.cinema, 1000)
    before = contents()
    said = run("adjust", coalition.anna.id, *words, "--reason", "a mistake", "--dry-run", "--json")
    assert (said.status, said.document["dry_run"]) == (0, True)
    assert contents() == before


@pytest.mark.parametrize("how", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("cinema", "-20", "--reason", "x"), "insufficient_points"),
        (("museum", "20", "--reason", "x"), "unknown_partner"),
        (("cinema", "20", "--reason", " "), "reason_required"),
        (("cinema", "20"), "--reason"),
        (("cinema", "many", "--reason", "x"), "integer"),
    ],
)
def test_adjust__what_cannot_be__refused_also_in_a_dry_run(words, code, how, run, coalition):
    before = contents()
    said = run("adjust", coalition.anna.id, *words, *how)
    assert said.status == 2
    assert code in said.err
    assert contents() == before


def test_adjust__of_many_points__waits_for_another_operator(run, till, coalition):
    proposed = run("adjust", coalition.anna.id, "cinema", "10001", "--reason", "a flood", "--json").document
    assert (proposed["status"], till.purse().available) == ("proposed", 0)
    refused = run("adjust", "approve", proposed["id"])
    assert (refused.status, "second_operator_required" in refused.err) == (2, True)
    assert run("adjust", "approve", proposed["id"], "--as", "oleg", "--dry-run").status == 0
    assert till.purse().available == 0
    approved = run("adjust", "approve", proposed["id"], "--as", "oleg", "--json").document
    assert (approved["status"], approved["decided_by"], till.purse().available) == ("posted", "cli:oleg", 10_001)
    assert run("adjust", "reject", proposed["id"], "--as", "oleg").status == 2


def test_adjust__rejected__is_never_posted(run, till, coalition):
    proposed = run("adjust", coalition.anna.id, "cinema", "10001", "--reason", "a flood")
    assert "coalition adjust approve adj_" in proposed.out
    (adjustment,) = run("adjust", "list", "--json").document
    assert run("adjust", "reject", adjustment["id"]).status == 0
    assert run("adjust", "approve", adjustment["id"], "--as", "oleg").status == 2
    assert till.purse().available == 0


# Gifts.


def test_gift__small_enough__is_given_to_everybody(run, till, coalition):
    bob = till.enrol(2)
    till.clock.advance(DAY)
    proposed = run("gift", "25", "--reason", "New Year", "--json").document
    assert (proposed["status"], proposed["issuer"], proposed["recipients"]) == ("approved", coalition.operator.id, 2)
    given = run("gift", "give", proposed["id"], "--json").document
    assert (given["status"], given["given"]) == ("given", 2)
    assert balance_of(coalition.anna.id) == balance_of(bob.id) == 25
    # The worker gives it too; whoever comes second finds all of it done.
    assert run("gift", "give", proposed["id"], "--json").document == given
    assert balance_of(coalition.anna.id) == 25
    assert "New Year" in run("gift", "list").out


def test_gift__to_a_segment__is_for_those_alone(run, till, coalition):
    till.rules("tiers: {levels: [{name: bronze}, {name: gold, qualifying_minor: 100000}]}")
    till.clock.advance(DAY)
    bob = till.enrol(2)
    till.sell(coalition.cafe, 10, to=bob)
    till.clock.advance(DAY)
    words = ("--reason", "x", "--json")
    assert run("gift", "25", "--issuer", "cafe", "--bought-at", "cafe", *words).document["recipients"] == 1
    assert run("gift", "25", "--enrolled-before", "2026-03-03", *words).document["recipients"] == 1
    assert run("gift", "25", "--tier", "gold", *words).document["recipients"] == 0
    for each in run("gift", "list", "--json").document:
        run("gift", "give", each["id"])
    assert (balance_of(coalition.anna.id), balance_of(bob.id)) == (25, 25)


def test_gift__of_many_points_in_all__waits_for_another_operator(run, till, coalition):
    till.clock.advance(DAY)
    proposed = run("gift", "10001", "--reason", "x", "--json").document
    assert proposed["status"] == "proposed"
    assert run("gift", "give", proposed["id"]).status == 2
    assert run("gift", "approve", proposed["id"]).status == 2
    assert run("gift", "approve", proposed["id"], "--as", "oleg").status == 0
    assert run("gift", "give", proposed["id"]).status == 0
    assert till.purse().available == 10_001


def test_gift__rejected__is_not_given(run, till):
    till.clock.advance(DAY)
    assert "coalition gift approve gft_" in run("gift", "10001", "--reason", "x").out
    (proposed,) = run("gift", "list", "--json").document
    assert run("gift", "reject", proposed["id"]).status == 0
    assert run("gift", "give", proposed["id"]).status == 2
    assert till.purse().available == 0


def test_gift__dry_run__writes_nothing(run, till):
    till.clock.advance(DAY)
    before = contents()
    assert run("gift", "25", "--reason", "x", "--dry-run", "--json").document["recipients"] == 1
    assert run("gift", "10001", "--reason", "x", "--dry-run", "--json").document["status"] == "proposed"
    assert contents() == before


@pytest.mark.parametrize("how", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("0", "--reason", "x"), "no_points"),
        (("5", "--reason", "x", "--issuer", "museum"), "unknown_partner"),
        (("5", "--reason", "x", "--bought-at", "museum"), "unknown_partner"),
        (("5", "--reason", "x", "--tier", "gold"), "unknown_tier"),
        (("5", "--reason", ""), "reason_required"),
    ],
)
def test_gift__what_cannot_be__refused_also_in_a_dry_run(words, code, how, run):
    before = contents()
    said = run("gift", *words, *how)
    assert said.status == 2
    assert code in said.err
    assert contents() == before


# A new coalition, and who joins it.


@pytest.fixture
def nowhere(tmp_path: Path) -> Run:
    """A command where there is no coalition yet."""
    yield runner({"COALITION_DATA_DIR": str(tmp_path / "new")})
    disconnect()


def test_init__with_terms__has_these_and_otherwise_the_usual_ones(nowhere):
    words = ("--currency", "RUB", "--point-price-minor", "100", "--max-share-bps", "5000", "--lifetime-months", "12")
    document = nowhere("init", *words, "--time-zone", "Europe/Moscow", "--json").document
    assert (document["currency"], document["point_price_minor"], document["time_zone"]) == ("RUB", 100, "Europe/Moscow")
    assert document["redemption"]["max_share_bps"] == 5000
    assert document["expiry"] == {"lifetime_months": 12}
    assert nowhere("programme", "show", "--json").document["document"] == document
    assert nowhere("init").status == 2


def test_init__without_terms__is_the_usual_programme(nowhere):
    assert nowhere("init").out == "1 point = 1 minor units of USD\n"


def test_init__of_a_file__has_all_its_rules(nowhere, draft_file):
    nowhere("init", "--programme", draft_file("{currency: EUR, accrual: {rules: [{id: all, rate_bps: 1}]}}"))
    document = nowhere("programme", "show", "--json").document["document"]
    assert (document["currency"], document["accrual"]["rules"]) == ("EUR", [{"id": "all", "rate_bps": 1}])


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (("--currency", "roubles"), "currency"),
        (("--point-price-minor", "0"), "point_price_minor"),
        (("--max-share-bps", "10001"), "redemption.max_share_bps"),
        (("--lifetime-months", "0"), "expiry.lifetime_months"),
        (("--time-zone", "Mars"), "time_zone"),
    ],
)
def test_init__with_terms_that_cannot_be__refused_and_nothing_is_made(words, key, nowhere, tmp_path):
    said = nowhere("init", *words)
    assert said.status == 2
    assert f"invalid_programme: options:1: {key}" in said.err
    assert not (tmp_path / "new").exists()


def test_init__with_a_file_and_terms__refused(nowhere, draft_file):
    assert nowhere("init", "--programme", draft_file("currency: EUR"), "--currency", "EUR").status == 2


def test_partner_add__a_charity__is_one(run):
    assert run("partner", "add", "shelter", "--rate-bps", "0", "--kind", "charity").status == 0
    assert run("partner", "add", "museum", "--rate-bps", "100").status == 0
    assert (partner_named("shelter").kind, partner_named("museum").kind) == ("charity", "merchant")
    assert run("partner", "add", "other", "--rate-bps", "0", "--kind", "operator").status == 2
    assert count("partner") == 6


@pytest.mark.parametrize("name", ["report", "programme", "adjust", "gift", "init", "partner"])
def test_command__has_help(name, run):
    said = run(name, "--help")
    assert said.status == 0
    assert said.out.startswith("Usage: ")
