"""GET /v1/me, PATCH /v1/me, and what else members see of themselves"""

import pytest

from coalition.events import read_after
from coalition.services.members import member_number
from coalition.services.sessions import start_session
from gamification import progress
from gamification.progress import MemberAchievements
from tests.api.callers import Caller, refused

URL = "/v1/me"


@pytest.fixture
def anna(coalition):
    return {
        "id": coalition.anna.id,
        "card_number": coalition.anna.card_number,
        "phone": "+79161234567",
        "name": "Anna",
        "email": None,
        "locale": "ru",
        "time_zone": None,
        "consents": {"marketing": False},
        "tier": None,
        "level": 1,
        "balance": {"available": 0, "pending": 0, "held": 0, "debt": 0, "expiring": [], "maturing": []},
    }


@pytest.fixture
def bobs_session(app, bob, clock):
    return Caller(app, start_session(bob.id, now=clock.now()).token)


def test_get_me__a_new_member__is_who_they_are(annas_session, anna):
    assert annas_session.get(URL).get_json() == anna


@pytest.mark.usefixtures("annas_purchase")
def test_get_me__after_a_purchase__has_the_points_and_when_they_lapse(annas_session, bobs_session):
    balance = annas_session.get(URL).get_json()["balance"]
    assert (balance["available"], balance["expiring"][0]["points"]) == (200, 200)
    assert bobs_session.get(URL).get_json()["balance"]["available"] == 0


def test_patch_me__everything__is_kept(annas_session, anna):
    change = {
        "name": "Анна К.",
        "email": "anna@example.org",
        "locale": "en",
        "time_zone": "Europe/Moscow",
        "consents": {"marketing": True},
    }
    response = annas_session.call("PATCH", URL, change)
    assert response.status_code == 200
    assert response.get_json() == annas_session.get(URL).get_json() == anna | change


@pytest.mark.parametrize(
    "change", [{"name": None}, {"email": "a@b.org"}, {"locale": "en"}, {"consents": {"marketing": True}}]
)
def test_patch_me__one_thing__leaves_the_rest_and_others(annas_session, bobs_session, anna, change):
    bob = bobs_session.get(URL).get_json()
    assert annas_session.call("PATCH", URL, change).get_json() == anna | change
    assert bobs_session.get(URL).get_json() == bob
    assert read_after(0, 10) == []


def test_patch_me__another_zone__is_told_to_the_stream_once(annas_session, coalition):
    for _ in range(2):
        annas_session.call("PATCH", URL, {"time_zone": "Asia/Omsk"})
    (event,) = read_after(0, 10)
    assert (event.type, event.member, event.partner, event.attributes) == (
        "member.moved",
        member_number(coalition.anna.id),
        coalition.operator.number,
        {"time_zone": "Asia/Omsk"},
    )


def test_patch_me__another_zone_again_too_soon__refused_until_then(annas_session, nothing_changes):
    for zone in ("Asia/Omsk", "Europe/Moscow"):
        assert annas_session.call("PATCH", URL, {"time_zone": zone}).status_code == 200
    with nothing_changes():
        response = annas_session.call("PATCH", URL, {"name": "Anna K.", "time_zone": "Asia/Omsk"})
    problem = refused(response, 409, "time_zone_changed_lately")
    assert problem["values"] == {"until": "2026-04-01T09:00:00Z"}
    assert [error["pointer"] for error in problem["errors"]] == ["/time_zone"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({}, ""),
        ({"time_zone": "Moscow"}, "/time_zone"),
        ({"time_zone": None}, "/time_zone"),
        ({"locale": "de"}, "/locale"),
        ({"locale": None}, "/locale"),
        ({"name": ""}, "/name"),
        ({"name": "An\0na"}, "/name"),
        ({"email": "anna"}, "/email"),
        ({"consents": {}}, "/consents/marketing"),
        ({"consents": {"marketing": "yes"}}, "/consents/marketing"),
        ({"phone": "+79160000000"}, "/phone"),
        ({"balance": 1_000_000}, "/balance"),
    ],
)
def test_patch_me__malformed__refused_with_a_pointer_to_it(annas_session, nothing_changes, change, pointer):
    with nothing_changes():
        problem = refused(annas_session.call("PATCH", URL, change), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_get_entries__are_all_of_ones_own_and_nobody_elses(
    annas_session, bobs_session, cafe, grocer, receipt, annas_purchase, coalition
):
    cafe.post("/v1/redemptions", {"member": coalition.anna.id, "points": 50, "reference": "gift"})
    grocer.post("/v1/purchases", receipt | {"receipt_id": "r-2"})
    first = annas_session.get(f"{URL}/entries", query_string={"limit": 2}).get_json()
    rest = annas_session.get(f"{URL}/entries", query_string={"cursor": first["next_cursor"]}).get_json()
    seen = [(entry["kind"], entry["partner"], entry["change"]) for entry in first["data"] + rest["data"]]
    assert seen == [
        ("accrual", coalition.grocer.id, 20),
        ("redemption", coalition.cafe.id, -50),
        ("accrual", coalition.cinema.id, 200),
    ]
    assert bobs_session.get(f"{URL}/entries").get_json() == {"data": [], "next_cursor": None}


@pytest.mark.parametrize("what", ["achievements", "level", "tier"])
def test_twins__say_what_operators_are_told(annas_session, operator, annas_purchase, coalition, what):
    mine = annas_session.get(f"{URL}/{what}")
    assert mine.status_code == 200
    assert mine.get_json() == operator.get(f"/v1/members/{coalition.anna.id}/{what}").get_json()


@pytest.mark.parametrize(("accepted", "locale"), [("en", "en"), ("ru", "ru"), (None, "ru")])
def test_get_achievements__in_the_language_asked_for_or_else_ones_own(annas_session, monkeypatch, accepted, locale):
    asked = []
    monkeypatch.setattr(
        progress,
        "achievements",
        lambda member, *, locale, now: asked.append(locale) or MemberAchievements(member, [], []),
    )
    annas_session.get(f"{URL}/achievements", headers={"Accept-Language": accepted} if accepted else {})
    assert asked == [locale]


def test_patch_me__as_often_as_one_likes__without_an_idempotency_key(annas_session, nothing_changes):
    annas_session.call("PATCH", URL, {"name": "Anna"})
    with nothing_changes():
        assert annas_session.call("PATCH", URL, {"name": "Anna"}).status_code == 200
