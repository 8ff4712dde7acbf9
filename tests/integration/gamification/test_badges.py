"""Grants of an achievement that has a badge award it, and lose it again, exactly once each."""

import pytest

from coalition import events
from coalition.services import badges
from coalition.services.badges import BadgeChange, change_badges
from coalition.services.members import EnrolMember, enrol_member, member_number
from coalition.services.partners import set_status
from coalition.store.database import execute
from gamification.engine import run_batch
from gamification.progress import achievements
from tests.integration.gamification.helpers import rule, utc

BADGE = {"badge": True}
JANUARY, FEBRUARY = utc(2026, 1, 9), utc(2026, 2, 9)


def journal() -> list[tuple[str, str]]:
    """(kind, achievement) of every entry there is, in order."""
    rows = execute(
        "SELECT e.kind, b.code FROM badge_entry e JOIN badge b ON b.id = e.badge_id ORDER BY e.id"
    ).fetchall()
    return [tuple(row) for row in rows]


def issuers() -> dict[str, int]:
    return dict(map(tuple, execute("SELECT code, issuer_id FROM badge").fetchall()))


def test_grant__with_a_badge__awards_it_to_its_member_for_this_grant(shop, publish, coalition, clock):
    publish(rule("plain"), rule("shining", reward=BADGE))
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())

    assert journal() == [("award", "shining")]
    awarded = execute(
        "SELECT e.member_id, g.achievement, e.sequence, e.refused FROM badge_entry e"
        " JOIN achievement_grant g ON g.public_id = e.grant_id"
    ).fetchall()
    assert [tuple(row) for row in awarded] == [(member_number(coalition.anna.id), "shining", None, None)]


def test_grant__no_rule_with_a_badge__asks_nothing_about_badges(shop, publish, coalition, clock, monkeypatch):
    publish(rule("plain"))
    monkeypatch.setattr("gamification.badges.list_partners", None)
    monkeypatch.setattr("gamification.badges.change_badges", None)
    shop.takes_back(shop.sells(coalition.cafe))
    assert run_batch(now=clock.now()).revoked == 1


@pytest.mark.parametrize("limit", [1, 5000])
def test_grants__of_more_tiers_and_months__award_the_badge_once(shop, publish, coalition, clock, limit):
    publish(rule("often", tiers=[1, 2], window="month", reward=BADGE))
    for at in (JANUARY, JANUARY, FEBRUARY):
        shop.sells(coalition.cafe, at=at)
    bob = enrol_member(EnrolMember(phone="+79160000001"), coalition.cafe.number, now=clock.now())
    shop.sells(coalition.cafe, at=JANUARY, member=bob.id)
    while run_batch(now=clock.now(), limit=limit).events:
        pass

    assert execute("SELECT COUNT(*) FROM achievement_grant").fetchone()[0] == 4
    members = [row[0] for row in execute("SELECT member_id FROM badge_entry ORDER BY id").fetchall()]
    assert members == [member_number(coalition.anna.id), member_number(bob.id)]


@pytest.mark.parametrize("limit", [1, 5000])
def test_revoked__one_grant_of_two__the_badge_goes_with_the_last(shop, publish, coalition, clock, limit):
    def run() -> None:
        while run_batch(now=clock.now(), limit=limit).events:
            pass

    publish(rule("monthly", window="month", reward=BADGE))
    january, february = (shop.sells(coalition.cafe, at=at) for at in (JANUARY, FEBRUARY))
    run()
    shop.takes_back(january)
    run()
    assert journal() == [("award", "monthly")]

    shop.takes_back(february)
    run()
    assert journal() == [("award", "monthly"), ("revocation", "monthly")]
    grant = execute("SELECT grant_id FROM badge_entry WHERE kind = 'revocation'").fetchone()[0]
    period = execute("SELECT period FROM achievement_grant WHERE public_id = ?", (grant,)).fetchone()[0]
    assert period == "2026-02"


@pytest.mark.parametrize("limit", [1, 2, 5000])
def test_badge__won_lost_and_won_again__is_awarded_anew_however_the_stream_is_cut(
    shop, publish, coalition, clock, limit
):
    publish(rule("first", reward=BADGE))
    for _ in range(2):
        shop.takes_back(shop.sells(coalition.cafe))
    shop.sells(coalition.cafe)
    while run_batch(now=clock.now(), limit=limit).events:
        pass

    award, revocation = ("award", "first"), ("revocation", "first")
    assert journal() == [award, revocation, award, revocation, award]


