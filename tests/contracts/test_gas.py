"""What the contracts cost and weigh, as committed, is within the targets; `make check-generated` measures anew."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from scripts import snapshot_contracts
from scripts.snapshot_contracts import SNAPSHOTS, TX_GAS_LIMIT


def committed(name: str) -> dict[str, Any]:
    return json.loads((SNAPSHOTS / name).read_text())


@pytest.mark.parametrize(
    ("batch", "most"),
    [
        ("record, new members, accruals", 25_800),
        ("record, existing members, accruals", 7_800),
        ("record, existing members, one redemption in ten", 7_950),
    ],
)
def test_gas_of_an_entry__within_target(batch: str, most: int) -> None:
    figures = committed("gas.json")["PointsLedger"][batch]
    assert figures["gas_per_entry"] <= most
    assert figures["gas"] <= TX_GAS_LIMIT


def test_gas_of_a_root__much_below_that_of_a_batch_of_entries() -> None:
    assert committed("gas.json")["RootLedger"]["record, any later batch"]["gas"] <= 60_000


def test_size__of_every_contract__as_eip_170_allows() -> None:
    assert {name for name, sizes in committed("sizes.json").items() if sizes["deployed"] > 24_576} == set()


def test_check__snapshot_differs__exits_1_and_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = {name: committed(name) for name in ("gas.json", "sizes.json", "storage.json")}
    before = (SNAPSHOTS / "sizes.json").read_text()
    monkeypatch.setattr(snapshot_contracts, "snapshots", lambda: measured | {"sizes.json": {}})
    result = CliRunner().invoke(snapshot_contracts.main, ["--check"])

    assert (result.exit_code, result.output) == (
        1,
        "gas.json: up to date\nsizes.json: STALE: run make generate\nstorage.json: up to date\n",
    )
    assert (SNAPSHOTS / "sizes.json").read_text() == before
