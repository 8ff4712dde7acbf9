"""A deployed `PointsLedger` as a test sees it, and the members and partners of the tests."""

from enum import IntEnum

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from web3 import Web3
from web3.types import TxReceipt

from coalition.ledger.artifacts import artifact
from tests.contracts.chain import Chain, Deployed

CINEMA, CAFE, GROCER = 1, 2, 3
UNREGISTERED = 404
LIMIT = 1_000_000

ANNA = Web3.to_checksum_address("0x" + "a1" * 20)
BORIS = Web3.to_checksum_address("0x" + "b2" * 20)
NOBODY = Web3.to_checksum_address("0x" + "00" * 20)

ROOT = bytes.fromhex("11" * 32)


class Kind(IntEnum):
    ACCRUAL = 1
    REDEMPTION = 2
    ACCRUAL_REVERSAL = 3
    REDEMPTION_REVERSAL = 4
    EXPIRY = 5
    REWARD = 6
    ADJUSTMENT_INCREASE = 7
    ADJUSTMENT_DECREASE = 8


def entry(kind: int, points: int, member: str = ANNA, *, issuer: int = CINEMA, partner: int = CINEMA) -> bytes:
    """One packed entry, written out here so that the tests share no packing with the code that they check."""
    return (kind << 248 | issuer << 232 | partner << 216 | points << 160 | int(member, 16)).to_bytes(32)


def next_head(head: bytes, sequence: int, root: bytes, entries: bytes) -> bytes:
    """The head as anyone can recompute it from the batches recorded."""
    return keccak(encode(["bytes32", "uint64", "bytes32", "bytes32"], [head, sequence, root, keccak(entries)]))


class Ledger(Deployed):
    def record(
        self, *entries: bytes, sequence: int | None = None, root: bytes = ROOT, by: str | None = None
    ) -> TxReceipt:
        """Record a batch: the next one, if no sequence is given.

        :raises Refused: it is not taken.
        """
        sequence = self.read("nextSequence") if sequence is None else sequence
        return self.call("record", sequence, root, b"".join(entries), by=by)

    def balance(self, member: str) -> int:
        return self.read("balanceOf", member)

    def partner(self, number: int) -> dict[str, int]:
        names = ("issued", "redeemed", "expired", "limit", "status")
        return dict(zip(names, self.read("partner", number), strict=True))


def opened(chain: Chain) -> Ledger:
    """The ledger as the coalition opens: one account for each role, and three partners with room for a million."""
    roles = [chain.address(role) for role in ("admin", "recorder", "registrar", "pauser")]
    ledger = Ledger(chain, chain.deploy(artifact("PointsLedger"), "Coalition Points", "POINTS", *roles))
    for number in (CINEMA, CAFE, GROCER):
        ledger.call("registerPartner", number, LIMIT)
    return ledger
