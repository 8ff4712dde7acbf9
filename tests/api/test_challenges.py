"""Challenges of members and of /v1/me, teams, and freezing a streak"""

import pytest

from coalition import events
from coalition.services.members import member_number
from coalition.services.sessions import start_session
from gamification import publishing
from gamification.engine import run_batch
from tests.api.callers import Caller, refused
from tests.integration.gamification.helpers import Shop, rule, rule_text, utc
from tests.integration.gamification.taking_part import challenge, team_challenge

JOIN = "/v1/me/challenges/sprint/join"
TEAMS = "/v1/me/challenges/relay/teams"
FREEZE = "/v1/me/streaks/daily/freeze"
TITLES = {"title": {"en": "Sprint", "ru": "Спринт"}}


@pytest.fixture(autouse=True)
def rules(coalition, clock):
    daily = rule("daily", measure={"streak": "day", "freezes": 1}, tiers=[3])
    publishing.publish(
        rule_text(daily, rule("buyer"), challenges=[challenge(owner="cafe", first=9, **TITLES), team_challenge()]),
        now=clock.now(),
    )


@pytest.fixture
def participation(coalition):
    return f"/v1/members/{coalition.anna.id}/challenges/sprint/participation"


@pytest.fixture
def bobs_session(app, bob, clock):
    return Caller(app, start_session(bob.id, now=clock.now()).token)


def stream():
    return [(event.type, event.partner) for event in events.read_after(0, 100) if event.type != "purchase.recorded"]


def test_get_challenges__of_a_member__says_all_of_them(cafe, operator, coalition):
    for caller, followed in ((cafe, False), (operator, True)):
        shown = caller.get(f"/v1/members/{coalition.anna.id}/challenges").get_json()
        assert shown["member"] == coalition.anna.id
        sprint, relay = shown["data"]
        assert sprint == {
            "id": "sprint",
            "title": "Sprint",
            "description": "Some text",
            "icon": "award",
            "owner": "cafe",
            "state": "open",
            "starts_on": "2026-03-01",
            "ends_on": "2026-03-31",
            "tier": 1,
            "tiers": 1,
            "value": 0 if followed else None,
            "threshold": 3,
            "remaining": 3 if followed else None,
            "points": 100,
            "badge": False,
            "places_left": 9,
            "requires": [],
            "for_teams": None,
            "team": None,
        }
        assert (relay["for_teams"], relay["team"]) == ({"most": 3, "reward": "equal"}, None)
    refused(cafe.get("/v1/members/mem_nobody/challenges"), 404, "unknown_member")


def test_get_challenges__at_a_partner__says_how_far_only_where_nothing_of_others_counts(
    cafe, cinema, annas_session, coalition, clock
):
    own = challenge("own", owner="cafe", where={"partner": "cafe"}, tiers=[2, 9])
    publishing.publish(rule_text(challenges=[own]), now=clock.now())
    for path in ("own/join", "sprint/join", "relay/teams"):
        annas_session.post(f"/v1/me/challenges/{path}", {"name": "Larks"} if "relay" in path else None)
    Shop(coalition, clock).sells(coalition.cafe, payable_minor=300)
    run_batch(now=clock.now())
    asked = ("value", "remaining")
    for caller, expected in ((cafe, (1, 1)), (cinema, (None, None))):
        sprint, relay, shown = caller.get(f"/v1/members/{coalition.anna.id}/challenges").get_json()["data"]
        assert tuple(shown[each] for each in asked) == expected
        assert [each[name] for each in (sprint, relay) for name in asked] == [None] * 4
        assert (relay["team"]["name"], relay["team"]["contributed"]) == ("Larks", None)
    relay = annas_session.get("/v1/me/challenges").get_json()["data"][1]
    assert (relay["value"], relay["team"]["contributed"]) == (300, 300)


def test_get_challenges__of_ones_own__is_the_twin_in_ones_own_language(annas_session, operator, coalition):
    theirs = operator.get(f"/v1/members/{coalition.anna.id}/challenges", headers={"Accept-Language": "ru"}).get_json()
    assert theirs["data"][0]["title"] == "Спринт"
    assert annas_session.get("/v1/me/challenges").get_json() == theirs
    english = annas_session.get("/v1/me/challenges", headers={"Accept-Language": "en"}).get_json()
    assert english["data"][0]["title"] == "Sprint"


