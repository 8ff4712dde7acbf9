"""GET /v1/members/{id}/referral, GET /v1/me/referral, and what tills tell of devices and cards"""

import pytest

from coalition.services import traits
from coalition.services.sessions import start_session
from coalition.store import tables
from coalition.store.database import execute
from tests.api.callers import Caller, refused
from tests.integration.gamification.granting import add_grant, add_referral_rule

MEMBERS = "/v1/members"
PURCHASES = "/v1/purchases"
BORIS = {"phone": "+7 (916) 123-45-68", "consents": {"marketing": True}}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(autouse=True)
def keys(tmp_path, monkeypatch):
    monkeypatch.setattr(traits, "_directory", tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture
def code(coalition):
    return tables.Member.get(tables.Member.public_id == coalition.anna.id).referral_code


def kept():
    """(member, kind) of every trait."""
    rows = execute(
        "SELECT m.public_id, t.kind FROM member_trait t JOIN member m ON m.id = t.member_id ORDER BY m.id, t.kind"
    ).fetchall()
    return [tuple(row) for row in rows]


def test_get_referral__of_a_member__has_code_and_link_and_what_came_of_it(cinema, operator, coalition, code, clock):
    add_referral_rule(per_month=5)
    boris = cinema.post(MEMBERS, BORIS | {"referral_code": code}).get_json()["id"]
    won = add_grant(boris, "referral-friend", clock.now())
    add_grant(coalition.anna.id, "referral-referrer", clock.now(), cause=won)
    for caller in (cinema, operator):
        response = caller.get(f"{MEMBERS}/{coalition.anna.id}/referral")
        assert response.status_code == 200
        assert response.get_json() == {
            "member": coalition.anna.id,
            "code": code,
            "link": f"http://127.0.0.1:8000/r/{code}",
            "invited": 1,
            "qualified": 1,
            "rewarded": 1,
            "held": 0,
            "this_month": {"rewarded": 1, "limit": 5},
        }


def test_get_referral__where_no_rule_is_published__has_no_limit(cinema, coalition):
    shown = cinema.get(f"{MEMBERS}/{coalition.anna.id}/referral").get_json()
    assert shown["this_month"] == {"rewarded": 0, "limit": None}


def test_get_referral__of_nobody__refused(cinema):
    refused(cinema.get(f"{MEMBERS}/mem_nobody/referral"), 404, "unknown_member")


def test_get_own_referral__is_what_a_till_sees_of_them(app, cinema, coalition, clock):
    member = Caller(app, start_session(coalition.anna.id, now=clock.now()).token)
    assert member.get("/v1/me/referral").get_json() == cinema.get(f"{MEMBERS}/{coalition.anna.id}/referral").get_json()


def test_get_own_referral__by_a_key__refused(cinema):
    refused(cinema.get("/v1/me/referral"), 403, "forbidden")


def test_post_member__with_a_device__keeps_a_hash_of_it(cinema, keys):
    response = cinema.post(MEMBERS, BORIS | {"device": "d-1"})
    assert response.status_code == 201
    assert kept() == [(response.get_json()["id"], "device")]
    assert (keys / "traits").exists()


def test_post_member__without_hints__needs_no_key(cinema, keys, code):
    assert cinema.post(MEMBERS, BORIS | {"referral_code": code}).status_code == 201
    assert kept() == []
    assert not keys.exists()


def test_post_member__by_a_code_with_a_number_that_was_a_members__remembers_that(cinema, coalition, clock, code):
    traits.note_trait(coalition.anna.id, "phone", "+79161234568", clock.now())
    boris = cinema.post(MEMBERS, BORIS | {"referral_code": code}).get_json()["id"]
    assert kept() == [(coalition.anna.id, "phone"), (boris, "phone")]


def test_post_member__without_a_code_with_a_number_that_was_a_members__does_not(cinema, coalition, clock):
    traits.note_trait(coalition.anna.id, "phone", "+79161234568", clock.now())
    cinema.post(MEMBERS, BORIS)
    assert kept() == [(coalition.anna.id, "phone")]


def test_post_member__refused__keeps_no_trait(cinema, nothing_changes):
    with nothing_changes():
        refused(
            cinema.post(MEMBERS, BORIS | {"device": "d-1", "referral_code": "NOBODY22"}), 422, "unknown_referral_code"
        )


@pytest.mark.parametrize("device", ["", "d" * 256, "d\x00", 7, None])
def test_post_member__with_a_device_that_is_none__refused_with_a_pointer(cinema, nothing_changes, device):
    with nothing_changes():
        problem = refused(cinema.post(MEMBERS, BORIS | {"device": device}), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == ["/device"]


def test_post_purchase__with_a_card__keeps_a_hash_of_it_once(cinema, receipt, coalition):
    plain = cinema.post(PURCHASES, receipt).get_json()
    for number in (2, 3):
        response = cinema.post(PURCHASES, receipt | {"receipt_id": f"r-{number}", "payment_card": "tok_1"})
        assert response.status_code == 201
        assert response.get_json().keys() == plain.keys()
    assert kept() == [(coalition.anna.id, "payment_card")]


def test_post_purchase__with_a_card__has_the_ledgers_document_of_one_without(cinema, receipt):
    first = cinema.post(PURCHASES, receipt | {"payment_card": "tok_1"}).get_json()["id"]
    hashes = [row.document_hash for row in tables.Purchase.select()]
    tables.Purchase.update(receipt_id="other").where(tables.Purchase.public_id == first).execute()
    tables.Event.update(source_event_id="other").where(tables.Event.source_event_id == "r-1").execute()
    cinema.post(PURCHASES, receipt)
    assert {row.document_hash for row in tables.Purchase.select()} == set(hashes)


def test_post_purchase__repeated_with_its_key__is_answered_again(cinema, receipt):
    sent = [cinema.post(PURCHASES, receipt | {"payment_card": "tok_1"}, idempotency_key="k-1") for _ in range(2)]
    assert sent[0].get_json() == sent[1].get_json()
    assert sent[1].headers["Idempotency-Replayed"] == "true"


def test_post_purchase__with_null_for_a_card__keeps_nothing(cinema, receipt):
    assert cinema.post(PURCHASES, receipt | {"payment_card": None}).status_code == 201
    assert kept() == []


@pytest.mark.parametrize(
    "card", ["4111111111111111", "4111 1111 1111 1111", "378282246310005", "t=4111-1111-1111-1111"]
)
def test_post_purchase__with_the_number_of_a_card__refused_without_repeating_it(cinema, receipt, nothing_changes, card):
    with nothing_changes():
        response = cinema.post(PURCHASES, receipt | {"payment_card": card})
        problem = refused(response, 422, "validation_failed")
    (error,) = problem["errors"]
    assert error["pointer"] == "/payment_card"
    assert "token or a fingerprint" in error["message"]
    assert card not in response.text


@pytest.mark.parametrize("card", ["", "t" * 256, "t\n", 4111111111111111])
def test_post_purchase__with_a_card_that_is_none__refused_with_a_pointer(cinema, receipt, nothing_changes, card):
    with nothing_changes():
        problem = refused(cinema.post(PURCHASES, receipt | {"payment_card": card}), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == ["/payment_card"]


def test_post_purchase__refused__keeps_no_trait(cinema, receipt, nothing_changes):
    with nothing_changes():
        refused(
            cinema.post(PURCHASES, receipt | {"payment_card": "tok_1", "member": "mem_nobody"}), 404, "unknown_member"
        )
