"""GET and PUT /v1/partners/{id}/bank-details, PUT /v1/partners/{id}/signer"""

import pytest

from tests.api.callers import refused

IBAN = {
    "legal_name": "Cinema GmbH",
    "country": "DE",
    "iban": "DE89370400440532013000",
    "bic": "COBADEFFXXX",
}
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
MISTYPED = ADDRESS.replace("aad", "aAd")
"""Its capitals, which are its checksum, tell."""


@pytest.fixture
def bank(coalition):
    return f"/v1/partners/{coalition.cinema.id}/bank-details"


@pytest.fixture
def signer(coalition):
    return f"/v1/partners/{coalition.cinema.id}/signer"


def test_put_bank_details__as_people_write_them__are_kept_in_one_form(operator, bank):
    response = operator.call("PUT", bank, IBAN | {"iban": "de89 3704 0044 0532 0130 00"})
    assert (response.status_code, response.get_json()) == (200, IBAN)
    assert operator.get(bank).get_json() == IBAN
    (deed,) = operator.get("/v1/audit").get_json()["data"]
    assert (deed["action"], deed["subject"]) == ("bank_details.set", "2")


def test_put_bank_details__of_the_pool__are_kept(operator, coalition):
    assert operator.call("PUT", "/v1/partners/pool/bank-details", IBAN).get_json() == IBAN
    assert operator.get("/v1/partners/pool/bank-details").get_json() == IBAN


def test_get_bank_details__that_nobody_has_given__refused(operator, bank):
    assert refused(operator.get(bank), 404, "no_bank_details")["values"] == {"partners": "cinema"}


def test_put_bank_details__with_mistakes__refused_naming_all_of_them(operator, bank, nothing_changes):
    with nothing_changes():
        response = operator.call("PUT", bank, {"legal_name": 7, "country": "XX", "iban": "DE00"})
        problem = refused(response, 422, "invalid_bank_details")
    fields = {each["field"] for each in problem["values"]["mistakes"]}
    assert fields == {"legal_name", "country", "iban", "bic"}


def test_put_bank_details__with_a_field_that_nobody_knows__refused(operator, bank, nothing_changes):
    with nothing_changes():
        problem = refused(operator.call("PUT", bank, IBAN | {"colour": "red"}), 422, "validation_failed")
    assert [each["pointer"] for each in problem["errors"]] == ["/colour"]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("0x12", "invalid_partner"),
        ("cinema", "invalid_partner"),
        (MISTYPED, "invalid_partner"),
        ("", "validation_failed"),
    ],
)
def test_put_signer__that_is_no_address__refused_and_nothing_changes(operator, signer, address, code, nothing_changes):
    with nothing_changes():
        refused(operator.call("PUT", signer, {"address": address}), 422, code)


def test_put_signer__an_address__is_kept_with_its_checksum(operator, signer):
    response = operator.call("PUT", signer, {"address": ADDRESS.lower()})
    assert response.get_json() == {"party": {"number": 2, "name": "cinema"}, "address": ADDRESS}


def test_party__none__refused(operator, coalition):
    refused(operator.get("/v1/partners/par_none/bank-details"), 404, "unknown_partner")
    refused(operator.call("PUT", "/v1/partners/par_none/bank-details", IBAN), 404, "unknown_partner")
    refused(operator.call("PUT", "/v1/partners/par_none/signer", {"address": ADDRESS}), 404, "unknown_partner")


def test_party__by_a_partner__refused(cinema, bank, signer):
    refused(cinema.get(bank), 403, "forbidden")
    refused(cinema.call("PUT", bank, IBAN), 403, "forbidden")
    refused(cinema.call("PUT", signer, {"address": ADDRESS}), 403, "forbidden")
