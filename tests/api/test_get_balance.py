"""GET /v1/members/{id}/balance"""

from datetime import timedelta

from tests.api.callers import refused


def test_get_balance__points_of_two_days__lapse_the_soonest_first(cinema, cafe, coalition, receipt, clock):
    cinema.post("/v1/purchases", receipt)
    clock.advance(timedelta(days=1))
    tomorrow = receipt | {"occurred_at": clock.now().isoformat()}
    cafe.post("/v1/purchases", tomorrow)
    cinema.post("/v1/purchases", tomorrow | {"receipt_id": "r-2"})
    assert cafe.get(f"/v1/members/{coalition.anna.id}/balance").get_json() == {
        "available": 500,
        "pending": 0,
        "held": 0,
        "debt": 0,
        "expiring": [
            {"points": 200, "expires_at": "2028-03-03T00:00:00Z"},
            {"points": 300, "expires_at": "2028-03-04T00:00:00Z"},
        ],
        "maturing": [],
    }


def test_get_balance__all_spent__nothing_expires(cinema, coalition, receipt):
    cinema.post("/v1/purchases", receipt)
    only = receipt["lines"][0] | {"amount_minor": 200}
    cinema.post("/v1/purchases", receipt | {"receipt_id": "r-2", "lines": [only], "points_to_redeem": 200})
    balance = cinema.get(f"/v1/members/{coalition.anna.id}/balance").get_json()
    assert (balance["available"], balance["expiring"]) == (0, [])


def test_get_balance__in_the_return_window__tells_when_points_can_be_spent(cinema, coalition, receipt, publish, clock):
    publish({"accrual": {"pending_days": 14}})
    recorded = cinema.post("/v1/purchases", receipt | {"occurred_at": clock.now().isoformat()}).get_json()
    assert recorded["accrual"]["available_at"] == "2026-03-17T00:00:00Z"
    balance = cinema.get(f"/v1/members/{coalition.anna.id}/balance").get_json()
    assert (balance["available"], balance["pending"]) == (0, 200)
    assert balance["maturing"] == [{"points": 200, "available_at": "2026-03-17T00:00:00Z"}]


def test_get_balance__nobody__refused(cafe):
    refused(cafe.get("/v1/members/mem_nobody/balance"), 404, "unknown_member")
