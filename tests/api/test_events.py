"""POST /v1/events, GET /v1/events/{id}, POST /v1/events/{id}/withdrawal, POST and GET /v1/event-types,
GET /v1/reviews, POST /v1/reviews/{id}/approval and /rejection, PUT /v1/stores/{id}/position"""

from datetime import timedelta

import pytest

from coalition import events
from gamification.store.act_tables import ACT_TABLES
from tests.api.callers import refused

URL = "/v1/events"
RED_SQUARE = {"latitude_e6": 55_753_930, "longitude_e6": 37_620_795}
TYPE = {
    "type": "bottle.returned",
    "title": {"en": "Bottle returned", "ru": "Бутылка сдана"},
    "attributes": {"litres": "integer", "brand": "text"},
    "optional": ["brand"],
}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def share(coalition, clock):
    return {
        "event_id": "e-1",
        "type": "social.shared",
        "member": coalition.anna.id,
        "occurred_at": clock.now().isoformat(),
        "attributes": {"network": "vk", "what": "badge"},
    }


@pytest.fixture
def posted(cinema, share):
    return cinema.post(URL, share).get_json()


@pytest.fixture
def review(cinema, share, annas_purchase):
    body = share | {"type": "review.posted", "attributes": {"sku": "popcorn", "rating": 1, "text": "Salty."}}
    return cinema.post(URL, body).get_json()


@pytest.fixture
def nothing_happens(nothing_changes):
    """Nor do the tables of acts change."""

    def check(call):
        before = [sorted(table.select().tuples(), key=repr) for table in ACT_TABLES]
        with nothing_changes():
            call()
        assert [sorted(table.select().tuples(), key=repr) for table in ACT_TABLES] == before

    return check


def test_post_event__of_a_share__is_recorded(cinema, share, clock):
    response = cinema.post(URL, share)
    assert response.status_code == 201
    posted = response.get_json()
    assert posted == {"id": posted["id"], "type": "social.shared", "state": "recorded"}
    assert posted["id"].startswith("evt_")
    assert cinema.get(f"{URL}/{posted['id']}").get_json() == posted | {
        "member": share["member"],
        "event_id": "e-1",
        "occurred_at": "2026-03-02T09:00:00Z",
        "recorded_at": "2026-03-02T09:00:00Z",
    }
    (event,) = events.read_after(0, 9)
    assert (event.public_id, event.type) == (posted["id"], "social.shared")


def test_post_event__same_key_again__is_answered_again_and_happened_once(cinema, share):
    first = cinema.post(URL, share, idempotency_key="k-1")
    again = cinema.post(URL, share, idempotency_key="k-1")
    assert (again.get_json(), again.headers["Idempotency-Replayed"]) == (first.get_json(), "true")
    assert len(events.read_after(0, 9)) == 1


def test_post_event__same_event_under_another_key__is_refused_naming_the_first(cinema, share, posted, nothing_happens):
    def again():
        problem = refused(cinema.post(URL, share), 409, "duplicate_event")
        assert problem["values"] == {"event_id": "e-1", "event": posted["id"]}
        assert problem["errors"][0]["pointer"] == "/event_id"

    nothing_happens(again)


@pytest.mark.parametrize(
    ("wrong", "status", "code", "pointer"),
    [
        ({"type": "social.share"}, 422, "unknown_event_type", "/type"),
        ({"type": "purchase.recorded"}, 422, "unknown_event_type", "/type"),
        ({"member": "mem_nobody"}, 404, "unknown_member", "/member"),
        ({"occurred_at": "2026-03-02T09:05:01Z"}, 422, "event_from_future", "/occurred_at"),
        ({"occurred_at": "2026-03-02T08:59:59Z"}, 422, "event_before_enrolment", "/occurred_at"),
        ({"occurred_at": "2026-03-02T09:00:00"}, 422, "validation_failed", "/occurred_at"),
        ({"attributes": {"network": 1, "what": "a"}}, 422, "invalid_attributes", "/attributes/network"),
        ({"attributes": {"network": "vk"}}, 422, "invalid_attributes", "/attributes/what"),
        ({"attributes": {"network": "vk", "what": "a", "a/b": 1}}, 422, "invalid_attributes", "/attributes/a~1b"),
        ({"attributes": ["vk"]}, 422, "validation_failed", "/attributes"),
        ({"type": "review.posted", "attributes": {"rating": 5}}, 422, "invalid_attributes", "/attributes/sku"),
        ({"type": "review.posted", "attributes": {"sku": "x", "rating": 5}}, 422, "not_purchased", "/attributes"),
        ({"type": "idea.voted", "attributes": {"idea": "ide_0"}}, 404, "unknown_idea", "/attributes/idea"),
        ({"type": "survey.completed", "attributes": {"survey": "sur_0"}}, 404, "unknown_survey", "/attributes/survey"),
        (
            {"type": "visit.checked_in", "attributes": {"store_id": "s-1", **RED_SQUARE}},
            422,
            "store_without_position",
            "/attributes/store_id",
        ),
    ],
)
def test_post_event__that_cannot_be__is_refused_with_the_place(
    cinema, share, nothing_happens, wrong, status, code, pointer
):
    def post():
        problem = refused(cinema.post(URL, share | wrong), status, code)
        assert [error["pointer"] for error in problem.get("errors", [])] == ([pointer] if pointer else [])

    nothing_happens(post)


