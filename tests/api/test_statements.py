"""GET /v1/statements, GET /v1/statements/{id} and its files, POST /v1/statements/{id}/acknowledgement and /dispute"""

from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO

import pytest
from pypdf import PdfReader

from coalition.domain.statements import statement_root
from coalition.papers.statement_csv import read_lines
from coalition.papers.statement_json import read_statement_json
from partner_api.resources import statement_files
from tests.api.callers import refused
from tests.api.settling import acknowledge, lines_of, raise_dispute, statement_of
from tests.integration.ledger.conftest import on_both_databases

URL = "/v1/statements"
FILES = ("entries.csv", "entries.json", "statement.html", "statement.pdf")
ANOTHER_ROOT = "0x" + "12" * 32
SIGNATURE = "0x" + "ab" * 65
CINEMA, CAFE = ({"number": 2, "name": "cinema"}, {"number": 3, "name": "cafe"})


@pytest.fixture
def statement(cinema, closed):
    return statement_of(cinema)


@pytest.fixture
def april(operator, clock, record, closed):
    """April is closed, too; call it with what is done before."""

    def close():
        clock.advance(datetime(2026, 5, 1, tzinfo=UTC) - clock.now())
        record()
        return operator.post("/v1/settlements", {"period": "2026-04"}).get_json()

    return close


def test_get_statements__a_partner__sees_its_own_and_the_operator_all(cinema, cafe, operator, closed):
    of_cinema, of_cafe = cinema.get(URL).get_json(), cafe.get(URL).get_json()
    assert [each["partner"] for each in of_cinema["data"]] == [CINEMA]
    assert [each["partner"] for each in of_cafe["data"]] == [CAFE]
    assert operator.get(URL).get_json()["data"] == of_cinema["data"] + of_cafe["data"]


@on_both_databases
def test_get_statement__of_a_closed_month__has_what_the_root_is_over(cinema, operator, coalition, closed, statement):
    assert statement.pop("id").startswith("stm_")
    assert statement.pop("ledger").startswith("0x")
    root = statement.pop("root")
    assert len(root) == 66
    assert statement == {
        "period": "2026-03",
        "partner": CINEMA,
        "currency": "USD",
        "first_day": "2026-03-01",
        "last_day": "2026-03-31",
        "time_zone": "UTC",
        "status": "open",
        "dispute_until": "2026-04-12T00:00:00Z",
        "acknowledged_at": None,
        "signature": None,
        "chain_id": 31337,
        "sequence": closed["sequence"],
        "head": closed["head"],
        "opening_points": 0,
        "issued_points": 200,
        "redeemed_points": 50,
        "expired_points": 0,
        "closing_points": 150,
        "liability_minor": 150,
        "totals": [
            {
                "counterparty": CAFE,
                "cause": "redemption",
                "issuer": CINEMA,
                "points": 50,
                "amount_minor": -50,
                "carried_micros": 0,
            }
        ],
        "position_minor": -50,
        "lines": 2,
        "disputes": [],
        "to_sign": None,
    }


def test_statement__of_another__is_not_there(cafe, statement, nothing_changes):
    path = f"{URL}/{statement['id']}"
    with nothing_changes():
        for address in (path, *(f"{path}/{file}" for file in FILES)):
            refused(cafe.get(address), 404, "unknown_statement")
        refused(cafe.post(f"{path}/acknowledgement", {"root": statement["root"]}), 404, "unknown_statement")
        refused(cafe.post(f"{path}/dispute", {"line": "ent_1", "reason": "why"}), 404, "unknown_statement")


def test_statement__none__refused(operator, coalition):
    for address in (f"{URL}/stm_none", *(f"{URL}/stm_none/{file}" for file in FILES)):
        refused(operator.get(address), 404, "unknown_statement")
    refused(operator.post(f"{URL}/stm_none/acknowledgement", {"root": ANOTHER_ROOT}), 404, "unknown_statement")


@on_both_databases
def test_get_statements__of_two_periods__page_by_page_the_youngest_first(operator, april):
    april()
    shown, cursor = [], None
    while cursor or not shown:
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        answer = operator.get(URL, query_string=query).get_json()
        shown += answer["data"]
        cursor = answer["next_cursor"]
    assert shown == operator.get(URL).get_json()["data"]
    assert [(each["period"], each["partner"]["name"]) for each in shown] == [
        ("2026-04", "cinema"),
        ("2026-03", "cinema"),
        ("2026-03", "cafe"),
    ]


@pytest.mark.parametrize("known_as", ["period", "id", "number"])
def test_get_statements__of_a_period__by_each_of_its_names(operator, april, closed, known_as):
    april()
    shown = operator.get(URL, query_string={"period": closed[known_as]}).get_json()["data"]
    assert [each["period"] for each in shown] == ["2026-03", "2026-03"]


