"""POST and GET /v1/ideas and /v1/surveys, and what members do with them: POST /v1/me/ideas/{id}/vote,
POST /v1/me/surveys/{id}/completion"""

from datetime import timedelta

import pytest

from coalition import events
from tests.api.callers import refused

CLOSES = "2026-03-09T09:00:00Z"
IDEA = {"title": "Later hours", "text": "Open until ten?", "closes_at": CLOSES}
SURVEY = {"title": "How was it?", "closes_at": CLOSES, "keeps_answers": True}


@pytest.fixture
def idea(cafe):
    return cafe.post("/v1/ideas", IDEA).get_json()


@pytest.fixture
def survey(cafe):
    return cafe.post("/v1/surveys", SURVEY).get_json()


def test_post_idea__is_listed_with_its_votes(cafe, cinema, operator, coalition, idea, annas_session):
    assert idea == IDEA | {
        "id": idea["id"],
        "partner": coalition.cafe.id,
        "created_at": "2026-03-02T09:00:00Z",
        "votes": 0,
    }
    annas_session.post(f"/v1/me/ideas/{idea['id']}/vote")
    assert cafe.get("/v1/ideas").get_json()["data"] == [idea | {"votes": 1}]
    assert operator.get(f"/v1/ideas/{idea['id']}").get_json() == idea | {"votes": 1}
    assert cinema.get("/v1/ideas").get_json()["data"] == []
    refused(cinema.get(f"/v1/ideas/{idea['id']}"), 404, "unknown_idea")


def test_post_idea__by_an_operator__is_everybodys(operator, cafe, coalition):
    idea = operator.post("/v1/ideas", IDEA | {"text": None}).get_json()
    assert idea["partner"] == coalition.operator.id
    assert cafe.get("/v1/ideas").get_json()["data"] == [idea]


def test_post_idea__that_cannot_be__is_refused(cafe, annas_session, nothing_changes):
    with nothing_changes():
        problem = refused(cafe.post("/v1/ideas", IDEA | {"closes_at": "2026-03-02T09:00:00Z"}), 422, "closes_in_past")
        assert problem["errors"][0]["pointer"] == "/closes_at"
        refused(cafe.post("/v1/ideas", IDEA | {"title": ""}), 422, "validation_failed")
        refused(annas_session.post("/v1/ideas", IDEA), 403, "forbidden")


def test_vote__in_ones_own_session__is_once_and_for_ever(annas_session, cafe, coalition, idea, nothing_changes, clock):
    url = f"/v1/me/ideas/{idea['id']}/vote"
    (shown,) = annas_session.get("/v1/me/ideas").get_json()["data"]
    assert shown == idea | {"voted": False}
    response = annas_session.post(url, idempotency_key="k-1")
    assert (response.status_code, response.get_json()["type"]) == (201, "idea.voted")
    assert annas_session.post(url, idempotency_key="k-1").headers["Idempotency-Replayed"] == "true"
    assert [event.type for event in events.read_after(0, 9)] == ["idea.voted"]
    (shown,) = annas_session.get("/v1/me/ideas").get_json()["data"]
    assert shown == idea | {"voted": True, "votes": 1}
    body = {"event_id": "e-1", "type": "idea.voted", "member": coalition.anna.id, "attributes": {"idea": idea["id"]}}
    with nothing_changes():
        problem = refused(annas_session.post(url), 409, "already_voted")
        assert problem["values"] == {"idea": idea["id"], "event": response.get_json()["id"]}
        assert "errors" not in problem
        problem = refused(
            cafe.post("/v1/events", body | {"occurred_at": clock.now().isoformat()}), 409, "already_voted"
        )
        assert [error["pointer"] for error in problem["errors"]] == ["/attributes/idea"]


def test_vote__passed_on_by_a_partner__is_for_its_own_ideas(cafe, operator, coalition, idea, clock, nothing_changes):
    def vote(idea):
        body = {"type": "idea.voted", "member": coalition.anna.id, "occurred_at": clock.now().isoformat()}
        return cafe.post("/v1/events", body | {"event_id": idea["id"], "attributes": {"idea": idea["id"]}})

    everybodys = operator.post("/v1/ideas", IDEA).get_json()
    with nothing_changes():
        problem = refused(vote(everybodys), 403, "answered_in_session")
        assert problem["values"] == {"question": everybodys["id"]}
        assert [error["pointer"] for error in problem["errors"]] == ["/attributes/idea"]
    assert vote(idea).status_code == 201


def test_vote__closed_or_unknown_or_by_others__is_refused(annas_session, cafe, idea, clock):
    refused(cafe.post(f"/v1/me/ideas/{idea['id']}/vote"), 403, "forbidden")
    refused(annas_session.post("/v1/me/ideas/ide_nothing/vote"), 404, "unknown_idea")
    refused(
        annas_session.post(f"/v1/me/ideas/{idea['id']}/vote", idempotency_key=None), 400, "idempotency_key_required"
    )
    clock.advance(timedelta(days=7))
    refused(annas_session.post(f"/v1/me/ideas/{idea['id']}/vote"), 409, "idea_closed")
    assert annas_session.get("/v1/me/ideas").get_json()["data"] == []


def test_survey__completed_in_ones_own_session__once(annas_session, cafe, cinema, operator, survey, clock):
    assert (survey["keeps_answers"], survey["completions"]) == (True, 0)
    url = f"/v1/me/surveys/{survey['id']}/completion"
    refused(annas_session.post(url, {"answers": ["a" * 1001]}), 422, "validation_failed")
    response = annas_session.post(url, {"answers": ["fine", "more tea"]})
    assert (response.status_code, response.get_json()["state"]) == (201, "recorded")
    refused(annas_session.post(url, {}), 409, "already_completed")
    refused(annas_session.post("/v1/me/surveys/sur_nothing/completion", {}), 404, "unknown_survey")
    assert cafe.get(f"/v1/surveys/{survey['id']}").get_json()["completions"] == 1
    assert cafe.get("/v1/surveys").get_json()["data"][0]["completions"] == 1
    answers = f"/v1/surveys/{survey['id']}/answers"
    assert cafe.get(answers).get_json() == {"data": [{"answers": ["fine", "more tea"]}], "next_cursor": None}
    refused(cinema.get(answers), 404, "unknown_survey")
    (shown,) = annas_session.get("/v1/me/surveys").get_json()["data"]
    assert shown["completed"]
    other = cafe.post("/v1/surveys", SURVEY).get_json()
    clock.advance(timedelta(days=7))
    refused(annas_session.post(f"/v1/me/surveys/{other['id']}/completion", {}), 409, "survey_closed")
