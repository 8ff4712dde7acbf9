"""Partners with bank details that hold together: the banks are real ones, the serials of the accounts made up."""

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from coalition.payments.bank_details import read_bank_details
from coalition.payments.orders import PaymentOrder
from coalition.payments.russian_accounts import account_with_key

NOON = datetime(2026, 4, 3, 12, tzinfo=UTC)
DUE = date(2026, 4, 6)

GROCER_DOCUMENT = {
    "legal_name": "ООО «Бакалея»",
    "country": "RU",
    "account": "40702810200000012345",
    "bik": "044525225",
    "correspondent_account": "30101810400000000225",
    "inn": "7707083893",
    "kpp": "773601001",
    "bank_name": "ПАО Сбербанк",
    "bank_city": "г. Москва",
}
CAFE_DOCUMENT = {
    "legal_name": "ИП Петров Пётр Петрович",
    "country": "RU",
    "account": "40802810300000054321",
    "bik": "044525593",
    "correspondent_account": "30101810200000000593",
    "inn": "500100732259",
    "bank_name": "АО «АЛЬФА-БАНК»",
    "bank_city": "г. Москва",
}
CINEMA_DOCUMENT = {
    "legal_name": "Kino & Café Müller GmbH",
    "country": "DE",
    "iban": "DE89370400440532013000",
    "bic": "COBADEFFXXX",
}
BAKERY_DOCUMENT = {
    "legal_name": "Le Fournil SARL",
    "country": "FR",
    "iban": "FR1420041010050500013M02606",
    "bic": "PSSTFRPPPAR",
}
GROCER = read_bank_details(GROCER_DOCUMENT)
CAFE = read_bank_details(CAFE_DOCUMENT)
CINEMA = read_bank_details(CINEMA_DOCUMENT)
BAKERY = read_bank_details(BAKERY_DOCUMENT)


def order(number: int = 1, **changed: Any) -> PaymentOrder:
    usual = {
        "id": f"pay_{number}",
        "payer": GROCER,
        "payee": CAFE,
        "amount_minor": 123_456,
        "currency": "RUB",
        "purpose": "Расчёты за баллы, март 2026. НДС не облагается",
        "due_date": DUE,
    }
    return PaymentOrder(number=number, **{**usual, **changed})


BANKS = (("044525225", "30101810400000000225"), ("044525593", "30101810200000000593"))
TEXTS = st.text(min_size=1, max_size=250)
NAMES = st.text(st.characters(codec="windows-1251", categories=["L", "N", "P"]), min_size=1, max_size=60)


@st.composite
def russian_documents(draw: st.DrawFn) -> dict[str, Any]:
    bik, correspondent_account = draw(st.sampled_from(BANKS))
    form = draw(st.sampled_from(({"inn": "7707083893", "kpp": "773601001"}, {"inn": "500100732259"})))
    serial = draw(st.integers(0, 10**11 - 1))
    return {
        "legal_name": draw(NAMES),
        "country": "RU",
        "account": account_with_key(f"407028100{serial:011d}", bik),
        "bik": bik,
        "correspondent_account": correspondent_account,
        **form,
        "bank_name": draw(NAMES),
        "bank_city": draw(NAMES)[:35],
    }
