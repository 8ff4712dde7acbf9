"""Public identifiers: a three-letter prefix that names the kind, and a ULID, which sorts by time of birth."""

import re
from typing import Literal

from ulid import ULID

Prefix = Literal[
    "mem",
    "par",
    "pur",
    "ent",
    "evt",
    "gra",
    "key",
    "ses",
    "ret",
    "hld",
    "red",
    "deb",
    "rep",
    "exp",
    "adj",
    "gft",
    "trf",
    "tpu",
    "per",
    "stm",
    "dis",
    "cor",
    "pay",
    "pck",
    "ofb",
    "tkt",
    "rwd",
    "ide",
    "sur",
    "tea",
]

_PATTERN = re.compile(r"[a-z]{3}_[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_id(prefix: Prefix) -> str:
    """A new identifier such as ``pur_01JD5Z…``, unique without asking anyone."""
    return f"{prefix}_{ULID()}"


def is_id(text: str, prefix: Prefix) -> bool:
    """Whether the text has the form of an identifier of that kind."""
    return text.startswith(f"{prefix}_") and _PATTERN.fullmatch(text) is not None
