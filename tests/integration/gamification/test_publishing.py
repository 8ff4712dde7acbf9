from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from coalition.services.audit_log import list_deeds
from coalition.services.members import member_number
from coalition.services.partners import register_partner
from coalition.store.database import execute
from gamification.draws import tickets_of
from gamification.engine import run_batch
from gamification.errors import DrawHasTickets, RuleMistakes
from gamification.publishing import DEMO_RULES, Published, ensure_rules, publish, rehearse
from gamification.rulebook import running_rules
from tests.integration.gamification.helpers import BOTH, grants, rule, rule_text, utc
from tests.integration.gamification.taking_part import team_challenge

LEVELS = {"highest": 5, "formula": {"first_step": 10}, "experience": [{"on": "purchase.recorded", "each": 1}]}


def versions() -> list[tuple[str, int, int]]:
    rows = execute("SELECT rule, version, goal_id FROM rule_version WHERE kind = 'achievement' ORDER BY id").fetchall()
    return [tuple(row) for row in rows]


def test_publish__new_rules__become_first_versions(coalition, clock):
    summary = publish(rule_text(rule("first"), levels=LEVELS), now=clock.now())
    assert summary.published == (Published("first", 1), Published("levels", 1))
    assert summary.unchanged == ()


def test_publish__identical_again__changes_nothing_whatever_the_yaml_looks_like(coalition, clock):
    text = rule_text(rule("first", where={"payable_minor": {"gt": 5, "lt": 9}}), levels=LEVELS)
    publish(text, now=clock.now())
    summary = publish("# a comment\n" + text.replace("count", "'count'"), now=clock.now())
    assert summary.published == ()
    assert summary.unchanged == (Published("first", 1), Published("levels", 1))
    assert versions() == [("first", 1, 1)]


def test_publish__edited__is_a_new_version_and_the_old_one_stays(coalition, clock):
    publish(rule_text(rule("first"), rule("other"), levels=LEVELS), now=clock.now())
    edited = rule_text(rule("first", title={**BOTH, "en": "Better"}), levels={**LEVELS, "highest": 6})
    assert publish(edited, now=clock.now()).published == (Published("first", 2), Published("levels", 2))
    assert versions() == [("first", 1, 1), ("other", 1, 2), ("first", 2, 1)]


def test_publish__edited_title__keeps_what_was_counted_and_grants_nothing_twice(publish, shop, coalition, clock):
    publish(rule("often", tiers=[1, 3]))
    for _ in range(2):
        shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    publish(rule("often", tiers=[1, 3], title={**BOTH, "en": "Better"}))
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert grants() == [("often", 1, ""), ("often", 2, "")]


def test_publish__counts_something_else__begins_anew(publish, shop, coalition, clock):
    publish(rule("often", tiers=[2]))
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    publish(rule("often", tiers=[2], where={"partner": "cafe"}))
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert grants() == []


def test_publish__lower_threshold__is_granted_at_the_next_event(publish, shop, coalition, clock):
    publish(rule("often", tiers=[10]))
    for _ in range(3):
        shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    publish(rule("often", tiers=[2]))
    run_batch(now=clock.now())
    assert grants() == []
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert grants() == [("often", 1, "")]


def test_publish__unknown_field__names_line_and_key_and_keeps_running_rules(shop, coalition, clock, tmp_path):
    publish(rule_text(rule("first", where={"partner": "cafe"})), now=clock.now())
    file = tmp_path / "achievements.yaml"
    file.write_text(rule_text(rule("first"), rule("second", where={"payabel_minor": {"gt": 5}})))
    line = 1 + file.read_text().splitlines().index("    payabel_minor:")
    with pytest.raises(RuleMistakes) as refused:
        publish(file, now=clock.now())
    assert str(refused.value) == (
        f"achievements.yaml:{line}: where.payabel_minor: unknown field of purchase.recorded;"
        " did you mean payable_minor?"
    )
    assert versions() == [("first", 1, 1)]
    shop.sells(coalition.cinema)
    run_batch(now=clock.now())
    assert grants() == []


def test_publish__unknown_sponsor__is_refused(coalition, clock):
    text = rule_text(rule("first", reward={"points": 5, "funded_by": {"grocr": 100}}))
    with pytest.raises(RuleMistakes, match=r"reward.funded_by.grocr: no partner is named grocr; did you mean grocer\?"):
        publish(text, now=clock.now())


