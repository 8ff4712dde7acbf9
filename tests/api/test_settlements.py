"""GET and POST /v1/settlements, GET /v1/settlements/{period}, disputes' answers and corrections"""

from datetime import UTC, datetime, timedelta

import pytest

from coalition.services.settlement import settle_accepted
from tests.api.callers import refused
from tests.api.settling import acknowledge, lines_of, raise_dispute, statement_of
from tests.integration.ledger.conftest import on_both_databases

URL = "/v1/settlements"
MARCH = {"period": "2026-03"}
CINEMA, CAFE = ({"number": 2, "name": "cinema"}, {"number": 3, "name": "cafe"})
OPERATOR, POOL = 1, 0
LISTS = {"accounts", "positions", "transfers", "payments"}
DEBT = {"payer": CINEMA, "payee": CAFE, "amount_minor": 50, "currency": "USD"}
REJECTION = {"answer": "rejection", "words": "it was on"}
CORRECTION = {"answer": "correction", "words": "right you are", "amount_minor": 7, "counterparty": CAFE["number"]}
ORDER = {"payer": CINEMA["number"], "payee": POOL, "currency": "USD", "amount_minor": 3, "reason": "a mistake"}


@pytest.fixture
def in_moscow(publish):
    publish({"time_zone": "Europe/Moscow"})


def until(clock, *moment):
    clock.advance(datetime(*moment, tzinfo=UTC) - clock.now())


@on_both_databases
def test_post_settlement__of_a_month__says_who_owes_whom(closed):
    assert closed.pop("id").startswith("per_")
    assert closed.pop("head").startswith("0x")
    assert closed == {
        "number": 1,
        "period": "2026-03",
        "first_day": "2026-03-01",
        "last_day": "2026-03-31",
        "status": "closed",
        "sequence": 1,
        "dispute_until": "2026-04-12T00:00:00Z",
        "closed_at": "2026-04-01T00:00:00Z",
        "settled_at": None,
        "accounts": [DEBT | {"cause": "redemption", "issuer": CINEMA, "points": 50, "carried_micros": 0}],
        "positions": [
            {"party": CINEMA, "amount_minor": -50, "currency": "USD"},
            {"party": CAFE, "amount_minor": 50, "currency": "USD"},
        ],
        "transfers": [DEBT],
        "payments": [],
    }


def test_post_settlement__a_second_time__refused_and_writes_nothing(operator, second_operator, clock, closed):
    clock.advance(timedelta(days=1))
    problem = refused(second_operator.post(URL, MARCH), 409, "period_closed")
    assert problem["values"] == {"period": "2026-03", "id": closed["id"]}
    assert operator.get(URL).get_json()["data"] == [{key: closed[key] for key in closed if key not in LISTS}]
    assert len(operator.get("/v1/audit", query_string={"subject": closed["id"]}).get_json()["data"]) == 1


def test_post_settlement__not_over_yet__refused_and_nothing_changes(operator, march, nothing_changes):
    with nothing_changes():
        problem = refused(operator.post(URL, {"period": "2026-04"}), 409, "period_not_over")
    assert problem["values"] == {"ends_at": "2026-05-01T00:00:00Z"}


@pytest.mark.parametrize("overlapping", ["2026-03-15..2026-04-14", "2026-05", "2026-02", "2026"])
def test_post_settlement__not_where_the_last_one_ends__refused_and_nothing_changes(
    operator, clock, closed, overlapping, nothing_changes
):
    until(clock, 2027, 1, 1)
    with nothing_changes():
        problem = refused(operator.post(URL, {"period": overlapping}), 409, "period_out_of_order")
    assert problem["values"]["expected"] == "2026-04-01"


def test_post_settlement__before_the_chain_has_all__refused_until_it_has(
    operator, annas_purchase, clock, record, nothing_changes
):
    until(clock, 2026, 4, 1)
    with nothing_changes():
        problem = refused(operator.post(URL, MARCH), 409, "entries_not_final")
    assert problem["values"]["entries"] == 1
    record()
    assert operator.post(URL, MARCH).status_code == 201


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("March", "invalid_period"),
        ("2026-13", "invalid_period"),
        ("2026-03-02..2026-03-01", "invalid_period"),
        ("2026-03-01..", "invalid_period"),
        ("9999", "invalid_period"),
        ("0001", "invalid_period"),
        ("", "validation_failed"),
        (202603, "validation_failed"),
    ],
)
def test_post_settlement__of_no_period__refused_and_nothing_changes(operator, in_moscow, name, code, nothing_changes):
    with nothing_changes():
        refused(operator.post(URL, {"period": name}), 422, code)


