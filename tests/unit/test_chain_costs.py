"""What a chain costs, and that the guide to networks says so."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
import rlp
from click.testing import CliRunner

from coalition.config import LedgerMode
from coalition.ledger.batches import TX_GAS_LIMIT
from scripts.chain_costs import (
    Assumptions,
    Gas,
    Network,
    cost,
    dollars,
    fits,
    gas_by_mode,
    load,
    main,
    most_purchases,
)
from scripts.snapshot_contracts import SNAPSHOTS

DOCS = Path(__file__).parents[2] / "docs"

CHAIN = Network("somewhere", Decimal(2), Decimal("0.5"), 1_000_000, Decimal(4))
GAS = Gas(Decimal(50_000), Decimal(8_000), Decimal(17_000), 100)
ROOTS = Gas(Decimal(60_000), Decimal(0), Decimal(0), 100)
ASSUMED = Assumptions(
    entries_per_purchase=Decimal(2),
    new_members=Decimal("0.1"),
    entry_bytes=Decimal(20),
    batch_seconds=Decimal(1),
    ether_usd=Decimal(1_000),
)


def test_measured__of_full_and_small_batches__gives_both_back():
    snapshot = json.loads((SNAPSHOTS / "gas.json").read_text())["PointsLedger"]
    full, one = snapshot["record, existing members, one redemption in ten"], snapshot["record, one accrual"]
    gas = gas_by_mode()[LedgerMode.FULL]

    assert round(gas.transaction + gas.entry) == one["gas"]
    assert round(gas.transaction + full["entries"] * gas.entry) == full["gas"]
    assert gas.most_entries == full["entries"]


def test_load__few_purchases__are_as_many_transactions():
    assert load(Decimal("0.5"), CHAIN, LedgerMode.FULL, GAS, ASSUMED) == (
        Decimal("0.5"),
        Decimal("0.5") * 50_000 + 1 * (8_000 + 1_700),
        Decimal("0.5") * 250 + 20,
    )


def test_load__many_purchases__gather():
    assert load(Decimal(30), CHAIN, LedgerMode.FULL, GAS, ASSUMED).transactions == 1


def test_load__more_than_a_transaction_can_bring__makes_more_of_them():
    assert load(Decimal(150), CHAIN, LedgerMode.FULL, GAS, ASSUMED).transactions == 3


def test_load__roots__is_the_same_for_any_entries_of_a_batch():
    few, many = (load(Decimal(rate), CHAIN, LedgerMode.ROOTS, ROOTS, ASSUMED) for rate in (10, 40))

    assert few == many == (1, 60_000, 250)


def test_cost__of_gas_and_of_data__add_up():
    found = cost(1, CHAIN, LedgerMode.FULL, GAS, ASSUMED)

    gas, data = 50_000 + 2 * (8_000 + 1_700), 250 + 2 * 20
    assert found.per_purchase_usd == Decimal(gas * 2 + data / 2) / 10**9 * 1_000
    assert found.per_month_usd == found.per_purchase_usd * 86_400 * 30
    assert found.share == Decimal(gas) / 1_000_000


def test_cost__more_gas_than_the_chain_has__no_price():
    found = cost(100, CHAIN, LedgerMode.FULL, GAS, ASSUMED)

    assert found.share > 1
    assert (found.per_purchase_usd, found.per_day_usd, found.per_month_usd) == (None, None, None)


@pytest.mark.parametrize(("mode", "gas"), [(LedgerMode.FULL, GAS), (LedgerMode.ROOTS, ROOTS)])
def test_most_purchases__one_more__does_not_fit(mode, gas):
    most = most_purchases(CHAIN, mode, gas, ASSUMED)

    assert fits(load(Decimal(most), CHAIN, mode, gas, ASSUMED), CHAIN)
    assert not fits(load(Decimal(most + 1), CHAIN, mode, gas, ASSUMED), CHAIN)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "0"),
        ("0.00012345", "$0.00012"),
        ("0.099", "$0.099"),
        ("1.25", "$1.2"),
        ("57061.4", "$57,061"),
    ],
)
def test_dollars__any_amount__two_digits_that_count(amount, shown):
    assert dollars(Decimal(amount)) == shown


def test_command__another_network_as_json__exact_numbers():
    asked = ["--network", "somewhere,2,0.5,1000000,4", "--json"]

    found = json.loads(CliRunner().invoke(main, asked, catch_exceptions=False).stdout)

    assert {each["network"] for each in found} == {"somewhere"}
    assert [each["purchases_per_s"] for each in found] == ["1", "100", "10000"] * 2
    assert Decimal(found[0]["per_day_usd"]) == Decimal(found[0]["per_purchase_usd"]) * 86_400


@pytest.mark.parametrize("given", ["somewhere,2,0.5,1000000", "somewhere,2,-1,1000000,4", "somewhere,2,1,1000000,0"])
def test_command__no_network__refused(given):
    assert CliRunner().invoke(main, ["--network", given]).exit_code == 2


def test_guide__its_tables__are_what_the_command_prints():
    printed = CliRunner().invoke(main, [], catch_exceptions=False).stdout
    guide = (DOCS / "networks.md").read_text()

    for table in printed.strip().split("\n\n"):
        assert table in guide, f"put this into docs/networks.md:\n{table}"


def test_example_genesis__is_one_that_our_contracts_run_on():
    genesis = json.loads((DOCS / "examples" / "besu-qbft-genesis.json").read_text())
    sizes = json.loads((SNAPSHOTS / "sizes.json").read_text())

    assert genesis["config"]["cancunTime"] == 0
    assert genesis["config"]["zeroBaseFee"] is True
    assert int(genesis["gasLimit"], 16) >= TX_GAS_LIMIT
    assert max(size["deployed"] for size in sizes.values()) <= 24_576


def test_example_genesis__its_extra_data__names_four_validators():
    genesis = json.loads((DOCS / "examples" / "besu-qbft-genesis.json").read_text())

    vanity, validators, votes, round_, seals = rlp.decode(bytes.fromhex(genesis["extraData"][2:]))

    assert [len(vanity), *map(len, validators)] == [32, 20, 20, 20, 20]
    assert (votes, round_, seals) == ([], b"", [])
