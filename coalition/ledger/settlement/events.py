"""What the settlement contract has told of periods that are closed, as anyone can read it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from eth_abi.abi import decode
from eth_utils.crypto import keccak

from coalition.ledger.chain_history import read_logs
from coalition.ledger.node import to_bytes
from coalition.ledger.settlement.binding import SettlementContract
from coalition.ledger.settlement.description import Claim

_CLAIMED = keccak(text="Claimed(uint32,uint16,uint16,bytes3,bool,int64,int128,int128)")
_STATED = keccak(text="Stated(uint32,uint16,bytes3,bytes32,int128,int128)")


class ClaimedIn(NamedTuple):
    """What was claimed of a pair for a period."""

    period: int
    claim: Claim


class Stated(NamedTuple):
    """What a partner was told; nothing bounds ``other_minor``, the part of the position beside claims."""

    period: int
    partner: int
    currency: str
    root: bytes
    position_minor: int
    other_minor: int


def read_events(settlement: SettlementContract) -> Iterator[ClaimedIn | Stated]:
    """All of them, in their order."""
    last = settlement.node.latest_block().number
    for log in read_logs(settlement, [_CLAIMED, _STATED], 0, last):
        yield settlement.node.understood("eth_getLogs", log, _event)


def _event(log: dict[str, Any]) -> ClaimedIn | Stated:
    topic, *about = (to_bytes(each) for each in log["topics"])
    data = to_bytes(log["data"])
    period, first = int.from_bytes(about[0]), int.from_bytes(about[1])
    if topic == _STATED:
        root, position, other = decode(["bytes32", "int128", "int128"], data)
        return Stated(period, first, about[2][:3].decode("ascii"), root, position, other)
    currency, by_pool, points, paid, got = decode(["bytes3", "bool", "int64", "int128", "int128"], data)
    claim = Claim(first, int.from_bytes(about[2]), currency.decode("ascii"), points, paid, got, by_pool)
    return ClaimedIn(period, claim)
