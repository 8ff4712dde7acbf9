"""What a bank is told: who pays whom how much, for what and when."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from coalition.domain.currencies import minor_digits
from coalition.payments.bank_details import BankDetails
from coalition.payments.errors import InvalidPaymentFile, InvalidPaymentOrder

LONGEST_PURPOSE = 210
"""Of a payment in roubles: Bank of Russia, regulation 762-P."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,34}")
_HIGHEST_NUMBER = 999_999
"""A payment order's number has six digits, Bank of Russia, regulation 762-P."""
_MOST_MINOR = 10**13 - 1
"""The sum of a file has 18 digits: more orders than a file can carry stay below that."""


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """An order of ``payer`` to its bank to pay ``amount_minor`` to ``payee`` on ``due_date``.

    ``id`` goes with the money to the payee's statement: up to 35 letters, digits and low lines. ``number``, 1 to
    999999, is what people and Russian banks call it.

    :raises InvalidPaymentOrder: number, id, amount, currency or purpose are not such, or it pays into its own account.
    """

    number: int
    id: str
    payer: BankDetails
    payee: BankDetails
    amount_minor: int
    currency: str
    purpose: str
    due_date: date

    def __post_init__(self) -> None:
        for wrong, problem in (
            (not _ID.fullmatch(self.id), "its id is not up to 35 letters, digits and low lines"),
            (not 1 <= self.number <= _HIGHEST_NUMBER, f"its number is not one of 1 to {_HIGHEST_NUMBER}"),
            (not 1 <= self.amount_minor <= _MOST_MINOR, f"its amount is not one of 1 to {_MOST_MINOR} minor units"),
            (minor_digits(self.currency) is None, f"ISO 4217 knows no minor unit of {self.currency}"),
            (not self.purpose.strip(), "it does not say what it is for"),
            (self.payer.account == self.payee.account, "it pays into the account that it pays from"),
        ):
            if wrong:
                raise InvalidPaymentOrder(order=self.id, problem=problem)

    @property
    def end_to_end_id(self) -> str:
        """The id as banks carry it: they know no low line, so it becomes a hyphen, which no id has."""
        return bank_id(self.id)

    @property
    def amount(self) -> str:
        """In the currency's unit, with a point and as many decimals as ISO 4217 gives it."""
        return decimal_amount(self.amount_minor, minor_digits(self.currency) or 0)


def bank_id(own_id: str) -> str:
    """The id in characters that every bank passes on."""
    return own_id.replace("_", "-")


def decimal_amount(units: int, digits: int) -> str:
    """So many units, of which 10 to the power of ``digits`` make one, as a decimal number."""
    if digits == 0:
        return str(units)
    whole, part = divmod(units, 10**digits)
    return f"{whole}.{part:0{digits}d}"


def check_orders(orders: Iterable[PaymentOrder], file_format: str, created_at: datetime) -> None:
    """Orders that can go into one file: there are some, and no two of one id, or of one payer and number.

    :raises InvalidPaymentFile: there are none, or two alike, or the moment of the file's making has no zone.
    """
    if created_at.tzinfo is None:
        raise InvalidPaymentFile(file_format, "the moment of its making has no time zone")
    ids: set[str] = set()
    numbers: set[tuple[BankDetails, int]] = set()
    for order in orders:
        if order.id in ids or (order.payer, order.number) in numbers:
            raise InvalidPaymentFile(file_format, f"order {order.number} ({order.id}) stands there twice")
        ids.add(order.id)
        numbers.add((order.payer, order.number))
    if not ids:
        raise InvalidPaymentFile(file_format, "there are none")
