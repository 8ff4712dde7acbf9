"""Where a partner keeps its money: read from a plain document with every mistake named, and written back as one."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from phonenumbers import SUPPORTED_REGIONS
from stdnum import bic as stdnum_bic
from stdnum import iban as stdnum_iban
from stdnum.ru import inn as stdnum_inn
from stdnum.util import clean

from coalition.payments.errors import DetailMistake, InvalidBankDetails
from coalition.payments.russian_accounts import (
    account_fits,
    correspondent_account_fits,
    is_account,
    is_bik,
    is_kpp,
)

RUSSIA = "RU"
LONGEST_NAME = 160
_LONGEST_CITY = 35
_COMPANY_INN_DIGITS = 10


@dataclass(frozen=True, slots=True)
class IbanAccount:
    """An account known by its IBAN, at the bank with that BIC; both without spaces, in capitals."""

    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class RussianAccount:
    """An account in a Russian bank, in digits; a sole trader has no ``kpp``."""

    account: str
    bik: str
    correspondent_account: str
    inn: str
    kpp: str | None
    bank_name: str
    bank_city: str


@dataclass(frozen=True, slots=True)
class BankDetails:
    """Who is paid where. ``country`` is the party's (ISO 3166, two letters), which need not be that of its bank."""

    legal_name: str
    country: str
    account: IbanAccount | RussianAccount

    def document(self) -> dict[str, Any]:
        """What ``read_bank_details`` reads, of JSON's types; equal details give equal documents."""
        named = {"legal_name": self.legal_name, "country": self.country, **asdict(self.account)}
        return {field: text for field, text in named.items() if text is not None}


def read_bank_details(document: Any) -> BankDetails:
    """The bank details that the document gives: an IBAN with its BIC, or all of a Russian account.

    Fields are those of the classes here; spaces and hyphens in numbers, and small letters in codes, are taken as meant.

    :raises InvalidBankDetails: the document has mistakes, and these are all of them.
    """
    if not isinstance(document, Mapping):
        raise InvalidBankDetails(mistakes=(DetailMistake("document", "is not a mapping of fields"),))
    fields = _Fields(document)
    legal_name = fields.text("legal_name", LONGEST_NAME)
    country = fields.code("country", _is_country, "is not a country's code of two letters")
    account = _account(fields)
    fields.refuse_others()
    if fields.mistakes:
        raise InvalidBankDetails(mistakes=tuple(fields.mistakes))
    return BankDetails(legal_name, country, account)


def _account(fields: "_Fields") -> IbanAccount | RussianAccount:
    foreign = fields.given & IbanAccount.__dataclass_fields__.keys()
    russian = fields.given & RussianAccount.__dataclass_fields__.keys()
    if foreign and russian:
        fields.mistake("iban", "and bic stand for a whole account: a Russian one beside them is one too many")
    return _russian_account(fields) if russian else _iban_account(fields)


def _iban_account(fields: "_Fields") -> IbanAccount:
    return IbanAccount(
        iban=fields.code("iban", stdnum_iban.is_valid, "is not an IBAN: its length or its check digits are wrong"),
        bic=fields.code("bic", stdnum_bic.is_valid, "is not a BIC of 8 or 11 characters"),
    )


def _russian_account(fields: "_Fields") -> RussianAccount:
    bik = fields.code("bik", is_bik, "is not the BIK of a Russian bank: nine digits, the first ones 04")
    account = fields.code("account", is_account, "is not an account of twenty digits")
    if bik and account and not account_fits(account, bik):
        fields.mistake("account", "has another key than accounts at the bank with this BIK")
    correspondent = fields.code("correspondent_account", is_account, "is not an account of twenty digits")
    if bik and correspondent and not correspondent_account_fits(correspondent, bik):
        fields.mistake("correspondent_account", "is not that of the bank with this BIK")
    inn = fields.code("inn", stdnum_inn.is_valid, "is not an INN: its length or its check digits are wrong")
    if inn and len(inn) == _COMPANY_INN_DIGITS and "kpp" not in fields.given:
        fields.mistake("kpp", "is missing: a company, whose INN has ten digits, has one")
    if inn and len(inn) != _COMPANY_INN_DIGITS and "kpp" in fields.given:
        fields.mistake("kpp", "is one too many: a sole trader, whose INN has twelve digits, has none")
    return RussianAccount(
        account=account,
        bik=bik,
        correspondent_account=correspondent,
        inn=inn,
        kpp=fields.code("kpp", is_kpp, "is not a KPP of nine characters") if "kpp" in fields.given else None,
        bank_name=fields.text("bank_name", LONGEST_NAME),
        bank_city=fields.text("bank_city", _LONGEST_CITY),
    )


def _is_country(text: str) -> bool:
    return text in SUPPORTED_REGIONS


class _Fields:
    """Takes the document's fields one by one, and notes what is wrong with them; a wrong one is read as empty."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = {field: text for field, text in document.items() if text is not None}
        self._asked: set[str] = set()
        self.mistakes: list[DetailMistake] = []

    @property
    def given(self) -> set[str]:
        return set(self._document)

    def mistake(self, field: str, problem: str) -> None:
        self.mistakes.append(DetailMistake(field, problem))

    def text(self, field: str, longest: int) -> str:
        text = " ".join(self._raw(field).split())
        if len(text) > longest or not text.isprintable():
            self.mistake(field, f"is not plain text of up to {longest} characters")
            return ""
        return text

    def code(self, field: str, fits: Callable[[str], bool], problem: str) -> str:
        text = clean(self._raw(field), " -.").upper()
        if text and not fits(text):
            self.mistake(field, problem)
            return ""
        return text

    def refuse_others(self) -> None:
        known = self._asked | IbanAccount.__dataclass_fields__.keys() | RussianAccount.__dataclass_fields__.keys()
        for field in sorted(map(str, self.given - known)):
            self.mistake(field, "is no field of bank details")

    def _raw(self, field: str) -> str:
        self._asked.add(field)
        text = self._document.get(field, "")
        if not isinstance(text, str):
            self.mistake(field, "is not text")
        elif not text.strip():
            self.mistake(field, "is missing")
        else:
            return text
        return ""
