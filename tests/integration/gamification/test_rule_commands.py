"""coalition achievements lint|publish|try|explain|surprise|check|schema: what they print and change, how they exit."""

import os
import re
import subprocess
import sys
from datetime import date
from hashlib import sha256

import orjson
import pytest

from coalition.clock import SystemClock
from coalition.services.audit_log import list_deeds
from coalition.services.members import EnrolMember, enrol_member
from coalition.store.database import execute
from gamification.acts.registered import RegisterEventType, register
from gamification.engine import run_batch
from gamification.linting import remarks
from gamification.publishing import read_file
from gamification.rules.json_schema import DIALECT
from gamification.trying import try_rules
from tests.integration.gamification.helpers import BOTH, rule, rule_text, utc
from tests.integration.test_commands_lifecycle import runner

PAID = {"points": 100, "funded_by": {"operator": 50, "partner": 50}}
MONTHLY = rule("monthly", window="month", tiers=[2], reward=PAID, budget={"points": 250})
TICKET = {"draw_ticket": {"draw": "spring"}}
DRAW = {"id": "spring", "title": BOTH, "closes_on": "2026-03-31", "prizes": [{"title": BOTH, "winners": 1}]}
DATES = {"from": "2026-03-01", "until": "2026-04-30"}

_SIDE = {"points": 5, "funded_by": {"operator": 100}}
REFERRAL = {
    "qualifies": {"on": "purchase.recorded", "measure": "count", "at": 2},
    "within_days": 30,
    "referrer": _SIDE,
    "friend": _SIDE,
    "per_month": 5,
}
BOARD = {
    "id": "tops",
    "title": BOTH,
    "on": "purchase.recorded",
    "measure": "count",
    "window": "month",
    "prizes": [{"ranks": [1, 1], "points": 5}],
    "funded_by": {"operator": 100},
}


@pytest.fixture
def run(coalition, database_url, tmp_path, clock, monkeypatch):
    """A command on the usual coalition, at the time of the test's clock."""
    monkeypatch.setattr(SystemClock, "now", lambda self: clock.now())
    commands = runner({"COALITION_DATA_DIR": str(tmp_path), "COALITION_DATABASE_URL": database_url})
    return lambda *words: commands("achievements", *words)


@pytest.fixture
def file(tmp_path):
    """A file with these rules."""

    def write(*rules, **others):
        path = tmp_path / "rules.yaml"
        path.write_text(rule_text(*rules, **others))
        return path

    return write


@pytest.fixture
def history(shop, coalition, clock):
    """Anna buys twice in March and twice in April, Boris twice in March, Vera once, for she took the other back."""
    boris, vera = (enrol_member(EnrolMember(f"+7926111111{n}"), 2, now=clock.now()).id for n in (1, 2))
    shop.sells(coalition.cafe, at=utc(2026, 3, 1))
    shop.sells(coalition.cinema, at=utc(2026, 3, 3))
    shop.sells(coalition.grocer, member=boris, at=utc(2026, 3, 10))
    shop.sells(coalition.cafe, member=boris, at=utc(2026, 3, 12))
    shop.takes_back(shop.sells(coalition.cafe, member=vera, at=utc(2026, 3, 9)))
    shop.sells(coalition.cafe, member=vera, at=utc(2026, 3, 20))
    shop.sells(coalition.cafe, at=utc(2026, 4, 1))
    shop.sells(coalition.cafe, at=utc(2026, 4, 5))
    run_batch(now=clock.now())


def everything():
    tables = ("rule_version", "achievement_grant", "member_progress", "event", "entry")
    return {table: execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables}


# What would have been.


@pytest.mark.usefixtures("history")
def test_try__of_a_small_history__is_what_it_comes_to_by_hand(coalition):
    (trial,) = try_rules(rule_text(MONTHLY))
    assert (trial.rule, trial.members, trial.winners, trial.grants, trial.tiers) == ("monthly", 3, 2, 3, [3])
    assert (trial.points, trial.by_month) == (300, {"2026-03": 200, "2026-04": 100})
    assert trial.by_sponsor == {"operator": 150, "cinema": 50, "cafe": 100}
    # The third hundred is Anna's, in April.
    assert trial.over_budget_on == date(2026, 4, 5)
    # Of two winners the one who won most has 200 of 300.
    assert trial.top_tenth_bps == 6666


