"""GET /r/{code}: the page behind a member's link"""

import pytest

from coalition.store import tables


@pytest.fixture
def code(coalition):
    return tables.Member.get(tables.Member.public_id == coalition.anna.id).referral_code


def page(stranger, code, **headers):
    return stranger.app.test_client().get(f"/r/{code}", headers=headers)


def test_get_invitation__of_a_member__says_what_to_do_at_the_till_and_nothing_of_who_invites(stranger, coalition, code):
    response = page(stranger, code)
    assert response.status_code == 200
    assert response.content_type == "text/html; charset=utf-8"
    assert f">{code}</strong>" in response.text
    assert "at the till" in response.text
    for known in ("Anna", "79161234567", coalition.anna.id, coalition.anna.card_number):
        assert known not in response.text


def test_get_invitation__in_small_letters__shows_the_code_as_it_is(stranger, code):
    assert f">{code}</strong>" in page(stranger, code.lower()).text


def test_get_invitation__for_who_reads_russian__is_in_russian(stranger, code):
    response = page(stranger, code, **{"Accept-Language": "ru-RU, en;q=0.5"})
    assert 'lang="ru"' in response.text
    assert "на кассе" in response.text
    assert response.headers["Vary"] == "Accept-Language"


def test_get_invitation__is_kept_by_nobody_and_loads_nothing(stranger, code):
    headers = page(stranger, code).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'"


@pytest.mark.parametrize(("language", "words"), [("en", "Nobody has this code"), ("ru", "Такого кода нет")])
@pytest.mark.parametrize("unknown", ["NOBODY22", "%3Cscript%3E", "a" * 300, "%00"])
@pytest.mark.usefixtures("coalition")
def test_get_invitation__of_nobody__says_so(stranger, unknown, language, words):
    response = page(stranger, unknown, **{"Accept-Language": language})
    assert response.status_code == 404
    assert words in response.text
    assert "script" not in response.text and "aaa" not in response.text