def test_settlement__of_none__refused(operator, coalition):
    for name in ("2026-03", "1", "per_none", "pay"):
        refused(operator.get(f"{URL}/{name}"), 404, "unknown_period")


def test_settlement__by_a_partner__refused(cinema, closed):
    refused(cinema.get(URL), 403, "forbidden")
    refused(cinema.get(f"{URL}/2026-03"), 403, "forbidden")
    refused(cinema.post(URL, MARCH), 403, "forbidden")
    refused(cinema.get("/v1/disputes"), 403, "forbidden")
    refused(cinema.post("/v1/corrections", ORDER), 403, "forbidden")


@on_both_databases
def test_get_settlements__page_by_page__the_youngest_first_whatever_is_closed_meanwhile(operator, clock, closed):
    def close(days, *now):
        until(clock, *now)
        assert operator.post(URL, {"period": days}).get_json()["period"] == days

    close("2026-04-01..2026-04-02", 2026, 4, 3)
    first = operator.get(URL, query_string={"limit": 1}).get_json()
    close("2026-04-03..2026-04-04", 2026, 4, 5)
    second = operator.get(URL, query_string={"limit": 1, "cursor": first["next_cursor"]}).get_json()
    assert [each["number"] for each in first["data"] + second["data"]] == [2, 1]
    assert second["next_cursor"] is None
    refused(operator.get("/v1/statements", query_string={"cursor": first["next_cursor"]}), 422, "invalid_cursor")


@pytest.mark.parametrize("known_as", ["period", "id", "number"])
def test_get_settlement__by_each_of_its_names__is_the_same(operator, closed, known_as):
    assert operator.get(f"{URL}/{closed[known_as]}").get_json() == closed


def test_settlement__acknowledged_by_all__is_settled_with_payments(operator, cinema, cafe, closed):
    acknowledge(cinema)
    assert operator.get(f"{URL}/2026-03").get_json() == closed
    acknowledge(cafe)
    settled = operator.get(f"{URL}/2026-03").get_json()
    (payment,) = settled["payments"]
    assert payment == DEBT | {"id": payment["id"], "period": "2026-03", "confirmed_at": None, "signature": None}
    expected = {"status": "settled", "settled_at": "2026-04-01T00:00:00Z", "payments": [payment]}
    assert settled == closed | expected


def test_settlement__with_fees__is_settled_once_the_operator_accepts_its_own(
    operator, cinema, cafe, grocer, coalition, march
):
    card = {"currency": "USD", "issued_micros": 10**6, "redeemed_micros": 10**6, "fees": [{"monthly_minor": 100}]}
    operator.post("/v1/rate-cards", {"effective_from": "2026-01-01T00:00:00Z", "document": card})
    closed = operator.post(URL, MARCH).get_json()
    assert {each["cause"] for each in closed["accounts"]} == {"redemption", "fee_monthly"}
    for caller in (cinema, cafe, grocer):
        acknowledge(caller)
    assert operator.get(f"{URL}/2026-03").get_json()["status"] == "closed"
    (own,) = [each for each in operator.get("/v1/statements").get_json()["data"] if each["status"] == "open"]
    assert own["partner"] == {"number": OPERATOR, "name": "operator"}
    operator.post(f"/v1/statements/{own['id']}/acknowledgement", {"root": own["root"]})
    assert operator.get(f"{URL}/2026-03").get_json()["status"] == "settled"


def test_settlement__undisputed_until_the_deadline__is_settled_when_the_worker_looks(operator, clock, closed):
    until(clock, 2026, 4, 12)
    assert operator.get(f"{URL}/2026-03").get_json() == closed | {"status": "acknowledged"}
    settle_accepted(now=clock.now())
    assert operator.get(f"{URL}/2026-03").get_json()["status"] == "settled"


@on_both_databases
def test_settlement__disputed__is_settled_by_the_last_answer(operator, cinema, cafe, closed):
    acknowledge(cafe)
    first, second = raise_dispute(cinema), raise_dispute(cinema, 1)
    assert operator.get(f"{URL}/2026-03").get_json()["status"] == "disputed"
    operator.post(f"/v1/disputes/{first['id']}/answer", REJECTION)
    assert operator.get(f"{URL}/2026-03").get_json()["status"] == "disputed"
    operator.post(f"/v1/disputes/{second['id']}/answer", REJECTION)
    assert operator.get(f"{URL}/2026-03").get_json()["status"] == "settled"
    assert statement_of(cinema)["status"] == "answered"


