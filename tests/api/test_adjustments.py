"""POST and GET /v1/adjustments, GET /v1/adjustments/{id}, POST /v1/adjustments/{id}/approval and /rejection"""

import pytest

from tests.api.callers import refused

URL = "/v1/adjustments"
MANY = 10_001


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def sorry(coalition):
    return {
        "member": coalition.anna.id,
        "issuer": coalition.cinema.id,
        "points": 70,
        "reason": "the popcorn machine broke",
    }


@pytest.fixture
def proposed(operator, sorry):
    return operator.post(URL, sorry | {"points": MANY}).get_json()


def key_of(caller):
    return f"key_{caller.key.split('_')[2]}"


def balance(caller, coalition):
    return caller.get(f"/v1/members/{coalition.anna.id}").get_json()["balance"]


def test_post_adjustment__of_a_few_points__is_posted_at_once(operator, coalition, sorry):
    response = operator.post(URL, sorry)
    assert response.status_code == 201
    posted = response.get_json()
    assert posted.pop("id").startswith("adj_")
    assert posted == sorry | {
        "status": "posted",
        "requested_by": key_of(operator),
        "decided_by": key_of(operator),
        "created_at": "2026-03-02T09:00:00Z",
        "decided_at": "2026-03-02T09:00:00Z",
    }
    assert balance(operator, coalition) == 70


def test_post_adjustment__below_zero__takes_points_of_the_issuer(operator, coalition, annas_purchase, sorry):
    assert operator.post(URL, sorry | {"points": -70}).get_json()["status"] == "posted"
    assert balance(operator, coalition) == 130


def test_post_adjustment__of_many_points__waits_for_another_operator(operator, second_operator, coalition, proposed):
    assert (proposed["status"], proposed["decided_by"], proposed["decided_at"]) == ("proposed", None, None)
    assert balance(operator, coalition) == 0
    response = second_operator.post(f"{URL}/{proposed['id']}/approval")
    assert response.status_code == 200
    posted = proposed | {
        "status": "posted",
        "decided_by": key_of(second_operator),
        "decided_at": "2026-03-02T09:00:00Z",
    }
    assert response.get_json() == operator.get(f"{URL}/{proposed['id']}").get_json() == posted
    assert balance(operator, coalition) == MANY


def test_approval__by_whoever_proposed_it__refused_and_nothing_changes(operator, proposed, nothing_changes):
    with nothing_changes():
        refused(operator.post(f"{URL}/{proposed['id']}/approval"), 403, "second_operator_required")


def test_rejection__of_what_was_proposed__moves_nothing(operator, coalition, proposed):
    response = operator.post(f"{URL}/{proposed['id']}/rejection")
    assert response.status_code == 200
    assert response.get_json()["status"] == "rejected"
    assert balance(operator, coalition) == 0


@pytest.mark.parametrize("decision", ["approval", "rejection"])
def test_decision__a_second_time__refused_and_nothing_changes(
    operator, second_operator, proposed, nothing_changes, decision
):
    operator.post(f"{URL}/{proposed['id']}/rejection")
    with nothing_changes():
        problem = refused(second_operator.post(f"{URL}/{proposed['id']}/{decision}"), 409, "adjustment_decided")
    assert problem["values"] == {"adjustment": proposed["id"], "status": "rejected"}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"reason": ""}, 422, "reason_required"),
        ({"reason": "  "}, 422, "reason_required"),
        ({"points": 0}, 422, "no_points"),
        ({"points": -1}, 409, "insufficient_points"),
        ({"points": 1.5}, 422, "validation_failed"),
        ({"member": "mem_nobody"}, 404, "unknown_member"),
        ({"issuer": "par_none"}, 404, "unknown_partner"),
        ({"by": "key_other"}, 422, "validation_failed"),
    ],
)
def test_post_adjustment__that_cannot_be__refused_and_nothing_changes(
    operator, sorry, nothing_changes, change, status, code
):
    with nothing_changes():
        refused(operator.post(URL, sorry | change), status, code)


def test_post_adjustment__without_a_reason__refused_with_a_pointer_to_it(operator, sorry, nothing_changes):
    sorry.pop("reason")
    with nothing_changes():
        problem = refused(operator.post(URL, sorry), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == ["/reason"]


def test_get_adjustments__page_by_page__the_youngest_first(operator, sorry):
    posted = [operator.post(URL, sorry | {"points": points}).get_json() for points in (1, 2, 3)]
    first = operator.get(URL, query_string={"limit": 2}).get_json()
    second = operator.get(URL, query_string={"limit": 2, "cursor": first["next_cursor"]}).get_json()
    assert first["data"] + second["data"] == posted[::-1]
    assert second["next_cursor"] is None


def test_adjustment__none__refused(operator):
    refused(operator.get(f"{URL}/adj_none"), 404, "unknown_adjustment")
    for decision in ("approval", "rejection"):
        refused(operator.post(f"{URL}/adj_none/{decision}"), 404, "unknown_adjustment")
