"""The compiled contracts, as committed: what each says to the outside, and its code."""

import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

CONTRACTS = ("PointsLedger", "RootLedger", "AchievementBadges", "Settlement", "PrizeDraw")


class Artifact(NamedTuple):
    abi: list[dict[str, Any]]
    bytecode: bytes
    deployed_bytecode: bytes


@cache
def artifact(name: str) -> Artifact:
    """``contracts/{name}.sol``, compiled; ``name`` is one of `CONTRACTS`."""
    content = json.loads(files("contracts").joinpath("artifacts", f"{name}.json").read_text())
    return Artifact(
        content["abi"],
        bytes.fromhex(content["bytecode"].removeprefix("0x")),
        bytes.fromhex(content["deployedBytecode"].removeprefix("0x")),
    )


@cache
def error_signatures() -> dict[bytes, dict[str, Any]]:
    """The contracts' typed errors by their four-byte selector, which says name and types, whoever's error it is."""
    return {
        keccak(text=f"{item['name']}({','.join(part['type'] for part in item['inputs'])})")[:4]: item
        for name in CONTRACTS
        for item in artifact(name).abi
        if item["type"] == "error"
    }
