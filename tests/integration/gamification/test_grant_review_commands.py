"""coalition achievements reviews|release|revoke: what they print and change, how they exit."""

import pytest

from coalition.clock import SystemClock
from coalition.services.audit_log import list_deeds
from coalition.services.balances import balance
from coalition.services.members import EnrolMember, enrol_member
from coalition.store.database import database, execute
from gamification.grant_reviews import get_review, open_reviews
from gamification.store.referral_tables import GrantReview
from tests.integration.gamification.granting import add_grant
from tests.integration.test_commands_lifecycle import runner


@pytest.fixture
def run(coalition, database_url, tmp_path, clock, monkeypatch):
    """A command on the usual coalition, at the time of the test's clock, by the operator olga."""
    monkeypatch.setattr(SystemClock, "now", lambda self: clock.now())
    environment = {"COALITION_DATA_DIR": str(tmp_path), "COALITION_DATABASE_URL": database_url, "LOGNAME": "olga"}
    commands = runner(environment)
    return lambda *words: commands("achievements", *words)


@pytest.fixture
def referral(coalition, clock):
    """The grants of a friend and of who brought them, both waiting: Anna brought Boris."""
    boris = enrol_member(EnrolMember("+79261111111"), coalition.cafe.number, now=clock.now()).id
    won = add_grant(boris, "referral-friend", clock.now(), state="held")
    came = add_grant(coalition.anna.id, "referral-referrer", clock.now(), state="held", cause=won)
    open_reviews([(won, ["ring", "burst"]), (came, ["ring", "burst"])], clock.now())
    return won, came


def test_reviews__of_nothing__says_so(run):
    said = run("reviews", "--json")
    assert (said.status, said.document) == (0, [])


def test_reviews__for_people__has_a_row_for_each(run, referral, coalition):
    said = run("reviews")
    assert said.status == 0
    rows = [line for line in said.out.splitlines() if "ring, burst" in line]
    assert len(rows) == 2
    assert referral[0] in rows[0] and referral[1] in rows[1]
    assert all(coalition.anna.id in row for row in rows)


def test_reviews__for_programs__has_all_of_each(run, referral, coalition):
    first, second = run("reviews", "--json").document
    assert (first["grant"], second["grant"]) == referral
    assert first["referral"] == {"friend": first["member"], "referrer": coalition.anna.id}
    assert (first["reasons"], first["state"], first["note"]) == (["ring", "burst"], "pending", None)


def test_release__gives_and_says_so(run, referral, coalition, clock):
    said = run("release", referral[1], "--reason", "they are a couple")
    assert (said.status, said.out) == (0, f"{referral[1]} released, 100 points for {coalition.anna.id}\n")
    assert balance(coalition.anna.id, now=clock.now()).available == 100
    review = get_review(referral[1])
    assert (review.state, review.decided_by, review.note) == ("released", "cli:olga", "they are a couple")
    assert [each["grant"] for each in run("reviews", "--state", "released", "--json").document] == [referral[1]]


def test_revoke__takes_both_sides_with_the_friends(run, referral):
    said = run("revoke", referral[0], "--reason", "one person", "--as", "pavel", "--json")
    assert said.status == 0
    assert (said.document["state"], said.document["decided_by"]) == ("revoked", "cli:pavel")
    assert said.document["dry_run"] is False
    assert {state for (state,) in execute("SELECT state FROM achievement_grant").fetchall()} == {"revoked"}


@pytest.mark.parametrize("command", ["release", "revoke"])
def test_dry_run__tells_and_writes_nothing(run, referral, coalition, clock, command):
    said = run(command, referral[1], "--reason", "let us see", "--dry-run", "--json")
    assert (said.status, said.document["dry_run"]) == (0, True)
    assert said.document["state"] == {"release": "released", "revoke": "revoked"}[command]
    assert get_review(referral[1]).state == "pending"
    assert list_deeds().data == []
    assert balance(coalition.anna.id, now=clock.now()).available == 0


def test_decision__that_cannot_be__is_one_line_and_exit_status_2(run, referral):
    run("release", referral[1], "--reason", "fine")
    for words, code in (
        (("revoke", referral[1], "--reason", "after all"), "already_decided"),
        (("release", "gra_none", "--reason", "fine"), "unknown_grant_review"),
        (("release", referral[0], "--reason", " "), "reason_required"),
    ):
        said = run(*words)
        assert (said.status, said.out) == (2, "")
        assert said.err.startswith(f"{code}: ")
        assert len(said.err.splitlines()) == 1


@pytest.mark.usefixtures("store")
def test_migration__made_the_columns_that_the_code_expects():
    columns = {(column.name, column.null) for column in database.get_columns("grant_review")}
    assert columns == {(field.column_name, field.null) for field in GrantReview._meta.sorted_fields}
