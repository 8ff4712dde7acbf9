"""Badges to take out, and what anybody needs to verify them"""

import json
from dataclasses import replace
from threading import Thread

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from coalition.services.members import member_number
from coalition.services.profiles import change_profile
from coalition.store.database import database
from gamification.badge_keys import BadgeKeys
from gamification.grants import GrantState
from gamification.open_badges import OpenBadges
from gamification.store.reward_tables import BadgeCredential
from partner_api.resources.open_badges import ISSUER
from tests.api.callers import refused
from tests.integration.gamification.grants_made import DOORS, grant, publish_version, set_state

BASE = "https://coalition.example"


@pytest.fixture(autouse=True)
def issuer(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.extensions, ISSUER, OpenBadges(BadgeKeys(BASE, tmp_path / "keys")))


@pytest.fixture
def won(coalition, clock):
    return grant(coalition, publish_version(DOORS, now=clock.now()), DOORS, now=clock.now())


@pytest.fixture
def path(coalition, won):
    return f"/v1/members/{coalition.anna.id}/achievements/{won.id}/credential"


def at(address):
    """The path of an address of ours."""
    assert address.startswith(BASE)
    return address.removeprefix(BASE)


def read(token, stranger):
    keys = stranger.get("/.well-known/jwks.json").get_json(force=True)
    found = jws.deserialize_compact(token, KeySet.import_key_set(keys), algorithms=["RS256"])
    return found.headers(), json.loads(found.payload)


@pytest.mark.parametrize("caller", ["cinema", "operator"])
def test_get_credential__is_a_file_that_anybody_can_verify(request, stranger, path, won, caller):
    response = request.getfixturevalue(caller).get(path)

    assert response.content_type == "application/vc+jwt"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{won.id}.jwt"'
    assert response.headers["Cache-Control"] == "no-store"
    header, credential = read(response.text, stranger)
    assert credential["name"] == "Three doors"
    key = stranger.get(at(header["kid"]))
    assert key.get_json(force=True)["kid"] == header["kid"]
    assert "max-age" in key.headers["Cache-Control"]


def test_get_credential__every_address_in_it__can_be_had_without_a_key(stranger, cinema, path):
    _, credential = read(cinema.get(path).text, stranger)
    achievement = credential["credentialSubject"]["achievement"]
    addresses = [
        credential["issuer"]["id"],
        achievement["id"],
        achievement["image"]["id"],
        achievement["related"][0]["id"],
        credential["credentialStatus"]["id"],
    ]
    for address in addresses:
        response = stranger.get(at(address))
        assert response.status_code == 200
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        if "svg" not in address:
            assert response.get_json(force=True)["id"] == address


def test_get_credential__in_russian(stranger, cinema, path):
    response = cinema.get(path, headers={"Accept-Language": "ru"})
    assert response.headers["Content-Language"] == "ru"
    assert read(response.text, stranger)[1]["name"] == "Три двери"


def test_get_revocations__once_revoked__has_it(stranger, cinema, path, won):
    _, credential = read(cinema.get(path).text, stranger)
    set_state(won.id, GrantState.REVOKED)

    listed = stranger.get("/v1/open-badges/revocations").get_json()
    assert listed["revokedCredential"] == [{"id": credential["id"], "revoked": True}]
    refused(cinema.get(path), 409, "no_credential")


def test_get_credential__of_no_grant__refused(cinema, coalition, path):
    refused(cinema.get(f"/v1/members/{coalition.anna.id}/achievements/gra_0/credential"), 404, "unknown_grant")
    refused(cinema.get(path.replace(coalition.anna.id, "mem_0")), 404, "unknown_member")


def test_get_credential__of_what_was_not_won_there__refused_as_if_there_were_none(cafe, coalition, path, won):
    of_none = path.replace(won.id, f"gra_{'0' * 26}")
    problems = [refused(cafe.get(each), 404, "unknown_grant") for each in (path, of_none)]
    told = [(each["detail"].replace(won.id, ""), each["title"]) for each in problems]
    assert told[0] == (told[1][0].replace(f"gra_{'0' * 26}", ""), told[1][1])
    assert not BadgeCredential.select().exists()

    set_state(won.id, GrantState.REVOKED)
    refused(cafe.get(path), 404, "unknown_grant")


def test_get_credential__of_what_is_hidden_and_about_another_partner__refused(cinema, operator, coalition, clock):
    rule = replace(DOORS, hidden=True, where={"partner": "cafe"})
    won = grant(coalition, publish_version(rule, now=clock.now()), rule, now=clock.now())
    path = f"/v1/members/{coalition.anna.id}/achievements/{won.id}/credential"
    refused(cinema.get(path), 404, "unknown_grant")
    assert operator.get(path).status_code == 200


def test_get_credential__with_email__is_for_the_member_and_the_operator(
    stranger, cinema, operator, annas_session, coalition, clock, path, won
):
    own = f"/v1/me/achievements/{won.id}/credential?identity=email"
    refused(operator.get(f"{path}?identity=email"), 409, "no_email_address")
    change_profile(member_number(coalition.anna.id), {"email": "anna@example.com"}, now=clock.now())

    refused(cinema.get(f"{path}?identity=email"), 403, "forbidden")
    for response in (operator.get(f"{path}?identity=email"), annas_session.get(own)):
        assert read(response.text, stranger)[1]["credentialSubject"]["identifier"][0]["hashed"] is True
    refused(operator.get(f"{path}?identity=phone"), 422, "validation_failed")


def test_get_own_credential__is_the_same(cinema, annas_session, path, won):
    own = annas_session.get(f"/v1/me/achievements/{won.id}/credential")
    assert own.text == cinema.get(path).text


def test_get_credential__without_a_key__refused(stranger, path):
    refused(stranger.get(path), 401, "unauthenticated")


def test_get_issuer__has_the_keys(stranger, cinema, path):
    cinema.get(path)
    profile = stranger.get("/v1/open-badges/issuer").get_json(force=True)
    keys = stranger.get("/.well-known/jwks.json").get_json(force=True)["keys"]
    assert [method["publicKeyJwk"] for method in profile["verificationMethod"]] == keys
    assert profile["id"] == f"{BASE}/v1/open-badges/issuer"


def test_get_open_badges__none__refused(stranger, coalition):
    refused(stranger.get("/v1/open-badges/achievements/three-doors.1.1.en"), 404, "unknown_open_badge")
    refused(stranger.get("/v1/open-badges/keys/none"), 404, "unknown_open_badge")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_get_jwks__connections_pooled__gives_its_own_back(stranger, coalition):
    left_open = []

    def ask():
        stranger.get("/.well-known/jwks.json")
        left_open.append(not database.is_closed())

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    assert left_open == [False]
