"""GET and POST /v1/rate-cards, GET and PUT /v1/exchange-rates"""

import pytest

from tests.api.callers import refused

URL = "/v1/rate-cards"
RATES = "/v1/exchange-rates"
APRIL = "2026-04-01T00:00:00Z"
CARD = {"currency": "USD", "issued_micros": 900_000, "redeemed_micros": 800_000}
WHOLE = CARD | {"funding": "at_redemption", "breakage": "issuer", "dispute_days": 10}
RATE = {"base": "USD", "quote": "EUR", "day": "2026-03-01", "micros": 900_000}


def draft(effective_from=APRIL, **document):
    return {"effective_from": effective_from, "document": CARD | document}


def test_post_rate_card__to_come__is_published_whole_and_partners_read_it(operator, cinema):
    response = operator.post(URL, draft(prices=[{"issuer": "cinema", "issued_micros": 10**6}]))
    assert response.status_code == 201
    price = {"issuer": "cinema", "currency": "USD", "issued_micros": 10**6, "redeemed_micros": 800_000}
    published = {
        "version": 1,
        "effective_from": APRIL,
        "published_at": "2026-03-02T09:00:00Z",
        "document": WHOLE | {"prices": [price]},
    }
    assert response.get_json() == published
    assert cinema.get(URL).get_json() == {"data": [published], "next_cursor": None}


def test_post_rate_card__as_it_was_shown__is_the_same_card(operator):
    fees = [{"monthly_minor": 100}, {"partner": "cafe", "redeemed_bps": 50}]
    shown = operator.post(URL, draft(fees=fees, settle_in="EUR")).get_json()["document"]
    again = operator.post(URL, {"effective_from": "2026-05-01T00:00:00Z", "document": shown})
    assert again.get_json()["document"] == shown


def test_get_rate_cards__page_by_page__the_first_one_first(operator, cafe):
    months = [f"2026-0{month}-01T00:00:00Z" for month in (4, 5, 6)]
    published = [operator.post(URL, draft(month)).get_json() for month in months]
    first = cafe.get(URL, query_string={"limit": 2}).get_json()
    second = cafe.get(URL, query_string={"limit": 2, "cursor": first["next_cursor"]}).get_json()
    assert first["data"] + second["data"] == published
    assert second["next_cursor"] is None


def test_post_rate_card__the_first_one__may_take_effect_in_the_past_while_nothing_is_closed(operator):
    assert operator.post(URL, draft("2026-01-01T00:00:00Z")).status_code == 201


def test_post_rate_card__in_a_closed_period__refused_and_nothing_changes(operator, closed, nothing_changes):
    with nothing_changes():
        refused(operator.post(URL, draft("2026-03-31T00:00:00Z")), 422, "rate_card_in_past")


@pytest.mark.parametrize(
    ("effective_from", "status", "code"),
    [
        ("2026-03-01T00:00:00Z", 422, "rate_card_in_past"),
        (APRIL, 409, "rate_card_overlaps"),
        ("2026-03-31T00:00:00Z", 409, "rate_card_overlaps"),
        ("soon", 422, "validation_failed"),
    ],
)
def test_post_rate_card__not_after_the_last__refused_and_nothing_changes(
    operator, effective_from, status, code, nothing_changes
):
    operator.post(URL, draft())
    with nothing_changes():
        refused(operator.post(URL, draft(effective_from)), status, code)


def test_post_rate_card__with_mistakes__refused_naming_all_of_them(operator, nothing_changes):
    with nothing_changes():
        response = operator.post(URL, draft(issued_micros=-1, fees=[{"partner": "cinma"}], colour="red"))
        problem = refused(response, 422, "invalid_rate_card")
    assert {each["key"] for each in problem["values"]["mistakes"]} == {"issued_micros", "fees[0].partner", "colour"}


def test_post_rate_card__of_another_funding__refused_once_points_were_issued(operator, annas_purchase, nothing_changes):
    with nothing_changes():
        problem = refused(operator.post(URL, draft(funding="at_issuance")), 422, "funding_fixed")
    assert problem["values"] == {"funding": "at_redemption"}