def test_post_event__without_key_or_by_others__is_refused(stranger, operator, cinema, share):
    refused(stranger.post(URL, share), 401, "unauthenticated")
    refused(operator.post(URL, share), 403, "forbidden")
    refused(cinema.post(URL, share, idempotency_key=None), 400, "idempotency_key_required")


def test_withdrawal__by_the_poster__happens_once(cinema, cafe, posted, nothing_happens):
    url = f"{URL}/{posted['id']}/withdrawal"
    nothing_happens(lambda: refused(cafe.post(url, {"reason": "mine?"}), 404, "unknown_event"))

    def without_reason():
        problem = refused(cinema.post(url, {"reason": " "}), 422, "reason_required")
        assert [error["pointer"] for error in problem["errors"]] == ["/reason"]

    nothing_happens(without_reason)
    response = cinema.post(url, {"reason": "by mistake"})
    assert (response.status_code, response.get_json()["state"]) == (200, "withdrawn")
    assert events.read_after(0, 9)[1].attributes == {"event": posted["id"]}
    nothing_happens(lambda: refused(cinema.post(url, {"reason": "again"}), 409, "event_decided"))


def test_withdrawal__by_an_operator__needs_no_ownership(operator, posted):
    response = operator.post(f"{URL}/{posted['id']}/withdrawal", {"reason": "cheating"})
    assert response.get_json()["state"] == "withdrawn"
    assert operator.get(f"{URL}/{posted['id']}").get_json()["state"] == "withdrawn"


def test_event_type__registered__is_listed_and_can_be_posted(cinema, cafe, operator, share):
    response = cinema.post("/v1/event-types", TYPE)
    assert response.status_code == 201
    registered = response.get_json()
    assert registered == TYPE | {"minimum": {}, "maximum": {}, "partner": registered["partner"]}
    listed = cinema.get("/v1/event-types").get_json()["data"]
    assert [each["type"] for each in listed if each["partner"] is None] == [
        "review.posted",
        "photo.uploaded",
        "visit.checked_in",
        "survey.completed",
        "idea.voted",
        "social.shared",
    ]
    assert registered in listed and registered in operator.get("/v1/event-types").get_json()["data"]
    assert registered not in cafe.get("/v1/event-types").get_json()["data"]
    bottle = share | {"type": "bottle.returned", "attributes": {"litres": 2}}
    assert cinema.post(URL, bottle).status_code == 201
    refused(cafe.post(URL, bottle), 422, "unknown_event_type")
    refused(cafe.post("/v1/event-types", TYPE), 409, "event_type_exists")
    refused(cinema.post("/v1/event-types", TYPE | {"optional": []}), 409, "event_type_fixed")
    refused(cinema.post("/v1/event-types", TYPE | {"type": "purchase.made"}), 422, "invalid_event_type")


def test_event_type__with_bounds__takes_only_numbers_within_them(cinema, share):
    bounds = {"minimum": {"litres": 0}, "maximum": {"litres": 20}}
    registered = cinema.post("/v1/event-types", TYPE | bounds).get_json()
    assert {name: registered[name] for name in bounds} == bounds
    bottle = share | {"type": "bottle.returned", "attributes": {"litres": -1}}
    problem = refused(cinema.post(URL, bottle), 422, "invalid_attributes")
    assert [error["pointer"] for error in problem["errors"]] == ["/attributes/litres"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"title": {"en": "Bottle"}}, "/title/ru"),
        ({"minimum": {"litres": "0"}}, "/minimum/litres"),
        ({"maximum": {"litres": 1 << 53}}, "/maximum/litres"),
        ({"attributes": {"litres": "float"}}, "/attributes/litres"),
        ({"attributes": {"": "text"}}, "/attributes/"),
        ({"colour": "green"}, "/colour"),
    ],
)
def test_event_type__of_another_form__is_refused(cinema, nothing_happens, wrong, pointer):
    def register():
        problem = refused(cinema.post("/v1/event-types", TYPE | wrong), 422, "validation_failed")
        assert [error["pointer"] for error in problem["errors"]] == [pointer]

    nothing_happens(register)


def test_event_type__of_an_operator__is_everybodys(operator, cafe, share):
    assert operator.post("/v1/event-types", TYPE | {"type": "steps.walked"}).status_code == 201
    body = share | {"type": "steps.walked", "attributes": {"litres": 2}}
    assert cafe.post(URL, body).status_code == 201


