"""Measure the compiled contracts into `contracts/snapshots/`, which is committed: a change shows there what it costs.

`gas.json` tells what a deployment and each call uses, `sizes.json` how many bytes of code there are, `storage.json`
what lies where. All three follow from `contracts/artifacts/` alone, and are the same on every machine.
"""

import json
import sys
from collections.abc import Sequence
from random import Random
from typing import Any

import click
from eth_account import Account
from eth_tester import EthereumTester, PyEVMBackend
from web3 import EthereumTesterProvider, Web3
from web3.types import TxParams

from coalition.domain.entries import EntryKind
from coalition.domain.packing import pack, pack_badge
from coalition.ledger.settlement.typed_data import Acknowledgement, Dispute, Domain, Message, Payment, sign
from scripts.compile_contracts import ARTIFACTS, CONTRACTS, DEPLOYED, rendered

SNAPSHOTS = CONTRACTS / "snapshots"
TX_GAS_LIMIT = 16_777_216
"""The most gas that EIP-7825 lets one transaction have: the batches below are about as large as it allows."""

NEW_MEMBERS = 650
PARTNERS = range(1, 10)
OTHERS = {
    EntryKind.REWARD: 5,
    EntryKind.ACCRUAL_REVERSAL: 2,
    EntryKind.EXPIRY: 1,
    EntryKind.ADJUSTMENT_INCREASE: 1,
}
"""Of a hundred entries, how many are neither accruals nor redemptions."""


def snapshots() -> dict[str, dict[str, Any]]:
    """Every snapshot by its file's name; nothing is written."""
    artifacts = {name: json.loads((ARTIFACTS / f"{name}.json").read_text()) for name in DEPLOYED}
    return {
        "gas.json": gas(artifacts),
        "sizes.json": {name: sizes(artifact) for name, artifact in artifacts.items()},
        "storage.json": {name: storage(artifact["storageLayout"]) for name, artifact in artifacts.items()},
    }


def sizes(artifact: dict[str, Any]) -> dict[str, int]:
    """Bytes of code, before and after deployment. EIP-170 allows 24,576 after."""
    return {
        "creation": len(artifact["bytecode"]) // 2 - 1,
        "deployed": len(artifact["deployedBytecode"]) // 2 - 1,
    }


def storage(layout: dict[str, Any]) -> list[str]:
    """One line for each variable: slot, offset in bytes, type, name."""
    return [
        f"slot {variable['slot']} offset {variable['offset']}: "
        f"{layout['types'][variable['type']]['label']} {variable['label']}"
        for variable in layout["storage"]
    ]


class Contract:
    """A contract on an EVM in this process, where one account has every role, and what each call to it costs."""

    def __init__(self, web3: Web3, artifact: dict[str, Any], *arguments: Any) -> None:
        self.web3 = web3
        self.sender: TxParams = {"from": web3.eth.accounts[0], "gas": TX_GAS_LIMIT}
        factory = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
        receipt = web3.eth.get_transaction_receipt(factory.constructor(*arguments).transact(self.sender))
        self.contract = factory(receipt["contractAddress"])
        self.deployment = receipt["gasUsed"]
        self.sequence = 0

    def call(self, function: str, *arguments: Any) -> int:
        """The gas that the call used."""
        receipt = self.web3.eth.get_transaction_receipt(
            self.contract.functions[function](*arguments).transact(self.sender)
        )
        assert receipt["status"] == 1, f"{function} was reverted"
        return receipt["gasUsed"]

    def record(self, *batch: Any, entries: int) -> dict[str, int]:
        self.sequence += 1
        used = self.call("record", self.sequence, *batch)
        return {"entries": entries, "gas": used, "gas_per_entry": round(used / entries)}