def test_rate_card__by_a_partner__is_not_published(cinema, nothing_changes):
    with nothing_changes():
        refused(cinema.post(URL, draft()), 403, "forbidden")
        refused(cinema.call("PUT", RATES, RATE), 403, "forbidden")


def test_put_exchange_rate__twice__is_given_once(operator, nothing_changes):
    assert operator.call("PUT", RATES, RATE).get_json() == RATE
    with nothing_changes():
        assert operator.call("PUT", RATES, RATE).get_json() == RATE


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quote": "USD"}, "invalid_exchange_rate"),
        ({"micros": 0}, "validation_failed"),
        ({"micros": 0.9}, "validation_failed"),
        ({"day": "2026-02-30"}, "validation_failed"),
        ({"base": "usd"}, "validation_failed"),
        ({"base": "ZZZ"}, "invalid_exchange_rate"),
        ({"quote": "XAU"}, "invalid_exchange_rate"),
        ({"micros": 10**15 + 1}, "validation_failed"),
    ],
)
def test_put_exchange_rate__that_cannot_be__refused_and_nothing_changes(operator, change, code, nothing_changes):
    operator.call("PUT", RATES, RATE)
    with nothing_changes():
        refused(operator.call("PUT", RATES, RATE | change), 422, code)


def test_get_exchange_rates__page_by_page__by_day_and_partners_read_them(operator, cinema):
    changes = ({"day": "2026-04-01"}, {}, {"quote": "RUB"}, {"base": "EUR", "quote": "USD"})
    given = [operator.call("PUT", RATES, RATE | change).get_json() for change in changes]
    first = cinema.get(RATES, query_string={"limit": 3}).get_json()
    second = cinema.get(RATES, query_string={"limit": 3, "cursor": first["next_cursor"]}).get_json()
    assert first["data"] + second["data"] == [given[3], given[1], given[2], given[0]]
    assert second["next_cursor"] is None


def test_get_exchange_rates__what_is_no_page__refused(cinema, stranger):
    assert cinema.get(RATES).get_json() == {"data": [], "next_cursor": None}
    refused(cinema.get(RATES, query_string={"cursor": "bm9uZQ=="}), 422, "invalid_cursor")
    refused(cinema.get(RATES, query_string={"limit": 0}), 422, "validation_failed")
    refused(stranger.get(RATES), 401, "unauthenticated")


def test_put_exchange_rate__given_anew__counts_while_its_day_is_open(operator):
    operator.call("PUT", RATES, RATE)
    assert operator.call("PUT", RATES, RATE | {"micros": 910_000}).status_code == 200
    assert operator.get(RATES).get_json()["data"] == [RATE | {"micros": 910_000}]


def test_put_exchange_rate__of_a_closed_day__is_given_where_none_was_known_and_not_changed(
    operator, closed, nothing_changes
):
    assert operator.call("PUT", RATES, RATE).status_code == 200
    for change in ({"micros": 910_000}, {"day": "2026-03-31"}):
        with nothing_changes():
            problem = refused(operator.call("PUT", RATES, RATE | change), 422, "invalid_exchange_rate")
        assert problem["values"]["day"] == (RATE | change)["day"]
    assert operator.call("PUT", RATES, RATE | {"day": "2026-04-01"}).status_code == 200


def test_settlement__that_converts_without_a_rate__refused_until_it_is_given(operator, march, nothing_changes):
    operator.post(URL, draft("2026-01-01T00:00:00Z", settle_in="EUR"))
    with nothing_changes():
        problem = refused(operator.post("/v1/settlements", {"period": "2026-03"}), 409, "no_exchange_rate")
    assert problem["values"] == {"base": "USD", "quote": "EUR", "day": "2026-03-02"}
    operator.call("PUT", RATES, RATE)
    closed = operator.post("/v1/settlements", {"period": "2026-03"}).get_json()
    assert {each["currency"] for each in closed["positions"]} == {"EUR"}
