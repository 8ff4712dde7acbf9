"""Numbers of Russian banks and accounts, and the key digit that ties an account to its bank.

The key is that of the Bank of Russia's order on the control key in account numbers (8 September 1997, No. 515).
"""

import re
from itertools import cycle

ROUBLES = "810"
"""Digits 6 to 8 of an account in roubles; the bank chart of accounts kept this code when ISO 4217 went on to 643."""

_BIK = re.compile(r"04[0-9]{7}")
_ACCOUNT = re.compile(r"[0-9]{20}")
_CORRESPONDENT_ACCOUNT = re.compile(r"301[0-9]{17}")
_KPP = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}")
_WEIGHTS = (7, 1, 3)


def is_bik(text: str) -> bool:
    """Whether it could be the BIK of a Russian bank; the treasury's begin with other digits and are none."""
    return _BIK.fullmatch(text) is not None


def is_account(text: str) -> bool:
    """Whether it has the form of an account; ``account_fits`` knows whether its key is right."""
    return _ACCOUNT.fullmatch(text) is not None


def is_kpp(text: str) -> bool:
    return _KPP.fullmatch(text) is not None


def account_fits(account: str, bik: str) -> bool:
    """Whether the key of a customer's account is right for the bank with that BIK."""
    number = bik[6:]
    # Banks are numbered from 003: below, the account is with the central bank's own branch.
    return _has_key((number if number > "002" else f"0{bik[4:6]}") + account)


def correspondent_account_fits(account: str, bik: str) -> bool:
    """Whether it is the account of the bank with that BIK at the central bank, key included."""
    if not _CORRESPONDENT_ACCOUNT.fullmatch(account) or account[17:] != bik[6:]:
        return False
    return _has_key(f"0{bik[4:6]}{account}")


def account_with_key(account: str, bik: str) -> str:
    """The customer's account with its ninth digit, the key, made right for the bank with that BIK."""
    keyed = (f"{account[:8]}{key}{account[9:]}" for key in range(10))
    return next(number for number in keyed if account_fits(number, bik))


def _has_key(digits: str) -> bool:
    return sum(int(digit) * weight for digit, weight in zip(digits, cycle(_WEIGHTS), strict=False)) % 10 == 0