@pytest.mark.usefixtures("history")
def test_try__tiers_requirements_and_surprises__count_as_they_would():
    seed = {"seed": "s", "choices": [{"weight": 9, "points": 5}, {"weight": 1, "points": 40}]}
    wide = rule(
        "wide", measure={"distinct": "partner"}, tiers=[1, 2], reward={"points": [1, 10], "funded_by": {"cafe": 100}}
    )
    after = rule(
        "after",
        tiers=[3],
        requires=["wide"],
        reward={"surprise": seed, "funded_by": {"operator": 100}},
        budget={"points": 1000},
    )
    first, second = try_rules(rule_text(wide, after))
    # Everybody has been at one partner, Anna and Boris at two.
    assert (first.winners, first.tiers, first.points, first.by_sponsor) == (3, [3, 2], 23, {"cafe": 23})
    # Only Anna has bought three times; the surprise is 8.5 points on average.
    assert (second.winners, second.points, second.over_budget_on) == (1, 9, None)


@pytest.mark.usefixtures("history")
def test_try__challenge_for_the_first__counts_only_these():
    race = rule("race", window=DATES, tiers=[2], join=False, first=1, reward=PAID)
    (trial,) = try_rules(rule_text(challenges=[race]))
    assert (trial.winners, trial.points, trial.by_sponsor) == (1, 100, {"operator": 50, "cinema": 50})


@pytest.mark.usefixtures("history")
def test_try__challenge_for_teams__is_said_not_to_be_tried(run, file):
    race = rule("race", window=DATES, team={"most": 5, "reward": "equal"}, reward=PAID, budget={"points": 900})
    (trial,) = run("try", file(challenges=[race]), "--json").document
    assert (trial["rule"], trial["members"], trial["over_budget_on"]) == ("race", 3, None)
    for told in ("winners", "grants", "tiers", "points", "by_sponsor", "by_month", "top_tenth_bps"):
        assert trial[told] is None
    shown = run("try", file(rule("first"), challenges=[race]))
    assert (shown.status, "teams: not tried" in shown.out) == (0, True)


@pytest.mark.usefixtures("history")
def test_try__as_a_command__tells_changes_nothing_and_exits_by_the_budget(run, file):
    before = everything()
    said = run("try", file(MONTHLY), "--json")
    assert said.status == 1
    (trial,) = said.document
    assert (trial["points"], trial["over_budget_on"], trial["winners"]) == (300, "2026-04-05", 2)
    shown = run("try", file({**MONTHLY, "budget": {"points": 300}}))
    assert shown.status == 0
    assert "66.6 %" in shown.out
    assert "cafe 100, cinema 50, operator 150" in shown.out
    assert everything() == before


@pytest.mark.usefixtures("history")
def test_try__is_what_publishing_with_back_fill_then_gives(run, file):
    (trial,) = run("try", file({**MONTHLY, "budget": {"points": 300}}), "--json").document
    published = run("publish", file({**MONTHLY, "budget": {"points": 300}}), "--back-fill", "--json").document
    assert published["granted"] == trial["grants"] == 3
    assert execute("SELECT SUM(points) FROM achievement_grant WHERE state = 'granted'").fetchone()[0] == trial["points"]
    assert run("check").status == 0


# Before publishing.


def test_lint__of_a_good_file__counts_what_is_in_it(run, file):
    path = file(rule("first"), challenges=[rule("race", window=DATES)])
    said = run("lint", path)
    assert (said.status, said.out, said.err) == (0, "rules.yaml has no mistakes: 1 achievements, 1 challenges\n", "")
    assert run("lint", path, "--strict").status == 0
    assert run("lint", path, "--json").document["achievements"] == ["first"]


def test_lint__of_mistakes__names_all_of_them(run, file):
    said = run("lint", file(rule("first", where={"payabel_minor": 5}, tiers=[2, 1])))
    assert said.status == 2
    assert "where.payabel_minor: unknown field of purchase.recorded; did you mean payable_minor?" in said.err
    assert "tiers: must ascend" in said.err


@pytest.mark.parametrize("name", ["lint", "publish", "try"])
def test_mistakes__as_json__are_a_document_with_line_and_key(run, file, name):
    before = everything()
    said = run(name, file(rule("first", tiers=[2, 1]), rule("second", repaet=5)), "--json")
    assert (said.status, "tiers" in said.err) == (2, False)
    assert said.document["code"] == "rule_mistakes"
    first, second = said.document["mistakes"]
    assert first == {"file": "rules.yaml", "line": first["line"], "key": "tiers", "problem": "must ascend"}
    assert (second["key"], second["problem"]) == ("repaet", "unknown key; did you mean repeat?")
    assert everything() == before


