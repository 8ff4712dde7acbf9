"""Surprise rewards: which of several a grant gives, by a seed that was fixed before and the occasion of the grant.

The choice follows from the two alone, so it can be recomputed by anybody who is given the seed; until then its
commitment shows that it was not changed. Every choice is as likely as its weight says, exactly: a number is drawn from
as many as there are weights, and what would favour the first of them is drawn again.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from typing import NamedTuple

from gamification.rules.rewards import Benefit

_DRAWABLE = 1 << 256


@dataclass(frozen=True)
class Choice:
    """Points, or something else; ``weight`` is how many of the drawn numbers mean it, one at least."""

    weight: int
    points: int = 0
    benefit: Benefit | None = None


class Draw(NamedTuple):
    """``number`` was drawn from 0 to the sum of the weights, and means the choice at ``picked``."""

    number: int
    picked: int


def commitment(seed: str | bytes) -> str:
    """What may be published of the seed beforehand: its SHA-256, in hexadecimal."""
    return sha256(_octets(seed)).hexdigest()


def draw(weights: Sequence[int], seed: str | bytes, occasion: str) -> Draw:
    """What the seed means for this occasion: HMAC-SHA256 of ``OCCASION:ATTEMPT``, the first attempt that is fair.

    :raises ValueError: there is no weight, or one below 1.
    """
    if not weights or min(weights) < 1:
        raise ValueError(f"weights must be 1 at least, and one of them there: {list(weights)}")
    total = sum(weights)
    fair = _DRAWABLE - _DRAWABLE % total
    attempt = 0
    while (drawn := _drawn(seed, occasion, attempt)) >= fair:
        attempt += 1
    number = drawn % total
    return Draw(number, next(index for index, end in enumerate(accumulate(weights)) if number < end))


def choose(choices: Sequence[Choice], seed: str | bytes, occasion: str) -> Choice:
    """The choice that the draw means; ``draw`` with their weights tells how it came about."""
    return choices[draw([choice.weight for choice in choices], seed, occasion).picked]


def verify_choice(weights: Sequence[int], seed: str | bytes, occasion: str, committed: str, claimed: Draw) -> bool:
    """Whether the seed is the one committed to, and the draw what it means for this occasion."""
    return hmac.compare_digest(commitment(seed), committed) and draw(weights, seed, occasion) == claimed


def _drawn(seed: str | bytes, occasion: str, attempt: int) -> int:
    return int.from_bytes(hmac.digest(_octets(seed), f"{occasion}:{attempt}".encode(), "sha256"))


def _octets(seed: str | bytes) -> bytes:
    return seed.encode() if isinstance(seed, str) else seed
