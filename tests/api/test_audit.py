"""GET /v1/audit"""

import pytest

from tests.api.callers import refused
from tests.api.settling import acknowledge, raise_dispute, statement_of

URL = "/v1/audit"


def key_of(caller):
    return f"key_{caller.key.split('_')[2]}"


@pytest.fixture
def deeds(operator, second_operator, cinema, cafe, closed):
    """(who, what, to what) of all that was done about March, the first first; nobody is the coalition itself."""
    acknowledge(cafe)
    dispute = raise_dispute(cinema)
    body = {"answer": "correction", "words": "sorry", "amount_minor": 7, "counterparty": 3}
    second_operator.post(f"/v1/disputes/{dispute['id']}/answer", body)
    (payment,) = operator.get("/v1/payments").get_json()["data"]
    cafe.post(f"/v1/payments/{payment['id']}/confirmation", {})
    correction = {"payer": 2, "payee": 3, "currency": "USD", "amount_minor": 1, "reason": "a cent"}
    correction = operator.post("/v1/corrections", correction).get_json()
    operator.call(
        "PUT", "/v1/exchange-rates", {"base": "USD", "quote": "EUR", "day": "2026-04-01", "micros": 9 * 10**5}
    )
    return [
        (operator, "period.closed", closed["id"]),
        (cafe, "statement.acknowledged", statement_of(cafe)["id"]),
        (cinema, "dispute.raised", dispute["id"]),
        (second_operator, "settlement.corrected", None),
        (second_operator, "dispute.answered", dispute["id"]),
        (None, "period.settled", closed["id"]),
        (cafe, "payment.confirmed", payment["id"]),
        (operator, "settlement.corrected", correction["id"]),
        (operator, "exchange_rate.set", "USD/EUR"),
    ]


def test_get_audit__of_all_that_was_done__says_who_did_what(operator, deeds):
    shown = operator.get(URL).get_json()["data"][::-1]
    assert len(shown) == len(deeds)
    for each, (by, action, subject) in zip(shown, deeds, strict=True):
        assert (each["by"], each["action"], each["at"]) == (
            key_of(by) if by else "coalition",
            action,
            "2026-04-01T00:00:00Z",
        )
        assert subject in (each["subject"], None)
    assert shown[2]["details"]["reason"] == "the till was off"
    assert shown[4]["details"] == {"answer": "correction", "words": "sorry"}
    assert shown[7]["details"]["amount_minor"] == 1


def test_get_audit__page_by_page__the_youngest_first(operator, deeds):
    shown, cursor = [], None
    while cursor or not shown:
        answer = operator.get(URL, query_string={"limit": 3} | ({"cursor": cursor} if cursor else {})).get_json()
        shown += answer["data"]
        cursor = answer["next_cursor"]
    assert shown == operator.get(URL).get_json()["data"]
    assert [each["action"] for each in shown] == [action for _, action, _ in deeds[::-1]]


def test_get_audit__of_a_subject__has_nothing_else(operator, deeds):
    _, _, dispute = deeds[2]
    shown = operator.get(URL, query_string={"subject": dispute}).get_json()["data"]
    assert [each["action"] for each in shown] == ["dispute.answered", "dispute.raised"]
    assert operator.get(URL, query_string={"subject": "nothing"}).get_json() == {"data": [], "next_cursor": None}


def test_get_audit__of_what_was_refused__has_nothing(operator, cinema, closed):
    before = operator.get(URL).get_json()
    body = {"root": "0x" + "12" * 32}
    refused(cinema.post(f"/v1/statements/{statement_of(cinema)['id']}/acknowledgement", body), 409, "wrong_root")
    refused(operator.post("/v1/settlements", {"period": "2026-04"}), 409, "period_not_over")
    assert operator.get(URL).get_json() == before


def test_get_audit__by_a_partner__refused(cinema, coalition):
    refused(cinema.get(URL), 403, "forbidden")
