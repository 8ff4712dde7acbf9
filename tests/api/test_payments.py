"""GET /v1/payments, POST /v1/payments/{id}/confirmation"""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.callers import refused
from tests.api.settling import acknowledge

URL = "/v1/payments"
SIGNATURE = "0x" + "ab" * 65


@pytest.fixture
def payment(cinema, cafe, closed):
    """March is settled: the cinema is to pay the cafe."""
    acknowledge(cinema)
    acknowledge(cafe)
    (payment,) = cafe.get(URL).get_json()["data"]
    return payment


def test_get_payments__of_a_settled_period__are_seen_by_both_sides_and_operators(cinema, cafe, operator, payment):
    assert payment["id"].startswith("pay_")
    assert payment == {
        "id": payment["id"],
        "period": "2026-03",
        "payer": {"number": 2, "name": "cinema"},
        "payee": {"number": 3, "name": "cafe"},
        "amount_minor": 50,
        "currency": "USD",
        "confirmed_at": None,
        "signature": None,
    }
    for caller in (cinema, cafe, operator):
        assert caller.get(URL).get_json() == {"data": [payment], "next_cursor": None}
        assert caller.get(f"{URL}/{payment['id']}").get_json() == payment | {"to_sign": None}


def test_get_payments__of_others__are_not_seen(grocer, payment):
    assert grocer.get(URL).get_json()["data"] == []
    refused(grocer.get(f"{URL}/{payment['id']}"), 404, "unknown_payment")
    refused(grocer.post(f"{URL}/{payment['id']}/confirmation", {}), 404, "unknown_payment")


def test_get_payments__before_the_period_is_settled__are_none(cinema, operator, closed):
    acknowledge(cinema)
    assert operator.get(URL).get_json()["data"] == []


def test_get_payments__of_a_period_and_page_by_page(operator, cinema, cafe, clock, payment):
    correction = {"payer": 2, "payee": 3, "currency": "USD", "amount_minor": 9, "reason": "forgotten"}
    operator.post("/v1/corrections", correction)
    clock.advance(datetime(2026, 5, 1, tzinfo=UTC) - clock.now())
    operator.post("/v1/settlements", {"period": "2026-04"})
    acknowledge(cinema, "2026-04")
    acknowledge(cafe, "2026-04")
    (later,) = operator.get(URL, query_string={"period": "2026-04"}).get_json()["data"]
    assert (later["amount_minor"], later["period"]) == (9, "2026-04")
    first = operator.get(URL, query_string={"limit": 1}).get_json()
    second = operator.get(URL, query_string={"limit": 1, "cursor": first["next_cursor"]}).get_json()
    assert (first["data"], second) == ([payment], {"data": [later], "next_cursor": None})
    refused(operator.get(URL, query_string={"period": "2026-05"}), 404, "unknown_period")


@pytest.mark.parametrize("caller", ["cafe", "operator"])
def test_confirmation__by_the_payee_or_an_operator__is_kept_once(request, caller, clock, payment, cinema):
    caller = request.getfixturevalue(caller)
    path = f"{URL}/{payment['id']}/confirmation"
    response = caller.post(path, {})
    assert response.status_code == 200
    assert response.get_json() == payment | {"confirmed_at": "2026-04-01T00:00:00Z"}
    clock.advance(timedelta(days=1))
    assert caller.post(path, {}).get_json() == response.get_json() == cinema.get(URL).get_json()["data"][0]


def test_confirmation__by_the_payer__refused_and_nothing_changes(cinema, payment, nothing_changes):
    with nothing_changes():
        refused(cinema.post(f"{URL}/{payment['id']}/confirmation", {}), 404, "unknown_payment")


def test_confirmation__signed_without_a_key__refused_and_nothing_changes(cafe, payment, nothing_changes):
    path = f"{URL}/{payment['id']}/confirmation"
    with nothing_changes():
        refused(cafe.post(path, {"signature": SIGNATURE}), 409, "no_signing_key")
        refused(cafe.post(path, {"signature": "signed"}), 422, "validation_failed")


def test_confirmation__of_none__refused(operator, coalition):
    refused(operator.post(f"{URL}/pay_none/confirmation", {}), 404, "unknown_payment")
