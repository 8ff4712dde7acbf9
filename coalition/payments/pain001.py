"""Payment orders as banks outside Russia, and large ones there, read them: ISO 20022 pain.001.001.09.

The document is built by the official schema, which checks it as it does: nothing that the schema refuses is written.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from importlib.resources import as_file, files
from typing import Any, NamedTuple

from xmlschema import XMLSchema, etree_tostring

from coalition.domain.currencies import minor_digits
from coalition.payments.bank_details import BankDetails, IbanAccount, RussianAccount
from coalition.payments.errors import BankDetailsUnfit, InvalidPaymentFile, InvalidPaymentOrder
from coalition.payments.orders import LONGEST_PURPOSE, PaymentOrder, bank_id, check_orders, decimal_amount
from coalition.payments.texts import plain_text, sepa_text

FORMAT = "pain.001.001.09"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{FORMAT}"
_MESSAGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,29}")
_LONGEST_LATIN_NAME = 70
_LONGEST_NAME = 140
_LONGEST_REMITTANCE = 140
_LONGEST_TOWN = 35
_RUSSIAN_BANKS = "RUCBC"
"""The clearing system whose members have a BIK, in ISO 20022's external code list."""
_SEPA_COUNTRIES = (
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS"
    " SE SI SK SM VA"
)
"""Where an IBAN is reached by SEPA: European Payments Council, list EPC409-09."""


class _Terms(NamedTuple):
    """What orders have in common that stand in one block of the file."""

    payer: BankDetails
    currency: str
    due_date: date
    sepa: bool

    @property
    def in_roubles(self) -> bool:
        return self.currency == "RUB"


@cache
def schema() -> XMLSchema:
    """The official schema of the message."""
    with as_file(files("sepaxml") / "schemas" / f"{FORMAT}.xsd") as path:
        return XMLSchema(path)


def credit_transfer(orders: Sequence[PaymentOrder], *, message_id: str, initiator: str, created_at: datetime) -> bytes:
    """The file that tells the payers' banks to carry out these orders, in blocks of one payer, currency and day.

    ``message_id``, up to 30 letters, digits and low lines, is new for each file; ``initiator`` is who sends it. Text is
    in the Latin characters that every bank knows; in orders in roubles it stays as it is.

    :raises InvalidPaymentFile: no orders, two alike, a message id that is none, or a moment without its zone.
    :raises BankDetailsUnfit: a name of which no character can be written.
    :raises InvalidPaymentOrder: a purpose of which no character can be written.
    """
    check_orders(orders, FORMAT, created_at)
    if not _MESSAGE_ID.fullmatch(message_id):
        raise InvalidPaymentFile(FORMAT, "the message id is not up to 30 letters, digits and low lines")
    blocks: dict[_Terms, list[PaymentOrder]] = {}
    for order in orders:
        blocks.setdefault(_terms(order), []).append(order)
    name = (plain_text if all(terms.in_roubles for terms in blocks) else sepa_text)(initiator, _LONGEST_LATIN_NAME)
    if not name:
        raise InvalidPaymentFile(FORMAT, "the initiator's name has no character that can be written")
    return _xml(
        {
            "GrpHdr": {
                "MsgId": bank_id(message_id),
                "CreDtTm": created_at.isoformat(timespec="seconds"),
                **_totals(orders),
                "InitgPty": {"Nm": name},
            },
            "PmtInf": [
                _block(f"{bank_id(message_id)}-{place}", terms, block)
                for place, (terms, block) in enumerate(blocks.items(), start=1)
            ],
        }
    )


def _xml(message: dict[str, Any]) -> bytes:
    element: Any = schema().encode({"CstmrCdtTrfInitn": message}, path="Document", namespaces={"": NAMESPACE})
    text = etree_tostring(element, namespaces={"": NAMESPACE}, encoding="utf-8", xml_declaration=True)
    return text if isinstance(text, bytes) else text.encode()


def _terms(order: PaymentOrder) -> _Terms:
    accounts = (order.payer.account, order.payee.account)
    sepa = order.currency == "EUR" and all(
        isinstance(account, IbanAccount) and account.iban[:2] in _SEPA_COUNTRIES for account in accounts
    )
    return _Terms(order.payer, order.currency, order.due_date, sepa)


def _totals(orders: Sequence[PaymentOrder]) -> dict[str, str]:
    """How many, and the sum of the amounts whatever their currencies, as the schema wants it."""
    digits = max(minor_digits(order.currency) or 0 for order in orders)
    units = sum(order.amount_minor * 10 ** (digits - (minor_digits(order.currency) or 0)) for order in orders)
    return {"NbOfTxs": str(len(orders)), "CtrlSum": decimal_amount(units, digits)}


