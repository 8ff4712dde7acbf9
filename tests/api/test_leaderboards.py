"""GET /v1/leaderboards and /{id}; a member's standing and entry on one, and the twins of /v1/me"""

from typing import Any

import pytest

from coalition import events
from coalition.services.members import member_number
from coalition.store.database import execute
from gamification import leaderboards
from gamification.leaderboards import Score, ensure_leaderboard
from gamification.rules.document import Window
from gamification.rules.prizes import RankPrize
from tests.api.callers import refused
from tests.integration.leaderboards.boards import WEEK, board

SPRING = {
    "id": "spring",
    "title": "Spring",
    "window": "week",
    "period": WEEK,
    "last_day": "2026-03-08",
    "grace_days": 3,
    "prizes": [{"first": 1, "last": 3, "reward": {"points": 100}}],
}


@pytest.fixture(autouse=True)
def spring(coalition, clock):
    ensure_leaderboard(board(prizes=(RankPrize(1, 3, {"points": 100}),)), clock.now())


@pytest.fixture
def entry(coalition) -> str:
    return f"/v1/members/{coalition.anna.id}/leaderboards/spring/entry"


@pytest.fixture
def two(cafe, coalition, bob, entry) -> None:
    """Anna has 5, Bob 7."""
    cafe.post(entry, {"nickname": "Anya"})
    cafe.post(f"/v1/members/{bob.id}/leaderboards/spring/entry", {"nickname": "Bobby"})
    numbers = member_number(coalition.anna.id), member_number(bob.id)
    scores = {numbers[0]: Score(5, 1), numbers[1]: Score(7, 2)}
    leaderboards.set_scores({("spring", WEEK): scores})


def stream() -> list[tuple[str, int]]:
    return [(event.type, event.partner) for event in events.read_after(0, 100) if "leaderboard" in event.type]


def members() -> list[Any]:
    return [tuple(row) for row in execute("SELECT * FROM leaderboard_member").fetchall()]


def test_get_leaderboards__lists_them_with_the_running_period(cafe, operator):
    for caller in (cafe, operator):
        assert caller.get("/v1/leaderboards").get_json() == {"data": [SPRING]}
    russian = cafe.get("/v1/leaderboards", headers={"Accept-Language": "ru"}).get_json()
    assert russian["data"][0]["title"] == "Весна"


def test_get_leaderboards__in_a_members_session__speaks_the_members_language(annas_session):
    assert annas_session.get("/v1/leaderboards").get_json()["data"][0]["title"] == "Весна"
    english = annas_session.get("/v1/leaderboards", headers={"Accept-Language": "en"}).get_json()
    assert english["data"][0]["title"] == "Spring"


def test_get_leaderboards__of_all_time__has_no_name_for_its_period(cafe, clock):
    ensure_leaderboard(board(window=Window("lifetime")), clock.now())
    (shown,) = cafe.get("/v1/leaderboards").get_json()["data"]
    assert (shown["period"], shown["last_day"], shown["window"]) == (None, None, "lifetime")
    assert cafe.get("/v1/leaderboards/spring").get_json()["period"] is None


def test_get_leaderboard__shows_nicknames_and_nobodys_id(cafe, two, coalition, bob):
    response = cafe.get("/v1/leaderboards/spring")
    assert response.get_json() == {
        "leaderboard": "spring",
        "period": WEEK,
        "closed": False,
        "of": 2,
        "data": [{"rank": 1, "nickname": "Bobby", "score": 7}, {"rank": 2, "nickname": "Anya", "score": 5}],
        "next_cursor": None,
    }
    assert not any(each in response.get_data(as_text=True) for each in (coalition.anna.id, bob.id, 'Bob"', "Anna"))