def test_lint__remarks__are_told_and_with_strict_fail(run, file):
    path = file(rule("first", reward=PAID))
    said = run("lint", path)
    assert said.status == 0
    assert "first: no_budget: gives points without a budget" in said.err
    assert run("lint", path, "--strict").status == 1
    (remark,) = run("lint", path, "--json").document["remarks"]
    assert (remark["rule"], remark["code"]) == ("first", "no_budget")


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([rule("a", hidden=True), rule("b", requires=["a"])], ("b", "requires_hidden")),
        ([rule("a", hidden=True), rule("b", requires=["a"], hidden=True)], None),
        ([rule("a", on="social.shared", reward=PAID, budget={"points": 900})], ("a", "not_moderated")),
        ([rule("a", on="bottle.returned", reward=PAID, budget={"points": 900})], ("a", "not_moderated")),
        ([rule("a", on="review.approved", reward=PAID, budget={"points": 900})], None),
        ([rule("a", on="social.shared", reward={"badge": True})], None),
        ([rule("a", on_reversal="keep", reward=PAID, budget={"points": 900})], ("a", "keeps")),
        ([rule("a", window={"from": "2026-01-01", "until": "2026-03-01"})], ("a", "over")),
        ([rule("a", window={"from": "2026-01-01", "until": "2026-03-02"})], None),
        ([rule("running", where={"partner": "cafe"})], ("running", "begins_anew")),
        ([rule("a", reward=TICKET)], None),
        ([rule("a", reward=TICKET, window={"from": "2026-04-01", "until": "2026-04-30"})], None),
        ([rule("a", reward=TICKET, window={"from": "2026-04-02", "until": "2026-04-30"})], ("a", "no_ticket")),
        ([rule("running", title={**BOTH, "en": "Better"})], None),
        ([rule("a", reward={"badge": True}, budget={"points": 9})], ("a", "idle_budget")),
        ([rule("a", reward=PAID, budget={"points": 900, "per_member": 901})], ("a", "idle_budget")),
        ([rule("a", reward=PAID, budget={"points": 900, "per_member": 900})], None),
        ([rule("a", where={"partner": "cinma"})], ("a", "unknown_partner")),
        ([rule("a", where={"partner": "cinema"})], None),
    ],
)
def test_remarks__of_each_kind(publish, coalition, clock, rules, code):
    register(RegisterEventType(coalition.cafe.number, "bottle.returned", BOTH, {"litres": "integer"}), now=clock.now())
    publish(rule("running"), draws=[DRAW])
    found = remarks(read_file(rule_text(*rules)), now=clock.now())
    assert [(remark.rule, remark.code) for remark in found] == ([code] if code else [])


def test_remarks__on_a_referral_without_a_budget(coalition, clock):
    assert [each.code for each in remarks(read_file(rule_text(referral=REFERRAL)), now=clock.now())] == ["no_budget"]
    limited = rule_text(referral={**REFERRAL, "budget": {"points": 500}})
    assert remarks(read_file(limited), now=clock.now()) == []


def test_remarks__on_budgets_of_all_the_rest__that_they_bound_nothing(coalition, clock):
    nothing = {"points": 0, "funded_by": {"operator": 100}}
    referral = {**REFERRAL, "referrer": nothing, "friend": nothing, "budget": {"points": 5}}
    board = {key: value for key, value in BOARD.items() if key not in ("prizes", "funded_by")}
    text = rule_text(referral=referral, leaderboards=[{**board, "budget": {"per_member": 5}}])
    found = [(each.rule, each.code) for each in remarks(read_file(text), now=clock.now())]
    assert found == [("tops", "idle_budget"), ("referral", "idle_budget")]
    board = {**BOARD, "budget": {"points": 50, "per_member": 60}}
    assert [each.rule for each in remarks(read_file(rule_text(leaderboards=[board])), now=clock.now())] == ["tops"]


def test_remarks__on_partners_that_are_none__name_each_place_and_the_nearest(coalition, clock):
    text = rule_text(
        rule("a", where={"any": [{"partner": "cinma"}, {"not": {"partner": {"ne": "cafee"}}}]}),
        challenges=[rule("b", window=DATES, where={"all": [{"partner": {"in": ["cafe", "bakery"]}}]})],
        leaderboards=[{**BOARD, "where": {"partner": {"eq": "cinma"}}}],
        levels={
            "highest": 2,
            "formula": {"first_step": 9},
            "experience": [{"on": "purchase.recorded", "each": 1, "where": {"partner": "cinma"}}],
        },
        referral={
            **REFERRAL,
            "qualifies": {**REFERRAL["qualifies"], "where": {"partner": "cinma"}},
            "budget": {"points": 500},
        },
    )
    found = remarks(read_file(text), now=clock.now())
    assert {each.code for each in found} == {"unknown_partner"}
    cinma = "no partner is named cinma; did you mean cinema?"
    assert [(each.rule, each.text) for each in found] == [
        ("a", f"where.any[0].partner: {cinma}"),
        ("a", "where.any[1].not.partner.ne: no partner is named cafee; did you mean cafe?"),
        ("b", "where.all[0].partner.in[1]: no partner is named bakery"),
        ("tops", f"where.partner.eq: {cinma}"),
        ("levels", f"experience[0].where.partner: {cinma}"),
        ("referral", f"qualifies.where.partner: {cinma}"),
    ]


