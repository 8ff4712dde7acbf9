"""POST /v1/holds, GET /v1/holds/{id}, POST /v1/holds/{id}/capture and /void, and purchases paid with a hold"""

from datetime import timedelta

import pytest

from tests.api.callers import refused

URL = "/v1/holds"
CAPTURE = {"receipt_id": "c-1"}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def hold(cafe, coalition, annas_purchase):
    """The cafe sets 120 of Anna's 200 points aside."""
    return cafe.post(URL, {"member": coalition.anna.id, "points": 120}).get_json()


@pytest.fixture
def capture(hold):
    return f"{URL}/{hold['id']}/capture"


@pytest.fixture
def void(hold):
    return f"{URL}/{hold['id']}/void"


@pytest.fixture
def coffee(receipt):
    line = {"line_id": "1", "sku": "coffee", "category": "drink", "quantity": 1, "amount_minor": 100}
    return receipt | {"lines": [line]}


def test_post_hold__some_of_the_points__sets_them_aside_for_as_long_as_the_programme_says(cafe, coalition, hold):
    assert hold.pop("id").startswith("hld_")
    assert hold == {
        "member": coalition.anna.id,
        "points": 120,
        "status": "open",
        "captured_points": 0,
        "expires_at": "2026-03-02T09:15:00Z",
        "created_at": "2026-03-02T09:00:00Z",
        "ended_at": None,
    }
    balance = cafe.get(f"/v1/members/{coalition.anna.id}/balance").get_json()
    assert (balance["available"], balance["held"]) == (80, 120)


