"""POST /v1/redemptions, GET /v1/redemptions/{id}, POST /v1/redemptions/{id}/reversal, POST /v1/donations"""

import pytest

from coalition.services import partners
from tests.api.callers import Caller, refused

URL = "/v1/redemptions"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def cake(coalition, annas_purchase):
    return {"member": coalition.anna.id, "points": 50, "reference": "cake"}


@pytest.fixture
def redemption(cafe, cake):
    return cafe.post(URL, cake).get_json()


@pytest.fixture
def charity(coalition, clock):
    return partners.register_partner("shelter", 0, kind="charity", now=clock.now())


def test_post_redemption__without_a_receipt__spends_the_points(cafe, cake):
    response = cafe.post(URL, cake)
    assert response.status_code == 201
    redeemed = response.get_json()
    assert redeemed.pop("id").startswith("red_")
    assert redeemed == cake | {
        "discount_minor": 50,
        "status": "redeemed",
        "occurred_at": "2026-03-02T09:00:00Z",
        "balance": 150,
    }


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"points": 201}, 409, "insufficient_points"),
        ({"member": "mem_nobody"}, 404, "unknown_member"),
        ({"points": 0}, 422, "validation_failed"),
        ({"reference": ""}, 422, "validation_failed"),
        ({"receipt_id": "r-1"}, 422, "validation_failed"),
    ],
)
def test_post_redemption__that_cannot_be__refused_and_nothing_changes(
    cafe, cake, nothing_changes, change, status, code
):
    with nothing_changes():
        refused(cafe.post(URL, cake | change), status, code)


@pytest.mark.parametrize(
    ("terms", "code", "values"),
    [
        ({"minimum_points": 51}, "redemption_below_minimum", {"minimum_points": 51, "required": 50}),
        ({"step_points": 20}, "redemption_off_step", {"step_points": 20, "required": 50}),
    ],
)
def test_post_redemption__of_a_size_that_the_programme_refuses__refused_and_nothing_changes(
    cafe, cake, publish, nothing_changes, terms, code, values
):
    publish({"redemption": terms})
    with nothing_changes():
        assert refused(cafe.post(URL, cake), 422, code)["values"] == values


def test_post_redemption__same_reference_with_another_key__refused_naming_the_first(
    cafe, cake, redemption, nothing_changes
):
    with nothing_changes():
        problem = refused(cafe.post(URL, cake), 409, "duplicate_reference")
    assert problem["values"] == {"reference": "cake", "existing": redemption["id"]}


def test_get_redemption__of_ones_own__shown_and_of_another_partner_unknown(cinema, cafe, operator, redemption):
    redemption.pop("balance")
    for caller in (cafe, operator):
        assert caller.get(f"{URL}/{redemption['id']}").get_json() == redemption
    refused(cinema.get(f"{URL}/{redemption['id']}"), 404, "unknown_redemption")


def test_reversal__of_a_redemption__gives_the_points_back(cafe, redemption):
    response = cafe.post(f"{URL}/{redemption['id']}/reversal")
    assert response.status_code == 200
    assert response.get_json() == redemption | {"status": "reversed", "balance": 200}


def test_reversal__a_second_time__refused_and_nothing_changes(cafe, redemption, nothing_changes):
    cafe.post(f"{URL}/{redemption['id']}/reversal")
    with nothing_changes():
        refused(cafe.post(f"{URL}/{redemption['id']}/reversal"), 409, "redemption_reversed")


def test_reversal__under_another_partners_key__is_of_an_unknown_redemption(cinema, redemption, nothing_changes):
    with nothing_changes():
        refused(cinema.post(f"{URL}/{redemption['id']}/reversal"), 404, "unknown_redemption")


def test_post_donation__to_a_charity__is_a_redemption_there(cafe, app, operator, charity, cake):
    response = cafe.post("/v1/donations", cake | {"charity": charity.id})
    assert response.status_code == 201
    donated = response.get_json()
    assert (donated["charity"], donated["reference"], donated["balance"]) == (charity.id, "cake", 150)
    key = operator.post(f"/v1/partners/{charity.id}/keys").get_json()["key"]
    assert Caller(app, key).get(f"{URL}/{donated['id']}").get_json()["points"] == 50
    assert cafe.get(f"{URL}/{donated['id']}").get_json()["reference"] == "cake"


def test_post_donation__same_reference_at_two_tills__is_two_donations(cinema, cafe, charity, cake):
    first, second = (till.post("/v1/donations", cake | {"charity": charity.id}) for till in (cinema, cafe))
    assert (first.status_code, second.status_code) == (201, 201)


def test_post_donation__to_a_merchant_or_nobody__refused_and_nothing_changes(cafe, coalition, cake, nothing_changes):
    with nothing_changes():
        refused(cafe.post("/v1/donations", cake | {"charity": coalition.cinema.id}), 422, "not_a_charity")
        refused(cafe.post("/v1/donations", cake | {"charity": "par_none"}), 404, "unknown_partner")
