"""POST /v1/purchases"""

from datetime import timedelta

import pytest

from coalition.errors import TooManyLines
from coalition.services import partners
from coalition.store import tables
from tests.api.callers import refused

URL = "/v1/purchases"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    return request.getfixturevalue(f"{request.param}_url")


def test_post_purchase__a_receipt__earns_points_with_the_reason_for_each(cinema, coalition, receipt):
    response = cinema.post(URL, receipt)
    assert response.status_code == 201
    recorded = response.get_json()
    assert recorded.pop("id").startswith("pur_")
    assert recorded == {
        "accrual": {
            "points": 200,
            "available_at": "2026-03-02T08:59:00Z",
            "expires_at": "2028-03-03T00:00:00Z",
            "breakdown": [
                {"line_id": "1", "rule": "base", "points": 150, "funder": coalition.cinema.id},
                {"line_id": "2", "rule": "base", "points": 50, "funder": coalition.cinema.id},
            ],
        },
        "redemption": None,
        "payable_minor": 2000,
        "balance": 200,
        "ledger": {"status": "pending"},
    }


def test_post_purchase__with_points__they_pay_and_what_they_paid_earns_nothing(cinema, cafe, receipt):
    cinema.post(URL, receipt)
    coffee = {"line_id": "1", "sku": "coffee", "category": "drink", "quantity": 1, "amount_minor": 500}
    recorded = cafe.post(URL, receipt | {"lines": [coffee], "points_to_redeem": 200}).get_json()
    assert recorded["redemption"] == {"points": 200, "discount_minor": 200}
    assert recorded["payable_minor"] == 300
    assert recorded["accrual"]["points"] == 15
    assert recorded["balance"] == 15


def test_post_purchase__nothing_earned_and_nothing_redeemed__has_nothing_for_the_ledger(cinema, receipt):
    free = receipt["lines"][0] | {"amount_minor": 0}
    recorded = cinema.post(URL, receipt | {"lines": [free]}).get_json()
    assert recorded["ledger"] == {"status": "none"}
    assert cinema.get(f"{URL}/{recorded['id']}").get_json()["ledger"]["status"] == "none"


def test_post_purchase__second_receipt_of_the_same_id__refused_naming_the_purchase(cinema, receipt, nothing_changes):
    first = cinema.post(URL, receipt).get_json()
    with nothing_changes():
        problem = refused(cinema.post(URL, receipt), 409, "duplicate_receipt")
    assert problem["values"] == {"receipt_id": "r-1", "purchase": first["id"]}


def test_post_purchase__same_receipt_id_at_another_partner__is_another_receipt(cinema, cafe, receipt):
    assert cinema.post(URL, receipt).status_code == cafe.post(URL, receipt).status_code == 201


@pytest.mark.parametrize(
    ("change", "status", "code", "values"),
    [
        ({"member": "mem_nobody"}, 404, "unknown_member", {"member": "mem_nobody"}),
        ({"currency": "EUR"}, 422, "wrong_currency", {"expected": "USD", "given": "EUR"}),
        ({"points_to_redeem": 1}, 409, "insufficient_points", {"available": 0, "required": 1}),
    ],
)
def test_post_purchase__against_the_rules__refused_and_nothing_changes(
    cinema, receipt, nothing_changes, change, status, code, values
):
    with nothing_changes():
        assert refused(cinema.post(URL, receipt | change), status, code)["values"] == values


def test_post_purchase__points_beyond_the_receipt__refused_and_nothing_changes(cinema, cafe, receipt, nothing_changes):
    cinema.post(URL, receipt)
    coffee = {"line_id": "1", "sku": "coffee", "category": "drink", "quantity": 1, "amount_minor": 100}
    with nothing_changes():
        problem = refused(
            cafe.post(URL, receipt | {"lines": [coffee], "points_to_redeem": 101}), 422, "redemption_above_maximum"
        )
    assert problem["values"] == {"max_points": 100, "required": 101}


def test_post_purchase__from_the_future__refused_and_nothing_changes(cinema, receipt, clock, nothing_changes):
    later = (clock.now() + timedelta(minutes=6)).isoformat()
    with nothing_changes():
        refused(cinema.post(URL, receipt | {"occurred_at": later}), 422, "receipt_from_future")


def test_post_purchase__line_id_twice__refused_and_nothing_changes(cinema, receipt, nothing_changes):
    with nothing_changes():
        problem = refused(cinema.post(URL, receipt | {"lines": receipt["lines"][:1] * 2}), 422, "duplicate_line")
    assert problem["values"] == {"line_id": "1"}


def test_post_purchase__rebates_above_the_prices__refused_and_nothing_changes(cinema, receipt, nothing_changes):
    rebate = receipt["lines"][0] | {"line_id": "3", "amount_minor": -2001}
    with nothing_changes():
        refused(cinema.post(URL, receipt | {"lines": [*receipt["lines"], rebate]}), 422, "negative_receipt")


