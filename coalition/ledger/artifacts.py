"""The compiled contract, as committed: what it says to the outside, and its code."""

import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from eth_utils.crypto import keccak


class Artifact(NamedTuple):
    abi: list[dict[str, Any]]
    bytecode: bytes
    deployed_bytecode: bytes


@cache
def points_ledger() -> Artifact:
    """``contracts/PointsLedger.sol``, compiled."""
    content = json.loads(files("contracts").joinpath("artifacts", "PointsLedger.json").read_text())
    return Artifact(
        content["abi"],
        bytes.fromhex(content["bytecode"].removeprefix("0x")),
        bytes.fromhex(content["deployedBytecode"].removeprefix("0x")),
    )


@cache
def error_signatures() -> dict[bytes, dict[str, Any]]:
    """The contract's typed errors by their four-byte selector."""
    return {
        keccak(text=f"{item['name']}({','.join(part['type'] for part in item['inputs'])})")[:4]: item
        for item in points_ledger().abi
        if item["type"] == "error"
    }
