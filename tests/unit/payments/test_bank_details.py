"""Bank details are read with every mistake named, and written back as they were read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.payments.bank_details import IbanAccount, RussianAccount, read_bank_details
from coalition.payments.errors import InvalidBankDetails
from coalition.payments.russian_accounts import account_fits, account_with_key, correspondent_account_fits
from tests.unit.payments.examples import CAFE_DOCUMENT, CINEMA_DOCUMENT, GROCER_DOCUMENT, russian_documents


def _mistakes(document: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidBankDetails) as refused:
        read_bank_details(document)
    for mistake in refused.value.mistakes:
        assert str(mistake) in str(refused.value)
    return dict(refused.value.mistakes)


def test_account_key__worked_examples_of_the_central_bank__fit():
    assert account_fits("40602810700000000025", "049805746")
    assert correspondent_account_fits("30101810800000000746", "049805746")


@pytest.mark.parametrize(
    ("bik", "account"),
    [
        ("044525225", "30101810400000000225"),
        ("044525187", "30101810700000000187"),
        ("044525593", "30101810200000000593"),
        ("044525974", "30101810145250000974"),
    ],
)
def test_correspondent_account__published_by_the_bank__fits(bik: str, account: str):
    assert correspondent_account_fits(account, bik)


def test_correspondent_account__of_another_bank__does_not_fit():
    assert not correspondent_account_fits("30101810400000000225", "044525593")


def test_account_key__bank_of_low_number__is_that_of_the_central_banks_branch():
    account = account_with_key("40702810000000000025", "049805002")
    assert account_fits(account, "049805001")
    assert account == account_with_key("40702810000000000025", "044444005")


@given(russian_documents(), st.integers(0, 19), st.integers(1, 9))
def test_account_key__any_one_digit_wrong__does_not_fit(document: dict[str, Any], place: int, off: int):
    account = document["account"]
    wrong = account[:place] + str((int(account[place]) + off) % 10) + account[place + 1 :]
    assert not account_fits(wrong, document["bik"])


@pytest.mark.parametrize(
    "iban", [" de89 3704 0044 0532 0130 00", "DE89-3704-0044-0532-0130-00", "DE89.370400440532013000"]
)
def test_read__iban__takes_spaces_hyphens_and_small_letters(iban: str):
    details = read_bank_details({**CINEMA_DOCUMENT, "iban": iban, "bic": "coba de ff xxx"})
    assert details.account == IbanAccount(iban="DE89370400440532013000", bic="COBADEFFXXX")
    assert details.document() == CINEMA_DOCUMENT


def test_read__sole_trader__has_no_kpp():
    details = read_bank_details({**CAFE_DOCUMENT, "kpp": None})
    assert isinstance(details.account, RussianAccount)
    assert details.account.kpp is None
    assert details.document() == CAFE_DOCUMENT


@given(russian_documents())
def test_document__read_again__gives_the_same_details(document: dict[str, Any]):
    details = read_bank_details(document)
    assert read_bank_details(json.loads(json.dumps(details.document()))) == details


def test_read__everything_wrong__names_every_mistake():
    wrong = {
        "legal_name": " ",
        "country": "ZZ",
        "account": "40702810300000012345",
        "bik": "044525225",
        "correspondent_account": "30101810200000000593",
        "inn": "7707083894",
        "kpp": "7736",
        "bank_name": 7,
        "bank_town": "Москва",
    }
    assert _mistakes(wrong) == {
        "legal_name": "is missing",
        "country": "is not a country's code of two letters",
        "account": "has another key than accounts at the bank with this BIK",
        "correspondent_account": "is not that of the bank with this BIK",
        "inn": "is not an INN: its length or its check digits are wrong",
        "kpp": "is not a KPP of nine characters",
        "bank_name": "is not text",
        "bank_city": "is missing",
        "bank_town": "is no field of bank details",
    }


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({**CINEMA_DOCUMENT, "iban": "DE88370400440532013000"}, "iban"),
        ({**CINEMA_DOCUMENT, "iban": "DE8937040044053201300٠"}, "iban"),
        ({**CINEMA_DOCUMENT, "bic": "COBADEFFXX"}, "bic"),
        ({"legal_name": "A", "country": "DE", "bic": "COBADEFFXXX"}, "iban"),
        ({**GROCER_DOCUMENT, "kpp": None}, "kpp"),
        ({**CAFE_DOCUMENT, "kpp": "773601001"}, "kpp"),
        ({**GROCER_DOCUMENT, "bik": "014525225"}, "bik"),
        ({**GROCER_DOCUMENT, "account": "4070281020000001234٥"}, "account"),
        ({**GROCER_DOCUMENT, "legal_name": "A" * 161}, "legal_name"),
        ({**GROCER_DOCUMENT, "legal_name": "A\x00B"}, "legal_name"),
    ],
)
def test_read__one_field_wrong__names_it_alone(document: dict[str, Any], field: str):
    assert list(_mistakes(document)) == [field]


def test_read__two_accounts__names_one_too_many():
    assert "one too many" in _mistakes({**GROCER_DOCUMENT, "iban": CINEMA_DOCUMENT["iban"]})["iban"]


def test_read__nothing__asks_for_an_iban():
    assert set(_mistakes({})) == {"legal_name", "country", "iban", "bic"}
