"""POST /v1/members"""

import pytest

from coalition.events import read_after
from coalition.store import tables
from tests.api.callers import refused

URL = "/v1/members"
BORIS = {"phone": "+7 (916) 123-45-68", "consents": {"marketing": True}}


def test_post_member__a_new_person__has_a_card_and_no_points_yet(cinema):
    response = cinema.post(URL, BORIS | {"name": "Boris", "birth_date": "1990-05-01", "locale": "ru"})
    assert response.status_code == 201
    enrolled = response.get_json()
    assert enrolled["id"].startswith("mem_") and len(enrolled["card_number"]) == 16
    assert (enrolled["level"], enrolled["balance"]) == (1, 0)
    row = tables.Member.get(tables.Member.public_id == enrolled["id"])
    assert (row.phone, row.name, row.marketing_consent, row.locale) == ("+79161234568", "Boris", True, "ru")


def test_post_member__phone_of_a_member__refused_naming_the_member(cinema, coalition, nothing_changes):
    with nothing_changes():
        problem = refused(cinema.post(URL, BORIS | {"phone": "+79161234567"}), 409, "member_exists")
    assert problem["values"] == {"member": coalition.anna.id}


def test_post_member__by_referral__remembers_who_brought_them(cinema, coalition):
    anna = tables.Member.get(tables.Member.public_id == coalition.anna.id)
    enrolled = cinema.post(URL, BORIS | {"referral_code": anna.referral_code.lower()}).get_json()
    assert tables.Member.get(tables.Member.public_id == enrolled["id"]).referred_by == anna


def test_post_member__with_a_time_zone__lives_there(cinema, coalition):
    enrolled = cinema.post(URL, BORIS | {"time_zone": "Asia/Omsk"}).get_json()
    assert tables.Member.get(tables.Member.public_id == enrolled["id"]).time_zone == "Asia/Omsk"
    (event,) = read_after(0, 10)
    assert (event.type, event.partner, event.attributes) == (
        "member.moved",
        coalition.cinema.number,
        {"time_zone": "Asia/Omsk"},
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [({"phone": "89161234568"}, "invalid_phone"), ({"referral_code": "NOBODY22"}, "unknown_referral_code")],
)
def test_post_member__against_the_rules__refused_and_nothing_changes(cinema, nothing_changes, change, code):
    with nothing_changes():
        refused(cinema.post(URL, BORIS | change), 422, code)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"phone": 79161234568}, "/phone"),
        ({"phone": "+" + "7" * 32}, "/phone"),
        ({"email": "boris"}, "/email"),
        ({"birth_date": "01.05.1990"}, "/birth_date"),
        ({"locale": "de"}, "/locale"),
        ({"time_zone": "Moscow"}, "/time_zone"),
        ({"time_zone": None}, "/time_zone"),
        ({"time_zone": 3}, "/time_zone"),
        ({"time_zone": "localtime"}, "/time_zone"),
        ({"name": ""}, "/name"),
        ({"name": "Bo\0ris"}, "/name"),
        ({"consents": {}}, "/consents/marketing"),
        ({"consents": {"marketing": "yes"}}, "/consents/marketing"),
        ({"balance": 1_000_000}, "/balance"),
    ],
)
def test_post_member__malformed__refused_with_a_pointer_to_it(cinema, nothing_changes, change, pointer):
    with nothing_changes():
        problem = refused(cinema.post(URL, BORIS | change), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_post_member__by_an_operator__refused(operator, nothing_changes):
    with nothing_changes():
        refused(operator.post(URL, BORIS), 403, "forbidden")