def test_get_challenges__came_after_the_last_place__says_so_as_the_explanation_does(
    annas_session, cafe, operator, coalition, bob, clock
):
    race = challenge("race", join=False, tiers=[1], first=1)
    publishing.publish(rule_text(challenges=[race]), now=clock.now())
    shop = Shop(coalition, clock)
    for member in (bob.id, coalition.anna.id):
        shop.sells(coalition.cafe, member=member)
    run_batch(now=clock.now())
    of_anna = f"/v1/members/{coalition.anna.id}"
    seen = []
    for caller, path in ((annas_session, "/v1/me"), (operator, of_anna), (cafe, of_anna)):
        *_, shown = caller.get(f"{path}/challenges").get_json()["data"]
        why = caller.get(f"{path}/achievements/race/explanation").get_json()
        seen.append((shown["state"], [each["code"] for each in why["reasons"]], why["earned"], why["possible_from"]))
    # Where others' tills count, too, a partner is not told that the member has bought there.
    mine = ("places_gone", ["places_gone"], [], None)
    assert seen == [mine, mine, ("joined", ["places_taken"], [], "2026-03-02")]


def test_post_participation__at_the_till_and_by_an_operator(cafe, operator, coalition, bob, participation):
    response = cafe.post(participation)
    assert (response.status_code, response.get_json()["challenge"]) == (201, "sprint")
    assert operator.post(participation).get_json() == response.get_json()
    operator.post(participation.replace(coalition.anna.id, bob.id))
    assert stream() == [
        ("challenge.joined", coalition.cafe.number),
        ("challenge.joined", coalition.operator.number),
    ]
    shown = cafe.get(f"/v1/members/{coalition.anna.id}/challenges").get_json()
    assert shown["data"][0]["state"] == "joined"


def test_post_participation__refused(cafe, stranger, coalition, clock, nothing_changes, participation):
    of_anna = f"/v1/members/{coalition.anna.id}/challenges"
    with nothing_changes():
        refused(cafe.post(f"{of_anna}/marathon/participation"), 404, "unknown_challenge")
        refused(cafe.post(f"{of_anna}/buyer/participation"), 404, "unknown_challenge")
        refused(cafe.post(f"{of_anna}/relay/participation"), 409, "team_needed")
        refused(cafe.post(participation.replace(coalition.anna.id, "mem_nobody")), 404, "unknown_member")
        refused(cafe.post(participation, idempotency_key=None), 400, "idempotency_key_required")
        refused(stranger.post(participation), 401, "unauthenticated")
        clock.advance(utc(2026, 4, 1) - clock.now())
        problem = refused(cafe.post(participation), 409, "challenge_over")
    assert problem["values"] == {"challenge": "sprint", "last_day": "2026-03-31"}


def test_post_join__in_ones_own_session(annas_session, cafe, coalition):
    response = annas_session.post(JOIN)
    assert response.status_code == 201
    assert stream() == [("challenge.joined", coalition.operator.number)]
    refused(annas_session.post("/v1/me/challenges/relay/join"), 409, "team_needed")
    refused(cafe.post(JOIN), 403, "forbidden")


def test_teams__founded_joined_and_seen(annas_session, bobs_session, coalition, bob, clock):
    founded = annas_session.post(TEAMS, {"name": "Larks"})
    assert founded.status_code == 201
    team = founded.get_json()
    assert (team["challenge"], team["name"], team["most"], team["tiers"]) == ("relay", "Larks", 3, [1000])
    assert team["members"] == [{"me": True, "captain": True, "contributed": 0}]
    joined = bobs_session.post(f"/v1/me/teams/{team['code'].lower()}/membership")
    assert (joined.status_code, joined.get_json()["code"]) == (201, None)

    Shop(coalition, clock).sells(coalition.cafe, member=bob.id, payable_minor=1000)
    run_batch(now=clock.now())
    seen = bobs_session.get(f"/v1/me/teams/{team['id']}").get_json()
    assert (seen["value"], seen["won"], [mate["contributed"] for mate in seen["members"]]) == (1000, [1], [0, 1000])
    shown = annas_session.get("/v1/me/challenges").get_json()["data"][1]
    assert shown["team"] == {"id": team["id"], "name": "Larks", "members": 2, "contributed": 0}
    assert (shown["state"], shown["value"]) == ("completed", 1000)
    assert annas_session.get("/v1/me").get_json()["balance"]["available"] == 50