def test_rule__gets_a_badge_later__grants_of_before_stay_without(shop, publish, coalition, clock):
    publish(rule("monthly", window="month"))
    january = shop.sells(coalition.cafe, at=JANUARY)
    run_batch(now=clock.now())
    publish(rule("monthly", window="month", reward=BADGE))
    run_batch(now=clock.now())
    assert journal() == []

    february = shop.sells(coalition.cafe, at=FEBRUARY)
    run_batch(now=clock.now())
    assert journal() == [("award", "monthly")]
    # That of January came without, so it is no reason to keep it.
    shop.takes_back(february)
    run_batch(now=clock.now())
    assert journal()[1:] == [("revocation", "monthly")]
    shop.takes_back(january)
    run_batch(now=clock.now())
    assert len(journal()) == 2


def test_rule__loses_its_badge_later__whoever_has_it_keeps_it(shop, publish, coalition, clock):
    publish(rule("monthly", window="month", reward=BADGE))
    january = shop.sells(coalition.cafe, at=JANUARY)
    run_batch(now=clock.now())
    publish(rule("monthly", window="month"))
    shop.sells(coalition.cafe, at=FEBRUARY)
    run_batch(now=clock.now())
    assert journal() == [("award", "monthly")]

    shop.takes_back(january)
    run_batch(now=clock.now())
    assert journal()[1:] == [("revocation", "monthly")]


def test_issuer__is_the_partner_who_alone_pays_else_the_operator(shop, publish, coalition, clock):
    publish(
        rule("free", reward=BADGE),
        rule("cafes", reward={**BADGE, "funded_by": {"cafe": 100}}),
        rule("sellers", reward={**BADGE, "funded_by": {"partner": 100}}),
        rule("shared", reward={**BADGE, "points": 10, "funded_by": {"cafe": 60, "grocer": 40}}),
    )
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())

    operator = coalition.operator.number
    assert issuers() == {"free": operator, "cafes": coalition.cafe.number, "sellers": operator, "shared": operator}


def test_issuer__of_a_badge_awarded_before__stays_though_another_pays_now(shop, publish, coalition, clock):
    for number, payer in enumerate(("cafe", "grocer")):
        publish(rule("often", tiers=[1 + number], reward={**BADGE, "funded_by": {payer: 100}}))
        bob = enrol_member(EnrolMember(phone=f"+7916000000{number}"), coalition.cafe.number, now=clock.now())
        for _ in range(1 + number):
            shop.sells(coalition.cafe, member=bob.id)
        run_batch(now=clock.now())

    assert journal() == [("award", "often")] * 2
    assert issuers() == {"often": coalition.cafe.number}


def test_badge__whose_points_are_held__does_not_wait(shop, publish, coalition, clock):
    publish(rule("first", reward={**BADGE, "points": 10, "funded_by": {"cinema": 100}}))
    set_status(coalition.cinema.id, "suspended")
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert journal() == [("award", "first")]


def test_batch__dies_before_its_end__leaves_no_award_and_is_judged_again(shop, publish, coalition, clock, monkeypatch):
    publish(rule("first", reward=BADGE))
    shop.sells(coalition.cafe)
    with monkeypatch.context() as patched, pytest.raises(TypeError):
        patched.setattr(events, "move_cursor", None)
        run_batch(now=clock.now())
    assert journal() == []

    run_batch(now=clock.now())
    run_batch(now=clock.now())
    assert journal() == [("award", "first")]


def test_award__the_contract_refused_it__another_grant_awards_again(shop, publish, coalition, clock):
    publish(rule("first", reward=BADGE))
    bought = shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    execute("UPDATE badge_entry SET refused = 'IssuerMismatch(1, 2, 3)'")
    assert badges.member_badges(member_number(coalition.anna.id))["first"].status == "refused"

    shop.takes_back(bought)
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())

    assert journal() == [("award", "first")] * 2
    assert badges.member_badges(member_number(coalition.anna.id))["first"].status == "pending"


def test_change_badges__awards_what_is_held_and_revokes_what_is_not__left_out(coalition, clock):
    anna, issuer = member_number(coalition.anna.id), coalition.cafe.number
    kinds = ["revocation", "award", "award", "revocation", "revocation"]
    change_badges(
        [BadgeChange(kind, "first", issuer, anna, f"grant {n}") for n, kind in enumerate(kinds)], now=clock.now()
    )

    rows = execute("SELECT kind, grant_id FROM badge_entry ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [("award", "grant 1"), ("revocation", "grant 3")]


def test_progress__tells_the_token_of_what_is_earned(shop, publish, coalition, clock):
    publish(rule("plain"), rule("shining", reward=BADGE))
    bought = shop.sells(coalition.cafe)
    run_batch(now=clock.now())

    shown = {each.id: each.token for each in achievements(coalition.anna.id, locale="en", now=clock.now()).earned}
    number = execute("SELECT id FROM badge").fetchone()[0]
    assert shown == {"plain": None, "shining": badges.MemberBadge(number, "pending", None)}

    shop.takes_back(bought)
    run_batch(now=clock.now())
    assert badges.member_badges(member_number(coalition.anna.id)) == {}
