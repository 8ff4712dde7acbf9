"""What is said to the settlement contract, and what it answers."""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address

from coalition.ledger.artifacts import artifact
from coalition.ledger.contract import Deployed
from coalition.ledger.node import LATEST, Node
from coalition.ledger.settlement.description import Claim, StatementOnChain
from coalition.ledger.settlement.typed_data import Domain

SETTLEMENT = "Settlement"
NO_KEY = "0x" + "0" * 40


class Status(IntEnum):
    """Of a statement; the numbers are those of ``ISettlement.sol``."""

    NONE = 0
    CLAIMED = 1
    OPEN = 2
    ACKNOWLEDGED = 3
    DISPUTED = 4
    ANSWERED = 5


class DisputeStatus(IntEnum):
    """The numbers are those of ``ISettlement.sol``."""

    NONE = 0
    OPEN = 1
    ANSWERED = 2


class PeriodState(NamedTuple):
    """A period as the contract has it; moments in seconds since 1970, all zero where there is none."""

    starts_at: int
    ends_at: int
    sequence: int
    deadline: int
    closed: bool
    statements: int
    unstated: int
    unbalanced: int
    pending: int
    disputed: int
    last_claim: int


class StatementState(NamedTuple):
    """A position as the contract has it; ``claimed_minor`` is what of it the claims explain."""

    root: bytes
    position_minor: int
    claimed_minor: int
    paid_minor: int
    disputes: int
    status: int


class Claimed(NamedTuple):
    """All that was claimed of a pair in one currency, in all periods."""

    points: int
    paid_minor: int
    got_minor: int


def settlement_creation(ledger: str) -> bytes:
    """The init code that makes a new settlement of this ledger."""
    return artifact(SETTLEMENT).bytecode + encode(["address"], [ledger])


def to_code(currency: str) -> bytes:
    """A currency as the contract has it."""
    return currency.encode("ascii")


def place(claim: Claim) -> int:
    """Where the claim comes in the order that the contract wants."""
    return (claim.issuer << 40) | (claim.redeemer << 24) | int.from_bytes(to_code(claim.currency))


def claim_argument(claim: Claim) -> tuple[Any, ...]:
    money = claim.points, claim.paid_minor, claim.got_minor
    return claim.issuer, claim.redeemer, to_code(claim.currency), claim.by_pool, *money


def statement_argument(statement: StatementOnChain) -> tuple[Any, ...]:
    money = statement.position_minor, statement.other_minor
    return statement.partner, to_code(statement.currency), statement.root, *money


class SettlementContract(Deployed):
    """The deployed settlement. Reading raises ``WrongContract`` where there is none."""

    def __init__(self, node: Node, address: str, block: str = LATEST) -> None:
        super().__init__(node, address, SETTLEMENT, block)

    def domain(self) -> Domain:
        """What partners sign for, if they sign for this contract."""
        return Domain(self.node.chain_id(), self.address)

    def ledger(self) -> str:
        return to_checksum_address(self._read("ledger"))

    def periods(self) -> int:
        """How many there are, the one that is being closed included."""
        return int(self._read("periods"))

    def period(self, number: int) -> PeriodState:
        return PeriodState(*self._read("periodOf", number))

    def is_settled(self, period: int) -> bool:
        return bool(self._read("isSettled", period))

    def statements(self, period: int, keys: Sequence[tuple[int, str]]) -> list[StatementState]:
        """Of each ``(partner, currency)``."""
        calls = [(period, partner, to_code(currency)) for partner, currency in keys]
        return [StatementState(*state) for state in self._read_all("statementOf", calls)]

    def disputes(self, period: int, keys: Sequence[tuple[int, str, bytes]]) -> list[DisputeStatus]:
        """Of each ``(partner, currency, lines)``."""
        calls = [(period, partner, to_code(currency), lines) for partner, currency, lines in keys]
        return [DisputeStatus(status) for status in self._read_all("disputeOf", calls)]

    def claimed(self, pairs: Sequence[tuple[int, int]]) -> list[int]:
        """Points of each ``(issuer, redeemer)``, in all periods and currencies."""
        return [int(points) for points in self._read_all("claimed", pairs)]

    def claimed_in(self, keys: Sequence[tuple[int, int, str]]) -> list[Claimed]:
        """Of each ``(issuer, redeemer, currency)``."""
        calls = [(issuer, redeemer, to_code(currency)) for issuer, redeemer, currency in keys]
        return [Claimed(*total) for total in self._read_all("claimedIn", calls)]

    def unclaimed(self, pairs: Sequence[tuple[int, int]]) -> list[int]:
        """Points that each issuer owes the redeemer on the ledger, less those claimed; below zero where redemptions
        were undone after they had been claimed."""
        return [int(points) for points in self._read_all("unclaimed", pairs)]

    def keys(self, partners: Iterable[int]) -> list[str]:
        """The address that signs for each, ``NO_KEY`` where there is none."""
        return [to_checksum_address(key) for key in self._read_all("keyOf", [(partner,) for partner in partners])]

    def key_number(self, partner: int) -> int:
        return int(self._read("keyNumber", partner))

    def ceilings(self, currencies: Iterable[str]) -> list[int]:
        """What a point may cost in each, in micros; 0 where it is not settled in."""
        return [int(most) for most in self._read_all("ceilingOf", [(to_code(currency),) for currency in currencies])]

    def taken(self, digests: Iterable[bytes]) -> list[bool]:
        """Whether the payment with each EIP-712 digest was confirmed."""
        return [bool(taken) for taken in self._read_all("isTaken", [(digest,) for digest in digests])]
