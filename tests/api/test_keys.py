"""POST /v1/partners/{id}/keys, DELETE /v1/partners/{id}/keys/{key_id}"""

import pytest

from coalition.store import tables
from tests.api.callers import Caller, refused


@pytest.fixture
def url(coalition):
    return f"/v1/partners/{coalition.cinema.id}/keys"


def test_post_key__of_a_partner__opens_what_is_the_partners(app, operator, url, receipt):
    response = operator.post(url)
    assert response.status_code == 201
    issued = response.get_json()
    assert issued["id"].startswith("key_") and issued["key"].startswith("ck_partner_")
    assert Caller(app, issued["key"]).post("/v1/purchases", receipt).status_code == 201


def test_post_key__asked_again__shows_which_key_it_was_and_not_the_key(operator, url):
    issued = operator.post(url, idempotency_key="k").get_json()
    again = operator.post(url, idempotency_key="k")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.get_json() == issued | {"key": None}
    assert tables.ApiKey.select().where(tables.ApiKey.public_id == issued["id"]).count() == 1


def test_post_key__same_idempotency_key_for_another_partner__refused_and_nothing_changes(
    operator, coalition, url, nothing_changes
):
    operator.post(url, idempotency_key="k")
    with nothing_changes():
        other = operator.post(f"/v1/partners/{coalition.cafe.id}/keys", idempotency_key="k")
        refused(other, 422, "idempotency_key_reused")


def test_post_key__nowhere_written_down(operator, url):
    secret = operator.post(url).get_json()["key"].split("_")[3]
    kept = [list(table.select().tuples()) for table in (tables.ApiKey, tables.IdempotencyKey)]
    assert secret not in repr(kept)
    assert secret[:-8] not in repr(kept)


def test_post_key__no_such_partner__refused_and_nothing_changes(operator, nothing_changes):
    with nothing_changes():
        refused(operator.post("/v1/partners/par_none/keys"), 404, "unknown_partner")


def test_delete_key__revoked__opens_nothing_and_the_others_still_do(app, operator, cinema, url, receipt):
    issued = operator.post(url).get_json()
    for _ in range(2):
        assert operator.call("DELETE", f"{url}/{issued['id']}").status_code == 204
    refused(Caller(app, issued["key"]).get("/v1/purchases"), 401, "unauthenticated")
    assert cinema.get("/v1/purchases").status_code == 200


def test_delete_key__of_another_partner__refused_and_it_still_opens(operator, coalition, cafe, url, nothing_changes):
    key_id = f"key_{cafe.key.split('_')[2]}"
    with nothing_changes():
        refused(operator.call("DELETE", f"{url}/{key_id}"), 404, "unknown_key")
        refused(operator.call("DELETE", f"/v1/partners/par_none/keys/{key_id}"), 404, "unknown_partner")
    assert cafe.get("/v1/purchases").status_code == 200