def test_review__is_moderated_without_its_rating(cinema, cafe, operator, review, nothing_happens, annas_purchase):
    assert review["state"] == "pending_moderation"
    (shown,) = cinema.get("/v1/reviews?state=pending_moderation").get_json()["data"]
    assert (shown["id"], shown["rating"], shown["text"], shown["sku"]) == (review["id"], None, "Salty.", "popcorn")
    assert shown["purchase"] == annas_purchase["id"]
    assert cafe.get("/v1/reviews").get_json()["data"] == []
    url = f"/v1/reviews/{review['id']}"
    nothing_happens(lambda: refused(cafe.post(f"{url}/approval"), 404, "unknown_review"))
    nothing_happens(lambda: refused(cafe.post(f"{url}/rejection", {"reason": "no"}), 404, "unknown_review"))
    nothing_happens(lambda: refused(cinema.post(f"{url}/rejection", {"reason": ""}), 422, "reason_required"))
    approved = cinema.post(f"{url}/approval")
    assert (approved.status_code, approved.get_json()["state"], approved.get_json()["rating"]) == (
        200,
        "approved",
        None,
    )
    assert [each["rating"] for each in cinema.get("/v1/reviews").get_json()["data"]] == [None]
    assert [each["rating"] for each in operator.get("/v1/reviews").get_json()["data"]] == [1]
    nothing_happens(lambda: refused(cinema.post(f"{url}/approval"), 409, "event_decided"))
    for undo in (f"{url}/rejection", f"{URL}/{review['id']}/withdrawal"):
        nothing_happens(lambda undo=undo: refused(cinema.post(undo, {"reason": "dear"}), 403, "operator_decides"))
    rejected = operator.post(f"{url}/rejection", {"reason": "copied"}).get_json()
    assert (rejected["state"], rejected["reason"], rejected["rating"]) == ("rejected", "copied", 1)
    (deed,) = operator.get(f"/v1/audit?subject={review['id']}").get_json()["data"]
    assert (deed["action"], deed["details"]) == ("review.rejected", {"type": "review.posted", "reason": "copied"})
    assert [event.type for event in events.read_after(0, 9)][1:] == ["review.approved", "event.withdrawn"]


def test_review__second_of_a_thing__is_refused(cinema, share, review, nothing_happens):
    again = share | {"event_id": "e-2", "type": "review.posted", "attributes": {"sku": "popcorn", "rating": 5}}

    def post():
        problem = refused(cinema.post(URL, again), 409, "already_reviewed")
        assert problem["values"] == {"sku": "popcorn", "event": review["id"]}

    nothing_happens(post)


def test_check_in__at_a_placed_store__is_recorded_or_refused(cinema, share, clock, nothing_happens):
    placed = cinema.call("PUT", "/v1/stores/s-1/position", RED_SQUARE)
    assert placed.get_json() == {"store_id": "s-1", **RED_SQUARE, "radius_m": 150}

    def visit(event_id, **change):
        attributes = {"store_id": "s-1", **RED_SQUARE, **change}
        body = {"event_id": event_id, "type": "visit.checked_in", "attributes": attributes}
        return cinema.post(URL, share | body | {"occurred_at": clock.now().isoformat()})

    def away():
        problem = refused(visit("v-1", latitude_e6=55_755_930), 422, "too_far")
        assert problem["values"] == {"distance_m": 223, "radius_m": 150}

    nothing_happens(away)
    nothing_happens(lambda: refused(visit("v-1", accuracy_m=500), 422, "inaccurate_position"))
    assert visit("v-1").status_code == 201
    nothing_happens(lambda: refused(visit("v-2"), 409, "checked_in_already"))
    cinema.call("PUT", "/v1/stores/s-2/position", {"latitude_e6": 59_939_095, "longitude_e6": 30_315_868})
    clock.advance(timedelta(hours=1))
    petersburg = {"store_id": "s-2", "latitude_e6": 59_939_095, "longitude_e6": 30_315_868}
    nothing_happens(lambda: refused(visit("v-2", **petersburg), 422, "too_fast"))


@pytest.mark.parametrize("name", ["%00", "a%0Ab", "a" * 65, "%20"])
def test_put_position__of_what_is_no_store__is_refused(cinema, nothing_happens, name):
    url = f"/v1/stores/{name}/position"
    nothing_happens(lambda: refused(cinema.call("PUT", url, RED_SQUARE), 422, "unknown_store"))


def test_put_position__that_cannot_be__is_refused(cinema, cafe, operator, coalition):
    refused(operator.call("PUT", "/v1/stores/s-1/position", RED_SQUARE), 403, "forbidden")
    for wrong in ({"latitude_e6": 55.7}, {"longitude_e6": 180_000_001}, {"radius_m": 9}):
        refused(cinema.call("PUT", "/v1/stores/s-1/position", RED_SQUARE | wrong), 422, "validation_failed")
    operator.call("PATCH", f"/v1/partners/{coalition.cafe.id}", {"stores": ["s-2"]})
    refused(cafe.call("PUT", "/v1/stores/s-1/position", RED_SQUARE), 422, "unknown_store")
