"""Compile the contracts into `contracts/artifacts/`, which is committed, so that running the ledger needs no compiler.

The compiler comes with `npm install` (through `contracts/solc`), its settings from `foundry.toml`: what forge tests is
what is deployed. The same sources always give the same artifact, byte for byte, on every machine.
"""

import hashlib
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import solcx

PROJECT = Path(__file__).resolve().parent.parent
CONTRACTS = PROJECT / "contracts"
ARTIFACTS = CONTRACTS / "artifacts"
SOLC = CONTRACTS / "solc"
DEPLOYED = ("PointsLedger", "RootLedger", "AchievementBadges", "Settlement", "PrizeDraw")
OUTPUTS = ["abi", "evm.bytecode", "evm.deployedBytecode", "storageLayout"]


class CompilerMissing(RuntimeError):
    """The Solidity compiler or OpenZeppelin is not installed: `npm install` brings both."""


def compile_all() -> dict[str, dict[str, Any]]:
    """Every deployed contract by name, compiled from source; nothing is written.

    :raises CompilerMissing: if `npm install` has not run.
    :raises solcx.exceptions.SolcError: if a source does not compile.
    """
    if not (PROJECT / "node_modules" / "solc").is_dir():
        raise CompilerMissing("no Solidity compiler: run `npm install` first")
    return {name: compile_one(name, compiler_settings()) for name in DEPLOYED}


def compile_one(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """One deployed contract. Compiled by itself, so that its artifact changes only with the sources that it uses."""
    source = CONTRACTS / f"{name}.sol"
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {source_name(source): {"content": source.read_text()}},
            "settings": settings | {"outputSelection": {source_name(source): {name: OUTPUTS}}},
        },
        solc_binary=SOLC,
    )
    for warning in output.get("errors", ()):
        click.echo(warning["formattedMessage"], err=True)
    return artifact(name, output, solcx.wrapper.get_version_str_from_solc_binary(SOLC), settings)


def compiler_settings() -> dict[str, Any]:
    """The `foundry.toml` settings, in the words of the compiler's standard JSON."""
    profile = tomllib.loads((PROJECT / "foundry.toml").read_text())["profile"]["default"]
    return {
        "evmVersion": profile["evm_version"],
        "metadata": {"bytecodeHash": profile["bytecode_hash"]},
        "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
        "remappings": profile["remappings"],
        "viaIR": profile["via_ir"],
    }


def artifact(name: str, output: dict[str, Any], compiler: str, settings: dict[str, Any]) -> dict[str, Any]:
    """What is kept of one compiled contract: how to call and deploy it, and how to check where it came from."""
    contract = output["contracts"][f"contracts/{name}.sol"][name]
    return {
        "contract": name,
        "compiler": compiler,
        "settings": settings,
        "sources": {source: sha256(PROJECT / source) for source in sorted(output["sources"])},
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + contract["evm"]["deployedBytecode"]["object"],
        "storageLayout": contract["storageLayout"],
    }


def source_name(path: Path) -> str:
    """A source is named by its path in the project, which is what its imports resolve to on any machine."""
    return path.relative_to(PROJECT).as_posix()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def rendered(compiled: dict[str, Any]) -> str:
    return json.dumps(compiled, indent=2, ensure_ascii=False) + "\n"


@click.command(help=__doc__)
@click.option(
    "--check", is_flag=True, help="Write nothing; fail if a committed artifact is not what the sources compile to."
)
def main(check: bool) -> None:
    try:
        compiled = compile_all()
    except (CompilerMissing, solcx.exceptions.SolcError) as failure:
        raise click.ClickException(str(failure)) from failure
    stale = 0
    for name, contract in compiled.items():
        path = ARTIFACTS / f"{name}.json"
        current = path.exists() and path.read_text() == rendered(contract)
        if check:
            stale += not current
            click.echo(f"{name}: {'up to date' if current else 'STALE, run scripts/compile_contracts.py'}")
        elif current:
            click.echo(f"{name}: unchanged")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(rendered(contract))
            click.echo(f"{name}: written to {source_name(path)}")
    sys.exit(1 if stale else 0)


if __name__ == "__main__":
    main()