def test_publish__circle_through_a_published_rule__is_refused(coalition, clock):
    publish(rule_text(rule("first"), rule("second", requires=["first"])), now=clock.now())
    with pytest.raises(RuleMistakes, match=r"requires\[0\]: goes in a circle: "):
        publish(rule_text(rule("first", requires=["second"])), now=clock.now())


def test_publish__requirement_of_a_challenge_that_teams_win__is_refused_in_one_file_or_two(coalition, clock):
    needs_team = rule("second", requires=["relay"])
    problem = r"requires\[0\]: relay is won by teams, and cannot be required of a member"
    with pytest.raises(RuleMistakes, match=problem):
        publish(rule_text(needs_team, challenges=[team_challenge()]), now=clock.now())
    publish(rule_text(challenges=[team_challenge()]), now=clock.now())
    with pytest.raises(RuleMistakes, match=problem):
        publish(rule_text(needs_team), now=clock.now())


def test_publish__file_that_cannot_be_read__is_refused_by_name(coalition, clock, tmp_path):
    with pytest.raises(RuleMistakes, match=r"^missing.yaml:1: file: cannot be read: "):
        publish(tmp_path / "missing.yaml", now=clock.now())
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(RuleMistakes, match=r"^binary.yaml:1: file: cannot be read: "):
        publish(binary, now=clock.now())


def test_demo_rules__of_the_package__are_published_once(coalition, clock):
    for name in ("greengrocer", "butcher", "drugstore", "bakery", "fuel", "florist"):
        register_partner(name, 100, now=clock.now())
    published = ensure_rules(now=clock.now()).published
    kinds = [goal.rule.challenge is not None for goal in running_rules().goals]
    assert (len(published), kinds.count(False), kinds.count(True)) == (25, 20, 4)
    edited = Path(DEMO_RULES).read_text("utf-8").replace("First steps", "The first step")
    assert publish(edited, now=clock.now()).published == (Published("first-purchase", 2),)
    assert ensure_rules(now=clock.now()).published == ()


def test_demo_rules__a_sponsor_is_missing__are_refused(store, clock):
    register_partner("cinema", 100, now=clock.now())
    with pytest.raises(RuleMistakes, match="no partner is named cafe"):
        ensure_rules(now=clock.now())


def test_publish__an_edited_rule__keeps_its_place_among_all(publish, coalition, clock):
    publish(rule("first"), rule("second"))
    publish(rule("first", title={**BOTH, "en": "Better"}))
    assert [goal.rule.id for goal in running_rules().goals] == ["first", "second"]


def test_publish__challenges_and_all_the_rest__run_as_versions_of_their_kinds(publish, coalition, clock):
    share = {"points": 5, "funded_by": {"operator": 100}}
    qualifies = {"on": "purchase.recorded", "measure": "count", "at": 2}
    whole = {
        "challenges": [rule("spring", window={"from": "2026-03-01", "until": "2026-05-31"})],
        "referral": {
            "qualifies": qualifies,
            "within_days": 30,
            "referrer": share,
            "friend": share,
            "per_month": 5,
            "burst": {"referrals": 3, "hours": 12},
        },
        "leaderboards": [
            {"id": "top", "title": BOTH, "on": "purchase.recorded", "measure": "count", "window": "month"}
        ],
        "draws": [
            {"id": "autumn", "title": BOTH, "closes_on": "2026-09-30", "prizes": [{"title": BOTH, "winners": 1}]}
        ],
    }
    summary = publish(levels=LEVELS, **whole)
    assert {each.rule for each in summary.published} == {"spring", "referral", "top", "levels", "autumn"}
    kinds = execute("SELECT kind FROM rule_version ORDER BY id").fetchall()
    assert sorted(row[0] for row in kinds) == ["achievement", "leaderboard", "levels", "referral"]
    # Word for word the same again is nothing new, of whatever kind.
    again = publish(levels=LEVELS, **whole)
    assert (again.published, len(again.unchanged)) == ((), 5)


def test_publish__other_repetition_or_window__begins_anew_only_where_it_counts_otherwise(
    publish, shop, coalition, clock
):
    publish(rule("often", tiers=[3], window="month"), rule("kept", tiers=[3]))
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    publish(rule("often", tiers=[3], window="week"), rule("kept", tiers=[2], repeat={"up_to": 3}, hold_s=60))
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert [version[2] for version in versions()] == [1, 2, 3, 2]
    assert grants() == [("kept", 1, "")]


