"""GET /v1/members, GET /v1/members/{id}"""

import pytest

from tests.api.callers import refused

URL = "/v1/members"


@pytest.fixture
def anna(coalition):
    member = coalition.anna
    return {"id": member.id, "card_number": member.card_number, "tier": None, "level": 1, "balance": 0}


def test_get_members__by_phone_however_written__found_by_any_partner(cafe, anna):
    assert cafe.get(URL, query_string={"phone": "+7 916 123-45-67"}).get_json() == anna


def test_get_members__by_card__found(cafe, operator, anna):
    assert cafe.get(URL, query_string={"card": anna["card_number"]}).get_json() == anna
    assert operator.get(URL, query_string={"card": anna["card_number"]}).get_json() == anna


def test_get_member__by_id__shows_what_a_till_needs_and_no_more(cafe, anna):
    assert cafe.get(f"{URL}/{anna['id']}").get_json() == anna


@pytest.mark.parametrize("query", [{"phone": "+79161234569"}, {"card": "9000000000000000"}])
def test_get_members__nobody__refused(cafe, query):
    refused(cafe.get(URL, query_string=query), 404, "unknown_member")


def test_get_members__not_a_phone__refused(cafe):
    refused(cafe.get(URL, query_string={"phone": "911"}), 422, "invalid_phone")


@pytest.mark.parametrize(
    "query", [{}, {"phone": "+79161234567", "card": "9000000000000000"}, {"name": "Anna"}, {"card": "9\0"}]
)
def test_get_members__no_proper_question__refused(cafe, query):
    refused(cafe.get(URL, query_string=query), 422, "validation_failed")


@pytest.mark.parametrize("member", ["mem_nobody", "%00", "'", "mem_" + "0" * 5000])
def test_get_member__nobody__refused(cafe, member):
    refused(cafe.get(f"{URL}/{member}"), 404, "unknown_member")
