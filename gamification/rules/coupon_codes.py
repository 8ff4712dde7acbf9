"""Codes of coupons: nobody guesses one, anybody can read one aloud, and a mistyped one is found out unseen.

Eleven random characters of an alphabet without look-alikes, 54 bits, and a check character by ISO 7064, hybrid system
MOD 31,30: it finds every single wrong character and every two neighbours that are swapped.
"""

import re
import secrets

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_36

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Thirty, and thirty-one is prime, which the check needs. There is no 0, O, 1, I, L or U."""
_RANDOM = 11
_GROUP = 4
_CYRILLIC = str.maketrans("АВЕКМНРСТХУ", "ABEKMHPCTXY")
"""A Russian keyboard writes letters that look the same."""


def new_code() -> str:
    """Such as ``7KQ2-WM9F-X4T6``."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(_RANDOM))
    return _grouped(body + str(mod_37_36.calc_check_digit(body, ALPHABET)))


def read_code(text: str) -> str | None:
    """The code as ``new_code`` writes it, however it was typed; None if it cannot be one."""
    code = re.sub(r"[\s‐-―-]", "", text).upper().translate(_CYRILLIC)
    if len(code) != _RANDOM + 1:
        return None
    try:
        mod_37_36.validate(code, ALPHABET)
    except ValidationError:
        return None
    return _grouped(code)


def _grouped(code: str) -> str:
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))
