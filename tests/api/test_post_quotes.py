"""POST /v1/quotes"""

import pytest

from coalition.services import partners
from tests.api.callers import refused

URL = "/v1/quotes"


@pytest.fixture
def cart(receipt):
    return {name: receipt[name] for name in ("member", "currency", "lines")}


def test_post_quote__a_cart__tells_what_it_would_earn_and_writes_nothing(cinema, coalition, cart, nothing_changes):
    with nothing_changes():
        response = cinema.post(URL, cart, idempotency_key=None)
    assert response.status_code == 200
    assert response.get_json() == {
        "accrual": {
            "points": 200,
            "breakdown": [
                {"line_id": "1", "rule": "base", "points": 150, "funder": coalition.cinema.id},
                {"line_id": "2", "rule": "base", "points": 50, "funder": coalition.cinema.id},
            ],
        },
        "redemption": {"max_points": 0, "points": 0, "discount_minor": 0},
        "payable_minor": 2000,
    }


def test_post_quote__with_points__equals_the_purchase_that_follows(cinema, cafe, receipt, cart):
    cinema.post("/v1/purchases", receipt)
    quoted = cafe.post(URL, cart | {"points_to_redeem": 150}).get_json()
    recorded = cafe.post("/v1/purchases", receipt | {"points_to_redeem": 150}).get_json()
    assert quoted["redemption"] == {"max_points": 200} | recorded["redemption"]
    assert quoted["payable_minor"] == recorded["payable_minor"]
    assert quoted["accrual"].items() <= recorded["accrual"].items()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"member": "mem_nobody"}, 404, "unknown_member"),
        ({"currency": "EUR"}, 422, "wrong_currency"),
        ({"points_to_redeem": 1}, 409, "insufficient_points"),
        ({"lines": [{}] * 10_001}, 422, "too_many_lines"),
        ({"receipt_id": "r-1"}, 422, "validation_failed"),
    ],
)
def test_post_quote__of_what_would_be_refused__refused(cinema, cart, change, status, code):
    refused(cinema.post(URL, cart | change), status, code)


def test_post_quote__line_id_twice__refused(cinema, cart):
    refused(cinema.post(URL, cart | {"lines": cart["lines"][:1] * 2}), 422, "duplicate_line")


def test_post_quote__partner_suspended__refused(cinema, coalition, cart):
    partners.set_status(coalition.cinema.id, "suspended")
    refused(cinema.post(URL, cart), 403, "partner_suspended")


def test_post_quote__beyond_the_limit__refused(cinema, coalition, cart):
    partners.set_limit(coalition.cinema.id, 199)
    refused(cinema.post(URL, cart), 409, "issuer_limit_exceeded")


def test_post_quote__at_a_store__reckons_by_the_rules_of_that_store(cinema, coalition, cart, publish):
    publish({"accrual": {"rules": [{"id": "mall", "rate_bps": 2000, "when": {"stores": ["mall"]}}]}})
    assert cinema.post(URL, cart | {"store_id": "mall"}).get_json()["accrual"]["points"] == 400
    assert cinema.post(URL, cart | {"store_id": "station"}).get_json()["accrual"]["points"] == 200


def test_post_quote__at_a_store_that_the_partner_does_not_have__refused(cinema, coalition, cart):
    partners.change_partner(coalition.cinema.id, stores=["mall"])
    refused(cinema.post(URL, cart | {"store_id": "moon"}), 422, "unknown_store")


def test_post_quote__paid_by_a_funder__says_at_whose_cost(cinema, coalition, cart, publish):
    publish({"accrual": {"rules": [{"id": "double", "multiplier_bps": 20_000, "funded_by": {"cafe": 1}}]}})
    breakdown = cinema.post(URL, cart).get_json()["accrual"]["breakdown"]
    assert [(each["rule"], each["funder"]) for each in breakdown[:2]] == [
        ("base", coalition.cinema.id),
        ("double", coalition.cafe.id),
    ]
