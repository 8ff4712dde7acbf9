"""Refusals of one field of the request point at it, beside their code."""

import pytest

from gamification.engine import run_batch
from gamification.publishing import publish
from tests.api.callers import refused
from tests.api.retried import GAMIFICATION_CALLS, World
from tests.integration.gamification.helpers import Shop, rule, rule_text
from tests.integration.gamification.taking_part import team_challenge

BORIS = {"phone": "+79161234568", "consents": {"marketing": False}, "referral_code": "NOBODY22"}
ADJUSTMENT = {"points": 5, "reason": " "}
ENTRY, TEAMS, FREEZE = (
    "/v1/me/leaderboards/spring/entry",
    "/v1/me/challenges/relay/teams",
    "/v1/me/streaks/daily/freeze",
)


@pytest.fixture
def world(operator, annas_session, coalition, clock):
    """Rules run, and a leaderboard; Anna has bought something today."""
    daily = rule("daily", measure={"streak": "day", "freezes": 1}, tiers=[3])
    publish(rule_text(daily, challenges=[team_challenge()]), now=clock.now())
    GAMIFICATION_CALLS["/v1/me/leaderboards/<leaderboard_id>/entry"](World(session=annas_session, clock=clock))
    Shop(coalition, clock).sells(coalition.cafe)
    run_batch(now=clock.now())
    assert annas_session.post(FREEZE, {"day": "2026-03-03"}).status_code == 201


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("path", "body", "code", "pointer"),
    [
        (ENTRY, {"nickname": "t me anna"}, "invalid_nickname", "/nickname"),
        (ENTRY, {"nickname": "Саfе"}, "invalid_nickname", "/nickname"),
        (ENTRY, {"nickname": "BOBBY"}, "nickname_taken", "/nickname"),
        (TEAMS, {"name": "Support"}, "invalid_nickname", "/name"),
        (TEAMS, {"name": "anna_bot"}, "invalid_nickname", "/name"),
        (FREEZE, {"day": "0001-01-01"}, "day_not_freezable", "/day"),
        (FREEZE, {"day": "2026-03-02"}, "day_counted", "/day"),
        (FREEZE, {"day": "2026-03-04"}, "no_freezes_left", "/day"),
    ],
)
def test_refusal__of_what_a_member_wants__points_at_it(
    annas_session, operator, bob, nothing_changes, path, body, code, pointer
):
    operator.post(f"/v1/members/{bob.id}/leaderboards/spring/entry", {"nickname": "Bobby"})
    with nothing_changes():
        response = annas_session.post(path, body)
    problem = refused(response, response.status_code, code)
    assert problem["errors"] == [{"pointer": pointer, "message": problem["detail"]}]


def test_refusal__of_an_unknown_referral_code__points_at_it(cinema, nothing_changes):
    with nothing_changes():
        problem = refused(cinema.post("/v1/members", BORIS), 422, "unknown_referral_code")
    assert problem["errors"] == [{"pointer": "/referral_code", "message": problem["detail"]}]


def test_refusal__of_no_reason__points_at_it_whatever_its_name(operator, coalition, clock, bob, nothing_changes):
    world = World(operator=operator, anna=coalition.anna.id, clock=clock)
    review = "/v1/grant-reviews/<grant_id>/release"
    _, names, _ = GAMIFICATION_CALLS[review](world)
    adjustment = ADJUSTMENT | {"member": coalition.anna.id, "issuer": coalition.cafe.id}
    for path, body, pointer in (
        ("/v1/adjustments", adjustment, "/reason"),
        (review.replace("<grant_id>", names["grant_id"]), {"note": " "}, "/note"),
    ):
        with nothing_changes():
            problem = refused(operator.post(path, body), 422, "reason_required")
        assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_refusal__of_nothing_in_the_request__points_nowhere(annas_session, nothing_changes):
    with nothing_changes():
        response = annas_session.post("/v1/me/leaderboards/none/entry", {"nickname": "Anna"})
    problem = refused(response, 404, "unknown_leaderboard")
    assert "errors" not in problem