def test_get_statements__of_a_period_that_is_not_closed__refused(cinema, closed):
    refused(cinema.get(URL, query_string={"period": "2026-04"}), 404, "unknown_period")


@on_both_databases
def test_files__for_programs__recompute_to_the_root(cinema, statement):
    path = f"{URL}/{statement['id']}"
    as_csv, as_json = cinema.get(f"{path}/entries.csv"), cinema.get(f"{path}/entries.json")
    assert as_csv.content_type == "text/csv; charset=utf-8"
    assert as_json.content_type == "application/json"
    read = read_statement_json(as_json.data)
    lines = list(read_lines(StringIO(as_csv.text, newline="")))
    assert lines == read.lines
    assert len(lines) == statement["lines"] == 2
    assert "0x" + statement_root(lines).hex() == read.statement.root == statement["root"]
    assert sum(line.micros for line in lines) == read.statement.position_minor * 10**6 == -50 * 10**6


def test_files__each__is_to_be_kept_under_the_statements_name(operator, statement):
    for file in FILES:
        headers = operator.get(f"{URL}/{statement['id']}/{file}").headers
        expected = f'attachment; filename="{statement["id"]}.{file.partition(".")[2]}"'
        assert headers["Content-Disposition"] == expected


@pytest.mark.parametrize(("language", "title"), [("en", "Statement of account"), ("ru", "Акт сверки")])
def test_files__for_people__in_the_readers_language(cinema, statement, language, title):
    headers = {"Accept-Language": language}
    page = cinema.get(f"{URL}/{statement['id']}/statement.html", headers=headers)
    assert page.content_type == "text/html; charset=utf-8"
    assert title in page.text
    paper = cinema.get(f"{URL}/{statement['id']}/statement.pdf", headers=headers)
    assert paper.content_type == "application/pdf"
    assert title in PdfReader(BytesIO(paper.data)).pages[0].extract_text()
    for each in (page, paper):
        assert each.headers["Content-Language"] == language
        assert "Accept-Language" in each.headers["Vary"]


@on_both_databases
def test_file__in_pieces__is_whole(cinema, statement, monkeypatch):
    """Many lines go out together, and none of them is lost or doubled."""
    path = f"{URL}/{statement['id']}/entries.csv"
    whole = cinema.get(path).data
    for size, pieces in ((200, 2), (10**6, 1)):
        monkeypatch.setattr(statement_files, "_PIECE_BYTES", size)
        with cinema.app.test_client() as client:
            response = client.get(path, headers={"Authorization": f"Bearer {cinema.key}"}, buffered=False)
            parts = [part for part in response.iter_encoded() if part]
        assert (len(parts), b"".join(parts)) == (pieces, whole)


@on_both_databases
def test_acknowledgement__of_the_root__is_kept_once(cinema, statement, clock, nothing_changes):
    path = f"{URL}/{statement['id']}/acknowledgement"
    body = {"root": statement["root"].replace("a", "A")}
    response = cinema.post(path, body)
    assert response.status_code == 200
    expected = {"status": "acknowledged", "acknowledged_at": "2026-04-01T00:00:00Z"}
    assert response.get_json().items() >= expected.items()
    clock.advance(timedelta(days=1))
    assert cinema.post(path, body).get_json() == response.get_json()
    assert statement_of(cinema) == statement | expected


def test_acknowledgement__of_another_root__refused_and_nothing_changes(cinema, statement, nothing_changes):
    with nothing_changes():
        path = f"{URL}/{statement['id']}/acknowledgement"
        problem = refused(cinema.post(path, {"root": ANOTHER_ROOT}), 409, "wrong_root")
    assert problem["values"] == {"statement": statement["id"], "expected": statement["root"], "given": ANOTHER_ROOT}


def test_acknowledgement__signed_without_a_key__refused_and_nothing_changes(cinema, statement, nothing_changes):
    body = {"root": statement["root"], "signature": SIGNATURE}
    with nothing_changes():
        refused(cinema.post(f"{URL}/{statement['id']}/acknowledgement", body), 409, "no_signing_key")


@pytest.mark.parametrize("change", [{"root": "0x12"}, {"root": None}, {"signature": "0x12"}, {"by": "me"}])
def test_acknowledgement__of_another_form__refused_and_nothing_changes(cinema, statement, nothing_changes, change):
    with nothing_changes():
        path = f"{URL}/{statement['id']}/acknowledgement"
        refused(cinema.post(path, {"root": statement["root"]} | change), 422, "validation_failed")


def test_acknowledgement__of_a_partners_statement_by_an_operator__refused(operator, statement, nothing_changes):
    with nothing_changes():
        path = f"{URL}/{statement['id']}/acknowledgement"
        refused(operator.post(path, {"root": statement["root"]}), 403, "forbidden")