def test_get_leaderboard__page_by_page__goes_on_where_it_ended(cafe, two):
    first = cafe.get("/v1/leaderboards/spring?limit=1").get_json()
    assert [place["nickname"] for place in first["data"]] == ["Bobby"]
    second = cafe.get(f"/v1/leaderboards/spring?limit=1&cursor={first['next_cursor']}").get_json()
    assert (second["data"], second["next_cursor"]) == ([{"rank": 2, "nickname": "Anya", "score": 5}], None)


def test_get_leaderboard__of_another_period__is_that_one(cafe, two):
    shown = cafe.get("/v1/leaderboards/spring?period=2026-W09").get_json()
    assert (shown["period"], shown["data"], shown["of"]) == ("2026-W09", [], 0)


def test_get_standing__to_a_partner__is_the_rank_alone(cafe, two, coalition):
    shown = cafe.get(f"/v1/members/{coalition.anna.id}/leaderboards/spring").get_json()
    assert (shown["rank"], shown["of"]) == (2, 2)
    assert (shown["score"], shown["nickname"], shown["around"]) == (None, None, [])


def test_get_standing__shows_rank_and_the_places_around(operator, two, coalition):
    assert operator.get(f"/v1/members/{coalition.anna.id}/leaderboards/spring").get_json() == {
        "leaderboard": "spring",
        "period": WEEK,
        "closed": False,
        "rank": 2,
        "of": 2,
        "score": 5,
        "nickname": "Anya",
        "around": [{"rank": 1, "nickname": "Bobby", "score": 7}, {"rank": 2, "nickname": "Anya", "score": 5}],
    }


def test_post_entry__joins_at_the_tills_partner(cafe, operator, coalition, entry, bob):
    response = cafe.post(entry, {"nickname": " Anya "})
    assert (response.status_code, response.get_json()) == (
        201,
        {"leaderboard": "spring", "nickname": "Anya", "joined_at": "2026-03-02T09:00:00Z"},
    )
    assert stream() == [("leaderboard.joined", coalition.cafe.number)]
    # Another request that says the same is answered the same.
    assert cafe.post(entry, {"nickname": "Anya"}).get_json() == response.get_json()
    operator.post(f"/v1/members/{bob.id}/leaderboards/spring/entry", {"nickname": "Bobby"})
    assert stream()[1:] == [("leaderboard.joined", coalition.operator.number)]


def test_delete_entry__leaves_and_again_changes_nothing(cafe, two, coalition, entry):
    for _ in range(2):
        assert cafe.call("DELETE", entry).status_code == 204
    assert [type_ for type_, _ in stream()] == ["leaderboard.joined"] * 2 + ["leaderboard.left"]
    assert [place["nickname"] for place in cafe.get("/v1/leaderboards/spring").get_json()["data"]] == ["Bobby"]
    refused(cafe.get(f"/v1/members/{coalition.anna.id}/leaderboards/spring"), 404, "not_on_leaderboard")


@pytest.mark.parametrize(
    ("nickname", "status", "code"),
    [
        ("An", 422, "invalid_nickname"),
        ("anna@cafe.ru", 422, "invalid_nickname"),
        ("8 916 1234567", 422, "invalid_nickname"),
        ("bоbbу", 409, "nickname_taken"),
        ("a" * 65, 422, "validation_failed"),
        (5, 422, "validation_failed"),
    ],
)
def test_post_entry__with_a_nickname_that_cannot_be__refused(cafe, coalition, bob, entry, nickname, status, code):
    cafe.post(f"/v1/members/{bob.id}/leaderboards/spring/entry", {"nickname": "Bobby"})
    before = members(), stream()
    refused(cafe.post(entry, {"nickname": nickname}), status, code)
    assert (members(), stream()) == before


def test_post_entry__under_a_second_nickname__refused(cafe, two, entry):
    problem = refused(cafe.post(entry, {"nickname": "Annie"}), 409, "already_on_leaderboard")
    assert problem["values"] == {"leaderboard": "spring", "nickname": "Anya"}


