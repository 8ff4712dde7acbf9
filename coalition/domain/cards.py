"""Card numbers: sixteen digits, the last a Luhn check digit (ISO/IEC 7812-1), which catches slips of the finger."""

import re

from stdnum import luhn

ISSUER_PREFIX = "9"
"""Major industry 9 is for national assignment: no bank card begins with it."""

_BANK_CARD = re.compile(
    r"(?<![0-9A-Za-z])"
    r"(?:[0-9]{13,19}|[0-9]{4}(?:[ -][0-9]{4}){2,3}[ -][0-9]{1,7}|[0-9]{4}[ -][0-9]{6}[ -][0-9]{5})"
    r"(?![0-9A-Za-z])"
)
"""Digits that stand for themselves, in a row or in the groups in which cards show them."""


def card_number(serial: int) -> str:
    """The card number of the member with that serial number.

    :raises OverflowError: the serial has more than fourteen digits.
    """
    if not 0 <= serial < 10**14:
        raise OverflowError(f"no card number for serial {serial}")
    body = f"{ISSUER_PREFIX}{serial:014d}"
    return body + luhn.calc_check_digit(body)


def is_card_number(text: str) -> bool:
    """Whether it could be one of our cards: length, prefix and check digit."""
    return len(text) == 16 and text.startswith(ISSUER_PREFIX) and luhn.is_valid(text)


def shows_bank_card(text: str) -> bool:
    """Whether somewhere in the text stands what passes as the number of a bank card (ISO/IEC 7812-1)."""
    found = (re.sub("[ -]", "", digits) for digits in _BANK_CARD.findall(text))
    return any(13 <= len(digits) <= 19 and luhn.is_valid(digits) for digits in found)