def test_remarks__on_tickets_of_an_old_draw__that_its_last_day_has_passed(publish, clock):
    publish(draws=[DRAW])
    clock.advance(utc(2026, 4, 1) - clock.now())
    for window in ("lifetime", DATES):
        (remark,) = remarks(read_file(rule_text(rule("a", reward=TICKET, window=window))), now=clock.now())
        assert (remark.code, "until 2026-03-31 (UTC)" in remark.text) == ("no_ticket", True)


# Publishing.


def test_publish__is_audited_by_who_says_so(run, file):
    run("publish", file(rule("first")), "--as", "olga")
    (deed,) = list_deeds().data
    published = file(rule("first")).read_bytes()
    assert (deed.by, deed.details["sha256"]) == ("cli:olga", sha256(published).hexdigest())


def test_output__whose_reader_has_gone__ends_quietly(run, database_url, tmp_path):
    ours = {"COALITION_DATA_DIR": str(tmp_path), "COALITION_DATABASE_URL": database_url, "PYTHONUNBUFFERED": ""}
    for words in (("schema",), ("check",)):
        reads, writes = os.pipe()
        os.close(reads)
        program = [sys.executable, "-c", "from scripts.main import main; main()", "achievements", *words]
        with os.fdopen(writes, "wb") as gone:
            said = subprocess.run(
                program, stdout=gone, stderr=subprocess.PIPE, env=os.environ | ours, check=False, text=True
            )
        assert (said.returncode, "unavailable" in said.stderr, "roken" in said.stderr) == (1, False, False), said.stderr


def test_publish__tells_what_runs_now(run, file):
    said = run("publish", file(rule("first")))
    assert (said.status, said.out) == (0, "published first, version 1\n0 unchanged\n")
    again = run("publish", file(rule("first"), rule("second", reward=PAID)))
    assert again.out == "published second, version 1\n1 unchanged\n"
    assert "second: no_budget" in again.err


@pytest.mark.usefixtures("history")
def test_publish__dry_run__tells_and_writes_nothing(run, file):
    before = everything()
    said = run("publish", file(MONTHLY), "--back-fill", "--dry-run", "--json")
    assert (said.status, said.document["granted"], said.document["dry_run"]) == (0, 3, True)
    assert said.document["published"] == [{"rule": "monthly", "version": 1}]
    assert "would publish monthly, version 1" in run("publish", file(MONTHLY), "--dry-run").out
    assert everything() == before


@pytest.mark.parametrize("how", [(), ("--dry-run",), ("--back-fill",)])
def test_publish__mistakes__refused_however_and_the_running_rules_stay(run, file, how):
    run("publish", file(rule("first")))
    before = everything()
    said = run("publish", file(rule("first", tiers=[5]), rule("second", repaet=5)), *how)
    assert said.status == 2
    assert "repaet: unknown key; did you mean repeat?" in said.err
    assert everything() == before


def test_schema__has_partners_and_registered_types(run, coalition, clock):
    register(RegisterEventType(coalition.cafe.number, "bottle.returned", BOTH, {"litres": "integer"}), now=clock.now())
    said = run("schema")
    assert (said.status, said.document["$schema"]) == (0, DIALECT)
    definitions = said.document["$defs"]
    assert "cinema" in definitions["partner"]["enum"]
    assert {"partner", "litres"} < definitions["where:bottle.returned"]["properties"].keys()


# Afterwards.


@pytest.mark.usefixtures("history")
def test_explain__says_why_and_what_is_missing(run, file, coalition):
    run("publish", file(MONTHLY, rule("many", tiers=[9], requires=["monthly"])), "--back-fill")
    said = run("explain", coalition.anna.id, "monthly", "--json").document
    assert [(each["period"], len(each["counted"])) for each in said["earned"]] == [("2026-03", 2), ("2026-04", 2)]
    shown = run("explain", coalition.anna.id, "many")
    assert shown.status == 0
    assert "5 to go: 4 of 9." in shown.out
    assert "purchase.recorded on 2026-04-05" in shown.out
    russian = run("explain", coalition.anna.id, "many", "--locale", "ru").out
    assert "Осталось 5" in russian
    assert "  к ступени 1: purchase.recorded от 2026-03-01, " in russian
    assert "  возможно с " in russian


