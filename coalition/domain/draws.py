"""Prize draws as anyone can check them: the published list of tickets, whose root is known before, and who wins by it.

The list names members by a hash that each of them alone can recompute. It is a document in canonical JSON; a leaf of
its Merkle tree is a ticket with the draw that it is for, also in canonical JSON, in the order of their serial numbers.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from coalition.domain.documents import canonical_json
from coalition.domain.merkle import leaf_hash, merkle_root
from coalition.errors import InvalidTicketList

MOST_TICKETS = 2**32 - 1
_PSEUDONYM = re.compile("[0-9a-f]{64}")
_KEYS = {"serial", "ticket", "member"}


class Ticket(NamedTuple):
    """One line of the list. ``member`` is the pseudonym in hexadecimal: two with the same are one member's."""

    serial: int
    ticket: str
    member: str


@dataclass(frozen=True, slots=True)
class TicketList:
    """All tickets of a draw, by ascending serial number; those that were withdrawn before it closed are not there."""

    draw: str
    tickets: tuple[Ticket, ...]

    @property
    def root(self) -> bytes:
        """The Merkle root that is committed to."""
        return merkle_root([leaf_hash(canonical_json({"draw": self.draw} | each._asdict())) for each in self.tickets])

    def to_json(self) -> bytes:
        """The published document, the same bytes for the same list."""
        return canonical_json({"draw": self.draw, "tickets": [each._asdict() for each in self.tickets]})

    @classmethod
    def from_json(cls, content: bytes) -> "TicketList":
        """:raises InvalidTicketList: it is no such list."""
        try:
            document = orjson.loads(content)
        except ValueError as error:
            raise InvalidTicketList(problem=f"it is not JSON: {error}") from error
        if not isinstance(document, dict) or document.keys() != {"draw", "tickets"}:
            raise InvalidTicketList(problem="it does not have draw and tickets, and nothing else")
        if not isinstance(document["draw"], str) or not isinstance(document["tickets"], list):
            raise InvalidTicketList(problem="draw must be text, and tickets a list")
        return cls(document["draw"], tuple(_tickets(document["tickets"])))


def pseudonym(draw: str, member: str, salt: str) -> str:
    """What the list calls a member: SHA-256 of draw, the member's id and a salt, which only the member is told."""
    return sha256(canonical_json([draw, member, salt])).hexdigest()


def winners(tickets: Sequence[Ticket], order: Iterable[int], count: int) -> list[Ticket]:
    """The first ``count`` tickets in this order of places, but that those of a member who has won are passed over.

    Fewer where fewer members have tickets.
    """
    found: list[Ticket] = []
    won: set[str] = set()
    places = iter(order)
    while len(found) < count and (place := next(places, None)) is not None:
        if tickets[place].member not in won:
            won.add(tickets[place].member)
            found.append(tickets[place])
    return found


def _tickets(rows: Sequence[Any]) -> Iterator[Ticket]:
    last, seen = 0, set[str]()
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or row.keys() != _KEYS:
            raise InvalidTicketList(problem=f"line {number} does not have serial, ticket and member, and nothing else")
        serial, ticket, member = row["serial"], row["ticket"], row["member"]
        if type(serial) is not int or serial <= last:
            raise InvalidTicketList(problem=f"line {number}: serial numbers must ascend from 1")
        if not isinstance(ticket, str) or ticket in seen:
            raise InvalidTicketList(problem=f"line {number}: each ticket has a name of its own")
        if not isinstance(member, str) or not _PSEUDONYM.fullmatch(member):
            raise InvalidTicketList(problem=f"line {number}: member is no hash in hexadecimal")
        last = serial
        seen.add(ticket)
        yield Ticket(serial, ticket, member)