def test_teams__refused(annas_session, bobs_session, clock, nothing_changes):
    larks = annas_session.post(TEAMS, {"name": "Larks"}).get_json()
    owls = bobs_session.post(TEAMS, {"name": "Owls"}).get_json()
    with nothing_changes():
        refused(annas_session.post("/v1/me/challenges/sprint/teams", {"name": "Larks"}), 409, "not_for_teams")
        refused(annas_session.post("/v1/me/challenges/marathon/teams", {"name": "Larks"}), 404, "unknown_challenge")
        refused(annas_session.post(TEAMS, {"name": "call +7 916 1234567"}), 422, "invalid_nickname")
        refused(annas_session.post(TEAMS, {}), 422, "validation_failed")
        refused(annas_session.post(TEAMS, {"name": "Again"}), 409, "already_in_team")
        refused(annas_session.post(f"/v1/me/teams/{owls['code']}/membership"), 409, "already_in_team")
        refused(annas_session.post("/v1/me/teams/AAAA-AAAA-AAAA/membership"), 404, "unknown_team")
        refused(annas_session.get(f"/v1/me/teams/{owls['id']}"), 404, "unknown_team")
        refused(annas_session.get("/v1/me/teams/tea_nothing"), 404, "unknown_team")
    assert annas_session.get(f"/v1/me/teams/{larks['id']}").get_json() == larks


def test_teams__full__refused(app, annas_session, bobs_session, cafe, clock):
    code = annas_session.post(TEAMS, {"name": "Larks"}).get_json()["code"]
    bobs_session.post(f"/v1/me/teams/{code}/membership")
    answers = []
    for number in (1, 2):
        body = {"phone": f"+7916777000{number}", "consents": {"marketing": False}}
        member = cafe.post("/v1/members", body).get_json()["id"]
        session = Caller(app, start_session(member, now=clock.now()).token)
        answers.append(session.post(f"/v1/me/teams/{code}/membership"))
    assert answers[0].status_code == 201
    assert refused(answers[1], 409, "team_full")["values"]["most"] == 3


def test_freeze__a_day__once(annas_session, coalition):
    response = annas_session.post(FREEZE, {"day": "2026-03-03"})
    assert response.status_code == 201
    assert response.get_json() == {"achievement": "daily", "day": "2026-03-03", "left": 0}
    assert annas_session.post(FREEZE, {"day": "2026-03-03"}).get_json() == response.get_json()
    assert stream() == [("streak.frozen", coalition.operator.number)]
    (event,) = events.read_after(0, 10)
    assert event.member == member_number(coalition.anna.id)


def test_freeze__refused(annas_session, cafe, coalition, clock, nothing_changes):
    Shop(coalition, clock).sells(coalition.cafe)
    run_batch(now=clock.now())
    annas_session.post(FREEZE, {"day": "2026-03-03"})
    with nothing_changes():
        refused(annas_session.post(FREEZE, {"day": "2026-03-04"}), 409, "no_freezes_left")
        refused(annas_session.post(FREEZE, {"day": "2026-03-02"}), 409, "day_counted")
        problem = refused(annas_session.post(FREEZE, {"day": "0001-01-01"}), 422, "day_not_freezable")
        assert problem["values"] == {"day": "0001-01-01", "first": "2026-03-01", "last": "2026-03-09"}
        refused(annas_session.post("/v1/me/streaks/buyer/freeze", {"day": "2026-03-03"}), 409, "not_a_streak")
        refused(annas_session.post("/v1/me/streaks/no/freeze", {"day": "2026-03-03"}), 404, "unknown_achievement")
        refused(annas_session.post(FREEZE, {"day": "tomorrow"}), 422, "validation_failed")
        refused(cafe.post(FREEZE, {"day": "2026-03-03"}), 403, "forbidden")
