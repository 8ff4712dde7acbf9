"""GET /v1/grant-reviews, GET /v1/grant-reviews/{grant}, POST /v1/grant-reviews/{grant}/release and /revocation"""

import pytest

from coalition.store.database import execute
from gamification.grant_reviews import open_reviews
from tests.api.callers import refused
from tests.integration.gamification.granting import add_grant

URL = "/v1/grant-reviews"
WHY = {"note": "the family shares a tablet"}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def referral(coalition, bob, clock):
    """The grants of a friend and of who brought him, both waiting: Anna brought Bob."""
    won = add_grant(bob.id, "referral-friend", clock.now(), state="held")
    came = add_grant(coalition.anna.id, "referral-referrer", clock.now(), state="held", cause=won)
    open_reviews([(won, ["same_device"]), (came, ["same_device"])], clock.now())
    return won, came


def key_of(caller):
    return f"key_{caller.key.split('_')[2]}"


def balance(caller, member):
    return caller.get(f"/v1/members/{member}").get_json()["balance"]


def state_of(grant):
    return execute("SELECT state FROM achievement_grant WHERE public_id = ?", (grant,)).fetchone()[0]


def test_get_reviews__of_a_referral__has_both_grants_with_the_reasons(operator, coalition, bob, referral):
    response = operator.get(URL)
    assert response.status_code == 200
    friends, referrers = response.get_json()["data"]
    assert friends == {
        "grant": referral[0],
        "member": bob.id,
        "achievement": "referral-friend",
        "points": 100,
        "referral": {"friend": bob.id, "referrer": coalition.anna.id},
        "reasons": ["same_device"],
        "state": "pending",
        "opened_at": "2026-03-02T09:00:00Z",
        "decided_at": None,
        "decided_by": None,
        "note": None,
    }
    assert (referrers["grant"], referrers["member"]) == (referral[1], coalition.anna.id)
    assert referrers["referral"] == friends["referral"]
    assert operator.get(f"{URL}/{referral[0]}").get_json() == friends


def test_release__gives_what_the_grant_held_back(operator, coalition, bob, referral):
    response = operator.post(f"{URL}/{referral[1]}/release", WHY)
    assert response.status_code == 200
    released = response.get_json()
    assert released == operator.get(f"{URL}/{referral[1]}").get_json()
    assert (released["state"], released["note"]) == ("released", WHY["note"])
    assert (released["decided_by"], released["decided_at"]) == (key_of(operator), "2026-03-02T09:00:00Z")
    assert balance(operator, coalition.anna.id) == 100
    assert balance(operator, bob.id) == 0
    assert (state_of(referral[0]), state_of(referral[1])) == ("held", "granted")


def test_revocation__gives_nothing_ever(operator, coalition, referral):
    response = operator.post(f"{URL}/{referral[1]}/revocation", WHY)
    assert response.status_code == 200
    assert response.get_json()["state"] == "revoked"
    assert balance(operator, coalition.anna.id) == 0
    assert (state_of(referral[0]), state_of(referral[1])) == ("held", "revoked")


def test_revocation__of_the_friends_grant__leaves_nothing_to_decide_on_the_referrers(operator, referral):
    operator.post(f"{URL}/{referral[0]}/revocation", WHY)
    assert operator.get(URL).get_json()["data"] == []
    (left,) = operator.get(URL, query_string={"state": "withdrawn"}).get_json()["data"]
    assert left["grant"] == referral[1]


def test_decisions__are_in_the_log_of_what_operators_did(operator, referral):
    operator.post(f"{URL}/{referral[1]}/release", WHY)
    (deed,) = operator.get("/v1/audit", query_string={"subject": referral[1]}).get_json()["data"]
    assert (deed["action"], deed["by"]) == ("grant.released", key_of(operator))
    assert deed["details"] == {"reasons": ["same_device"], "note": WHY["note"]}


def test_release__repeated_with_its_key__is_answered_again_and_done_once(operator, coalition, referral):
    sent = [operator.post(f"{URL}/{referral[1]}/release", WHY, idempotency_key="k-1") for _ in range(2)]
    assert sent[0].get_json() == sent[1].get_json()
    assert sent[1].headers["Idempotency-Replayed"] == "true"
    assert balance(operator, coalition.anna.id) == 100


@pytest.mark.parametrize("decision", ["release", "revocation"])
def test_decision__a_second_time__refused_and_nothing_changes(operator, referral, nothing_changes, decision):
    operator.post(f"{URL}/{referral[1]}/release", WHY)
    with nothing_changes():
        problem = refused(operator.post(f"{URL}/{referral[1]}/{decision}", WHY), 409, "already_decided")
    assert problem["values"] == {"grant": referral[1], "state": "released"}
    assert state_of(referral[1]) == "granted"


@pytest.mark.parametrize("decision", ["release", "revocation"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"note": ""}, "reason_required"),
        ({"note": "  "}, "reason_required"),
        ({}, "validation_failed"),
        ({"note": 7}, "validation_failed"),
        ({"note": "x" * 1001}, "validation_failed"),
        (WHY | {"points": 7}, "validation_failed"),
    ],
)
def test_decision__that_cannot_be__refused_and_nothing_changes(
    operator, referral, nothing_changes, decision, body, code
):
    with nothing_changes():
        refused(operator.post(f"{URL}/{referral[1]}/{decision}", body), 422, code)
    assert state_of(referral[1]) == "held"


def test_review__of_what_never_waited__refused(operator, coalition, clock, nothing_changes):
    granted = add_grant(coalition.anna.id, "first", clock.now())
    for grant in (granted, "gra_none"):
        with nothing_changes():
            refused(operator.get(f"{URL}/{grant}"), 404, "unknown_grant_review")
            for decision in ("release", "revocation"):
                refused(operator.post(f"{URL}/{grant}/{decision}", WHY), 404, "unknown_grant_review")


def test_reviews__by_a_partner__refused(cinema, referral, nothing_changes):
    with nothing_changes():
        refused(cinema.get(URL), 403, "forbidden")
        refused(cinema.get(f"{URL}/{referral[0]}"), 403, "forbidden")
        for decision in ("release", "revocation"):
            refused(cinema.post(f"{URL}/{referral[0]}/{decision}", WHY), 403, "forbidden")


def test_get_reviews__page_by_page__the_oldest_first(operator, referral):
    first = operator.get(URL, query_string={"limit": 1}).get_json()
    second = operator.get(URL, query_string={"limit": 1, "cursor": first["next_cursor"]}).get_json()
    assert [each["grant"] for each in first["data"] + second["data"]] == list(referral)
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"state": "open"}, "validation_failed"),
        ({"cursor": "x"}, "invalid_cursor"),
        ({"grant": "x"}, "validation_failed"),
    ],
)
def test_get_reviews__with_another_query__refused(operator, query, code):
    refused(operator.get(URL, query_string=query), 422, code)