@pytest.mark.usefixtures("history")
def test_explain__in_russian__has_no_english_words_of_its_own(run, file, coalition):
    held = rule("held", window="month", reward={"points": 9, "funded_by": {"operator": 100}}, budget={"points": 9})
    assert run("publish", file(MONTHLY, held), "--back-fill").status == 0
    said = [run("explain", coalition.anna.id, each, "--locale", "ru").out for each in ("monthly", "held")]
    assert "ступень 1 за 2026-03: 2026-03-03, баллов: 100" in said[0]
    assert "за что: purchase.recorded от 2026-03-01, purchase.recorded от 2026-03-03" in said[0]
    assert "баллов: 9, ожидает: бюджет исчерпан" in said[1]
    assert not {"tier", "points", "held", "by", "towards", "possible"} & set(re.findall(r"\w+", "".join(said)))


def test_explain__came_after_the_last_place__says_nothing_of_winning(run, file, shop, coalition, clock):
    boris = enrol_member(EnrolMember("+79261111111"), 2, now=clock.now()).id
    assert run("publish", file(challenges=[rule("race", window=DATES, join=False, first=1)])).status == 0
    for member in (boris, coalition.anna.id):
        shop.sells(coalition.cafe, member=member)
    run_batch(now=clock.now())
    said = {locale: run("explain", coalition.anna.id, "race", "--locale", locale).out for locale in ("en", "ru")}
    assert "You got there after the last place was taken." in said["en"]
    assert "последнее место было уже занято" in said["ru"]
    assert not {"Earned", "possible", "towards"} & set(re.findall(r"\w+", said["en"]))


def test_explain__of_nobody_or_nothing__refused(run, file, coalition):
    run("publish", file(rule("first")))
    assert "unknown_member" in run("explain", "mem_nobody", "first").err
    said = run("explain", coalition.anna.id, "second")
    assert (said.status, "unknown_achievement" in said.err) == (2, True)


@pytest.mark.usefixtures("history")
def test_surprise__shows_what_was_drawn_and_says_whether_it_follows_from_the_seed(run, file):
    choices = [{"weight": 9, "perk": {"title": BOTH, "valid_days": 9}}, {"weight": 1, "points": 40}]
    lucky = rule("lucky", reward={"surprise": {"seed": "s", "choices": choices}, "funded_by": {"operator": 100}})
    assert run("publish", file({**lucky, "budget": {"points": 1000}}), "--back-fill").status == 0
    (grant,) = execute("SELECT public_id FROM achievement_grant ORDER BY id LIMIT 1").fetchone()
    shown = run("surprise", grant, "--seed", "s", "--json")
    document = shown.document
    assert (shown.status, document["weights"], document["follows"]) == (0, [9, 1], True)
    assert document["commitment"] == sha256(b"s").hexdigest()
    said = run("surprise", grant, "--seed", "another")
    assert (said.status, "does NOT follow from the seed" in said.out) == (1, True)
    assert f"choice {document['draw']['picked'] + 1} of 2, whose weights are 9, 1" in said.out
    assert run("surprise", grant).status == 0
    refused = run("surprise", "gra_none")
    assert (refused.status, "unknown_surprise" in refused.err) == (2, True)


@pytest.mark.usefixtures("history")
def test_check__of_what_was_tampered_with__names_it_and_exits_with_1(run, file, coalition):
    run("publish", file(MONTHLY), "--back-fill")
    assert run("check", "--json").document == []
    member, state = execute("SELECT member_id, state FROM member_progress ORDER BY member_id").fetchone()
    parts = orjson.loads(state)
    parts[0] += 7
    changed = orjson.dumps(parts).decode()
    execute("UPDATE member_progress SET state = ? WHERE member_id = ?", (changed, member))
    said = run("check")
    assert said.status == 1
    assert f"{coalition.anna.id}: experience: kept 7, folded 0" in said.out
    execute("DELETE FROM achievement_grant")
    assert {each["what"] for each in run("check", "--json").document} == {"experience", "grants"}


@pytest.mark.parametrize("name", ["lint", "publish", "try", "explain", "check", "schema"])
def test_command__has_help(run, name):
    said = run(name, "--help")
    assert (said.status, said.out.startswith("Usage: ")) == (0, True)
