"""A deployed `AchievementBadges` as a test sees it."""

from enum import IntEnum

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from web3.types import TxReceipt

from coalition.ledger.artifacts import artifact
from tests.contracts.chain import Chain, Deployed
from tests.contracts.ledger import ANNA, CINEMA

FIRST_VISIT, REGULAR = 7, 2**72 - 1
URI = "https://coalition.example/badges/{id}.json"


class BadgeKind(IntEnum):
    AWARD = 1
    REVOCATION = 2


def badge_entry(kind: int, member: str = ANNA, *, badge: int = FIRST_VISIT, issuer: int = CINEMA) -> bytes:
    """One packed entry, written out here so that the tests share no packing with the code that they check."""
    return (kind << 248 | issuer << 232 | badge << 160 | int(member, 16)).to_bytes(32)


def next_badges_head(head: bytes, sequence: int, entries: bytes) -> bytes:
    """The head as anyone can recompute it from the batches recorded."""
    return keccak(encode(["bytes32", "uint64", "bytes32"], [head, sequence, keccak(entries)]))


class Badges(Deployed):
    def record(self, *entries: bytes, sequence: int | None = None) -> TxReceipt:
        """Record a batch: the next one, if no sequence is given.

        :raises Refused: it is not taken.
        """
        sequence = self.read("nextSequence") if sequence is None else sequence
        return self.call("record", sequence, b"".join(entries))

    def held(self, member: str, badge: int = FIRST_VISIT) -> int:
        return self.read("balanceOf", member, badge)


def opened(chain: Chain) -> Badges:
    """The badges as the coalition opens: one account for each role."""
    roles = [chain.address(role) for role in ("admin", "recorder", "pauser")]
    return Badges(chain, chain.deploy(artifact("AchievementBadges"), URI, *roles))
