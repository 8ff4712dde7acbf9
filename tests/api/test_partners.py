"""POST /v1/partners, GET /v1/partners, GET and PATCH /v1/partners/{id}"""

import pytest

from tests.api.callers import refused

URL = "/v1/partners"


@pytest.fixture
def cinema_url(coalition):
    return f"{URL}/{coalition.cinema.id}"


def test_post_partner__a_merchant__takes_part_with_the_next_number(operator):
    response = operator.post(URL, {"name": "baker", "rate_bps": 300, "limit": 5000})
    assert response.status_code == 201
    registered = response.get_json()
    assert registered.pop("id").startswith("par_")
    assert registered == {
        "number": 5,
        "name": "baker",
        "kind": "merchant",
        "status": "active",
        "rate_bps": 300,
        "limit": 5000,
        "outstanding": 0,
        "funding": "postpaid",
        "stores": [],
    }


def test_post_partner__a_charity__is_one(operator):
    registered = operator.post(URL, {"name": "shelter", "rate_bps": 0, "kind": "charity"}).get_json()
    assert registered["kind"] == operator.get(f"{URL}/{registered['id']}").get_json()["kind"] == "charity"


def test_post_partner__same_key_same_body__one_partner(operator):
    first = operator.post(URL, {"name": "baker", "rate_bps": 300}, "k")
    assert operator.post(URL, {"name": "baker", "rate_bps": 300}, "k").data == first.data


def test_post_partner__name_taken__refused_and_nothing_changes(operator, nothing_changes):
    with nothing_changes():
        refused(operator.post(URL, {"name": "cinema", "rate_bps": 300}), 409, "partner_exists")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"rate_bps": 10_001}, "/rate_bps"),
        ({"rate_bps": "300"}, "/rate_bps"),
        ({"limit": -1}, "/limit"),
        ({"limit": 1 << 56}, "/limit"),
        ({"kind": "operator"}, "/kind"),
    ],
)
def test_post_partner__malformed__refused_with_a_pointer_to_it(operator, nothing_changes, change, pointer):
    with nothing_changes():
        problem = refused(operator.post(URL, {"name": "baker", "rate_bps": 300} | change), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_get_partners__page_by_page__all_by_number(operator):
    first = operator.get(URL, query_string={"limit": 3}).get_json()
    second = operator.get(URL, query_string={"limit": 3, "cursor": first["next_cursor"]}).get_json()
    assert [each["name"] for page in (first, second) for each in page["data"]] == [
        "operator",
        "cinema",
        "cafe",
        "grocer",
    ]
    assert second["next_cursor"] is None


def test_get_partner__without_a_limit__says_null(operator, cinema_url):
    assert operator.get(cinema_url).get_json()["limit"] is None


def test_get_partner__none__refused(operator):
    refused(operator.get(f"{URL}/par_none"), 404, "unknown_partner")


def test_patch_partner__suspended_and_reinstated__may_sell_again(operator, cinema, cinema_url, receipt):
    assert operator.call("PATCH", cinema_url, {"status": "suspended"}).get_json()["status"] == "suspended"
    refused(cinema.post("/v1/purchases", receipt), 403, "partner_suspended")
    assert operator.call("PATCH", cinema_url, {"status": "active"}).get_json()["status"] == "active"
    assert cinema.post("/v1/purchases", receipt).status_code == 201


def test_patch_partner__limited_and_unlimited_again__the_rest_stays(operator, cinema_url):
    before = operator.get(cinema_url).get_json()
    assert operator.call("PATCH", cinema_url, {"limit": 7}).get_json() == before | {"limit": 7}
    assert operator.call("PATCH", cinema_url, {"limit": None}).get_json() == before


def test_patch_partner__limit_below_what_is_outstanding__refused_and_nothing_changes(
    operator, cinema, cinema_url, receipt, nothing_changes
):
    cinema.post("/v1/purchases", receipt)
    with nothing_changes():
        response = operator.call("PATCH", cinema_url, {"limit": 199, "status": "suspended"})
        refused(response, 422, "invalid_partner")


@pytest.mark.parametrize("change", [{}, {"status": "closed"}, {"rate_bps": 1}, {"limit": True}])
def test_patch_partner__malformed__refused_and_nothing_changes(operator, cinema_url, nothing_changes, change):
    with nothing_changes():
        refused(operator.call("PATCH", cinema_url, change), 422, "validation_failed")


def test_patch_partner__none__refused(operator):
    refused(operator.call("PATCH", f"{URL}/par_none", {"status": "active"}), 404, "unknown_partner")
