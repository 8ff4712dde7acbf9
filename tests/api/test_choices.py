"""GET and POST /v1/members/{id}/choices"""

import pytest

from tests.api.callers import refused

RULE = {"id": "favourites", "rate_bps": 2000, "when": {"choice": {"pick": 1, "of": ["film", "snack", "drink"]}}}
FILM = {"rule": "favourites", "categories": ["film"]}


@pytest.fixture
def url(coalition):
    return f"/v1/members/{coalition.anna.id}/choices"


@pytest.fixture
def favourites(publish):
    publish({"accrual": {"rules": [RULE]}})


def shown(month, picked=None):
    return {"rule": "favourites", "month": month, "pick": 1, "of": ["drink", "film", "snack"], "picked": picked}


def test_get_choices__programme_without_any__has_none(cafe, coalition, url):
    assert cafe.get(url).get_json() == {"member": coalition.anna.id, "choices": []}


def test_get_choices__nothing_picked_yet__shows_this_month_and_the_next(cafe, operator, coalition, url, favourites):
    for caller in (cafe, operator):
        assert caller.get(url).get_json()["choices"] == [shown("2026-03"), shown("2026-04")]


def test_post_choice__for_this_month__counts_from_then_on(cinema, url, favourites, receipt, clock):
    response = cinema.post(url, FILM)
    assert response.status_code == 201
    assert response.get_json() == shown("2026-03", ["film"])
    assert cinema.get(url).get_json()["choices"][0] == shown("2026-03", ["film"])
    recorded = cinema.post("/v1/purchases", receipt | {"occurred_at": clock.now().isoformat()}).get_json()
    assert [(each["rule"], each["points"]) for each in recorded["accrual"]["breakdown"]] == [
        ("favourites", 300),
        ("base", 50),
    ]


def test_post_choice__for_the_next_month__kept_for_it(cafe, url, favourites):
    assert cafe.post(url, FILM | {"month": "2026-04"}).get_json() == shown("2026-04", ["film"])


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"categories": ["film", "snack"]}, 422, "invalid_choice"),
        ({"categories": []}, 422, "invalid_choice"),
        ({"categories": ["cheese"]}, 422, "invalid_choice"),
        ({"rule": "base"}, 404, "unknown_rule"),
        ({"month": "2026-02"}, 422, "month_not_open"),
        ({"month": "2026-13"}, 422, "validation_failed"),
        ({"month": "2026-03\n"}, 422, "validation_failed"),
        ({"partner": "cafe"}, 422, "validation_failed"),
    ],
)
def test_post_choice__that_cannot_be__refused_and_nothing_changes(
    cafe, url, favourites, nothing_changes, change, status, code
):
    with nothing_changes():
        refused(cafe.post(url, FILM | change), status, code)


def test_post_choice__a_second_time__refused_and_nothing_changes(cafe, url, favourites, nothing_changes):
    cafe.post(url, FILM)
    with nothing_changes():
        refused(cafe.post(url, FILM | {"categories": ["snack"]}), 409, "choice_made")


def test_choices__of_nobody__refused(cafe, favourites):
    refused(cafe.get("/v1/members/mem_nobody/choices"), 404, "unknown_member")
    refused(cafe.post("/v1/members/mem_nobody/choices", FILM), 404, "unknown_member")
