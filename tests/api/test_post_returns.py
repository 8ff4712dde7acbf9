"""POST /v1/purchases/{id}/returns"""

from datetime import timedelta

import pytest

from tests.api.callers import refused

TICKETS, POPCORN = "1", "2"
NOTHING_SPENT = {"points_owed": 0, "points_written_off": 0, "points_deducted": 0, "deducted_minor": 0}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def url(annas_purchase):
    return f"/v1/purchases/{annas_purchase['id']}/returns"


def back(return_id="back-1", **quantities):
    lines = [{"line_id": name.removeprefix("line_"), "quantity": quantity} for name, quantity in quantities.items()]
    return {"return_id": return_id, "lines": lines}


def test_post_return__of_one_ticket__undoes_what_it_earned_and_nothing_else(cinema, url, annas_purchase):
    response = cinema.post(url, back(line_1=1))
    assert response.status_code == 201
    recorded = response.get_json()
    assert recorded.pop("id").startswith("ret_")
    assert recorded == {
        "accrual_reversed": 75,
        "redemption_restored": 0,
        "refund_minor": 750,
        "balance": 125,
        "debt": 0,
        "spent": NOTHING_SPENT,
    }
    shown = cinema.get(f"/v1/purchases/{annas_purchase['id']}").get_json()
    assert (shown["payable_minor"], shown["refunded_minor"], shown["points_given_back"]) == (2000, 750, 0)
    (listed,) = cinema.get("/v1/purchases").get_json()["data"]
    assert (listed["refunded_minor"], listed["points_given_back"]) == (750, 0)


def test_post_return__of_goods_that_points_paid__gives_the_points_back(cinema, annas_purchase, receipt):
    paid = cinema.post("/v1/purchases", receipt | {"receipt_id": "r-2", "points_to_redeem": 200}).get_json()
    url = f"/v1/purchases/{paid['id']}/returns"
    recorded = cinema.post(url, back(line_1=2, line_2=1)).get_json()
    assert (recorded["redemption_restored"], recorded["refund_minor"], recorded["balance"]) == (200, 1800, 200)
    assert cinema.get(f"/v1/purchases/{paid['id']}").get_json()["points_given_back"] == 200


def test_post_return__points_spent_meanwhile__the_member_owes_them(cinema, cafe, coalition, url):
    cafe.post("/v1/redemptions", {"member": coalition.anna.id, "points": 200, "reference": "cake"})
    recorded = cinema.post(url, back(line_1=2, line_2=1)).get_json()
    assert recorded["spent"] == NOTHING_SPENT | {"points_owed": 200}
    assert (recorded["refund_minor"], recorded["balance"], recorded["debt"]) == (2000, 0, 200)
    balance = cinema.get(f"/v1/members/{coalition.anna.id}/balance").get_json()
    assert (balance["available"], balance["debt"]) == (0, 200)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (back(line_1=3), 409, "return_exceeds_purchase"),
        (back(line_9=1), 422, "unknown_line"),
        (back(), 422, "empty_return"),
        (back() | {"lines": [{"line_id": TICKETS, "quantity": 1}] * 2}, 422, "duplicate_line"),
        (back() | {"lines": [{}] * 10_001}, 422, "too_many_lines"),
        (back(line_1=1) | {"occurred_at": "2026-03-02T08:58:59Z"}, 422, "return_before_purchase"),
        (back(line_1=1) | {"occurred_at": "2026-03-02T09:05:01Z"}, 422, "receipt_from_future"),
    ],
)
def test_post_return__that_cannot_be__refused_and_nothing_changes(cinema, url, nothing_changes, body, status, code):
    with nothing_changes():
        refused(cinema.post(url, body), status, code)


def test_post_return__of_more_than_is_left__refused_and_nothing_changes(cinema, url, nothing_changes):
    cinema.post(url, back(line_1=1))
    with nothing_changes():
        problem = refused(cinema.post(url, back("back-2", line_1=2)), 409, "return_exceeds_purchase")
    assert problem["values"] == {"line_id": TICKETS, "bought": 2, "returned": 1, "quantity": 2}


def test_post_return__of_a_rebate_alone__refused_and_nothing_changes(cinema, receipt, nothing_changes):
    rebate = {"line_id": "3", "sku": "student", "category": "rebate", "quantity": 1, "amount_minor": -300}
    bought = cinema.post("/v1/purchases", receipt | {"lines": [*receipt["lines"], rebate]}).get_json()
    with nothing_changes():
        refused(cinema.post(f"/v1/purchases/{bought['id']}/returns", back(line_3=1)), 422, "negative_refund")


def test_post_return__of_goods_without_the_rebate_on_them__refused_and_nothing_changes(
    cinema, receipt, nothing_changes
):
    rebate = {"line_id": "3", "sku": "student", "category": "rebate", "quantity": 1, "amount_minor": -300}
    bought = cinema.post("/v1/purchases", receipt | {"lines": [*receipt["lines"], rebate]}).get_json()
    with nothing_changes():
        response = cinema.post(f"/v1/purchases/{bought['id']}/returns", back(line_1=2, line_2=1))
        assert refused(response, 409, "refund_above_payment")["values"] == {"refund_minor": 2000, "paid_minor": 1700}


def test_post_return__under_another_partners_key__is_of_an_unknown_purchase(cafe, url, nothing_changes):
    with nothing_changes():
        refused(cafe.post(url, back(line_1=1)), 404, "unknown_purchase")


def test_post_return__of_a_return__is_of_an_unknown_purchase(cinema, url, nothing_changes):
    returned = cinema.post(url, back(line_1=1)).get_json()
    with nothing_changes():
        refused(
            cinema.post(f"/v1/purchases/{returned['id']}/returns", back("again", line_1=1)), 404, "unknown_purchase"
        )


def test_post_return__same_return_id_with_another_key__refused_naming_the_return(cinema, url, nothing_changes):
    first = cinema.post(url, back(line_1=1)).get_json()
    with nothing_changes():
        problem = refused(cinema.post(url, back(line_2=1)), 409, "duplicate_return")
    assert problem["values"] == {"return_id": "back-1", "existing": first["id"]}


def test_post_return__later_than_it_happened__counts_from_then(cinema, url, clock):
    then = clock.now()
    clock.advance(timedelta(days=3))
    assert cinema.post(url, back(line_1=1) | {"occurred_at": then.isoformat()}).status_code == 201


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"lines": [{"line_id": "1", "quantity": 0}]}, "/lines/0/quantity"),
        ({"lines": [{"line_id": "1", "quantity": -1}]}, "/lines/0/quantity"),
        ({"lines": [{"line_id": "1", "quantity": 1, "amount_minor": 1}]}, "/lines/0/amount_minor"),
        ({"return_id": ""}, "/return_id"),
        ({"refund_minor": 5}, "/refund_minor"),
    ],
)
def test_post_return__malformed__refused_with_a_pointer_to_it(cinema, url, nothing_changes, change, pointer):
    with nothing_changes():
        problem = refused(cinema.post(url, back(line_1=1) | change), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