def test_post_purchase__ten_thousand_and_one_lines__refused_before_any_is_read(cinema, receipt, nothing_changes):
    with nothing_changes():
        problem = refused(cinema.post(URL, receipt | {"lines": ["not even a line"] * 10_001}), 422, TooManyLines.code)
    assert problem["values"] == {"allowed": 10_000, "lines": 10_001}


def test_post_purchase__ten_thousand_lines__recorded(cinema, receipt):
    lines = [receipt["lines"][0] | {"line_id": str(number)} for number in range(10_000)]
    recorded = cinema.post(URL, receipt | {"lines": lines}).get_json()
    assert recorded["accrual"]["points"] == 1_500_000
    assert tables.PurchaseLine.select().count() == 10_000


def test_post_purchase__partner_suspended__refused_until_it_is_reinstated(cinema, coalition, receipt, nothing_changes):
    partners.set_status(coalition.cinema.id, "suspended")
    with nothing_changes():
        refused(cinema.post(URL, receipt, "k"), 403, "partner_suspended")
    partners.set_status(coalition.cinema.id, "active")
    assert cinema.post(URL, receipt, "k").status_code == 201


def test_post_purchase__beyond_the_limit__refused_and_nothing_changes(cinema, coalition, receipt, nothing_changes):
    partners.set_limit(coalition.cinema.id, 199)
    with nothing_changes():
        problem = refused(cinema.post(URL, receipt), 409, "issuer_limit_exceeded")
    assert problem["values"] == {"partner": "cinema", "limit": 199, "outstanding": 200}


def test_post_purchase__by_an_operator__refused(operator, receipt, nothing_changes):
    with nothing_changes():
        refused(operator.post(URL, receipt), 403, "forbidden")


@pytest.mark.parametrize(
    ("place", "value", "pointer"),
    [
        ("quantity", -1, "/lines/0/quantity"),
        ("quantity", 1.5, "/lines/0/quantity"),
        ("quantity", 1.0, "/lines/0/quantity"),
        ("quantity", "1", "/lines/0/quantity"),
        ("quantity", True, "/lines/0/quantity"),
        ("quantity", None, "/lines/0/quantity"),
        ("quantity", 10**9 + 1, "/lines/0/quantity"),
        ("amount_minor", 10**30, "/lines/0/amount_minor"),
        ("amount_minor", 9.99, "/lines/0/amount_minor"),
        ("discounted", 1, "/lines/0/discounted"),
        ("discounted", "yes", "/lines/0/discounted"),
        ("line_id", "", "/lines/0/line_id"),
        ("line_id", 1, "/lines/0/line_id"),
        ("sku", "s" * 65, "/lines/0/sku"),
        ("sku", "tic\0ket", "/lines/0/sku"),
        ("price~/", 1, "/lines/0/price~0~1"),
    ],
)
def test_post_purchase__malformed_line__refused_with_a_pointer_to_it(
    cinema, receipt, nothing_changes, place, value, pointer
):
    line = receipt["lines"][0] | {place: value}
    with nothing_changes():
        problem = refused(cinema.post(URL, receipt | {"lines": [line]}), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("currency", "usd"),
        ("currency", "USD\n"),
        ("points_to_redeem", -1),
        ("points_to_redeem", 1 << 56),
        ("points_to_redeem", "5"),
        ("receipt_id", ""),
        ("receipt_id", "r" * 129),
        ("occurred_at", "2026-03-02T09:00:00"),
        ("occurred_at", "2026-03-02"),
        ("occurred_at", "2026-02-30T09:00:00Z"),
        ("occurred_at", "0001-01-01T00:00:00+14:00"),
        ("occurred_at", "1969-12-31T23:59:59Z"),
        ("occurred_at", 1772442000),
        ("lines", {}),
        ("lines", None),
        ("hold", "hld_1"),
    ],
)
def test_post_purchase__malformed_receipt__refused_with_a_pointer_to_it(cinema, receipt, nothing_changes, place, value):
    with nothing_changes():
        problem = refused(cinema.post(URL, receipt | {place: value}), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [f"/{place}"]


def test_post_purchase__not_an_object__refused(cinema, nothing_changes):
    with nothing_changes():
        problem = refused(cinema.post(URL, [1]), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [""]


@pytest.mark.parametrize("moment", ["2026-03-02t11:00:00.123456789+03:00", "2026-03-02T08:00:00Z"])
def test_post_purchase__any_rfc_3339__is_the_same_moment_in_utc(cinema, receipt, moment):
    recorded = cinema.post(URL, receipt | {"occurred_at": moment}).get_json()
    assert recorded["accrual"]["available_at"].startswith("2026-03-02T08:00:00")


def test_post_purchase__at_a_store_that_the_partner_does_not_have__refused(cinema, operator, coalition, receipt):
    operator.call("PATCH", f"/v1/partners/{coalition.cinema.id}", {"stores": ["mall"]})

    refused(cinema.post(URL, receipt | {"store_id": "moon"}), 422, "unknown_store")
    assert cinema.post(URL, receipt | {"store_id": "mall"}).status_code == 201


def test_post_purchase__no_lines__refused(cinema, receipt):
    refused(cinema.post(URL, receipt | {"lines": []}), 422, "validation_failed")
