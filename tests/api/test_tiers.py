"""GET and POST /v1/members/{id}/tier"""

import pytest

from tests.api.callers import refused

LEVELS = [
    {"name": "guest"},
    {"name": "friend", "qualifying_minor": 2000, "perks": ["free popcorn"]},
    {"name": "club", "price_minor": 5000, "price_points": 150, "term_months": 1, "perks": ["no queue"]},
]
CLUB = {"tier": "club", "pay_with": "money", "reference": "card-1"}


@pytest.fixture
def url(coalition):
    return f"/v1/members/{coalition.anna.id}/tier"


@pytest.fixture
def tiers(publish):
    publish({"tiers": {"levels": LEVELS}})


def test_get_tier__programme_without_tiers__has_none(cafe, coalition, url):
    assert cafe.get(url).get_json() == {
        "member": coalition.anna.id,
        "tier": None,
        "since": None,
        "until": None,
        "spend_minor": None,
        "next_tier": None,
        "missing_minor": None,
        "perks": [],
    }


def test_get_tier__of_who_spent_nothing__is_the_lowest_and_shows_the_way_up(cafe, operator, coalition, url, tiers):
    lowest = {
        "member": coalition.anna.id,
        "tier": "guest",
        "since": None,
        "until": None,
        "spend_minor": 0,
        "next_tier": "friend",
        "missing_minor": 2000,
        "perks": [],
    }
    assert cafe.get(url).get_json() == operator.get(url).get_json() == lowest


def test_get_tier__enough_spent__is_the_next_everywhere(cinema, coalition, url, tiers, receipt, clock):
    cinema.post("/v1/purchases", receipt | {"occurred_at": clock.now().isoformat()})
    shown = cinema.get(url).get_json()
    assert (shown["tier"], shown["spend_minor"], shown["perks"]) == ("friend", 2000, ["free popcorn"])
    assert (shown["next_tier"], shown["missing_minor"]) == (None, None)
    assert shown["since"] == "2026-03-02T09:06:00Z"
    assert cinema.get(f"/v1/members/{coalition.anna.id}").get_json()["tier"] == "friend"


def test_post_tier__for_money__holds_for_its_term(cafe, url, tiers):
    response = cafe.post(url, CLUB)
    assert response.status_code == 201
    bought = response.get_json()
    assert bought.pop("id").startswith("tpu_")
    assert bought == {
        "tier": "club",
        "paid_minor": 5000,
        "paid_points": 0,
        "starts_at": "2026-03-02T09:06:00Z",
        "ends_at": "2026-04-03T00:00:00Z",
        "balance": 0,
    }
    assert cafe.get(url).get_json()["tier"] == "club"


def test_post_tier__for_points__spends_them(cinema, annas_purchase, url, tiers):
    bought = cinema.post(url, CLUB | {"pay_with": "points"}).get_json()
    assert (bought["paid_minor"], bought["paid_points"], bought["balance"]) == (0, 150, 50)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"tier": "platinum"}, 404, "unknown_tier"),
        ({"tier": "friend"}, 422, "tier_not_for_sale"),
        ({"pay_with": "points"}, 409, "insufficient_points"),
        ({"pay_with": "love"}, 422, "validation_failed"),
        ({"price_minor": 1}, 422, "validation_failed"),
    ],
)
def test_post_tier__that_cannot_be_bought__refused_and_nothing_changes(
    cafe, url, tiers, nothing_changes, change, status, code
):
    with nothing_changes():
        refused(cafe.post(url, CLUB | change), status, code)


def test_post_tier__same_reference_with_another_key__refused_and_nothing_changes(cafe, url, tiers, nothing_changes):
    cafe.post(url, CLUB)
    with nothing_changes():
        refused(cafe.post(url, CLUB), 409, "duplicate_reference")


def test_tier__of_nobody__refused(cafe, tiers):
    refused(cafe.get("/v1/members/mem_nobody/tier"), 404, "unknown_member")
    refused(cafe.post("/v1/members/mem_nobody/tier", CLUB), 404, "unknown_member")
