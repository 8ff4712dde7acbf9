"""The obvious way: an ERC-20 on the same anvil, one mint for each purchase, sent by web3.py and waited for."""

import time
from pathlib import Path
from typing import Any

import solcx
from web3 import HTTPProvider, Web3

from coalition.ledger.chains import Anvil, anvil_binary
from scripts.compile_contracts import PROJECT, SOLC, compiler_settings

MINTS = 500
_SOURCE = PROJECT / "contracts" / "bench" / "MintPerPurchase.sol"


def measure_mints(directory: Path) -> dict[str, float]:
    """Mint for new members, then for the same ones again."""
    binary = anvil_binary()
    assert binary is not None, "anvil is not installed: run npm install"
    anvil = Anvil(binary, directory)
    anvil.start()
    try:
        web3 = Web3(HTTPProvider(anvil.url))
        ledger = _deploy(web3)
        members = [Web3.to_checksum_address(f"0x{number + 1:040x}") for number in range(MINTS)]
        new = _mint(web3, ledger, members)
        again = _mint(web3, ledger, members)
    finally:
        anvil.stop()
    return {
        "mint_per_purchase_per_s": again[0],
        "mint_gas_new_member": new[1],
        "mint_gas_existing_member": again[1],
    }


def _deploy(web3: Web3) -> Any:
    compiled = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {"MintPerPurchase.sol": {"content": _SOURCE.read_text()}},
            "settings": compiler_settings() | {"outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}}},
        },
        solc_binary=SOLC,
    )["contracts"]["MintPerPurchase.sol"]["MintPerPurchase"]
    contract = web3.eth.contract(abi=compiled["abi"], bytecode=compiled["evm"]["bytecode"]["object"])
    tx_hash = contract.constructor().transact({"from": web3.eth.accounts[0]})
    return web3.eth.contract(web3.eth.wait_for_transaction_receipt(tx_hash)["contractAddress"], abi=compiled["abi"])


def _mint(web3: Web3, ledger: Any, members: list[Any]) -> tuple[float, float]:
    """Purchases per second, and gas for each."""
    gas = 0
    started = time.perf_counter()
    for member in members:
        tx_hash = ledger.functions.mint(member, 10).transact({"from": web3.eth.accounts[0]})
        gas += web3.eth.wait_for_transaction_receipt(tx_hash)["gasUsed"]
    return len(members) / (time.perf_counter() - started), gas / len(members)
