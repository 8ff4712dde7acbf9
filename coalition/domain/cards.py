"""Card numbers: sixteen digits, the last a Luhn check digit (ISO/IEC 7812-1), which catches slips of the finger."""

from stdnum import luhn

ISSUER_PREFIX = "9"
"""Major industry 9 is for national assignment: no bank card begins with it."""


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
