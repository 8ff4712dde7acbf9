"""POST /v1/ledger/entries/{id}/extension"""

import pytest

from tests.api.callers import refused

LATER = {"expires_at": "2029-01-01T00:00:00Z", "reason": "the cinema was closed for a year"}


@pytest.fixture
def entry(cinema, coalition, annas_purchase):
    (entry,) = cinema.get(f"/v1/members/{coalition.anna.id}/entries").get_json()["data"]
    return entry["id"]


@pytest.fixture
def url(entry):
    return f"/v1/ledger/entries/{entry}/extension"


def test_post_extension__to_a_later_day__the_points_live_until_then(operator, coalition, entry, url):
    response = operator.post(url, LATER)
    assert response.status_code == 200
    assert response.get_json() == {
        "entry": entry,
        "previous_expires_at": "2028-03-03T00:00:00Z",
        "expires_at": LATER["expires_at"],
    }
    balance = operator.get(f"/v1/members/{coalition.anna.id}/balance").get_json()
    assert balance["expiring"] == [{"points": 200, "expires_at": LATER["expires_at"]}]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"reason": ""}, 422, "reason_required"),
        ({"expires_at": "2028-03-03T00:00:00Z"}, 422, "not_an_extension"),
        ({"expires_at": "2027-01-01T00:00:00Z"}, 422, "not_an_extension"),
        ({"expires_at": "2029-01-01"}, 422, "validation_failed"),
        ({"points": 1}, 422, "validation_failed"),
    ],
)
def test_post_extension__that_is_none__refused_and_nothing_changes(
    operator, url, nothing_changes, change, status, code
):
    with nothing_changes():
        refused(operator.post(url, LATER | change), status, code)


def test_post_extension__of_what_issued_no_points__refused_and_nothing_changes(operator, nothing_changes):
    with nothing_changes():
        refused(operator.post("/v1/ledger/entries/ent_none/extension", LATER), 404, "unknown_lot")