def _block(block_id: str, terms: _Terms, orders: Sequence[PaymentOrder]) -> dict[str, Any]:
    return {
        "PmtInfId": block_id,
        "PmtMtd": "TRF",
        **_totals(orders),
        **({"PmtTpInf": {"SvcLvl": [{"Cd": "SEPA"}]}} if terms.sepa else {}),
        "ReqdExctnDt": {"Dt": terms.due_date.isoformat()},
        "Dbtr": _party(terms.payer, terms),
        "DbtrAcct": _account(terms.payer),
        "DbtrAgt": _bank(terms.payer, terms),
        **_bank_account("DbtrAgtAcct", terms.payer),
        # SEPA knows no other way than that each side bears its own bank's charges.
        "ChrgBr": "SLEV" if terms.sepa else "SHAR",
        "CdtTrfTxInf": [_transfer(order, terms) for order in orders],
    }


def _transfer(order: PaymentOrder, terms: _Terms) -> dict[str, Any]:
    return {
        "PmtId": {"InstrId": str(order.number), "EndToEndId": order.end_to_end_id},
        "Amt": {"InstdAmt": {"@Ccy": order.currency, "$": order.amount}},
        "CdtrAgt": _bank(order.payee, terms),
        **_bank_account("CdtrAgtAcct", order.payee),
        "Cdtr": _party(order.payee, terms),
        "CdtrAcct": _account(order.payee),
        **_tax(order),
        "RmtInf": {"Ustrd": _remittance(order, terms)},
    }


def _party(details: BankDetails, terms: _Terms) -> dict[str, Any]:
    party: dict[str, Any] = {"Nm": _name(details.legal_name, details, terms)}
    if isinstance(details.account, RussianAccount):
        party["Id"] = {"OrgId": {"Othr": [{"Id": details.account.inn, "SchmeNm": {"Cd": "TXID"}}]}}
    if not terms.sepa:
        party["CtryOfRes"] = details.country
    return party


def _account(details: BankDetails) -> dict[str, Any]:
    account = details.account
    if isinstance(account, IbanAccount):
        return {"Id": {"IBAN": account.iban}}
    return {"Id": {"Othr": {"Id": account.account, "SchmeNm": {"Cd": "BBAN"}}}}


def _bank(details: BankDetails, terms: _Terms) -> dict[str, Any]:
    account = details.account
    if isinstance(account, IbanAccount):
        return {"FinInstnId": {"BICFI": account.bic}}
    return {
        "FinInstnId": {
            "ClrSysMmbId": {"ClrSysId": {"Cd": _RUSSIAN_BANKS}, "MmbId": account.bik},
            "Nm": _name(account.bank_name, details, terms),
            "PstlAdr": {"TwnNm": _name(account.bank_city, details, terms)[:_LONGEST_TOWN], "Ctry": "RU"},
        }
    }


def _bank_account(element: str, details: BankDetails) -> dict[str, Any]:
    if isinstance(details.account, IbanAccount):
        return {}
    return {element: {"Id": {"Othr": {"Id": details.account.correspondent_account, "SchmeNm": {"Cd": "BBAN"}}}}}


def _tax(order: PaymentOrder) -> dict[str, Any]:
    """The KPP of either side, fields 103 and 102 of the Russian order, where it has one."""
    sides = {
        side: {"TaxTp": details.account.kpp}
        for side, details in (("Cdtr", order.payee), ("Dbtr", order.payer))
        if isinstance(details.account, RussianAccount) and details.account.kpp
    }
    return {"Tax": sides} if sides else {}


def _name(text: str, details: BankDetails, terms: _Terms) -> str:
    name = plain_text(text, _LONGEST_NAME) if terms.in_roubles else sepa_text(text, _LONGEST_LATIN_NAME)
    if not name:
        raise BankDetailsUnfit(details.legal_name, FORMAT, f"nothing of {text!r} can be written in Latin letters")
    return name


def _remittance(order: PaymentOrder, terms: _Terms) -> list[str]:
    if terms.in_roubles:
        purpose = plain_text(order.purpose, LONGEST_PURPOSE)
    else:
        purpose = sepa_text(order.purpose, _LONGEST_REMITTANCE)
    if not purpose:
        raise InvalidPaymentOrder(order.id, "nothing of its purpose can be written in Latin letters")
    return [purpose[start : start + _LONGEST_REMITTANCE] for start in range(0, len(purpose), _LONGEST_REMITTANCE)]
