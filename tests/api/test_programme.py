"""GET and POST /v1/programme, GET /v1/programme/{version}"""

from datetime import timedelta

import pytest

from tests.api.callers import refused

URL = "/v1/programme"
NEXT_MONTH = "2026-04-01T00:00:00Z"
TUESDAYS = {"id": "tuesdays", "multiplier_bps": 20_000, "when": {"weekdays": ["tue"], "categories": ["film"]}}
TERMS = {
    "currency": "USD",
    "point_price_minor": 1,
    "time_zone": "UTC",
    "accrual": {"pending_days": 0, "stacking": "best"},
    "redemption": {"minimum_points": 0, "step_points": 1, "max_share_bps": 10_000, "hold_ttl_s": 900},
    "returns": {"spent_points": "debt", "grace_days": 30},
    "expiry": {"lifetime_months": 24},
    "adjustments": {"four_eyes_above_points": 10_000},
    "transfers": {"allowed": False},
    "partners": {"failure": "honoured", "failure_notice_days": 30},
}


def draft(effective_from=NEXT_MONTH, **programme):
    return {"effective_from": effective_from, "programme": programme}


@pytest.fixture
def first(coalition):
    return {"version": 1, "effective_from": "1970-01-01T00:00:00Z", "published_at": "2026-03-02T09:00:00Z"}


def test_get_programme__of_a_new_coalition__is_one_version(cafe, operator, first):
    for caller in (cafe, operator):
        assert caller.get(URL).get_json() == {"data": [first], "next_cursor": None}
        assert caller.get(f"{URL}/1").get_json() == first | {"programme": TERMS}


def test_post_programme__to_come__is_published_whole_with_what_it_leaves_out(operator, cafe):
    response = operator.post(URL, draft(accrual={"rules": [TUESDAYS]}))
    assert response.status_code == 201
    published = response.get_json()
    assert published == {
        "version": 2,
        "effective_from": NEXT_MONTH,
        "published_at": "2026-03-02T09:00:00Z",
        "unknown_categories": ["film"],
        "programme": TERMS | {"accrual": TERMS["accrual"] | {"rules": [TUESDAYS]}},
    }
    published.pop("unknown_categories")
    assert cafe.get(f"{URL}/2").get_json() == published


def test_post_programme__as_it_was_shown__is_the_same_programme(operator):
    shown = operator.get(f"{URL}/1").get_json()["programme"]
    assert operator.post(URL, draft(**shown)).get_json()["programme"] == shown


def test_get_programme__page_by_page__all_by_number(operator):
    for month in (4, 5, 6):
        operator.post(URL, draft(f"2026-0{month}-01T00:00:00Z"))
    pages = [operator.get(URL, query_string={"limit": 3}).get_json()]
    pages.append(operator.get(URL, query_string={"limit": 3, "cursor": pages[0]["next_cursor"]}).get_json())
    assert [[each["version"] for each in page["data"]] for page in pages] == [[1, 2, 3], [4]]
    assert pages[1]["next_cursor"] is None


def test_post_programme__in_the_past__refused_and_nothing_changes(operator, clock, nothing_changes):
    for moment in (clock.now(), clock.now() - timedelta(days=1)):
        with nothing_changes():
            refused(operator.post(URL, draft(moment.isoformat())), 422, "programme_in_past")


def test_post_programme__not_after_the_last_version__refused_and_nothing_changes(operator, nothing_changes):
    operator.post(URL, draft())
    for moment in (NEXT_MONTH, "2026-03-15T00:00:00Z"):
        with nothing_changes():
            problem = refused(operator.post(URL, draft(moment)), 409, "programme_overlaps")
        assert problem["values"] == {"version": 2, "effective_from": NEXT_MONTH}


def test_post_programme__in_another_currency__refused_and_nothing_changes(operator, nothing_changes):
    with nothing_changes():
        refused(operator.post(URL, draft(currency="EUR")), 422, "currency_fixed")


@pytest.mark.parametrize(
    ("programme", "key"),
    [
        (
            {"accrual": {"rules": [{"id": "gold", "rate_bps": 1, "when": {"tiers": ["gold"]}}]}},
            "accrual.rules[0].when.tiers[0]",
        ),
        ({"accrual": {"caps": [{"id": "few", "points": -1, "per": "day"}]}}, "accrual.caps[0].points"),
        (
            {"accrual": {"rules": [{"id": "a", "rate_bps": 1, "funded_by": {"nobody": 1}}]}},
            "accrual.rules[0].funded_by.nobody",
        ),
        ({"time_zone": "Moon/Sea"}, "time_zone"),
        ({"currency": 7}, "currency"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_post_programme__with_a_mistake__refused_naming_it_and_nothing_changes(
    operator, nothing_changes, programme, key
):
    with nothing_changes():
        problem = refused(operator.post(URL, draft(**programme)), 422, "invalid_programme")
    (mistake,) = problem["values"]["mistakes"]
    assert mistake.keys() == {"file", "line", "key", "problem"}
    assert (mistake["file"], mistake["key"]) == ("programme", key)
    assert mistake["problem"] in problem["detail"]


def test_post_programme__with_several_mistakes__refused_naming_all(operator, nothing_changes):
    with nothing_changes():
        problem = refused(operator.post(URL, draft(expiry={"lifetime_months": 0}, tiers={})), 422, "invalid_programme")
    assert {mistake["key"] for mistake in problem["values"]["mistakes"]} == {"expiry.lifetime_months", "tiers.levels"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"programme": "currency: USD"}, "/programme"),
        ({"programme": []}, "/programme"),
        ({"effective_from": "2026-04-01"}, "/effective_from"),
        ({"version": 2}, "/version"),
    ],
)
def test_post_programme__malformed__refused_with_a_pointer_to_it(operator, nothing_changes, change, pointer):
    with nothing_changes():
        problem = refused(operator.post(URL, draft() | change), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_post_programme__nested_beyond_all_reason__refused_and_nothing_changes(operator, nothing_changes):
    nested = f'{{"effective_from": "{NEXT_MONTH}", "programme": {{"accrual": {{"rules": {"[" * 300 + "]" * 300}}}}}}}'
    with nothing_changes():
        refused(operator.post(URL, data=nested, content_type="application/json"), 400, "malformed_json")


def test_get_programme__no_such_version__refused(cafe):
    refused(cafe.get(f"{URL}/2"), 404, "unknown_programme")
