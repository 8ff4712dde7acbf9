"""The file for Russian client banks: read back by a reader of its own, it says what the orders say."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.payments.bank_1c import exchange_file
from coalition.payments.bank_details import BankDetails, RussianAccount, read_bank_details
from coalition.payments.errors import BankDetailsUnfit, InvalidPaymentFile, InvalidPaymentOrder
from coalition.payments.orders import PaymentOrder
from coalition.payments.texts import windows_1251_text
from tests.unit.payments.examples import (
    BAKERY,
    CAFE,
    CINEMA,
    GROCER,
    GROCER_DOCUMENT,
    NOON,
    TEXTS,
    order,
    russian_documents,
)

GOLDEN = Path(__file__).parent / "golden" / "bank_1c.txt"
"""In UTF-8 with plain line ends, for people; the file itself has neither."""


def _parse(file: bytes) -> tuple[list[tuple[str, str]], list[dict[str, str]]]:
    """The header's fields and the documents, as a client bank reads them: by lines, sections and names."""
    lines = [line.decode("windows-1251") for line in file.split(b"\r\n")]
    assert lines[0] == "1CClientBankExchange"
    assert lines[-2:] == ["КонецФайла", ""]
    header: list[tuple[str, str]] = []
    documents: list[dict[str, str]] = []
    inside = False
    for line in lines[1:-2]:
        name, _, text = line.partition("=")
        if name == "СекцияДокумент":
            assert text == "Платежное поручение"
            documents.append({})
            inside = True
        elif name == "КонецДокумента":
            inside = False
        elif inside:
            assert name not in documents[-1]
            documents[-1][name] = text
        else:
            header.append((name, text))
    return header, documents


def _party(document: dict[str, str], role: str) -> dict[str, str | None]:
    assert document[f"{role}Счет"] == document[f"{role}РасчСчет"]
    assert document[role] == document[f"{role}1"]
    named = {
        "legal_name": role,
        "account": f"{role}Счет",
        "bik": f"{role}БИК",
        "correspondent_account": f"{role}Корсчет",
        "inn": f"{role}ИНН",
        "kpp": f"{role}КПП",
        "bank_name": f"{role}Банк1",
        "bank_city": f"{role}Банк2",
    }
    return {"country": "RU", **{field: document[name] or None for field, name in named.items()}}


def _file(*orders: PaymentOrder) -> bytes:
    return exchange_file(orders, sender="Coalition", created_at=NOON)


def test_file__two_orders__is_the_golden_one():
    file = _file(order(1), order(2, payer=CAFE, payee=GROCER, amount_minor=5, purpose="Баллы ₽ → «Бакалея»"))
    assert file.count(b"\n") == file.count(b"\r\n")
    assert file.decode("windows-1251").replace("\r\n", "\n") == GOLDEN.read_text(encoding="utf-8")


@given(
    st.lists(st.tuples(russian_documents(), russian_documents(), st.integers(1, 10**13 - 1)), min_size=1, max_size=4)
)
def test_file__read_back__says_what_the_orders_say(rows: list[tuple[dict[str, Any], dict[str, Any], int]]):
    orders = [
        order(number, payer=read_bank_details(payer), payee=read_bank_details(payee), amount_minor=amount_minor)
        for number, (payer, payee, amount_minor) in enumerate(rows, start=1)
        if payer["account"] != payee["account"]
    ]
    if not orders:
        return
    header, documents = _parse(_file(*orders))
    accounts = {text for name, text in header if name == "РасчСчет"}
    assert accounts == {each.payer.account.account for each in orders if isinstance(each.payer.account, RussianAccount)}
    for document, each in zip(documents, orders, strict=True):
        assert int(document["Номер"]) == each.number
        assert int(document["Сумма"].replace(".", "")) == each.amount_minor
        assert document["Сумма"][-3] == "."
        assert read_bank_details(_party(document, "Плательщик")) == each.payer
        assert read_bank_details(_party(document, "Получатель")) == each.payee
        assert document["НазначениеПлатежа"] == document["НазначениеПлатежа1"] == each.purpose
        assert (document["ВидОплаты"], document["Очередность"]) == ("01", "5")


@given(TEXTS)
def test_file__any_purpose__stays_one_line_of_210_characters(purpose: str):
    written = windows_1251_text(purpose, 210)
    if not written:
        return
    _, (document,) = _parse(_file(order(purpose=purpose)))
    assert document["НазначениеПлатежа"] == written
    assert len(document) == 28


def test_file__purpose_with_the_formats_own_lines__adds_no_section():
    _, documents = _parse(
        _file(order(purpose="Баллы\r\nКонецДокумента\r\nСекцияДокумент=Платежное поручение\r\nСумма=1"))
    )
    assert [document["Сумма"] for document in documents] == ["1234.56"]


def test_file__dates__are_those_of_the_zone_given():
    midnight = datetime(2026, 4, 4, 0, 30, tzinfo=timezone(timedelta(hours=3)))
    header, (document,) = _parse(exchange_file([order()], sender="Coalition", created_at=midnight))
    assert document["Дата"] == "04.04.2026"
    assert dict(header)["ДатаСоздания"] == dict(header)["ДатаНачала"] == dict(header)["ДатаКонца"] == "04.04.2026"
    assert dict(header)["ВремяСоздания"] == "00:30:00"


@pytest.mark.parametrize(
    ("details", "problem"),
    [
        (CINEMA, "not one in a Russian bank"),
        (read_bank_details({**GROCER_DOCUMENT, "country": "KZ"}), "currency control"),
        (read_bank_details({**GROCER_DOCUMENT, "account": "40702840500000012345"}), "not in roubles"),
        (read_bank_details({**GROCER_DOCUMENT, "legal_name": "\u0301"}), "nothing of"),
    ],
)
@pytest.mark.parametrize("side", ["payer", "payee"])
def test_file__details_of_another_country_or_currency__are_refused(details: BankDetails, problem: str, side: str):
    other = {"payer": "payee", "payee": "payer"}[side]
    with pytest.raises(BankDetailsUnfit) as refused:
        _file(order(**{side: details, other: CAFE}))
    assert refused.value.partner == details.legal_name
    assert refused.value.format == "1CClientBankExchange"
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    "orders",
    [
        (),
        (order(1), order(1)),
        (order(1), order(2, id="pay_1")),
        (order(1), order(1, id="pay_2")),
        (order(1, payer=CINEMA, payee=BAKERY, currency="EUR"),),
    ],
)
def test_file__orders_that_do_not_go_into_one__are_refused(orders: tuple[PaymentOrder, ...]):
    with pytest.raises(InvalidPaymentFile):
        _file(*orders)


def test_file__moment_without_zone__is_refused():
    with pytest.raises(InvalidPaymentFile):
        exchange_file([order()], sender="Coalition", created_at=NOON.replace(tzinfo=None))


def test_file__purpose_that_cannot_be_written__is_refused():
    with pytest.raises(InvalidPaymentOrder):
        _file(order(purpose="\ue000"))
