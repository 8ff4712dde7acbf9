"""Work out what a chain costs, of purchases a second and for both modes of the ledger.

Gas is what ``contracts/snapshots/gas.json`` has measured, and transactions are those that the recorder makes. Prices
and capacities of chains are assumptions, and change: give your own with ``--network``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

import click

from coalition.config import LedgerMode
from coalition.ledger.orders import WINDOW
from coalition.ledger.outbox import Fees
from scripts.snapshot_contracts import SNAPSHOTS

RATES = (1, 100, 10_000)
"""Purchases a second."""

_GWEI = 10**9
_TX_BYTES = 250
"""Of a transaction without its entries: signature, fees, addresses, and what ``record`` takes besides them."""
_DAY_S = 86_400
_MONTH_DAYS = 30


class Network(NamedTuple):
    """What is assumed of a chain: the price of gas, and of a byte of data on the L1 below it, and how fast it is."""

    name: str
    gas_gwei: Decimal
    data_gwei: Decimal
    gas_per_s: int
    block_s: Decimal


def offered(base_fee_gwei: Decimal) -> Decimal:
    """What the recorder pays for gas, in gwei, tip included, where a block asks this base fee."""
    base_fee = int(base_fee_gwei * _GWEI)
    fees = Fees.at(base_fee)
    return Decimal(min(fees.most, base_fee + fees.tip)) / _GWEI


NETWORKS = (
    Network("Besu QBFT, free gas", offered(Decimal(0)), Decimal(0), 100_000_000, Decimal(1)),
    Network("Arbitrum-stack rollup", Decimal("0.01"), Decimal("0.1"), 7_000_000, Decimal("0.25")),
    Network("OP-stack rollup", offered(Decimal("0.01")), Decimal("0.1"), 30_000_000, Decimal(2)),
    Network("Ethereum", offered(Decimal(1)), Decimal(0), 5_000_000, Decimal(12)),
)
"""As assumed in November 2026. A rollup of Arbitrum's kind takes no tip; the others take what the recorder offers."""


@dataclass(frozen=True)
class Assumptions:
    """What is assumed of the coalition. ``new_members`` is the share of entries that are a member's first on the chain,
    and ``entry_bytes`` what one takes on the L1 after compression."""

    entries_per_purchase: Decimal = Decimal("1.3")
    new_members: Decimal = Decimal("0.01")
    entry_bytes: Decimal = Decimal(24)
    batch_seconds: Decimal = Decimal("0.1")
    ether_usd: Decimal = Decimal(3_000)


class Gas(NamedTuple):
    """What recording costs: a transaction, each entry in it, and each that is a member's first."""

    transaction: Decimal
    entry: Decimal
    new_member: Decimal
    most_entries: int
    """That one transaction can bring."""


class Load(NamedTuple):
    """What one second asks of the chain."""

    transactions: Decimal
    gas: Decimal
    data_bytes: Decimal


@dataclass(frozen=True)
class Cost:
    """What a chain costs in one mode; the dollars are None where the chain cannot take so many purchases."""

    network: str
    mode: LedgerMode
    purchases_per_s: int
    gas_per_s: Decimal
    share: Decimal
    """Of all the gas that the chain has."""
    per_purchase_usd: Decimal | None
    per_day_usd: Decimal | None
    per_month_usd: Decimal | None


def measured(mode: LedgerMode, snapshot: dict[str, Any]) -> Gas:
    """The gas of a mode, from what was measured of small batches and of those as large as a transaction may be."""
    if mode is LedgerMode.ROOTS:
        later = snapshot["RootLedger"]["record, any later batch"]
        return Gas(Decimal(later["gas"]), Decimal(0), Decimal(0), later["entries"])
    ledger = snapshot["PointsLedger"]
    one = ledger["record, one accrual"]
    many = ledger["record, existing members, one redemption in ten"]
    existing, new = ledger["record, existing members, accruals"], ledger["record, new members, accruals"]
    entry = Decimal(many["gas"] - one["gas"]) / (many["entries"] - one["entries"])
    new_member = Decimal(new["gas_per_entry"] - existing["gas_per_entry"])
    return Gas(one["gas"] - entry, entry, new_member, many["entries"])


def load(purchases_per_s: Decimal, network: Network, mode: LedgerMode, gas: Gas, assumed: Assumptions) -> Load:
    """The recorder makes a transaction of what gathered, and has at most `WINDOW` of them on their way."""
    entries = purchases_per_s * assumed.entries_per_purchase
    often = min(purchases_per_s, 1 / assumed.batch_seconds, WINDOW / network.block_s)
    transactions = max(often, entries / gas.most_entries)
    each = gas.entry + gas.new_member * assumed.new_members
    words = entries * assumed.entry_bytes if mode is LedgerMode.FULL else Decimal(0)
    return Load(transactions, transactions * gas.transaction + entries * each, transactions * _TX_BYTES + words)


def fits(asked: Load, network: Network) -> bool:
    return asked.gas <= network.gas_per_s and asked.transactions <= WINDOW / network.block_s


def most_purchases(network: Network, mode: LedgerMode, gas: Gas, assumed: Assumptions) -> int:
    """How many purchases a second the chain can take if it has nothing else to do."""
    few, many = 0, 1_000_000
    while many - few > 1:
        middle = (few + many) // 2
        if fits(load(Decimal(middle), network, mode, gas, assumed), network):
            few = middle
        else:
            many = middle
    return few