def test_acknowledgement__of_a_disputed_statement__refused_until_it_is_answered(
    cinema, operator, statement, nothing_changes
):
    dispute = raise_dispute(cinema)
    path, body = f"{URL}/{statement['id']}/acknowledgement", {"root": statement["root"]}
    with nothing_changes():
        refused(cinema.post(path, body), 409, "statement_concluded")
    operator.post(f"/v1/disputes/{dispute['id']}/answer", {"answer": "rejection", "words": "it was on"})
    assert cinema.post(path, body).get_json()["status"] == "acknowledged"


def test_dispute__of_a_line__is_shown_with_the_statement(cinema, cafe, statement):
    line = lines_of(cinema, statement)[1]["id"]
    response = cinema.post(f"{URL}/{statement['id']}/dispute", {"line": line, "reason": "the till was off"})
    assert response.status_code == 201
    dispute = response.get_json()
    assert dispute["id"].startswith("dis_")
    assert dispute == {
        "id": dispute["id"],
        "statement": statement["id"],
        "line": line,
        "reason": "the till was off",
        "raised_at": "2026-04-01T00:00:00Z",
        "answer": None,
        "words": None,
        "answered_at": None,
    }
    assert statement_of(cinema) == statement | {"status": "disputed", "disputes": [dispute]}
    assert statement_of(cafe)["disputes"] == []


def test_dispute__of_the_same_line_again__is_the_same_dispute(cinema, operator, closed):
    first = raise_dispute(cinema)
    assert raise_dispute(cinema) == first
    assert operator.get("/v1/disputes").get_json()["data"] == [first]


def test_dispute__of_an_unknown_line__refused_and_nothing_changes(cinema, cafe, statement, nothing_changes):
    with nothing_changes():
        response = cinema.post(f"{URL}/{statement['id']}/dispute", {"line": "ent_none", "reason": "why"})
        problem = refused(response, 422, "unknown_statement_line")
    assert problem["values"] == {"statement": statement["id"], "line": "ent_none"}


def test_dispute__without_a_reason__refused_and_nothing_changes(cinema, statement, nothing_changes):
    line = lines_of(cinema, statement)[0]["id"]
    with nothing_changes():
        refused(cinema.post(f"{URL}/{statement['id']}/dispute", {"line": line, "reason": " "}), 422, "reason_required")


def test_dispute__of_an_acknowledged_statement__refused_and_nothing_changes(cinema, statement, nothing_changes):
    line = lines_of(cinema, statement)[0]["id"]
    acknowledge(cinema)
    with nothing_changes():
        response = cinema.post(f"{URL}/{statement['id']}/dispute", {"line": line, "reason": "why"})
        refused(response, 409, "statement_concluded")


def test_dispute__until_the_deadline__is_taken_and_after_it_refused(cinema, cafe, clock, closed, nothing_changes):
    clock.advance(datetime(2026, 4, 12, tzinfo=UTC) - timedelta(milliseconds=1) - clock.now())
    raise_dispute(cinema)
    clock.advance(timedelta(milliseconds=1))
    statement = statement_of(cafe)
    line = lines_of(cafe, statement)[0]["id"]
    with nothing_changes():
        response = cafe.post(f"{URL}/{statement['id']}/dispute", {"line": line, "reason": "why"})
        problem = refused(response, 409, "dispute_too_late")
    assert problem["values"] == {"statement": statement["id"], "until": "2026-04-12T00:00:00Z"}


def test_dispute__by_an_operator__refused(operator, statement):
    refused(operator.post(f"{URL}/{statement['id']}/dispute", {"line": "e", "reason": "why"}), 403, "forbidden")


@on_both_databases
def test_dispute__answered_by_correction__is_a_line_of_the_next_statement(cinema, cafe, operator, april):
    dispute = raise_dispute(cafe)
    body = {"answer": "correction", "words": "right you are", "amount_minor": 7, "counterparty": CINEMA["number"]}
    answered = operator.post(f"/v1/disputes/{dispute['id']}/answer", body).get_json()
    assert statement_of(cafe)["disputes"] == [answered]
    april()
    for caller, other, amount in ((cafe, CINEMA, 7), (cinema, CAFE, -7)):
        statement = statement_of(caller, "2026-04")
        (line,) = lines_of(caller, statement)
        assert (line["kind"], line["cause"], line["corrects"]) == ("correction", "correction", dispute["id"])
        assert (line["counterparty"], line["micros"]) == (other["number"], amount * 10**6)
        assert statement["position_minor"] == amount
        (total,) = statement["totals"]
        assert (total["counterparty"], total["cause"], total["issuer"]) == (other, "correction", None)