def test_publish__higher_threshold__leaves_who_has_it_and_asks_more_of_the_others(publish, shop, coalition, clock):
    publish(rule("often", tiers=[1], window="month"))
    shop.sells(coalition.cafe, at=utc(2026, 1, 5))
    run_batch(now=clock.now())
    publish(rule("often", tiers=[2], window="month"))
    for month in (1, 2, 2):
        shop.sells(coalition.cafe, at=utc(2026, month, 5))
    run_batch(now=clock.now())
    assert grants() == [("often", 1, "2026-01"), ("often", 1, "2026-02")]


DRAW = {
    "id": "spring",
    "title": BOTH,
    "closes_on": "2026-03-31",
    "prizes": [{"title": BOTH, "winners": 1}],
}
TICKETED = rule("lucky", reward={"draw_ticket": {"draw": "spring"}})


def test_publish__draws__are_among_what_is_published_and_unchanged(coalition, clock):
    summary = publish(rule_text(TICKETED, draws=[DRAW]), now=clock.now())
    assert summary.published == (Published("lucky", 1), Published("spring", 1))
    longer = {**DRAW, "closes_on": "2026-04-30"}
    assert publish(rule_text(draws=[longer]), now=clock.now()).published == (Published("spring", 2),)
    again = publish(rule_text(TICKETED, draws=[longer]), now=clock.now())
    assert (again.published, again.unchanged) == ((), (Published("lucky", 1), Published("spring", 2)))


def test_publish__worse_draw_of_which_there_are_tickets__refused_with_all_of_the_file(publish, shop, coalition, clock):
    publish(TICKETED, draws=[DRAW])
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    before = versions()
    with pytest.raises(DrawHasTickets, match="Members have tickets of prize draw spring"):
        publish(rule("other"), draws=[{**DRAW, "prizes": [{"title": BOTH, "winners": 2}]}])
    assert versions() == before


def test_publish__is_in_the_audit_log__with_who_what_and_which_file(coalition, clock):
    text = rule_text(rule("first"), draws=[DRAW])
    rehearse(text, now=clock.now(), by="olga")
    assert list_deeds().data == []
    for _ in range(2):
        publish(text, now=clock.now(), by="olga")
    (deed,) = list_deeds().data
    assert (deed.at, deed.by, deed.action, deed.subject) == (clock.now(), "olga", "rules.published", "rules")
    assert deed.details == {
        "published": [{"rule": "first", "version": 1}, {"rule": "spring", "version": 1}],
        "sha256": sha256(text.encode()).hexdigest(),
        "back_fill": False,
        "granted": 0,
    }


def test_tickets__of_what_was_won_after_the_last_day__are_none(publish, shop, coalition, clock):
    publish({**TICKETED, "window": "day"}, draws=[DRAW])
    for moment in (utc(2026, 3, 31, 23, 59), utc(2026, 4, 1)):
        shop.sells(coalition.cafe, at=moment)
    clock.advance(timedelta(days=60))
    run_batch(now=clock.now())
    assert len(grants()) == 2
    (ticket,) = tickets_of(member_number(coalition.anna.id), coalition.anna.id)
    assert execute("SELECT earned_at FROM achievement_grant WHERE public_id = ?", (ticket.grant,)).fetchone()


def test_publish__new_draw_whose_last_day_has_passed__refused_and_an_old_one_left(publish, clock):
    publish(draws=[DRAW])
    clock.advance(timedelta(days=60))
    publish(draws=[DRAW])
    with pytest.raises(RuleMistakes, match=r"closes_on: 2026-03-31 has passed"):
        publish(draws=[{**DRAW, "id": "late"}])


def test_publish__id_of_another_kind__refused(publish, coalition):
    dates = {"from": "2026-03-01", "until": "2026-03-31"}
    board = {"id": "tops", "title": BOTH, "on": "purchase.recorded", "measure": "count", "window": "month"}
    publish(rule("first"), challenges=[rule("race", window=dates)], leaderboards=[board])
    before = versions()
    for rules, others in (
        ([rule("race")], {}),
        ([rule("tops")], {}),
        ([], {"challenges": [rule("first", window=dates)]}),
        ([], {"leaderboards": [{**board, "id": "race"}]}),
    ):
        with pytest.raises(RuleMistakes, match="needs an id of its own"):
            publish(*rules, **others)
    assert versions() == before
