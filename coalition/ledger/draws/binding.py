"""What is said to the contract of prize draws, and what it answers."""

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from coalition.ledger.artifacts import artifact
from coalition.ledger.contract import Deployed
from coalition.ledger.node import LATEST, Node

DRAWS = "PrizeDraw"
LEAST_DELAY = 4
"""Blocks between committing and the block that counts; the contract takes no less."""

_HASHES = 2**256


class Status(IntEnum):
    """The numbers are those of ``IPrizeDraw.sol``."""

    NONE = 0
    COMMITTED = 1
    DRAWN = 2
    VOID = 3


class DrawState(NamedTuple):
    """A draw as the contract has it; all zero where there is none. ``deadline`` is in seconds since 1970."""

    commitment: bytes
    root: bytes
    tickets: int
    winners: int
    block_hash: bytes
    secret: bytes
    block: int
    deadline: int
    attempts: int
    rearms: int
    status: Status


def draws_creation(ledger: str) -> bytes:
    """The init code that makes a new contract of draws; who may commit is this ledger's affair."""
    return artifact(DRAWS).bytecode + encode(["address"], [ledger])


def draw_key(draw: str) -> bytes:
    """A draw's name as the contract has it."""
    return keccak(text=draw)


def commitment_of(draw: str, secret: bytes, contract: str, chain_id: int) -> bytes:
    """What one commits to the secret by: it is of this draw, in this contract, on this chain."""
    values = [secret, draw_key(draw), contract, chain_id]
    return keccak(encode(["bytes32", "bytes32", "address", "uint256"], values))


def seed_of(draw: str, secret: bytes, block_hash: bytes) -> bytes:
    return keccak(b"".join((secret, block_hash, draw_key(draw))))


def order_of(seed: bytes, tickets: int) -> Iterator[int]:
    """All places of a list of this size, from 0, in the order that the seed gives; see ``orderOf`` in the contract."""
    # Only the places that no longer have their own ticket.
    moved: dict[int, int] = {}
    for step in range(tickets):
        place = step + _below(seed, step, tickets - step)
        yield moved.get(place, place)
        moved[place] = moved.pop(step, step)


def _below(seed: bytes, step: int, size: int) -> int:
    """A number below ``size``: the first whose hash is not among those that would favour the lower ones."""
    fair, tries = _HASHES - _HASHES % size, 0
    while (number := int.from_bytes(keccak(seed + step.to_bytes(32) + tries.to_bytes(32)))) >= fair:
        tries += 1
    return number % size


class DrawsContract(Deployed):
    """The deployed contract of prize draws. Reading raises ``WrongContract`` where there is none."""

    def __init__(self, node: Node, address: str, block: str = LATEST) -> None:
        super().__init__(node, address, DRAWS, block)

    def ledger(self) -> str:
        return to_checksum_address(self._read("ledger"))

    def draw(self, draw: str) -> DrawState:
        terms, *rest = self._read("drawOf", draw_key(draw))
        found = DrawState(*terms, *rest)
        return found._replace(status=Status(found.status))

    def seed(self, draw: str) -> bytes:
        """Refused by the node unless the draw is drawn."""
        return bytes(self._read("seedOf", draw_key(draw)))

    def order(self, draw: str, count: int) -> list[int]:
        """The first places of the draw's order; refused by the node unless the draw is drawn."""
        return list(self._read("orderOf", draw_key(draw), count))
