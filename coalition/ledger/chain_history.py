"""What a chain has of a ledger, as anyone can read it: its events up to one block, and the calldata behind them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from coalition.domain.packing import WORD_SIZE
from coalition.ledger.contract import Contract, Deployed, decode_record
from coalition.ledger.errors import NodeRefused
from coalition.ledger.node import to_bytes, to_hex, to_int

Seen = Callable[[int], None]
"""Called with how many things more are done."""

_TRANSACTIONS_AT_ONCE = 50
_TRANSFERS_AT_ONCE = 10_000
"""What public nodes give in one answer."""

_TOPICS = {
    name: keccak(text=signature)
    for name, signature in {
        "Recorded": "Recorded(uint64,bytes32,bytes32,uint256)",
        "Registered": "Registered(uint16,uint56)",
        "LimitChanged": "LimitChanged(uint16,uint56)",
        "Suspended": "Suspended(uint16)",
        "Reinstated": "Reinstated(uint16)",
        "Transfer": "Transfer(address,address,uint256)",
    }.items()
}
_NAMES = {topic: name for name, topic in _TOPICS.items()}
_TRANSFER = "Transfer"
_CHANGES = tuple(name for name in _TOPICS if name != _TRANSFER)


class Event(NamedTuple):
    """``number`` is what the event is about: a batch or a partner; ``values`` are the 32-byte words of its data."""

    name: str
    number: int
    values: tuple[bytes, ...]
    block: int
    place: int
    chain_tx: str


class RecordCall(NamedTuple):
    """What a transaction told ``record``; ``words`` is None where only their hash is on the chain."""

    sequence: int
    root: bytes
    entries_hash: bytes
    size: int
    words: bytes | None


class ChainBatch(NamedTuple):
    """A batch by the event that it left; ``call`` is None where the transaction does not call ``record`` itself."""

    sequence: int
    root: bytes
    head: bytes
    size: int
    block: int
    chain_tx: str
    call: RecordCall | None


def read_changes(contract: Contract, first: int, last: int) -> list[Event]:
    """Every batch and every change of a partner in these blocks, in the order in which the chain took them."""
    return list(_events(contract, _CHANGES, first, last))


def read_batch(contract: Contract, sequence: int, block: int) -> list[ChainBatch]:
    """The batches of this sequence that this block has: one, or none."""
    events = [event for event in _events(contract, ("Recorded",), block, block) if event.number == sequence]
    return list(read_batches(contract, events))


def read_batches(contract: Contract, events: Iterable[Event], seen: Seen = lambda _: None) -> Iterator[ChainBatch]:
    """The batches that these events tell of, with the calldata that brought them."""
    recorded = (event for event in events if event.name == "Recorded")
    for some in _batched(recorded, _TRANSACTIONS_AT_ONCE):
        method = "eth_getTransactionByHash"
        results = contract.node.request_all(method, [(event.chain_tx,) for event in some])
        for event, result in zip(some, results, strict=True):
            calldata = contract.node.understood(method, result, _calldata_to(contract.address, event.chain_tx))
            root, head, size = event.values
            call = _call(contract, calldata)
            yield ChainBatch(event.number, root, head, int.from_bytes(size), event.block, event.chain_tx, call)
            seen(int.from_bytes(size))


def read_transfers(contract: Contract, events: Sequence[Event], first: int, last: int) -> Iterator[list[bytes]]:
    """The points of every ``Transfer`` in these blocks, as ``from``, ``to`` and number, in few answers."""
    for start, end in _spans(events, first, last):
        for log in read_logs(contract, [_TOPICS[_TRANSFER]], start, end):
            yield contract.node.understood("eth_getLogs", log, _transfer)


def _spans(events: Sequence[Event], first: int, last: int) -> Iterator[tuple[int, int]]:
    """All these blocks, in ranges with about as many entries as one answer may have."""
    entries = 0
    for event in events:
        if event.name == "Recorded":
            size = int.from_bytes(event.values[2])
            if entries and entries + size > _TRANSFERS_AT_ONCE and event.block > first:
                yield first, event.block - 1
                first, entries = event.block, 0
            entries += size
    yield first, last


def _events(contract: Contract, names: Sequence[str], first: int, last: int) -> Iterator[Event]:
    for log in read_logs(contract, [_TOPICS[name] for name in names], first, last):
        yield contract.node.understood("eth_getLogs", log, _event)


def read_logs(contract: Deployed, topics: Sequence[bytes], first: int, last: int) -> Iterator[dict[str, Any]]:
    """In their order. A node that refuses so many blocks, or so many logs, at once is asked for half as many."""
    span = last - first + 1
    while first <= last:
        end = min(last, first + span - 1)
        asked = {
            "address": contract.address,
            "fromBlock": hex(first),
            "toBlock": hex(end),
            "topics": [[to_hex(topic) for topic in topics]],
        }
        try:
            logs = contract.node.ask(_in_order(contract.address, first, end), "eth_getLogs", asked)
        except NodeRefused:
            if first == end:
                raise
            span = (end - first + 1) // 2
            continue
        yield from logs
        first, span = end + 1, 2 * span


def _in_order(address: str, first: int, last: int) -> Callable[[Any], list[dict[str, Any]]]:
    def read(logs: Any) -> list[dict[str, Any]]:
        for log in logs:
            if to_hex(log["address"]) != address.lower() or not first <= to_int(log["blockNumber"]) <= last:
                raise ValueError("a log that was not asked for")
        return sorted(logs, key=lambda log: (to_int(log["blockNumber"]), to_int(log["logIndex"])))

    return read


def _event(log: dict[str, Any]) -> Event:
    topic, about = (to_bytes(each) for each in log["topics"])
    data = to_bytes(log["data"])
    values = tuple(data[place : place + 32] for place in range(0, len(data), 32))
    name = _NAMES[topic]
    if len(data) != 32 * {"Recorded": 3, "Registered": 1, "LimitChanged": 1}.get(name, 0):
        raise ValueError("the event has other data")
    chain_tx = _hash(log["transactionHash"])
    return Event(name, int.from_bytes(about), values, to_int(log["blockNumber"]), to_int(log["logIndex"]), chain_tx)


def _transfer(log: dict[str, Any]) -> list[bytes]:
    _, from_, to = (to_bytes(topic) for topic in log["topics"])
    return [from_[12:], to[12:], to_bytes(log["data"])]


def _calldata_to(address: str, chain_tx: str) -> Callable[[Any], bytes]:
    """The calldata of that transaction; nothing where it is for another account than this."""

    def read(found: Any) -> bytes:
        if _hash(found["hash"]) != chain_tx:
            raise ValueError("a transaction that was not asked for")
        to = found["to"]
        calldata = to_bytes(found.get("input") or found["data"])
        return calldata if to and to_hex(to) == address.lower() else b""

    return read


def _call(contract: Contract, calldata: bytes) -> RecordCall | None:
    try:
        call = RecordCall(*decode_record(contract.mode, calldata))
    except ValueError:
        return None
    return None if len(call.words or b"") % WORD_SIZE else call


def _hash(value: Any) -> str:
    hash_ = to_bytes(value)
    if len(hash_) != 32:
        raise ValueError("a hash has 32 bytes")
    return to_hex(hash_)


def _batched(things: Iterable[Event], size: int) -> Iterator[list[Event]]:
    iterator = iter(things)
    while some := list(islice(iterator, size)):
        yield some
