"""The recorder on chains of others: nodes that search few blocks at once, and what gas costs there."""

import pytest

from coalition.ledger.errors import NodeRefused
from coalition.ledger.node import Node
from coalition.ledger.outbox import Fees
from coalition.store import tables

GWEI = 10**9


def test_drain__node_searches_too_few_blocks__receipts_confirm(ledger, coalition, buy, monkeypatch):
    request = Node.request

    def answer(node: Node, method: str, *parameters: object) -> object:
        if method == "eth_getLogs":
            raise NodeRefused(method=method, reason="Requested range exceeds maximum range limit")
        return request(node, method, *parameters)

    monkeypatch.setattr(Node, "request", answer)
    buy(coalition.cinema, "r-1", 10_000)
    ledger.recorder().drain()

    batches = tables.ChainTx.select().where(tables.ChainTx.sequence.is_null(False))
    assert {tx.status for tx in batches} <= {"confirmed", "final"}
    assert batches.count() == 1


@pytest.mark.parametrize(
    ("base_fee", "most", "tip"),
    [
        pytest.param(0, 0, 0, id="gas is free"),
        pytest.param(7, 2 * GWEI, GWEI // 1_000, id="hardly anything"),
        pytest.param(GWEI // 100, 2 * GWEI, GWEI // 100, id="an L2"),
        pytest.param(30 * GWEI, 60 * GWEI, GWEI, id="Ethereum"),
    ],
)
def test_fees__base_fee__tip_is_no_higher_than_it_and_than_a_gwei(base_fee, most, tip):
    assert Fees.at(base_fee) == (most, tip)
