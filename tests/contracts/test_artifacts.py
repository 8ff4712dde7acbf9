"""The committed artifacts are what the sources compile to, and what the rest of the project takes them for."""

import hashlib
import json
import os
import subprocess
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from coalition.ledger.artifacts import artifact, error_signatures
from scripts import compile_contracts
from tests.contracts.chain import Chain

PROJECT = Path(__file__).parents[2]

needs_compiler = pytest.mark.skipif(
    not (PROJECT / "node_modules" / "solc").is_dir() and "CI" not in os.environ,
    reason="the Solidity compiler is not installed: `npm install` brings it (in CI this is an error)",
)


NAMES = compile_contracts.DEPLOYED


def committed(name: str) -> dict[str, Any]:
    return json.loads((compile_contracts.ARTIFACTS / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def compiled(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the compiler makes of the sources; it is asked again only where one of its inputs is another."""
    cache, key = getattr(pytestconfig, "cache", None), f"compiled/{inputs()}"
    with (tmp_path_factory.getbasetemp().parent / "compiling").open("w") as lock:
        # One process compiles for all.
        flock(lock, LOCK_EX)
        found: dict[str, dict[str, Any]] | None = cache and cache.get(key, None)
        if found is None:
            found = compile_contracts.compile_all()
            if cache:
                cache.set(key, found)
    return found


def inputs() -> str:
    """A hash over all that can change what comes of compiling."""
    packages = [PROJECT / "node_modules" / name / "package.json" for name in ("solc", "@openzeppelin/contracts")]
    scripts = [PROJECT / "scripts" / "compile_contracts.py", PROJECT / "contracts" / "solc", PROJECT / "foundry.toml"]
    found = hashlib.sha256()
    for path in [*packages, *scripts, *sorted((PROJECT / "contracts").glob("*.sol"))]:
        found.update(b"%s %d\n" % (path.name.encode(), path.stat().st_size) + path.read_bytes())
    return found.hexdigest()


@needs_compiler
@pytest.mark.parametrize("name", NAMES)
def test_artifact__compiled_anew__is_the_committed_one(compiled: dict[str, dict[str, Any]], name: str) -> None:
    assert compiled[name] == committed(name)


@needs_compiler
def test_check__artifacts_up_to_date__exits_0(monkeypatch: pytest.MonkeyPatch, compiled: dict[str, Any]) -> None:
    monkeypatch.setattr(compile_contracts, "compile_all", lambda: compiled)
    result = CliRunner().invoke(compile_contracts.main, ["--check"])
    assert (result.exit_code, result.output) == (0, "".join(f"{name}: up to date\n" for name in NAMES))


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


@pytest.mark.parametrize("name", NAMES)
def test_artifact__sources__are_the_ones_it_was_compiled_from(name: str) -> None:
    """This needs no compiler, so that a stale artifact shows on any machine."""
    sources = {
        source: digest for source, digest in committed(name)["sources"].items() if source.startswith("contracts/")
    }
    assert f"contracts/{name}.sol" in sources
    assert sources == {source: hashlib.sha256((PROJECT / source).read_bytes()).hexdigest() for source in sources}


@pytest.mark.parametrize("name", NAMES)
def test_artifact__deployed__is_the_code_on_the_chain(chain: Chain, name: str) -> None:
    """So nothing in the code depends on how it was deployed, and anyone can compare it."""
    compiled = artifact(name)
    (constructor,) = (item for item in compiled.abi if item["type"] == "constructor")
    of_type = {"string": "text", "address": chain.address("admin")}
    contract = chain.deploy(compiled, *(of_type[part["type"]] for part in constructor["inputs"]))
    assert chain.web3.eth.get_code(contract.address) == compiled.deployed_bytecode


def test_errors__of_all_contracts_are_told_by_their_selector() -> None:
    names = {item["name"] for item in error_signatures().values()}
    assert {"SequenceMismatch", "LimitExceeded", "BadgeHeld", "AccessControlUnauthorizedAccount"} <= names


@needs_compiler
def test_solc__asked_for_its_version__answers_as_a_native_compiler() -> None:
    answer = subprocess.run([PROJECT / "contracts" / "solc", "--version"], capture_output=True, text=True, check=True)
    assert f"Version: {committed('PointsLedger')['compiler']}" in answer.stdout
