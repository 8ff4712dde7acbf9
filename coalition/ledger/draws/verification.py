"""A prize draw recomputed from its published tickets and the chain alone, by anybody.

What is compared is told as a check, on both sides; what nothing on the chain can be compared with, as a fact.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from coalition.domain.draws import Ticket, TicketList, winners
from coalition.ledger.audit.checks import Check
from coalition.ledger.chain_history import read_logs
from coalition.ledger.draws.binding import (
    DrawsContract,
    DrawState,
    Status,
    commitment_of,
    draw_key,
    order_of,
    seed_of,
)
from coalition.ledger.draws.errors import NotCommitted, NotDrawnYet
from coalition.ledger.errors import NodeRefused, WrongContract
from coalition.ledger.node import to_bytes, to_hex, to_int

_COMMITTED = keccak(text="Committed(bytes32,bytes32,bytes32,uint32,uint32,uint64,uint64,uint16)")
_COMPARED = 100
"""How far the contract is asked for the order: it takes the square of that."""


class Fact(NamedTuple):
    """What the list or the chain says, and nothing is there to compare it with."""

    what: str
    value: Any


class Verified(NamedTuple):
    """``winners`` as they follow from the list and the seed, the best prize first."""

    checks: list[Check]
    facts: list[Fact]
    winners: list[Ticket]


def verify(tickets: TicketList, contract: DrawsContract, announced: Sequence[str] = ()) -> Verified:
    """Every check of the draw of these tickets, and of who was announced to have won, in order, if that is given.

    :raises WrongContract: there is no contract of ours.
    :raises NotCommitted: the contract knows nothing of the draw.
    :raises NotDrawnYet: it has no winners, though the list is the one that was committed to.
    """
    if not contract.is_deployed():
        raise WrongContract(address=contract.address)
    state = contract.draw(tickets.draw)
    if state.status is Status.NONE:
        raise NotCommitted(address=contract.address, draw=tickets.draw)
    checks = list(_list_checks(tickets, state))
    if any(check.recomputed != check.on_chain for check in checks):
        # What would be drawn by another list says nothing.
        return Verified(checks, list(_facts(tickets, state)), [])
    if state.status is not Status.DRAWN:
        raise NotDrawnYet(draw=tickets.draw, status=state.status.name.lower())
    seed = seed_of(tickets.draw, state.secret, state.block_hash)
    won = winners(tickets.tickets, order_of(seed, state.tickets), state.winners)
    checks += _draw_checks(tickets, contract, state, seed)
    if announced:
        checks.append(Check("tickets announced to have won", [each.ticket for each in won], list(announced)))
    facts = [*_block_facts(contract, tickets.draw, state, checks), *_facts(tickets, state)]
    return Verified(checks, facts, won)


def _list_checks(tickets: TicketList, state: DrawState) -> Iterator[Check]:
    yield Check("tickets in the list", len(tickets.tickets), state.tickets)
    yield Check("Merkle root of the list", to_hex(tickets.root), to_hex(state.root))


def _draw_checks(tickets: TicketList, contract: DrawsContract, state: DrawState, seed: bytes) -> Iterator[Check]:
    commitment = commitment_of(tickets.draw, state.secret, contract.address, contract.node.chain_id())
    yield Check("commitment to the secret", to_hex(commitment), to_hex(state.commitment))
    yield Check("seed of secret, block hash and draw", to_hex(seed), to_hex(contract.seed(tickets.draw)))
    count = min(state.tickets, _COMPARED)
    own = [place for place, _ in zip(order_of(seed, state.tickets), range(count), strict=False)]
    yield Check(f"first {count} places of the order", own, contract.order(tickets.draw, count))


def _block_facts(contract: DrawsContract, draw: str, state: DrawState, checks: list[Check]) -> Iterator[Fact]:
    """What else the node tells of blocks becomes checks; what it no longer tells, facts."""
    block = contract.node.block(state.block)
    if block is None:
        yield Fact("not checked: the block that counts; this node does not have it", state.block)
    else:
        checks.append(Check(f"hash of block {state.block}", block.hash, to_hex(state.block_hash)))
    try:
        committed = _committed_at(contract, draw, state)
    except NodeRefused:
        committed = None
    if committed is None:
        yield Fact("not checked: that the commitment came before that block; this node has no such event", state.block)
    else:
        what = "the commitment's block comes before the block that counts"
        checks.append(Check(what, True, committed < state.block))
        yield Fact("block of the commitment", committed)
    yield Fact("the ledger whose registrar commits; is it the coalition's?", contract.ledger())


def _committed_at(contract: DrawsContract, draw: str, state: DrawState) -> int | None:
    """The block of the last commitment to the draw; what it fixed is what the contract has."""
    logs = read_logs(contract, [_COMMITTED], 0, contract.node.latest_block().number)
    ours = [log for log in logs if to_bytes(log["topics"][1]) == draw_key(draw)]
    found = [to_int(log["blockNumber"]) for log in ours if to_bytes(log["data"])[:32] == state.commitment]
    return found[-1] if found else None


def _facts(tickets: TicketList, state: DrawState) -> Iterator[Fact]:
    yield Fact("times the operator did not reveal in time, before this one", max(state.attempts - 1, 0))
    yield Fact("times the hash of the block was lost, and a later block took its place", state.rearms)
    yield Fact("serial numbers that are not in the list: tickets withdrawn before it closed", _missing(tickets))
    yield Fact("members by the names that the list has for them", len({each.member for each in tickets.tickets}))
    yield Fact("not checked: that this contract and this name of the draw were announced before that block", "")
    yield Fact("not checked: that tickets were given for what they should be, and one name for each member", "")
    yield Fact("not checked: that whoever made the block did not know the secret", "")


def _missing(tickets: TicketList) -> int:
    """Below the last serial number in the list; later ones nobody can tell."""
    return tickets.tickets[-1].serial - len(tickets.tickets) if tickets.tickets else 0
