"""Payment orders in roubles as Russian client banks read them: 1CClientBankExchange, version 1.03.

The format is 1C's standard for exchange with client banks; the lines of the order are those of Bank of Russia's
regulation 762-P.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from coalition.payments.bank_details import LONGEST_NAME, RUSSIA, BankDetails, RussianAccount
from coalition.payments.errors import BankDetailsUnfit, InvalidPaymentFile, InvalidPaymentOrder
from coalition.payments.orders import LONGEST_PURPOSE, PaymentOrder, check_orders
from coalition.payments.russian_accounts import ROUBLES
from coalition.payments.texts import windows_1251_text

FORMAT = "1CClientBankExchange"
ENCODING = "windows-1251"
_CURRENCY = "RUB"
_DOCUMENT = "Платежное поручение"
_TRANSFER = "01"
"""The kind of operation that a payment order is, in the central bank's list."""
_PRIORITY = "5"
"""The last in the civil code's order (article 855): debts that no law puts before others."""


def exchange_file(orders: Sequence[PaymentOrder], *, sender: str, created_at: datetime) -> bytes:
    """The file that tells the payers' banks to carry out these orders.

    ``sender`` is the program that wrote it. Orders bear the date of ``created_at``, in the zone that it is given in.
    Several payers may stand in one file, but a bank takes only those that are its customers.

    :raises InvalidPaymentFile: no orders, two alike, one in another currency than roubles, or a moment without zone.
    :raises BankDetailsUnfit: a payer or payee that is not in Russia, or whose account is not one in roubles there.
    :raises InvalidPaymentOrder: a purpose of which no character can be written.
    """
    check_orders(orders, FORMAT, created_at)
    for order in orders:
        if order.currency != _CURRENCY:
            raise InvalidPaymentFile(FORMAT, f"order {order.number} is in {order.currency}, not in roubles")
    lines = [*_header(orders, sender, created_at)]
    for order in orders:
        lines += _section(order, created_at)
    lines.append("КонецФайла")
    return "".join(f"{line}\r\n" for line in lines).encode(ENCODING)


def _header(orders: Sequence[PaymentOrder], sender: str, created_at: datetime) -> Iterator[str]:
    yield FORMAT
    yield "ВерсияФормата=1.03"
    yield "Кодировка=Windows"
    yield f"Отправитель={windows_1251_text(sender, LONGEST_NAME)}"
    yield "Получатель="
    yield f"ДатаСоздания={_day(created_at)}"
    yield f"ВремяСоздания={created_at:%H:%M:%S}"
    yield f"ДатаНачала={_day(created_at)}"
    yield f"ДатаКонца={_day(created_at)}"
    for account in dict.fromkeys(_russian(order.payer).account for order in orders):
        yield f"РасчСчет={account}"
    yield f"Документ={_DOCUMENT}"


def _section(order: PaymentOrder, created_at: datetime) -> Iterator[str]:
    purpose = windows_1251_text(order.purpose, LONGEST_PURPOSE)
    if not purpose:
        raise InvalidPaymentOrder(order.id, "nothing of its purpose can be written in windows-1251")
    yield f"СекцияДокумент={_DOCUMENT}"
    yield f"Номер={order.number}"
    yield f"Дата={_day(created_at)}"
    yield f"Сумма={order.amount}"
    yield from _party("Плательщик", order.payer)
    yield from _party("Получатель", order.payee)
    yield "ВидПлатежа="
    yield f"ВидОплаты={_TRANSFER}"
    yield f"Очередность={_PRIORITY}"
    yield f"НазначениеПлатежа={purpose}"
    yield f"НазначениеПлатежа1={purpose}"
    yield "КонецДокумента"


def _party(role: str, details: BankDetails) -> Iterator[str]:
    account = _russian(details)
    name = _name(details.legal_name, details)
    yield f"{role}Счет={account.account}"
    yield f"{role}={name}"
    yield f"{role}ИНН={account.inn}"
    yield f"{role}КПП={account.kpp or ''}"
    yield f"{role}1={name}"
    yield f"{role}РасчСчет={account.account}"
    yield f"{role}Банк1={_name(account.bank_name, details)}"
    yield f"{role}Банк2={_name(account.bank_city, details)}"
    yield f"{role}БИК={account.bik}"
    yield f"{role}Корсчет={account.correspondent_account}"


def _name(text: str, details: BankDetails) -> str:
    name = windows_1251_text(text, LONGEST_NAME)
    if not name:
        raise BankDetailsUnfit(details.legal_name, FORMAT, f"nothing of {text!r} can be written in windows-1251")
    return name


def _russian(details: BankDetails) -> RussianAccount:
    account = details.account
    if not isinstance(account, RussianAccount):
        raise BankDetailsUnfit(details.legal_name, FORMAT, "the account is not one in a Russian bank")
    if details.country != RUSSIA:
        raise BankDetailsUnfit(details.legal_name, FORMAT, "payments of non-residents need a currency control code")
    if account.account[5:8] != ROUBLES:
        raise BankDetailsUnfit(details.legal_name, FORMAT, "the account is not in roubles")
    return account


def _day(moment: datetime) -> str:
    return f"{moment:%d.%m.%Y}"
