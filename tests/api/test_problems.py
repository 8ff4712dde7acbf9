"""Whatever goes wrong is a problem document; and GET /problems/{code}"""

import re
from io import BytesIO

import pytest
from peewee import OperationalError

from coalition import errors
from coalition.errors import CoalitionError
from coalition.papers import errors as papers
from coalition.payments import errors as payments
from coalition.services import balances, history
from gamification import errors as gamification
from gamification.acts import errors as acts
from partner_api import errors as http
from partner_api.refusals import CODES, KINDS
from tests.api.callers import refused


def test_kinds__every_refusal__is_in_the_table_under_a_code_of_its_own():
    refusals = {
        value
        for module in (errors, papers, payments, http, acts, gamification)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, CoalitionError) and value is not CoalitionError
    }
    assert set(KINDS) == refusals
    assert len(CODES) == len(KINDS)


def test_kinds__in_both_languages__and_the_russian_is_russian():
    for code, kind in CODES.items():
        for english, russian in ((kind.en, kind.ru), (kind.advice_en, kind.advice_ru)):
            assert english.isascii() and english
            assert re.search("[а-я]", russian), code


def test_problem__in_russian__title_in_russian_and_code_the_same(stranger):
    response = stranger.get("/v1/purchases", headers={"Accept-Language": "ru-RU, en;q=0.5"})
    assert refused(response, 401, "unauthenticated")["title"] == "Ключ не распознан"
    assert response.headers["Content-Language"] == "ru"
    assert "Accept-Language" in response.headers["Vary"]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v2/members",
        "/v1/purchases/a/b",
        "/v1/ledger/batches/one",
        f"/v1/ledger/batches/{1 << 63}",
        "/docs/nothing.js",
    ],
)
def test_no_such_address__refused(cinema, path):
    refused(cinema.get(path), 404, "not_found")


def test_no_such_method__refused_naming_those_there_are(cinema):
    response = cinema.call("DELETE", "/v1/purchases")
    refused(response, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(response.headers["Allow"].replace(" ", "").split(","))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{'a': 1}", b'{"a": NaN}', b'{"a": "\xff"}', b'{"a": "\\ud800"}', b"[" * 5000]
)
def test_body__not_json__refused_and_nothing_changes(cinema, nothing_changes, body):
    with nothing_changes():
        response = cinema.post("/v1/purchases", data=body, content_type="application/json")
        refused(response, 400, "malformed_json")


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_body__not_called_json__refused_and_nothing_changes(cinema, nothing_changes, content_type):
    with nothing_changes():
        refused(cinema.post("/v1/purchases", data=b"{}", content_type=content_type), 415, "unsupported_media_type")


@pytest.mark.parametrize("announced", [True, False])
def test_body__above_eight_mebibytes__refused_and_nothing_changes(cinema, nothing_changes, announced):
    """Where the length is not announced, the body comes in chunks and the server ends it."""
    body = b'{"a": "%s"}' % (b"a" * 8 * 1024 * 1024)
    chunked = {"content_length": None, "environ_overrides": {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}}
    options = {"data": body} if announced else {"input_stream": BytesIO(body)} | chunked
    with nothing_changes():
        response = cinema.post("/v1/purchases", content_type="application/json", **options)
        assert refused(response, 413, "body_too_large")["values"] == {"allowed_bytes": 8 * 1024 * 1024}


def test_failure_of_ours__tells_its_request_and_nothing_of_us(cinema, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("postgresql://user:secret@host")

    monkeypatch.setattr(history, "purchases", fail)
    response = cinema.get("/v1/purchases", headers={"X-Request-Id": "till-7.42"})
    problem = refused(response, 500, "internal_error")
    assert problem["values"] == {"request": "till-7.42"}
    assert b"secret" not in response.data and b"RuntimeError" not in response.data


def test_refusal_of_the_operators_processes__is_a_failure_of_ours(cinema, monkeypatch):
    class Unheard(CoalitionError):
        code = "unheard"
        template = "Not for tills."

    def refuse(*_, **__):
        raise Unheard()

    monkeypatch.setattr(history, "purchases", refuse)
    refused(cinema.get("/v1/purchases"), 500, "internal_error")


def test_database_unreachable__to_be_tried_again(cinema, monkeypatch):
    def fail(*_, **__):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(balances, "balance", fail)
    response = cinema.get("/v1/members/mem_1/balance")
    refused(response, 503, "temporarily_unavailable")
    assert response.headers["Retry-After"] == "5"


@pytest.mark.parametrize("sane", ["till-7.42", "01JD5Z", "a:b_c"])
def test_request_id__a_sane_one__is_taken_over(stranger, sane):
    assert stranger.get("/health/live", headers={"X-Request-Id": sane}).headers["X-Request-Id"] == sane


@pytest.mark.parametrize("odd", ["", "a b", "<script>", "x" * 129])
def test_request_id__another__is_replaced_by_one_of_ours(stranger, odd):
    answered = stranger.get("/health/live", headers={"X-Request-Id": odd}).headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", answered)


def test_get_problem__of_each_code__explains_it_in_both_languages(stranger):
    for code, kind in CODES.items():
        shown = stranger.get(f"/problems/{code}").get_json()
        assert (shown["code"], shown["status"]) == (code, kind.status)
        assert shown["title"] == {"en": kind.en, "ru": kind.ru}
        assert set(shown["advice"]) == {"en", "ru"}


def test_get_problem__in_a_browser__is_a_page_that_begins_with_the_readers_language(stranger):
    page = stranger.get("/problems/duplicate_receipt", headers={"Accept": "text/html", "Accept-Language": "ru"})
    assert page.content_type == "text/html; charset=utf-8"
    assert 'lang="ru"' in page.text.splitlines()[1]
    assert page.text.index("Чек уже учтён") < page.text.index("Duplicate receipt")


def test_get_problems__all__lists_each_code(stranger):
    assert {each["code"] for each in stranger.get("/problems").get_json()} == set(CODES)


def test_get_problem__none__refused(stranger):
    refused(stranger.get("/problems/none"), 404, "not_found")
