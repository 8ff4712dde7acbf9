"""GET /v1/purchases, GET /v1/purchases/{id}"""

import pytest

from tests.api.callers import refused

URL = "/v1/purchases"
PENDING = {"status": "pending", "sequence": None, "chain_tx": None, "block": None}


@pytest.fixture
def purchase(cinema, receipt):
    return cinema.post(URL, receipt | {"store_id": "mall"}).get_json()


def test_get_purchase__of_ones_own__is_as_it_was_recorded(cinema, coalition, purchase):
    assert cinema.get(f"{URL}/{purchase['id']}").get_json() == {
        "id": purchase["id"],
        "partner": coalition.cinema.id,
        "member": coalition.anna.id,
        "receipt_id": "r-1",
        "store_id": "mall",
        "occurred_at": "2026-03-02T08:59:00Z",
        "recorded_at": "2026-03-02T09:00:00Z",
        "currency": "USD",
        "accrual": purchase["accrual"],
        "redemption": None,
        "total_minor": 2000,
        "payable_minor": 2000,
        "refunded_minor": 0,
        "points_given_back": 0,
        "ledger": PENDING,
    }


def test_get_purchase__paid_with_points__says_so(cafe, receipt, purchase):
    recorded = cafe.post(URL, receipt | {"points_to_redeem": 50}).get_json()
    shown = cafe.get(f"{URL}/{recorded['id']}").get_json()
    assert shown["redemption"] == {"points": 50, "discount_minor": 50}
    assert (shown["total_minor"], shown["payable_minor"]) == (2000, 1950)


def test_get_purchase__of_another_partner__is_as_unknown_as_none(cafe, purchase):
    problem = refused(cafe.get(f"{URL}/{purchase['id']}"), 404, "unknown_purchase")
    nobody = refused(cafe.get(f"{URL}/pur_none"), 404, "unknown_purchase")
    assert problem["title"] == nobody["title"]


def test_get_purchase__by_the_operator__shown(operator, purchase):
    assert operator.get(f"{URL}/{purchase['id']}").status_code == 200


def test_get_purchases__each_sees_its_own_and_the_operator_all(cinema, cafe, operator, receipt, purchase):
    other = cafe.post(URL, receipt).get_json()
    for caller, expected in ((cinema, [purchase]), (cafe, [other]), (operator, [other, purchase])):
        shown = caller.get(URL).get_json()
        assert [each["id"] for each in shown["data"]] == [each["id"] for each in expected]
        assert shown["next_cursor"] is None


def test_get_purchases__page_by_page_while_more_come__each_once_and_none_missed(cinema, receipt):
    def buy(number):
        return cinema.post(URL, receipt | {"receipt_id": f"r-{number}"}).get_json()["id"]

    bought = [buy(number) for number in range(4)]
    first = cinema.get(URL, query_string={"limit": 2}).get_json()
    buy("late")
    second = cinema.get(URL, query_string={"limit": 2, "cursor": first["next_cursor"]}).get_json()
    assert [each["id"] for page in (first, second) for each in page["data"]] == bought[::-1]
    assert second["next_cursor"] is None


def test_get_purchases__unknown_parameter__refused(cinema):
    problem = refused(cinema.get(URL, query_string={"partner": "cafe"}), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == ["/partner"]
