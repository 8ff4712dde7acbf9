"""The Ethereum virtual machine of the simulation: revm, which runs real contracts and can go back in time.

Slots that were touched once stay warm, so gas used is less than on a real chain: nothing here may judge gas.
"""

import re
from typing import NamedTuple

from pyrevm import EVM, AccountInfo, BlockEnv, CfgEnv, Env

_FORK = "CANCUN"
_BLOCK_GAS = 60_000_000
_PADDING = 33
"""Zeros that revm puts behind the code of a contract, so that it never reads beyond."""


class Log(NamedTuple):
    address: str
    topics: tuple[bytes, ...]
    data: bytes


class Execution(NamedTuple):
    """What came of running code; ``output`` is what it returned, or the data that it reverted with."""

    succeeded: bool
    gas_used: int
    output: bytes
    logs: tuple[Log, ...] = ()
    halted: str | None = None


class Machine:
    """Code and storage. Who pays for gas, and how accounts count their transactions, is the chain's affair."""

    def __init__(self, chain_id: int) -> None:
        self._evm = EVM(Env(cfg=CfgEnv(chain_id=chain_id)), spec_id=_FORK, gas_limit=_BLOCK_GAS)
        self._marks: list[object] = []

    def mark(self) -> None:
        """A point in time to come back to."""
        self._marks.append(self._evm.snapshot())

    def go_back(self) -> None:
        """All is as it was at the last mark, which is gone."""
        self._evm.revert(self._marks.pop())

    def at(self, number: int, timestamp: int) -> None:
        """What runs from now on is in this block."""
        self._evm.set_block_env(BlockEnv(number=number, timestamp=timestamp, gas_limit=_BLOCK_GAS))

    def code(self, address: str) -> bytes:
        return (self._evm.get_code(address) or b"")[:-_PADDING]

    def create(self, sender: str, nonce: int, code: bytes, gas: int) -> Execution:
        self._evm.insert_account_info(sender, AccountInfo(nonce=nonce))
        return self._run(gas, lambda: (self._evm.deploy(sender, code, gas=gas), b"")[1])

    def call(self, sender: str, to: str, data: bytes, gas: int) -> Execution:
        return self._run(gas, lambda: self._evm.message_call(sender, to, data, gas=gas))

    def _run(self, gas, run) -> Execution:
        try:
            output = run()
        except RuntimeError as failure:
            return _failure(str(failure), gas)
        result = self._evm.result
        logs = tuple(Log(log.address.lower(), tuple(log.data[0]), bytes(log.data[1])) for log in result.logs)
        return Execution(True, result.gas_used, bytes(output), logs)


def _failure(words: str, gas: int) -> Execution:
    if found := re.match(r"Revert \{ gas_used: (\d+), output: 0x([0-9a-f]*) \}", words):
        return Execution(False, int(found[1]), bytes.fromhex(found[2]))
    if found := re.match(r"Halt \{ reason: (\w+)", words):
        return Execution(False, gas, b"", halted=found[1])
    raise AssertionError(f"the machine would not run this: {words}")