def gas(artifacts: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What each contract's deployment and calls cost, in gas."""
    parameters = PyEVMBackend.generate_genesis_params({"gas_limit": 100_000_000})
    web3 = Web3(EthereumTesterProvider(EthereumTester(PyEVMBackend(genesis_parameters=parameters))))
    anyone = web3.eth.accounts[0]
    ledger = Contract(web3, artifacts["PointsLedger"], "Coalition Points", "POINTS", anyone, anyone, anyone, anyone)
    roots = Contract(web3, artifacts["RootLedger"], anyone, anyone, anyone)
    badges = Contract(web3, artifacts["AchievementBadges"], "https://example.org/{id}.json", anyone, anyone, anyone)
    settlement = Contract(web3, artifacts["Settlement"], ledger.contract.address)
    draws = Contract(web3, artifacts["PrizeDraw"], ledger.contract.address)
    return {
        "PointsLedger": ledger_gas(ledger),
        "RootLedger": roots_gas(roots),
        "AchievementBadges": badges_gas(badges),
        # After the ledger, whose partners owe one another by now.
        "Settlement": settlement_gas(settlement),
        "PrizeDraw": draws_gas(draws),
    }


def ledger_gas(ledger: Contract) -> dict[str, Any]:
    """Nine partners, and members of whom no batch has one twice: the dearest case."""
    random = Random(20261122)
    members = [random.randbytes(20) for _ in range(3 * NEW_MEMBERS)]
    registered = [ledger.call("registerPartner", number, 2**50) for number in PARTNERS]

    def record(entries: Sequence[bytes]) -> dict[str, int]:
        return ledger.record(b"\x11" * 32, b"".join(entries), entries=len(entries))

    new, *_ = (record(accruals(random, members[i : i + NEW_MEMBERS])) for i in range(0, len(members), NEW_MEMBERS))
    existing = record(accruals(random, members))
    record([pack(EntryKind.REDEMPTION, i, j, 1, members[0]) for i in PARTNERS for j in PARTNERS])
    return {
        "deployment": ledger.deployment,
        "registerPartner": max(registered),
        "setLimit": ledger.call("setLimit", 1, 2**51),
        "suspend": ledger.call("suspend", 1),
        "reinstate": ledger.call("reinstate", 1),
        "record, new members, accruals": new,
        "record, existing members, accruals": existing,
        "record, existing members, one redemption in ten": record(mix(random, members)),
        "record, one accrual": record(accruals(random, members[:1])),
        "pause": ledger.call("pause"),
        "unpause": ledger.call("unpause"),
    }


def accruals(random: Random, members: list[bytes]) -> list[bytes]:
    """Purchases, each at another partner than the one before, and issued by yet another."""
    return [
        pack(EntryKind.ACCRUAL, i % 9 + 1, (i * 4 + 2) % 9 + 1, random.randint(500, 5_000), member)
        for i, member in enumerate(members)
    ]


def mix(random: Random, members: list[bytes]) -> list[bytes]:
    """Of a hundred entries, ten redemptions anywhere, `OTHERS`, and accruals for the rest."""
    weights = OTHERS | {EntryKind.REDEMPTION: 10, EntryKind.ACCRUAL: 90 - sum(OTHERS.values())}
    kinds = random.choices(list(weights), list(weights.values()), k=len(members))
    return [
        pack(
            kind,
            i % 9 + 1,
            random.choice(PARTNERS) if kind == EntryKind.REDEMPTION else i % 9 + 1,
            random.randint(1, 100),
            member,
        )
        for i, (kind, member) in enumerate(zip(kinds, members, strict=True))
    ]


def roots_gas(roots: Contract) -> dict[str, Any]:
    return {
        "deployment": roots.deployment,
        "record, the first batch": roots.record(b"\x11" * 32, b"\x22" * 32, 2_000, entries=2_000),
        "record, any later batch": roots.record(b"\x11" * 32, b"\x22" * 32, 2_000, entries=2_000),
        "pause": roots.call("pause"),
        "unpause": roots.call("unpause"),
    }


def badges_gas(badges: Contract) -> dict[str, Any]:
    """Nine badges, one of each partner, awarded in turn."""
    members = [bytes([i]) * 20 for i in range(1, 101)]

    def record(kind: str) -> dict[str, int]:
        entries = [pack_badge(kind, i % 9 + 1, 2**71 + i % 9, member) for i, member in enumerate(members)]
        return badges.record(b"".join(entries), entries=len(entries))

    return {
        "deployment": badges.deployment,
        "record, awards of new badges": record("award"),
        "record, revocations": record("revocation"),
        "record, awards of badges known": record("award"),
        "pause": badges.call("pause"),
        "unpause": badges.call("unpause"),
    }


def settlement_gas(settlement: Contract) -> dict[str, Any]:
    """Two periods of nine partners that all owe one another: in the first, everything is new."""
    currency, day = b"USD", 86_400
    domain = Domain(settlement.web3.eth.chain_id, settlement.contract.address)
    keys = {partner: Account.from_key(partner.to_bytes(32)) for partner in PARTNERS}
    pairs = [(issuer, redeemer) for issuer in PARTNERS for redeemer in PARTNERS if issuer != redeemer]

    def signed(partner: int, message: Message) -> bytes:
        return sign(domain, message, keys[partner])

    def each(used: int, count: int) -> dict[str, int]:
        return {"entries": count, "gas": used, "gas_per_entry": round(used / count)}

    def claim(period: int, points: int) -> dict[str, int]:
        minor = [points * (issuer < redeemer) for issuer, redeemer in pairs]
        claims = [(*pair, currency, False, points, paid, paid) for pair, paid in zip(pairs, minor, strict=True)]
        return each(settlement.call("claim", period, claims), len(pairs))

    def state(period: int) -> dict[str, int]:
        statements = [(partner, currency, b"\x11" * 32, position(partner), 0) for partner in PARTNERS]
        return each(settlement.call("state", period, statements), len(PARTNERS))

    def acknowledge(partner: int) -> int:
        words = Acknowledgement(1, partner, "USD", b"\x11" * 32, position(partner))
        return settlement.call("acknowledge", 1, partner, currency, signed(partner, words))

    def position(partner: int) -> int:
        """A minor unit from each partner of a lower number, and one to each of a higher."""
        return sum((other < partner) - (other > partner) for other in PARTNERS)

    dispute, payment = Dispute(1, 9, "USD", b"\x11" * 32, b"\x22" * 32), Payment(1, 1, 9, "USD", 1, 1)
    return {
        "deployment": settlement.deployment,
        "setCeiling": settlement.call("setCeiling", currency, 1_000_000),
        "registerKey": max(settlement.call("registerKey", partner, key.address) for partner, key in keys.items()),
        "open": settlement.call("open", 1, 0, day, 1, day),
        "claim, first of each pair": claim(1, 1),
        "state": state(1),
        "close": settlement.call("close", 1),
        "dispute": settlement.call("dispute", 1, 9, currency, b"\x22" * 32, signed(9, dispute)),
        "answer": settlement.call("answer", 1, 9, currency, b"\x22" * 32, b"\x33" * 32),
        "acknowledge": max(acknowledge(partner) for partner in PARTNERS),
        "confirmPayment": settlement.call("confirmPayment", 1, 1, 9, currency, 1, 1, signed(9, payment)),
        "open, any later period": settlement.call("open", 2, day, 2 * day, 1, day),
        "claim, any later of each pair": claim(2, -1),
    }


def draws_gas(draws: Contract) -> dict[str, Any]:
    """Three draws: one that is pinned first, one that is not, and one that is void and committed to again."""
    tester = draws.web3.provider.ethereum_tester  # type: ignore[attr-defined]
    secret, delay, notice = b"\x11" * 32, 4, 3_600
    pinned, revealed, void = (bytes([i]) * 32 for i in range(1, 4))

    def commit(draw: bytes) -> int:
        commitment = draws.contract.functions.commitmentOf(draw, secret).call()
        return draws.call("commit", draw, (commitment, b"\x22" * 32, 10_000, 10), delay, notice)

    committed = max(commit(draw) for draw in (pinned, revealed, void))
    tester.mine_blocks(delay + 1)
    figures = {
        "deployment": draws.deployment,
        "commit": committed,
        "pin": draws.call("pin", pinned),
        "reveal, pinned": draws.call("reveal", pinned, secret),
        "reveal": draws.call("reveal", revealed, secret),
    }
    tester.mine_blocks(9_000)
    figures["rearm"] = draws.call("rearm", void)
    tester.time_travel(draws.web3.eth.get_block("latest")["timestamp"] + 2 * notice)
    figures["declareVoid"] = draws.call("declareVoid", void)
    return figures | {"commit, again": commit(void)}


@click.command(help=__doc__)
@click.option("--check", is_flag=True, help="Write nothing; fail if a committed snapshot is not what is measured.")
def main(check: bool) -> None:
    stale = 0
    for name, snapshot in snapshots().items():
        path = SNAPSHOTS / name
        current = path.exists() and path.read_text() == rendered(snapshot)
        if check:
            stale += not current
            click.echo(f"{name}: {'up to date' if current else 'STALE: run make generate'}")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(rendered(snapshot))
    sys.exit(1 if stale else 0)


if __name__ == "__main__":
    main()
