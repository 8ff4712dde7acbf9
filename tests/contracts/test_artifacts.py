"""The committed artifact is what the sources compile to, and what the rest of the project takes it for."""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scripts import compile_contracts
from tests.contracts.ledger import Ledger

PROJECT = Path(__file__).parents[2]

needs_compiler = pytest.mark.skipif(
    not (PROJECT / "node_modules" / "solc").is_dir() and "CI" not in os.environ,
    reason="the Solidity compiler is not installed: `npm install` brings it (in CI this is an error)",
)


@pytest.fixture(scope="module")
def compiled() -> dict[str, dict[str, Any]]:
    return compile_contracts.compile_all()


@needs_compiler
def test_artifact__compiled_anew__is_the_committed_one(
    compiled: dict[str, dict[str, Any]], artifact: dict[str, Any]
) -> None:
    assert compiled == {"PointsLedger": artifact}


@needs_compiler
def test_check__artifact_up_to_date__exits_0(monkeypatch: pytest.MonkeyPatch, compiled: dict[str, Any]) -> None:
    monkeypatch.setattr(compile_contracts, "compile_all", lambda: compiled)
    result = CliRunner().invoke(compile_contracts.main, ["--check"])
    assert (result.exit_code, result.output) == (0, "PointsLedger: up to date\n")


@needs_compiler
def test_check__artifact_differs__exits_1_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, compiled: dict[str, Any], tmp_path: Path
) -> None:
    stale = tmp_path / "PointsLedger.json"
    stale.write_text(compile_contracts.rendered(compiled["PointsLedger"] | {"compiler": "another"}))
    monkeypatch.setattr(compile_contracts, "compile_all", lambda: compiled)
    monkeypatch.setattr(compile_contracts, "ARTIFACTS", tmp_path)
    result = CliRunner().invoke(compile_contracts.main, ["--check"])

    assert result.exit_code == 1
    assert "PointsLedger: STALE" in result.output
    assert "another" in stale.read_text()


def test_compile__no_compiler__says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compile_contracts, "PROJECT", tmp_path)
    result = CliRunner().invoke(compile_contracts.main, [])
    assert (result.exit_code, result.output) == (1, "Error: no Solidity compiler: run `npm install` first\n")


def test_artifact__sources__are_the_ones_it_was_compiled_from(artifact: dict[str, Any]) -> None:
    """This needs no compiler, so that a stale artifact shows on any machine."""
    ours = {name: digest for name, digest in artifact["sources"].items() if name.startswith("contracts/")}
    files = {f"contracts/{path.name}": path for path in (PROJECT / "contracts").glob("*.sol")}
    assert ours == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


def test_artifact__deployed__is_the_code_on_the_chain(artifact: dict[str, Any], deployed: Ledger) -> None:
    code = deployed.web3.eth.get_code(deployed.contract.address)
    assert "0x" + code.hex() == artifact["deployedBytecode"]
    assert len(code) <= 24_576, "EIP-170 allows no larger contract"


@needs_compiler
def test_solc__asked_for_its_version__answers_as_a_native_compiler(artifact: dict[str, Any]) -> None:
    answer = subprocess.run([PROJECT / "contracts" / "solc", "--version"], capture_output=True, text=True, check=True)
    assert f"Version: {artifact['compiler']}" in answer.stdout