def test_post_entry__once_it_is_over__refused(cafe, clock, entry):
    ensure_leaderboard(board(window=Window("dates", first="2026-02-01", last="2026-02-28")), clock.now())
    refused(cafe.post(entry, {"nickname": "Anya"}), 409, "leaderboard_over")


def test_leaderboards__that_are_not_there__refused(cafe, coalition, entry):
    of_anna = f"/v1/members/{coalition.anna.id}/leaderboards"
    refused(cafe.get("/v1/leaderboards/autumn"), 404, "unknown_leaderboard")
    refused(cafe.get("/v1/leaderboards/spring?period=2026-13"), 404, "unknown_leaderboard_period")
    refused(cafe.get("/v1/leaderboards/spring?period=9999-W52"), 404, "unknown_leaderboard_period")
    refused(cafe.get("/v1/leaderboards/spring?period=2026-W11"), 404, "unknown_leaderboard_period")
    refused(cafe.get(f"{of_anna}/spring?period=2026-W11"), 404, "unknown_leaderboard_period")
    refused(cafe.get("/v1/leaderboards/spring?cursor=x"), 422, "invalid_cursor")
    refused(cafe.get("/v1/leaderboards/spring?limit=101"), 422, "validation_failed")
    refused(cafe.get(f"{of_anna}/autumn"), 404, "unknown_leaderboard")
    refused(cafe.get(f"{of_anna}/spring?period=2026-13"), 404, "unknown_leaderboard_period")
    refused(cafe.get(f"{of_anna}/spring"), 404, "not_on_leaderboard")
    refused(cafe.get("/v1/members/mem_nobody/leaderboards/spring"), 404, "unknown_member")
    refused(cafe.post(f"{of_anna}/autumn/entry", {"nickname": "Anya"}), 404, "unknown_leaderboard")
    refused(cafe.post("/v1/members/mem_nobody/leaderboards/spring/entry", {"nickname": "Anya"}), 404, "unknown_member")
    refused(cafe.call("DELETE", f"{of_anna}/autumn/entry"), 404, "unknown_leaderboard")


def test_post_entry__without_a_key_of_its_own__refused(cafe, stranger, entry):
    refused(cafe.post(entry, {"nickname": "Anya"}, idempotency_key=None), 400, "idempotency_key_required")
    refused(stranger.post(entry, {"nickname": "Anya"}), 401, "unauthenticated")
    refused(cafe.get("/v1/me/leaderboards/spring"), 403, "forbidden")


def test_delete_entry__that_the_member_made__is_not_for_partners(cafe, operator, annas_session, entry, nothing_changes):
    annas_session.post("/v1/me/leaderboards/spring/entry", {"nickname": "Anya"})
    with nothing_changes():
        problem = refused(cafe.call("DELETE", entry), 403, "entered_by_member")
        assert problem["values"] == {"leaderboard": "spring"}
    assert annas_session.get("/v1/leaderboards/spring").status_code == 200
    assert operator.call("DELETE", entry).status_code == 204


def test_me__joins_sees_and_leaves(annas_session, coalition, two):
    mine = "/v1/me/leaderboards/spring"
    shown = annas_session.get(mine).get_json()
    assert (shown["rank"], shown["nickname"], len(shown["around"])) == (2, "Anya", 2)
    assert annas_session.get("/v1/leaderboards/spring").get_json()["of"] == 2
    assert annas_session.get("/v1/leaderboards").status_code == 200
    assert annas_session.call("DELETE", f"{mine}/entry").status_code == 204
    assert stream()[-1] == ("leaderboard.left", coalition.operator.number)
    assert annas_session.post(f"{mine}/entry", {"nickname": "Annie"}).status_code == 201
    assert stream()[-1] == ("leaderboard.joined", coalition.operator.number)
    refused(annas_session.post(f"{mine}/entry", {"nickname": "Anya"}), 409, "already_on_leaderboard")
