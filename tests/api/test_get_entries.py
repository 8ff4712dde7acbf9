"""GET /v1/members/{id}/entries"""

import pytest

from tests.api.callers import refused


@pytest.fixture
def url(coalition):
    return f"/v1/members/{coalition.anna.id}/entries"


@pytest.fixture
def grocer(app, coalition, clock):
    from coalition.services.keys import issue_key
    from tests.api.callers import Caller

    return Caller(app, issue_key("partner", coalition.grocer.id, now=clock.now()))


@pytest.fixture
def history(cinema, cafe, receipt):
    """Anna earns 200 points at the cinema, and pays with 50 of them at the café, where she earns 97."""
    earned = cinema.post("/v1/purchases", receipt).get_json()
    spent = cafe.post("/v1/purchases", receipt | {"points_to_redeem": 50}).get_json()
    return earned["id"], spent["id"]


def test_get_entries__of_a_redemption__tells_whose_points_and_where(cafe, coalition, url, history):
    accrual, redemption = cafe.get(url).get_json()["data"]
    assert redemption.pop("id").startswith("ent_")
    assert redemption == {
        "kind": "redemption",
        "issuer": coalition.cinema.id,
        "partner": coalition.cafe.id,
        "points": 50,
        "change": -50,
        "source": history[1],
        "occurred_at": "2026-03-02T08:59:00Z",
        "recorded_at": "2026-03-02T09:00:00Z",
        "ledger": {"status": "pending", "sequence": None, "chain_tx": None, "block": None},
    }
    assert (accrual["kind"], accrual["change"], accrual["source"]) == ("accrual", 97, history[1])


def test_get_entries__each_sees_what_it_took_part_in_and_the_operator_all(cinema, cafe, grocer, operator, url, history):
    seen = {
        name: [entry["change"] for entry in caller.get(url).get_json()["data"]]
        for name, caller in {"cinema": cinema, "cafe": cafe, "grocer": grocer, "operator": operator}.items()
    }
    assert seen == {"cinema": [-50, 200], "cafe": [97, -50], "grocer": [], "operator": [97, -50, 200]}


def test_get_entries__page_by_page_while_more_come__each_once_and_none_missed(cinema, receipt, url):
    def buy(number):
        return cinema.post("/v1/purchases", receipt | {"receipt_id": f"r-{number}"}).get_json()["id"]

    bought = [buy(number) for number in range(5)]
    seen, cursor = [], None
    for _ in range(3):
        page = cinema.get(url, query_string={"limit": 2} | ({"cursor": cursor} if cursor else {})).get_json()
        seen += [entry["source"] for entry in page["data"]]
        cursor = page["next_cursor"]
        buy(f"late-{len(seen)}")
    assert cursor is None
    assert seen == bought[::-1]


@pytest.mark.parametrize("limit", ["0", "101", "two", "-1"])
def test_get_entries__no_such_limit__refused(cinema, url, limit):
    problem = refused(cinema.get(url, query_string={"limit": limit}), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == ["/limit"]


@pytest.mark.parametrize(
    "cursor", ["x", "é", "ZW50cmllczo=", "cHVyY2hhc2VzOjE=", "ZW50cmllczo5OTk5OTk5OTk5OTk5OTk5OTk5"]
)
def test_get_entries__cursor_of_our_own_making__refused(cinema, url, cursor):
    refused(cinema.get(url, query_string={"cursor": cursor}), 422, "invalid_cursor")


def test_get_entries__nobody__refused(cafe):
    refused(cafe.get("/v1/members/mem_nobody/entries"), 404, "unknown_member")
