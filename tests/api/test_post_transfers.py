"""POST /v1/transfers"""

import pytest

from tests.api.callers import refused

URL = "/v1/transfers"


@pytest.fixture
def present(coalition, bob, annas_purchase):
    return {"sender": coalition.anna.id, "recipient": bob.id, "points": 50, "reference": "birthday"}


def test_post_transfer__where_the_programme_allows_it__moves_the_points(cafe, bob, present, publish):
    publish({"transfers": {"allowed": True}})
    response = cafe.post(URL, present)
    assert response.status_code == 201
    moved = response.get_json()
    assert moved.pop("id").startswith("trf_")
    assert moved == {name: present[name] for name in ("sender", "recipient", "points")} | {"balance": 150}
    assert cafe.get(f"/v1/members/{bob.id}").get_json()["balance"] == 50


def test_post_transfer__where_it_does_not__refused_and_nothing_changes(cafe, present, nothing_changes):
    with nothing_changes():
        refused(cafe.post(URL, present), 403, "transfers_not_allowed")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"points": 201}, 409, "insufficient_points"),
        ({"points": 0}, 422, "validation_failed"),
        ({"recipient": "mem_nobody"}, 404, "unknown_member"),
        ({"sender": "mem_nobody"}, 404, "unknown_member"),
        ({"member": "mem_nobody"}, 422, "validation_failed"),
    ],
)
def test_post_transfer__that_cannot_be__refused_and_nothing_changes(
    cafe, present, publish, nothing_changes, change, status, code
):
    publish({"transfers": {"allowed": True}})
    with nothing_changes():
        refused(cafe.post(URL, present | change), status, code)


def test_post_transfer__to_oneself__refused_and_nothing_changes(cafe, present, publish, nothing_changes):
    publish({"transfers": {"allowed": True}})
    with nothing_changes():
        refused(cafe.post(URL, present | {"recipient": present["sender"]}), 422, "transfer_to_self")


def test_post_transfer__same_reference_with_another_key__refused_and_nothing_changes(
    cafe, present, publish, nothing_changes
):
    publish({"transfers": {"allowed": True}})
    first = cafe.post(URL, present).get_json()
    with nothing_changes():
        problem = refused(cafe.post(URL, present), 409, "duplicate_reference")
    assert problem["values"] == {"reference": "birthday", "existing": first["id"]}
