"""The ISO 20022 file: valid by the official schema, with sums that agree and text that banks take."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xmlschema import XMLSchemaValidationError

from coalition.payments.bank_details import BankDetails, IbanAccount, read_bank_details
from coalition.payments.errors import BankDetailsUnfit, InvalidPaymentFile, InvalidPaymentOrder
from coalition.payments.orders import PaymentOrder
from coalition.payments.pain001 import NAMESPACE, credit_transfer, schema
from coalition.payments.texts import plain_text, sepa_text
from tests.unit.payments.examples import (
    BAKERY,
    CAFE,
    CINEMA,
    CINEMA_DOCUMENT,
    DUE,
    GROCER,
    GROCER_DOCUMENT,
    NOON,
    TEXTS,
    order,
    russian_documents,
)

GOLDEN = Path(__file__).parent / "golden" / "pain001.xml"
PARTIES = (GROCER, CAFE, CINEMA, BAKERY)
LATIN = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]+")


def _file(*orders: PaymentOrder, **changed: Any) -> ElementTree.Element:
    """The file read back, after the official schema has found nothing in it."""
    file = credit_transfer(orders, **{"message_id": "msg_1", "initiator": "Coalition", "created_at": NOON, **changed})
    schema().validate(file.decode())
    root = ElementTree.fromstring(file)
    assert root.tag == f"{{{NAMESPACE}}}Document"
    return root


def _texts(element: ElementTree.Element, path: str) -> list[str]:
    steps = "/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/"))
    return [found.text or "" for found in element.iterfind(f".//{steps}")]


def _blocks(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    return root.iter(f"{{{NAMESPACE}}}PmtInf")


@st.composite
def orders(draw: st.DrawFn) -> list[PaymentOrder]:
    count = draw(st.integers(1, 6))
    drawn = []
    for number in range(1, count + 1):
        payer, payee = draw(st.permutations(PARTIES))[:2]
        drawn.append(
            order(
                number,
                payer=payer,
                payee=payee,
                amount_minor=draw(st.integers(1, 10**13 - 1)),
                currency=draw(st.sampled_from(("EUR", "USD", "RUB", "JPY", "KWD"))),
                purpose=draw(TEXTS.filter(lambda text: sepa_text(text, 9))),
                due_date=DUE + timedelta(days=draw(st.integers(0, 1))),
            )
        )
    return drawn


def test_file__orders_of_three_kinds__is_the_golden_one():
    file = credit_transfer(
        [
            order(1, id="pay_01J0000000000000000000000A"),
            order(2, payer=CINEMA, payee=BAKERY, amount_minor=5_001, currency="EUR", purpose="Points, März № 3"),
            order(3, payer=CINEMA, payee=BAKERY, amount_minor=700, currency="JPY", purpose="Points"),
        ],
        message_id="msg_01J0000000000000000000000B",
        initiator="Coalition",
        created_at=NOON,
    )
    assert file.decode() == GOLDEN.read_text(encoding="utf-8")


@settings(max_examples=50, deadline=None)
@given(orders())
def test_file__any_orders__is_valid_and_its_sums_agree(given_orders: list[PaymentOrder]):
    root = _file(*given_orders)
    amounts = [Decimal(text) for text in _texts(root, "Amt/InstdAmt")]
    assert sorted(amounts) == sorted(Decimal(each.amount) for each in given_orders)
    assert _texts(root, "GrpHdr/NbOfTxs") == [str(len(given_orders))]
    assert [Decimal(text) for text in _texts(root, "GrpHdr/CtrlSum")] == [sum(amounts)]
    for block in _blocks(root):
        inside = [Decimal(text) for text in _texts(block, "Amt/InstdAmt")]
        assert block.findtext(f"{{{NAMESPACE}}}NbOfTxs") == str(len(inside))
        assert Decimal(block.findtext(f"{{{NAMESPACE}}}CtrlSum") or "") == sum(inside)
    wanted = {(each.payer.account, each.currency, each.due_date) for each in given_orders}
    assert len(list(_blocks(root))) >= len(wanted)
    assert sorted(_texts(root, "PmtId/EndToEndId")) == sorted(each.end_to_end_id for each in given_orders)


@settings(max_examples=50, deadline=None)
@given(TEXTS, TEXTS)
def test_file__any_text_in_euros__is_written_in_latin(name: str, purpose: str):
    name, purpose = f"A{name}"[:100].replace("\x00", ""), f"B{purpose}"
    cinema = BankDetails(name, "DE", IbanAccount(CINEMA_DOCUMENT["iban"], CINEMA_DOCUMENT["bic"]))
    root = _file(order(payer=cinema, payee=BAKERY, currency="EUR", purpose=purpose))
    (written_name,), (written_purpose,) = _texts(root, "Dbtr/Nm"), _texts(root, "RmtInf/Ustrd")
    assert LATIN.fullmatch(written_name)
    assert len(written_name) <= 70
    assert LATIN.fullmatch(written_purpose)
    assert len(written_purpose) <= 140


@settings(max_examples=50, deadline=None)
@given(russian_documents(), TEXTS)
def test_file__any_text_in_roubles__is_kept(document: dict[str, Any], purpose: str):
    payer = read_bank_details(document)
    root = _file(order(payer=payer, purpose=f"Б{purpose}"))
    assert "".join(_texts(root, "RmtInf/Ustrd")).replace(" ", "") == plain_text(f"Б{purpose}", 210).replace(" ", "")
    assert _texts(root, "Dbtr/Nm") == [payer.legal_name[:140]]
    assert _texts(root, "Dbtr/Id/OrgId/Othr/Id") == [document["inn"]]
    assert _texts(root, "DbtrAcct/Id/Othr/Id") == [document["account"]]
    assert _texts(root, "DbtrAgtAcct/Id/Othr/Id") == [document["correspondent_account"]]
    assert _texts(root, "DbtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd") == ["RUCBC"]
    assert _texts(root, "DbtrAgt/FinInstnId/ClrSysMmbId/MmbId") == [document["bik"]]
    assert _texts(root, "Tax/Dbtr/TaxTp") == ([document["kpp"]] if "kpp" in document else [])


def test_file__long_purpose__is_told_in_lines_of_140_and_cut():
    assert list(map(len, _texts(_file(order(purpose="я" * 300)), "RmtInf/Ustrd"))) == [140, 70]
    euros = order(payer=CINEMA, payee=BAKERY, currency="EUR", purpose="x" * 300)
    assert list(map(len, _texts(_file(euros), "RmtInf/Ustrd"))) == [140]


def test_file__one_payer__has_a_block_for_each_currency_and_day():
    root = _file(
        order(1, payer=CINEMA, payee=BAKERY, currency="EUR"),
        order(2, payer=CINEMA, payee=BAKERY, currency="USD"),
        order(3, payer=CINEMA, payee=BAKERY, currency="EUR"),
        order(4, payer=CINEMA, payee=BAKERY, currency="EUR", due_date=DUE + timedelta(days=1)),
        order(5, payer=BAKERY, payee=CINEMA, currency="EUR"),
    )
    assert [_texts(block, "PmtId/InstrId") for block in _blocks(root)] == [["1", "3"], ["2"], ["4"], ["5"]]
    assert [block.findtext(f"{{{NAMESPACE}}}PmtInfId") for block in _blocks(root)] == [
        f"msg-1-{n}" for n in (1, 2, 3, 4)
    ]


@pytest.mark.parametrize(
    ("payee", "currency", "service", "charges"),
    [
        (BAKERY, "EUR", ["SEPA"], "SLEV"),
        (BAKERY, "USD", [], "SHAR"),
        (CAFE, "EUR", [], "SHAR"),
        (
            read_bank_details(
                {"legal_name": "A", "country": "TR", "iban": "TR330006100519786457841326", "bic": "TGBATRIS"}
            ),
            "EUR",
            [],
            "SHAR",
        ),
    ],
)
def test_file__way_of_payment__is_sepa_for_euros_between_its_countries(
    payee: BankDetails, currency: str, service: list[str], charges: str
):
    root = _file(order(payer=CINEMA, payee=payee, currency=currency))
    assert _texts(root, "PmtTpInf/SvcLvl/Cd") == service
    assert _texts(root, "PmtInf/ChrgBr") == [charges]


def test_file__moment__is_told_with_its_zone():
    root = _file(order(), created_at=datetime(2026, 4, 3, 12, 0, 0, 999, tzinfo=UTC))
    assert _texts(root, "GrpHdr/CreDtTm") == ["2026-04-03T12:00:00+00:00"]


def test_schema__document_without_its_sum__is_refused():
    file = credit_transfer([order()], message_id="msg_1", initiator="Coalition", created_at=NOON).decode()
    with pytest.raises(XMLSchemaValidationError):
        schema().validate(re.sub(r"<NbOfTxs>.*?</NbOfTxs>", "", file, count=1))


@pytest.mark.parametrize(
    "changed",
    [
        {"message_id": "m" * 31},
        {"message_id": "a/b"},
        {"initiator": "\ue000"},
        {"created_at": NOON.replace(tzinfo=None)},
    ],
)
def test_file__header_that_cannot_be__is_refused(changed: dict[str, Any]):
    with pytest.raises(InvalidPaymentFile):
        _file(order(payer=CINEMA, payee=BAKERY, currency="EUR"), **changed)


def test_file__name_without_latin_letters__is_refused():
    nameless = read_bank_details({**CINEMA_DOCUMENT, "legal_name": "\u0301"})
    with pytest.raises(BankDetailsUnfit) as refused:
        _file(order(payer=nameless, payee=BAKERY, currency="EUR"))
    assert refused.value.format == "pain.001.001.09"


def test_file__purpose_without_latin_letters__is_refused():
    with pytest.raises(InvalidPaymentOrder):
        _file(order(payer=CINEMA, payee=BAKERY, currency="EUR", purpose="\ue000"))


def test_file__russian_account_for_euros__is_written_in_latin():
    grocer = read_bank_details(GROCER_DOCUMENT)
    root = _file(order(payer=grocer, payee=CAFE, currency="USD"))
    assert _texts(root, "Dbtr/Nm") == ["OOO Bakaleya"]
    assert _texts(root, "CdtrAgt/FinInstnId/Nm") == ["AO AL'FA-BANK"]
