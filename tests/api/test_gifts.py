"""POST and GET /v1/gifts, GET /v1/gifts/{id}, POST /v1/gifts/{id}/approval and /rejection"""

from datetime import timedelta

import pytest

from coalition.services.gifts import give_approved
from tests.api.callers import refused

URL = "/v1/gifts"
EVERYBODY = {"tier": None, "bought_at": None, "enrolled_before": None}


@pytest.fixture
def new_year(coalition, bob, clock):
    clock.advance(timedelta(days=1))
    return {"issuer": coalition.operator.id, "points": 50, "reason": "New Year", "segment": {}}


@pytest.fixture
def proposed(operator, new_year):
    return operator.post(URL, new_year | {"points": 10_000}).get_json()


def test_post_gift__of_few_points__is_approved_at_once_and_given_by_the_worker(operator, bob, new_year, clock):
    response = operator.post(URL, new_year)
    assert response.status_code == 201
    approved = response.get_json()
    assert approved.pop("id").startswith("gft_")
    key = approved["requested_by"]
    assert approved == new_year | {
        "segment": EVERYBODY,
        "status": "approved",
        "recipients": 2,
        "given": 0,
        "requested_by": key,
        "decided_by": key,
        "created_at": "2026-03-03T09:00:00Z",
        "decided_at": "2026-03-03T09:00:00Z",
    }
    give_approved(now=clock.now())
    assert operator.get(f"/v1/members/{bob.id}").get_json()["balance"] == 50
    (given,) = operator.get(URL).get_json()["data"]
    assert (given["status"], given["given"]) == ("given", 2)


def test_post_gift__for_a_segment__is_given_to_nobody_else(operator, coalition, bob, annas_purchase, new_year, clock):
    segment = {"bought_at": coalition.cinema.id, "enrolled_before": "2026-03-03"}
    gift = operator.post(URL, new_year | {"segment": segment}).get_json()
    assert gift["segment"] == EVERYBODY | segment
    give_approved(now=clock.now())
    shown = [operator.get(f"/v1/members/{member.id}").get_json()["balance"] for member in (coalition.anna, bob)]
    assert shown == [250, 0]


def test_post_gift__of_many_points__waits_for_another_operator(operator, second_operator, proposed):
    assert (proposed["status"], proposed["segment"], proposed["decided_by"]) == ("proposed", EVERYBODY, None)
    response = second_operator.post(f"{URL}/{proposed['id']}/approval")
    assert response.status_code == 200
    approved = response.get_json()
    assert approved["status"] == "approved"
    assert approved["decided_by"] not in (None, approved["requested_by"])


def test_approval__by_whoever_proposed_it__refused_and_nothing_changes(operator, proposed, nothing_changes):
    with nothing_changes():
        refused(operator.post(f"{URL}/{proposed['id']}/approval"), 403, "second_operator_required")


@pytest.mark.parametrize("decision", ["approval", "rejection"])
def test_decision__after_a_rejection__refused_and_nothing_changes(
    operator, second_operator, proposed, nothing_changes, decision
):
    assert operator.post(f"{URL}/{proposed['id']}/rejection").get_json()["status"] == "rejected"
    with nothing_changes():
        refused(second_operator.post(f"{URL}/{proposed['id']}/{decision}"), 409, "gift_decided")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"reason": " "}, 422, "reason_required"),
        ({"points": 0}, 422, "validation_failed"),
        ({"points": -5}, 422, "validation_failed"),
        ({"issuer": "par_none"}, 404, "unknown_partner"),
        ({"segment": {"bought_at": "par_none"}}, 404, "unknown_partner"),
        ({"segment": {"enrolled_before": "yesterday"}}, 422, "validation_failed"),
        ({"segment": {"age": 30}}, 422, "validation_failed"),
        ({"segment": None}, 422, "validation_failed"),
    ],
)
def test_post_gift__that_cannot_be__refused_and_nothing_changes(
    operator, new_year, nothing_changes, change, status, code
):
    with nothing_changes():
        refused(operator.post(URL, new_year | change), status, code)


def test_get_gifts__several__the_youngest_first(operator, new_year):
    given = [operator.post(URL, new_year | {"points": points}).get_json() for points in (1, 2)]
    assert operator.get(URL).get_json() == {"data": given[::-1], "next_cursor": None}


def test_gift__none__refused(operator):
    refused(operator.get(f"{URL}/gft_none"), 404, "unknown_gift")
    for decision in ("approval", "rejection"):
        refused(operator.post(f"{URL}/gft_none/{decision}"), 404, "unknown_gift")
