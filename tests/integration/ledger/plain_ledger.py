"""A ledger on a chain in this process, told what a test says: without recorder, journal and database."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from coalition.config import LedgerMode
from coalition.domain.documents import canonical_json
from coalition.domain.merkle import inclusion_path, leaf_hash, merkle_root
from coalition.ledger.audit.verification import packed
from coalition.ledger.chains import LOCAL_CHAIN_ID
from coalition.ledger.contract import LEDGERS, Contract, encode_call, encode_record, ledger_creation
from coalition.ledger.in_process import in_process_node
from coalition.ledger.node import Node, to_hex, to_int

ANNA, BORIS = ("0x" + sign * 40 for sign in "ab")
CINEMA, CAFE, GROCER = 1, 2, 3

Entry = dict[str, Any]


def entry(kind: str, points: int, *, issuer: int = CINEMA, partner: int = 0, member: str = ANNA, id: str = "") -> Entry:
    return {
        "id": id or f"ent_{kind}_{points}",
        "kind": kind,
        "issuer": issuer,
        "partner": partner or issuer,
        "member": member,
        "points": points,
        "source": "pur_1",
        "document_hash": "5e" * 32,
        "occurred_at": "2026-03-02T09:00:00.000Z",
    }


@dataclass
class PlainLedger:
    """One account, the chain's own, has every role."""

    mode: LedgerMode = LedgerMode.FULL
    node: Node = field(default_factory=lambda: in_process_node(LOCAL_CHAIN_ID, 10**30))
    batches: int = 0
    address: str = ""

    def __post_init__(self) -> None:
        self.account = self.node.request("eth_accounts")[0]
        code = ledger_creation(self.mode, *[self.account] * 4)
        self.address = self.node.request("eth_getTransactionReceipt", self._send(code))["contractAddress"]

    def call(self, function: str, *arguments: int) -> None:
        self._send(encode_call(function, *arguments, contract=LEDGERS[self.mode]), to=self.address)

    def record(self, *entries: Entry) -> list[dict[str, Any]]:
        """The next batch; the receipts of its entries."""
        self.batches += 1
        leaves = [leaf_hash(canonical_json(each)) for each in entries]
        words = b"".join(packed(each) for each in entries)
        chain_tx = self._send(encode_record(self.mode, self.batches, merkle_root(leaves), words), to=self.address)
        block = to_int(self.node.request("eth_getTransactionReceipt", chain_tx)["blockNumber"])
        return [
            {
                "entry": each,
                "leaf": to_hex(leaves[index]),
                "index": index,
                "size": len(leaves),
                "path": [to_hex(step) for step in inclusion_path(leaves, index)],
                "root": to_hex(merkle_root(leaves)),
                "sequence": self.batches,
                "chain_id": self.node.chain_id(),
                "contract": Contract(self.node, self.address).address,
                "chain_tx": chain_tx,
                "block": block,
            }
            for index, each in enumerate(entries)
        ]

    def seen_through(self, lie: "Lie") -> Node:
        return seen_through(self.node, lie)

    def _send(self, data: bytes, **to: str) -> str:
        order = {"from": self.account, "data": to_hex(data), "gas": hex(8_000_000), **to}
        return to_hex(self.node.request("eth_sendTransaction", order))


Lie = Callable[[str, list[Any], Any], Any]
"""Given a method, its parameters and the true result, what to say instead."""


def seen_through(node: Node, lie: Lie) -> Node:
    """The chain as a node tells of it that does not tell the truth."""
    return Node(_Liar(node, lie), "liar")


class _Liar:
    def __init__(self, node: Node, lie: Lie) -> None:
        self.node = node
        self.lie = lie

    def ask(self, method: str, parameters: Sequence[Any]) -> dict[str, Any]:
        return {"result": self.lie(method, list(parameters), self.node.request(method, *parameters))}

    def ask_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        return [self.ask(method, each) for each in parameters]


def coalition_of_three(mode: LedgerMode = LedgerMode.FULL, limits: Iterable[int] = (1000, 1000, 1000)) -> PlainLedger:
    """Every kind of entry, two members, and a partner that is suspended."""
    ledger = PlainLedger(mode)
    if mode is LedgerMode.FULL:
        for number, limit in enumerate(limits, start=1):
            ledger.call("registerPartner", number, limit)
    ledger.record(entry("accrual", 100), entry("accrual", 50, issuer=CAFE, member=BORIS))
    ledger.record(
        entry("redemption", 30, partner=CAFE),
        entry("redemption", 20, issuer=CAFE, partner=GROCER, member=BORIS),
        entry("redemption_reversal", 10, partner=CAFE),
        entry("accrual_reversal", 5),
    )
    if mode is LedgerMode.FULL:
        ledger.call("setLimit", CAFE, 400)
        ledger.call("suspend", GROCER)
    ledger.record(
        entry("reward", 7, issuer=CAFE),
        entry("expiry", 3),
        entry("adjustment_increase", 2),
        entry("adjustment_decrease", 1, issuer=CAFE, member=BORIS),
    )
    return ledger
