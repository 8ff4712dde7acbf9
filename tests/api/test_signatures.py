"""What partners' keys sign for the settlement contract: shown in the form that wallets take, and checked when given"""

import pytest
from eth_account import Account

from coalition.ledger.administration import Administrator
from coalition.services.signatures import domain
from scripts.settle_chain import bring
from tests.api.callers import refused
from tests.api.settling import acknowledge, lines_of, statement_of

KEYS = {name: Account.from_key("0x" + digit * 64) for name, digit in (("cinema", "1"), ("cafe", "2"))}


@pytest.fixture
def anchor(operator, coalition, closed, clock, record):
    """March is on the settlement contract, which knows the keys of the cinema and the cafe; call it to bring more."""
    for partner in (coalition.cinema, coalition.cafe):
        body = {"address": KEYS[partner.name].address}
        assert operator.call("PUT", f"/v1/partners/{partner.id}/signer", body).status_code == 200

    def anchor():
        recorder = record()
        return bring(Administrator(recorder.chain, recorder.keyring, clock))

    assert anchor() == []
    return anchor


def signed(name, document):
    return "0x" + bytes(KEYS[name].sign_typed_data(full_message=document).signature).hex()


def to_acknowledge(caller):
    statement = statement_of(caller)
    return f"/v1/statements/{statement['id']}/acknowledgement", {"root": statement["root"]}, statement["to_sign"]


def test_to_sign__without_a_contract__is_nothing(cinema, closed):
    statement = statement_of(cinema)
    assert statement["to_sign"] is None
    line = lines_of(cinema, statement)[0]["id"]
    shown = cinema.get(f"/v1/statements/{statement['id']}/dispute", query_string={"line": line}).get_json()
    assert shown == {"line": line, "to_sign": None}


def test_acknowledgement__signed_as_shown__is_kept_and_brought_to_the_contract(cinema, anchor):
    path, body, document = to_acknowledge(cinema)
    assert document["primaryType"] == "Acknowledgement"
    assert document["domain"]["verifyingContract"] == domain().contract
    assert document["message"]["root"] == body["root"]
    signature = signed("cinema", document)
    assert cinema.post(path, body | {"signature": signature}).get_json()["signature"] == signature
    assert anchor() == []


def test_acknowledgement__without_a_signature__may_be_signed_later(cinema, anchor):
    acknowledge(cinema)
    path, body, document = to_acknowledge(cinema)
    signature = signed("cinema", document)
    assert cinema.post(path, body | {"signature": signature}).get_json()["signature"] == signature


def test_acknowledgement__by_another_key__refused_and_nothing_changes(cinema, anchor, nothing_changes):
    path, body, document = to_acknowledge(cinema)
    with nothing_changes():
        problem = refused(cinema.post(path, body | {"signature": signed("cafe", document)}), 403, "wrong_signer")
    assert problem["values"] == {
        "partner": "cinema",
        "expected": KEYS["cinema"].address,
        "given": KEYS["cafe"].address,
    }


@pytest.mark.parametrize("change", [{"root": "0x" + "12" * 32}, {"period": 2}, {"positionMinor": 50}])
def test_acknowledgement__signed_for_another_statement__refused_and_nothing_changes(
    cinema, anchor, change, nothing_changes
):
    path, body, document = to_acknowledge(cinema)
    forged = document | {"message": document["message"] | change}
    with nothing_changes():
        refused(cinema.post(path, body | {"signature": signed("cinema", forged)}), 403, "wrong_signer")


def test_acknowledgement__with_bytes_that_are_no_signature__refused_and_nothing_changes(
    cinema, anchor, nothing_changes
):
    path, body, _ = to_acknowledge(cinema)
    with nothing_changes():
        for byte in ("00", "ff"):
            refused(cinema.post(path, body | {"signature": "0x" + byte * 65}), 403, "wrong_signer")


def test_dispute__signed_as_shown__is_brought_to_the_contract_with_its_answer(cinema, operator, anchor):
    statement = statement_of(cinema)
    line = lines_of(cinema, statement)[0]["id"]
    path = f"/v1/statements/{statement['id']}/dispute"
    document = cinema.get(path, query_string={"line": line}).get_json()["to_sign"]
    assert document["primaryType"] == "Dispute"
    body = {"line": line, "reason": "the till was off"}
    refused(cinema.post(path, body | {"signature": signed("cafe", document)}), 403, "wrong_signer")
    raised = cinema.post(path, body | {"signature": signed("cinema", document)})
    assert raised.status_code == 201
    assert anchor() == []
    operator.post(f"/v1/disputes/{raised.get_json()['id']}/answer", {"answer": "rejection", "words": "it was on"})
    assert anchor() == []


def test_line_to_dispute__of_none_or_of_another__refused(cinema, cafe, operator, closed):
    statement = statement_of(cinema)
    path, query = f"/v1/statements/{statement['id']}/dispute", {"line": "ent_none"}
    refused(cinema.get(path, query_string=query), 422, "unknown_statement_line")
    refused(cafe.get(path, query_string=query), 404, "unknown_statement")
    refused(operator.get(path, query_string=query), 403, "forbidden")
    refused(cinema.get(path), 422, "validation_failed")


def test_confirmation__signed_as_shown__is_kept_and_brought_to_the_contract(cinema, cafe, anchor):
    for name, caller in (("cinema", cinema), ("cafe", cafe)):
        path, body, document = to_acknowledge(caller)
        caller.post(path, body | {"signature": signed(name, document)})
    (payment,) = cafe.get("/v1/payments").get_json()["data"]
    path = f"/v1/payments/{payment['id']}"
    shown = cafe.get(path).get_json()
    document = shown.pop("to_sign")
    assert (shown, document["primaryType"]) == (payment, "Payment")
    refused(cafe.post(f"{path}/confirmation", {"signature": signed("cinema", document)}), 403, "wrong_signer")
    signature = signed("cafe", document)
    assert cafe.post(f"{path}/confirmation", {"signature": signature}).get_json()["signature"] == signature
    assert anchor() == []
