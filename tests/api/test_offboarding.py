"""POST and GET /v1/partners/{id}/offboarding"""

import pytest

from tests.api.callers import refused

LEAVES = {"spendable_until": "2026-04-30", "deposit_minor": 5000}


@pytest.fixture
def url(coalition):
    return f"/v1/partners/{coalition.cinema.id}/offboarding"


@pytest.mark.usefixtures("annas_purchase")
def test_post_offboarding__the_partner_leaves(operator, cinema, url, receipt):
    response = operator.post(url, LEAVES)
    assert response.status_code == 201
    leaving = response.get_json()
    assert leaving.pop("id").startswith("ofb_")
    assert leaving == {
        "partner": url.split("/")[3],
        "name": "cinema",
        "status": "leaving",
        "started_at": "2026-03-02T09:00:00Z",
        "spendable_until": "2026-05-01T00:00:00Z",
        "failed_at": None,
        "exhausted_at": None,
        "ended_at": None,
        "announced_at": None,
        "currency": "USD",
        "deposit_minor": 5000,
        "outstanding": 200,
        "outstanding_minor": 200,
        "drawn": 0,
        "drawn_minor": 0,
        "uncovered_minor": 0,
        "borne_by": None,
    }
    assert operator.get(url).get_json().items() > leaving.items()
    refused(cinema.post("/v1/purchases", receipt | {"receipt_id": "r-2"}), 403, "partner_suspended")


def test_post_offboarding__of_one_that_failed__needs_no_day(operator, url):
    failed = operator.post(url, {"failed": True}).get_json()
    assert (failed["spendable_until"], failed["borne_by"], failed["deposit_minor"]) == (None, "operator", 0)


def test_post_offboarding__same_key_same_body__once(operator, url):
    first = operator.post(url, LEAVES, "k")
    assert operator.post(url, LEAVES, "k").data == first.data


def test_post_offboarding__twice__refused_and_nothing_changes(operator, url, nothing_changes):
    operator.post(url, LEAVES)
    with nothing_changes():
        refused(operator.post(url, LEAVES), 409, "partner_leaving")


@pytest.mark.parametrize("body", [{}, LEAVES | {"spendable_until": "2026-03-01"}])
def test_post_offboarding__without_a_day_to_come__refused(operator, url, nothing_changes, body):
    with nothing_changes():
        refused(operator.post(url, body), 422, "invalid_offboarding")


@pytest.mark.parametrize(
    "change", [{"spendable_until": "soon"}, {"deposit_minor": -1}, {"deposit_minor": "5"}, {"failed": 1}, {"by": "me"}]
)
def test_post_offboarding__malformed__refused(operator, url, nothing_changes, change):
    with nothing_changes():
        refused(operator.post(url, LEAVES | change), 422, "validation_failed")


def test_post_offboarding__of_the_operator_or_nobody__refused(operator, coalition, nothing_changes):
    with nothing_changes():
        refused(operator.post(f"/v1/partners/{coalition.operator.id}/offboarding", LEAVES), 422, "invalid_offboarding")
        refused(operator.post("/v1/partners/par_none/offboarding", LEAVES), 404, "unknown_partner")


def test_offboarding__is_the_operators_affair(cinema, url):
    refused(cinema.post(url, LEAVES), 403, "forbidden")
    refused(cinema.get(url), 403, "forbidden")


def test_get_offboarding__of_who_stays__refused(operator, url):
    refused(operator.get(url), 404, "partner_not_leaving")


def test_patch_partner__that_leaves__is_not_reinstated(operator, url, nothing_changes):
    operator.post(url, LEAVES)
    with nothing_changes():
        answer = operator.call("PATCH", url.rpartition("/")[0], {"status": "active"})
        refused(answer, 409, "partner_leaving")