def test_post_hold__for_a_minute__ends_then(cafe, coalition, annas_purchase, clock):
    placed = cafe.post(URL, {"member": coalition.anna.id, "points": 1, "ttl_s": 60}).get_json()
    clock.advance(timedelta(seconds=60))
    assert cafe.get(f"{URL}/{placed['id']}").get_json()["status"] == "expired"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [({"points": 201}, 409, "insufficient_points"), ({"member": "mem_nobody"}, 404, "unknown_member")],
)
def test_post_hold__that_cannot_be__refused_and_nothing_changes(
    cafe, coalition, annas_purchase, nothing_changes, change, status, code
):
    with nothing_changes():
        refused(cafe.post(URL, {"member": coalition.anna.id, "points": 1} | change), status, code)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"points": 0}, "/points"),
        ({"points": "1"}, "/points"),
        ({"ttl_s": 0}, "/ttl_s"),
        ({"ttl_s": 604_801}, "/ttl_s"),
        ({"reference": "x"}, "/reference"),
    ],
)
def test_post_hold__malformed__refused_with_a_pointer_to_it(cafe, coalition, nothing_changes, change, pointer):
    with nothing_changes():
        problem = refused(cafe.post(URL, {"member": coalition.anna.id, "points": 1} | change), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_capture__of_a_part__redeems_it_and_frees_the_rest(cafe, coalition, hold, capture):
    response = cafe.post(capture, CAPTURE | {"points": 70})
    assert response.status_code == 200
    captured = response.get_json()
    redemption = captured.pop("redemption")
    assert redemption.pop("id").startswith("red_")
    assert redemption == {
        "member": coalition.anna.id,
        "points": 70,
        "discount_minor": 70,
        "reference": "c-1",
        "status": "redeemed",
        "occurred_at": "2026-03-02T09:00:00Z",
    }
    ended = {"status": "captured", "captured_points": 70, "ended_at": "2026-03-02T09:00:00Z"}
    assert captured == hold | ended | {"balance": 130}
    assert cafe.get(f"{URL}/{hold['id']}").get_json() == hold | ended


def test_capture__without_a_number__redeems_all_of_it(cafe, capture):
    captured = cafe.post(capture, CAPTURE).get_json()
    assert (captured["captured_points"], captured["redemption"]["points"], captured["balance"]) == (120, 120, 80)


def test_capture__of_more_than_is_held__refused_and_nothing_changes(cafe, hold, capture, nothing_changes):
    with nothing_changes():
        problem = refused(cafe.post(capture, CAPTURE | {"points": 121}), 422, "capture_above_hold")
    assert problem["values"] == {"hold": hold["id"], "held": 120, "required": 121}


def test_capture__a_second_time__refused_and_nothing_changes(cafe, hold, capture, nothing_changes):
    cafe.post(capture, CAPTURE | {"points": 1})
    with nothing_changes():
        problem = refused(cafe.post(capture, {"receipt_id": "c-2"}), 409, "hold_ended")
    assert problem["values"] == {"hold": hold["id"], "status": "captured"}


def test_void__an_open_hold__frees_its_points(cafe, hold, void):
    response = cafe.post(void)
    assert response.status_code == 200
    ended = {"status": "voided", "ended_at": "2026-03-02T09:00:00Z"}
    assert response.get_json() == hold | ended | {"redemption": None, "balance": 200}


def test_void__after_a_capture__refused_and_nothing_changes(cafe, capture, void, nothing_changes):
    cafe.post(capture, CAPTURE)
    with nothing_changes():
        problem = refused(cafe.post(void), 409, "hold_ended")
    assert problem["values"]["status"] == "captured"


def test_capture_and_void__after_its_time__refused_and_nothing_changes(cafe, capture, void, clock, nothing_changes):
    clock.advance(timedelta(minutes=15))
    with nothing_changes():
        for response in (cafe.post(capture, CAPTURE), cafe.post(void)):
            assert refused(response, 409, "hold_ended")["values"]["status"] == "expired"


def test_capture__receipt_id_of_another_redemption__refused_and_nothing_changes(
    cafe, coalition, capture, nothing_changes
):
    cafe.post("/v1/redemptions", {"member": coalition.anna.id, "points": 1, "reference": "c-1"})
    with nothing_changes():
        refused(cafe.post(capture, CAPTURE), 409, "duplicate_reference")


def test_hold__of_another_partner__is_unknown(cinema, hold, capture, void, nothing_changes):
    with nothing_changes():
        refused(cinema.get(f"{URL}/{hold['id']}"), 404, "unknown_hold")
        refused(cinema.post(capture, CAPTURE), 404, "unknown_hold")
        refused(cinema.post(void), 404, "unknown_hold")


def test_get_hold__by_the_operator__shown(operator, hold):
    assert operator.get(f"{URL}/{hold['id']}").get_json() == hold


def test_post_purchase__with_a_hold__as_much_of_it_pays_as_may_and_the_rest_is_free(cafe, hold, coffee):
    recorded = cafe.post("/v1/purchases", coffee | {"hold_id": hold["id"]}).get_json()
    assert recorded["redemption"] == {"points": 100, "discount_minor": 100}
    assert (recorded["payable_minor"], recorded["balance"]) == (0, 100)
    shown = cafe.get(f"{URL}/{hold['id']}").get_json()
    assert (shown["status"], shown["captured_points"]) == ("captured", 100)


def test_post_purchase__with_a_hold_and_points__refused_and_nothing_changes(cafe, hold, coffee, nothing_changes):
    with nothing_changes():
        response = cafe.post("/v1/purchases", coffee | {"hold_id": hold["id"], "points_to_redeem": 1})
    problem = refused(response, 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == ["/hold_id"]


def test_post_purchase__with_a_hold_that_is_not_the_members__refused_and_nothing_changes(
    cafe, bob, hold, coffee, nothing_changes
):
    with nothing_changes():
        response = cafe.post("/v1/purchases", coffee | {"member": bob.id, "hold_id": hold["id"]})
        refused(response, 422, "hold_of_another_member")


def test_post_purchase__with_a_hold_of_another_partner__refused_and_nothing_changes(
    cinema, hold, coffee, nothing_changes
):
    with nothing_changes():
        body = coffee | {"receipt_id": "r-2", "hold_id": hold["id"]}
        refused(cinema.post("/v1/purchases", body), 404, "unknown_hold")


def test_post_purchase__with_a_hold_that_has_ended__refused_and_nothing_changes(
    cafe, hold, void, coffee, nothing_changes
):
    cafe.post(void)
    with nothing_changes():
        refused(cafe.post("/v1/purchases", coffee | {"hold_id": hold["id"]}), 409, "hold_ended")
