"""POST /v1/auth/codes, POST /v1/auth/sessions, DELETE /v1/auth/sessions/current"""

from datetime import timedelta

import pytest
from flask import g
from marshmallow import Schema, fields

from coalition.services import sessions
from coalition.services.keys import Principal
from coalition.store import tables
from partner_api.idempotency import answer_once
from tests.api.callers import Caller, refused
from tests.integration.texting import Phones, another

CODES, SESSIONS, CURRENT = "/v1/auth/codes", "/v1/auth/sessions", "/v1/auth/sessions/current"
ANNA, STRANGER = {"phone": "+7 916 123-45-67"}, {"phone": "+79169999999"}


@pytest.fixture
def phones(app, monkeypatch, tmp_path):
    monkeypatch.setattr(sessions, "_directory", tmp_path / "keys")
    phones = Phones()
    monkeypatch.setitem(app.extensions, "coalition-sms", phones)
    return phones


@pytest.fixture
def code(stranger, phones):
    assert stranger.post(CODES, ANNA).status_code == 202
    return phones.code


def told(response, *, but=("X-Request-Id",)):
    """All that the answer says but its own name."""
    return (response.status_code, response.data, sorted((k, v) for k, v in response.headers if k not in but))


def test_post_session__with_the_code__is_the_members(app, stranger, code, coalition):
    response = stranger.post(SESSIONS, ANNA | {"code": code})
    assert response.status_code == 201
    session = response.get_json()
    assert session["id"].startswith("ses_") and session["token"].startswith("cs_")
    assert (session["member"], session["expires_at"]) == (coalition.anna.id, "2026-04-01T09:00:00Z")
    assert Caller(app, session["token"]).get("/v1/me").get_json()["id"] == coalition.anna.id


def test_post_code__member_or_stranger__the_answers_are_the_same_byte_for_byte(stranger, phones, clock):
    answers = {}
    for who in (ANNA, STRANGER):
        said = answers[who["phone"]] = []
        said.append(told(stranger.post(SESSIONS, who | {"code": "123456"})))
        said += [told(stranger.post(CODES, who)) for _ in range(6)]
        assert said[-1][0] == 429
    for _ in range(6):
        wrong = another(phones.code)
        for who in (ANNA, STRANGER):
            answers[who["phone"]].append(told(stranger.post(SESSIONS, who | {"code": wrong})))
    clock.advance(timedelta(minutes=6))
    for who in (ANNA, STRANGER):
        answers[who["phone"]].append(told(stranger.post(SESSIONS, who | {"code": phones.code})))
    assert answers[ANNA["phone"]] == answers[STRANGER["phone"]]
    assert {text.phone for text in phones.texts} == {"+79161234567"}


def test_post_code__the_answer__tells_no_code(stranger, phones):
    response = stranger.post(CODES, ANNA)
    assert response.get_json() == {"expires_at": "2026-03-02T09:05:00Z"}


def test_post_code__too_many__refused_until_then(stranger, phones, clock, nothing_changes):
    for _ in range(5):
        assert stranger.post(CODES, ANNA).status_code == 202
    clock.advance(timedelta(minutes=10))
    with nothing_changes():
        response = stranger.post(CODES, ANNA)
        assert refused(response, 429, "too_many_codes")["values"] == {"retry_after_s": 3000}
    assert response.headers["Retry-After"] == "3000"
    clock.advance(timedelta(seconds=3000))
    assert stranger.post(CODES, ANNA).status_code == 202


def test_post_code__no_gateway_configured__refused_for_anybody(stranger, nothing_changes):
    with nothing_changes():
        for who in (ANNA, STRANGER):
            refused(stranger.post(CODES, who), 503, "sms_not_configured")


def test_post_session__wrong_used_expired_or_unknown__one_and_the_same_refusal(stranger, phones, code, clock):
    problems = [refused(stranger.post(SESSIONS, ANNA | {"code": another(code)}), 422, "wrong_code")]
    problems.append(refused(stranger.post(SESSIONS, STRANGER | {"code": code}), 422, "wrong_code"))
    assert stranger.post(SESSIONS, ANNA | {"code": code}).status_code == 201
    problems.append(refused(stranger.post(SESSIONS, ANNA | {"code": code}), 422, "wrong_code"))
    stranger.post(CODES, ANNA)
    clock.advance(timedelta(minutes=5))
    problems.append(refused(stranger.post(SESSIONS, ANNA | {"code": phones.code}), 422, "wrong_code"))
    assert all(problem == problems[0] for problem in problems)


def test_post_session__guessed_at__the_right_code_comes_too_late(stranger, code, nothing_changes):
    for _ in range(5):
        refused(stranger.post(SESSIONS, ANNA | {"code": another(code)}), 422, "wrong_code")
    with nothing_changes():
        refused(stranger.post(SESSIONS, ANNA | {"code": code}), 422, "wrong_code")


@pytest.mark.parametrize("phone", ["911", "+", "anna"])
def test_post__not_a_phone__refused(stranger, phones, nothing_changes, phone):
    with nothing_changes():
        refused(stranger.post(CODES, {"phone": phone}), 422, "invalid_phone")
        refused(stranger.post(SESSIONS, {"phone": phone, "code": "123456"}), 422, "invalid_phone")


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "١٢٣٤٥٦", "123456\n", 123456, None])
def test_post_session__no_code__refused_with_a_pointer_to_it(stranger, phones, nothing_changes, code):
    with nothing_changes():
        problem = refused(stranger.post(SESSIONS, ANNA | {"code": code}), 422, "validation_failed")
    assert {error["pointer"] for error in problem["errors"]} == {"/code"}


def test_post_code__with_more_than_a_phone__refused(stranger, phones, nothing_changes):
    with nothing_changes():
        refused(stranger.post(CODES, ANNA | {"locale": "en"}), 422, "validation_failed")


def test_delete_session__signed_out__opens_nothing_and_others_still_do(app, stranger, code, annas_session):
    session = Caller(app, stranger.post(SESSIONS, ANNA | {"code": code}).get_json()["token"])
    assert session.call("DELETE", CURRENT).status_code == 204
    refused(session.get("/v1/me"), 401, "unauthenticated")
    refused(session.call("DELETE", CURRENT), 401, "unauthenticated")
    assert annas_session.get("/v1/me").status_code == 200


def test_session__after_thirty_days__is_over(annas_session, clock):
    clock.advance(timedelta(days=30))
    refused(annas_session.get("/v1/me"), 401, "unauthenticated")


def test_idempotency_keys__of_members__are_each_ones_own(app, clock):
    def answered(member_id, to):
        with app.test_request_context("/v1/me/wishes", method="POST", headers={"Idempotency-Key": "k"}):
            g.principal = Principal("ses_1", "member", member=1, member_id=member_id)
            return answer_once(Wish(), lambda: {"wish": to}).get_json()["wish"]

    Wish = Schema.from_dict({"wish": fields.String()})
    assert [answered("mem_1", "a"), answered("mem_2", "b"), answered("mem_1", "c")] == ["a", "b", "a"]


def test_answers__are_kept_nowhere(stranger, code):
    stranger.post(SESSIONS, ANNA | {"code": code}, idempotency_key="k")
    assert tables.IdempotencyKey.select().count() == 0
