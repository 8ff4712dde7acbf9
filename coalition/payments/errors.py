"""What can be wrong with bank details, and with orders to pay."""

from dataclasses import dataclass
from typing import NamedTuple

from coalition.errors import CoalitionError


class DetailMistake(NamedTuple):
    """One thing wrong with bank details, and in which field."""

    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.field} {self.problem}"


@dataclass
class InvalidBankDetails(CoalitionError):
    """Every mistake of one document."""

    code = "invalid_bank_details"
    template = "Bank details cannot be so: {mistakes}."
    mistakes: tuple[DetailMistake, ...]

    def __str__(self) -> str:
        return self.template.format(mistakes="; ".join(map(str, self.mistakes)))


@dataclass
class InvalidPaymentOrder(CoalitionError):
    code = "invalid_payment_order"
    template = "Payment order {order} cannot be so: {problem}."
    order: str
    problem: str


@dataclass
class InvalidPaymentFile(CoalitionError):
    code = "invalid_payment_file"
    template = "No {format} file can be made of these orders: {problem}."
    format: str
    problem: str


@dataclass
class BankDetailsUnfit(CoalitionError):
    """The bank details are in order, but a file of this format cannot say them; ``partner`` is the legal name."""

    code = "bank_details_unfit"
    template = "The bank details of {partner} do not fit into a {format} file: {problem}."
    partner: str
    format: str
    problem: str
