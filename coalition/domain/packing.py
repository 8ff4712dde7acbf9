"""A journal entry in one 32-byte word, as ``PointsLedger.record`` takes it.

From the highest bit: kind 8, issuer 16, partner 16, points 56, member address 160.
"""

import struct
from typing import NamedTuple

WORD_SIZE = 32
MOST_POINTS = (1 << 56) - 1
"""As many as an entry has bits for, and as a partner's limit can be."""

_WORD = struct.Struct(">B H H B H I 20s")
"""The points stand in three parts: there is no format for 56 bits."""


class PackedEntry(NamedTuple):
    kind: int
    issuer: int
    partner: int
    points: int
    address: bytes


def pack(kind: int, issuer: int, partner: int, points: int, address: bytes) -> bytes:
    """:raises OverflowError: a number does not fit its bits.
    :raises ValueError: the address is not twenty bytes.
    """
    if len(address) != 20:
        raise ValueError(f"an address has twenty bytes, not {len(address)}")
    try:
        return _WORD.pack(kind, issuer, partner, points >> 48, points >> 32 & 0xFFFF, points & 0xFFFFFFFF, address)
    except struct.error as error:
        raise OverflowError(f"{error}: {kind=} {issuer=} {partner=} {points=}") from error


def unpack(words: bytes) -> list[PackedEntry]:
    """The entries of a batch, in order.

    :raises ValueError: not a whole number of words.
    """
    if len(words) % WORD_SIZE:
        raise ValueError(f"{len(words)} bytes are not a whole number of {WORD_SIZE}-byte words")
    return [
        PackedEntry(
            kind=words[i],
            issuer=int.from_bytes(words[i + 1 : i + 3]),
            partner=int.from_bytes(words[i + 3 : i + 5]),
            points=int.from_bytes(words[i + 5 : i + 12]),
            address=words[i + 12 : i + 32],
        )
        for i in range(0, len(words), WORD_SIZE)
    ]


BADGE_KINDS = {"award": 1, "revocation": 2}


def pack_badge(kind: str, issuer: int, badge: int, address: bytes) -> bytes:
    """An award or a revocation in one word, as ``AchievementBadges.record`` takes it: kind 8, issuer 16, badge 72,
    member address 160.

    :raises OverflowError: a number does not fit its bits.
    """
    return BADGE_KINDS[kind].to_bytes(1) + issuer.to_bytes(2) + badge.to_bytes(9) + address