def cost(purchases_per_s: int, network: Network, mode: LedgerMode, gas: Gas, assumed: Assumptions) -> Cost:
    asked = load(Decimal(purchases_per_s), network, mode, gas, assumed)
    paid = (asked.gas * network.gas_gwei + asked.data_bytes * network.data_gwei) / _GWEI * assumed.ether_usd
    known = Cost(
        network.name,
        mode,
        purchases_per_s,
        asked.gas,
        asked.gas / network.gas_per_s,
        paid / purchases_per_s,
        paid * _DAY_S,
        paid * _DAY_S * _MONTH_DAYS,
    )
    if fits(asked, network):
        return known
    return replace(known, per_purchase_usd=None, per_day_usd=None, per_month_usd=None)


def dollars(amount: Decimal | None) -> str:
    """Two digits that count, or whole dollars."""
    if amount is None:
        return "impossible"
    if amount == 0:
        return "0"
    digits = max(0, 1 - amount.adjusted())
    return f"${round(amount, digits):,f}"


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] + ["---:"] * (len(columns) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def gas_by_mode() -> dict[LedgerMode, Gas]:
    snapshot = json.loads((SNAPSHOTS / "gas.json").read_text())
    return {mode: measured(mode, snapshot) for mode in LedgerMode}


def costs(networks: Sequence[Network], assumed: Assumptions) -> list[Cost]:
    """What each chain costs, in both modes and at each of the `RATES`."""
    gas = gas_by_mode()
    return [
        cost(rate, network, mode, gas[mode], assumed) for network in networks for mode in LedgerMode for rate in RATES
    ]


def limits(networks: Sequence[Network], assumed: Assumptions) -> str:
    """What is assumed of each chain, and how much it can take."""
    gas = gas_by_mode()
    columns = ("chain", "gwei a gas", "gwei a byte", "gas/s", "s a block", "at most, entries", "at most, roots")
    return markdown(
        columns,
        [
            (
                network.name,
                f"{network.gas_gwei.normalize():f}",
                f"{network.data_gwei.normalize():f}",
                f"{network.gas_per_s:,}",
                f"{network.block_s.normalize():f}",
                *(f"{most_purchases(network, mode, gas[mode], assumed):,}/s" for mode in LedgerMode),
            )
            for network in networks
        ],
    )


def table(found: Sequence[Cost]) -> str:
    named = {LedgerMode.FULL: "entries", LedgerMode.ROOTS: "roots"}
    return markdown(
        ("chain, what is on it", "purchases/s", "gas/s", "of the chain", "a purchase", "a day", "a month"),
        [
            (
                f"{each.network}, {named[each.mode]}",
                f"{each.purchases_per_s:,}",
                f"{round(each.gas_per_s):,}",
                f"{each.share:.1%}",
                dollars(each.per_purchase_usd),
                dollars(each.per_day_usd),
                dollars(each.per_month_usd),
            )
            for each in found
        ],
    )


def as_json(found: Sequence[Cost]) -> str:
    """Exact numbers, as text."""
    return json.dumps(
        [{name: None if value is None else str(value) for name, value in vars(each).items()} for each in found],
        indent=2,
    )


class _Number(click.ParamType[Decimal]):
    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            number = Decimal(value)
        except ArithmeticError:
            self.fail(f"{value} is not a number", param, ctx)
        if not number.is_finite() or number < 0:
            self.fail(f"{value} is not a number from 0", param, ctx)
        return number


class _Network(click.ParamType[Network]):
    name = "network"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Network:
        name, *numbers = value.split(",")
        if len(numbers) != 4:
            self.fail("give NAME,GWEI_A_GAS,GWEI_A_BYTE,GAS_PER_SECOND,BLOCK_SECONDS", param, ctx)
        gas_gwei, data_gwei, gas_per_s, block_s = (_Number().convert(each, param, ctx) for each in numbers)
        if not int(gas_per_s) or not block_s:
            self.fail("a chain has gas, and blocks take time", param, ctx)
        return Network(name, gas_gwei, data_gwei, int(gas_per_s), block_s)


_NUMBER = _Number()


@click.command(help=__doc__)
@click.option(
    "--network",
    "networks",
    multiple=True,
    type=_Network(),
    help="In place of the assumed ones: NAME,"
    "GWEI_A_GAS,GWEI_A_BYTE,GAS_PER_SECOND,BLOCK_SECONDS. A byte of L1 data costs 0 where there is no L1.",
)
@click.option("--entries-per-purchase", type=_NUMBER, default=Assumptions.entries_per_purchase, show_default=True)
@click.option(
    "--new-members",
    type=_NUMBER,
    default=Assumptions.new_members,
    show_default=True,
    help="Share of entries that are a member's first on the chain.",
)
@click.option(
    "--entry-bytes",
    type=_NUMBER,
    default=Assumptions.entry_bytes,
    show_default=True,
    help="Of an entry on the L1: 32, or less after compression.",
)
@click.option(
    "--batch-seconds",
    type=_NUMBER,
    default=Assumptions.batch_seconds,
    show_default=True,
    help="How long entries gather; the worker looks for new ones ten times a second.",
)
@click.option("--ether-usd", type=_NUMBER, default=Assumptions.ether_usd, show_default=True)
@click.option("--json", "in_json", is_flag=True, help="Print exact numbers, as JSON.")
def main(networks: tuple[Network, ...], in_json: bool, **assumed: Decimal) -> None:
    if not assumed["batch_seconds"]:
        raise click.BadParameter("entries cannot gather for no time", param_hint="--batch-seconds")
    networks, assumptions = networks or NETWORKS, Assumptions(**assumed)
    found = costs(networks, assumptions)
    if in_json:
        click.echo(as_json(found))
    else:
        click.echo(f"{limits(networks, assumptions)}\n\n{table(found)}")


if __name__ == "__main__":
    main()
