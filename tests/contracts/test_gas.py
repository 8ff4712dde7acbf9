"""What recording costs. Gas is deterministic, so the figures are committed, and a change of the contract shows in them.

`UPDATE_GAS=1 pytest tests/contracts/test_gas.py` writes them anew.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from web3 import Web3

from tests.contracts.ledger import TX_GAS_LIMIT, Kind, Ledger, entry

SNAPSHOT = Path(__file__).with_name("gas.json")

PARTNERS = range(1, 10)
NEW = 650
"""New members in a batch: about as many as one transaction may hold. It may hold three times as many existing ones."""


class Scenario:
    """Nine partners, and members of whom no batch has one twice."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.random = Random(20261122)
        self.members = [Web3.to_checksum_address(self.random.randbytes(20)) for _ in range(3 * NEW)]
        for number in PARTNERS:
            if not ledger.partner(number)["status"]:
                ledger.call("registerPartner", number, 2**50)
            ledger.call("setLimit", number, 2**50)

    def accruals(self, members: list[str]) -> list[bytes]:
        """Purchases, each at another partner than the one before, and issued by yet another."""
        return [
            entry(Kind.ACCRUAL, self.random.randint(500, 5_000), member, issuer=i % 9 + 1, partner=(i * 4 + 2) % 9 + 1)
            for i, member in enumerate(members)
        ]

    def mix(self, members: list[str], redemptions: int) -> list[bytes]:
        """Of a hundred entries, that many redemptions anywhere, some of each other kind, and accruals for the rest."""
        others = {Kind.REWARD: 5, Kind.ACCRUAL_REVERSAL: 2, Kind.EXPIRY: 1, Kind.ADJUSTMENT_INCREASE: 1}
        weights = others | {Kind.REDEMPTION: redemptions, Kind.ACCRUAL: 100 - redemptions - sum(others.values())}
        kinds = self.random.choices(list(weights), list(weights.values()), k=len(members))
        return [
            entry(
                kind,
                self.random.randint(1, 100),
                member,
                issuer=i % 9 + 1,
                partner=self.random.choice(PARTNERS) if kind == Kind.REDEMPTION else i % 9 + 1,
            )
            for i, (kind, member) in enumerate(zip(kinds, members, strict=True))
        ]

    def record(self, entries: list[bytes]) -> dict[str, int]:
        gas = self.ledger.record(*entries)["gasUsed"]
        return {"entries": len(entries), "gas": gas, "gas_per_entry": round(gas / len(entries))}


@pytest.fixture(scope="module")
def measured(opened: Ledger) -> Iterator[dict[str, dict[str, int]]]:
    """Gas of a batch of each sort, recorded one after another on one ledger."""
    snapshot = opened.web3.testing.snapshot()
    scenario = Scenario(opened)
    first, *more = (scenario.members[i : i + NEW] for i in range(0, 3 * NEW, NEW))
    new = scenario.record(scenario.accruals(first))
    for members in more:
        scenario.record(scenario.accruals(members))
    accruals = scenario.record(scenario.accruals(scenario.members))
    scenario.record([entry(Kind.REDEMPTION, 1, first[0], issuer=i, partner=j) for i in PARTNERS for j in PARTNERS])
    yield {
        "new members, accruals": new,
        "existing members, accruals": accruals,
        "existing members, one redemption in ten": scenario.record(scenario.mix(scenario.members, redemptions=10)),
        "one accrual": scenario.record(scenario.accruals(first[:1])),
    }
    opened.web3.testing.revert(snapshot)


def test_gas__as_committed(measured: dict[str, dict[str, int]]) -> None:
    if "UPDATE_GAS" in os.environ:
        SNAPSHOT.write_text(json.dumps(measured, indent=2) + "\n")
    assert measured == json.loads(SNAPSHOT.read_text())


@pytest.mark.parametrize(
    ("batch", "most"),
    [
        ("new members, accruals", 25_800),
        ("existing members, accruals", 7_800),
        ("existing members, one redemption in ten", 7_950),
    ],
)
def test_gas_per_entry__within_target(measured: dict[str, dict[str, int]], batch: str, most: int) -> None:
    assert measured[batch]["gas_per_entry"] <= most
    assert measured[batch]["gas"] <= TX_GAS_LIMIT