@on_both_databases
def test_get_disputes__page_by_page__the_oldest_first_and_only_open_ones_if_asked(operator, cinema, cafe, closed):
    raised = [raise_dispute(cinema), raise_dispute(cinema, 1), raise_dispute(cafe)]
    answered = operator.post(f"/v1/disputes/{raised[1]['id']}/answer", REJECTION).get_json()
    assert answered == raised[1] | REJECTION | {"answered_at": "2026-04-01T00:00:00Z"}
    assert operator.get("/v1/disputes").get_json()["data"] == [raised[0], answered, raised[2]]
    assert operator.get("/v1/disputes?open=true").get_json()["data"] == [raised[0], raised[2]]
    first = operator.get("/v1/disputes?open=true&limit=1").get_json()
    operator.post(f"/v1/disputes/{raised[0]['id']}/answer", REJECTION)
    second = operator.get(f"/v1/disputes?open=true&limit=1&cursor={first['next_cursor']}").get_json()
    assert (first["data"], second) == ([raised[0]], {"data": [raised[2]], "next_cursor": None})
    refused(operator.get("/v1/disputes?open=yes"), 422, "validation_failed")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (REJECTION | {"words": " "}, 422, "reason_required"),
        (REJECTION | {"amount_minor": 7}, 422, "validation_failed"),
        (REJECTION | {"counterparty": 3}, 422, "validation_failed"),
        (REJECTION | {"answer": "perhaps"}, 422, "validation_failed"),
        ({"answer": "correction", "words": "yes"}, 422, "invalid_correction"),
        (CORRECTION | {"amount_minor": 0}, 422, "invalid_correction"),
        (CORRECTION | {"amount_minor": 10**12 + 1}, 422, "validation_failed"),
        (CORRECTION | {"counterparty": CINEMA["number"]}, 422, "invalid_correction"),
        (CORRECTION | {"counterparty": 9}, 404, "unknown_partner"),
    ],
)
def test_answer__that_cannot_be__refused_and_nothing_changes(
    operator, cinema, closed, body, status, code, nothing_changes
):
    dispute = raise_dispute(cinema)
    with nothing_changes():
        refused(operator.post(f"/v1/disputes/{dispute['id']}/answer", body), status, code)


@pytest.mark.parametrize("second", [REJECTION, CORRECTION])
def test_answer__a_second_time__refused_and_nothing_changes(operator, cinema, closed, second, nothing_changes):
    dispute = raise_dispute(cinema)
    operator.post(f"/v1/disputes/{dispute['id']}/answer", CORRECTION)
    with nothing_changes():
        problem = refused(operator.post(f"/v1/disputes/{dispute['id']}/answer", second), 409, "dispute_answered")
    assert problem["values"] == {"dispute": dispute["id"], "answer": "correction"}


def test_answer__to_no_dispute__refused(operator, coalition):
    refused(operator.post("/v1/disputes/dis_none/answer", REJECTION), 404, "unknown_dispute")


@on_both_databases
def test_post_correction__between_partner_and_pool__is_in_the_next_period(operator, cinema, clock, record, closed):
    response = operator.post("/v1/corrections", ORDER)
    assert response.status_code == 201
    made = response.get_json()
    pool = {"number": 0, "name": "pool"}
    assert made == {
        "id": made["id"],
        "created_at": "2026-04-01T00:00:00Z",
        "payer": CINEMA,
        "payee": pool,
        "amount_minor": 3,
        "currency": "USD",
    }
    until(clock, 2026, 5, 1)
    april = operator.post(URL, {"period": "2026-04"}).get_json()
    assert april["positions"] == [
        {"party": pool, "amount_minor": 3, "currency": "USD"},
        {"party": CINEMA, "amount_minor": -3, "currency": "USD"},
    ]
    (line,) = lines_of(cinema, statement_of(cinema, "2026-04"))
    assert (line["id"], line["kind"], line["corrects"]) == (made["id"], "correction", None)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"payer": 9}, 404, "unknown_partner"),
        ({"payee": 9}, 404, "unknown_partner"),
        ({"payee": 2}, 422, "invalid_correction"),
        ({"reason": " "}, 422, "invalid_correction"),
        ({"amount_minor": 0}, 422, "validation_failed"),
        ({"amount_minor": -3}, 422, "validation_failed"),
        ({"currency": "usd"}, 422, "validation_failed"),
        ({"currency": "ABC"}, 422, "invalid_correction"),
        ({"payer": "cinema"}, 422, "validation_failed"),
        ({"payer": -1}, 422, "validation_failed"),
    ],
)
def test_post_correction__that_cannot_be__refused_and_nothing_changes(
    operator, coalition, change, status, code, nothing_changes
):
    with nothing_changes():
        refused(operator.post("/v1/corrections", ORDER | change), status, code)
