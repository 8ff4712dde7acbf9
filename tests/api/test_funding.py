"""POST and GET /v1/partners/{id}/packs, POST …/prepayment, GET …/funding, GET /v1/funding"""

import pytest

from tests.api.callers import refused

PACK = {"points": 500, "amount_minor": 450, "currency": "USD", "reference": "invoice-7"}


@pytest.fixture
def url(coalition):
    return f"/v1/partners/{coalition.cinema.id}"


def test_post_pack__is_entered_with_the_operators_key(operator, url, coalition):
    response = operator.post(f"{url}/packs", PACK)
    assert response.status_code == 201
    pack = response.get_json()
    assert pack["id"].startswith("pck_") and pack["by"].startswith("key_")
    assert {key: pack[key] for key in PACK} == PACK
    assert operator.get(f"{url}/packs").get_json() == {"data": [pack], "next_cursor": None}


def test_post_pack__same_reference__bought_once_whatever_the_idempotency_key(operator, url, nothing_changes):
    first = operator.post(f"{url}/packs", PACK, "k")
    assert operator.post(f"{url}/packs", PACK, "k").data == first.data
    assert operator.post(f"{url}/packs", PACK).get_json() == first.get_json()
    with nothing_changes():
        refused(operator.post(f"{url}/packs", PACK | {"points": 501}), 409, "duplicate_reference")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"points": 0}, "/points"),
        ({"points": 1 << 56}, "/points"),
        ({"amount_minor": -1}, "/amount_minor"),
        ({"currency": "usd"}, "/currency"),
        ({"reference": ""}, "/reference"),
    ],
)
def test_post_pack__malformed__refused_with_a_pointer_to_it(operator, url, nothing_changes, change, pointer):
    with nothing_changes():
        problem = refused(operator.post(f"{url}/packs", PACK | change), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_post_pack__of_more_than_the_ledger_can_count__refused(operator, url, nothing_changes):
    operator.post(f"{url}/packs", PACK)
    with nothing_changes():
        huge = PACK | {"points": (1 << 56) - 1, "reference": "another"}
        refused(operator.post(f"{url}/packs", huge), 422, "invalid_pack")


def test_prepayment__bounds_what_the_partner_issues(operator, cinema, url, receipt, nothing_changes):
    operator.post(f"{url}/packs", PACK | {"points": 250})
    answer = operator.post(f"{url}/prepayment")
    assert (answer.status_code, answer.get_json()["funding"]) == (200, "prepaid")
    assert cinema.post("/v1/purchases", receipt).status_code == 201
    mine = cinema.get("/v1/funding").get_json()
    assert mine == operator.get(f"{url}/funding").get_json()
    assert mine == {
        "partner": url.rpartition("/")[2],
        "name": "cinema",
        "funding": "prepaid",
        "limit": 250,
        "bought": 250,
        "used": 0,
        "outstanding": 200,
        "left": 50,
        "alert": "low",
    }
    with nothing_changes():
        refused(cinema.post("/v1/purchases", receipt | {"receipt_id": "r-2"}), 409, "issuer_limit_exceeded")


@pytest.mark.usefixtures("annas_purchase")
def test_prepayment__with_more_outstanding_than_bought__refused(operator, url, nothing_changes):
    with nothing_changes():
        problem = refused(operator.post(f"{url}/prepayment"), 409, "pack_too_small")
    assert problem["values"] == {"partner": "cinema", "bought": 0, "outstanding": 200}


def test_patch_partner__limit_of_a_prepaid_one__refused(operator, url, nothing_changes):
    operator.post(f"{url}/prepayment")
    with nothing_changes():
        refused(operator.call("PATCH", url, {"limit": 5}), 422, "invalid_partner")


def test_funding__of_a_postpaid_partner__without_a_limit_says_null(cinema):
    mine = cinema.get("/v1/funding").get_json()
    assert (mine["funding"], mine["limit"], mine["left"], mine["alert"]) == ("postpaid", None, None, "none")


def test_funding__of_nobody__refused(operator):
    for path in ("funding", "packs"):
        refused(operator.get(f"/v1/partners/par_none/{path}"), 404, "unknown_partner")
    refused(operator.post("/v1/partners/par_none/packs", PACK), 404, "unknown_partner")
    refused(operator.post("/v1/partners/par_none/prepayment"), 404, "unknown_partner")


def test_packs__are_the_operators_affair(cinema, operator, url):
    refused(cinema.post(f"{url}/packs", PACK), 403, "forbidden")
    refused(cinema.get(f"{url}/packs"), 403, "forbidden")
    refused(cinema.post(f"{url}/prepayment"), 403, "forbidden")
    refused(cinema.get(f"{url}/funding"), 403, "forbidden")
    refused(operator.get("/v1/funding"), 403, "forbidden")
