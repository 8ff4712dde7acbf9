"""An EVM inside this process (py-evm), for where there is no node to start."""

import ast
from collections.abc import Sequence
from typing import Any

from eth_tester import EthereumTester, PyEVMBackend
from web3 import EthereumTesterProvider, Web3
from web3.exceptions import Web3Exception
from web3.providers.eth_tester.defaults import API_ENDPOINTS
from web3.types import RPCEndpoint

from coalition.config import IN_PROCESS_URL
from coalition.ledger.errors import NodeUnavailable
from coalition.ledger.json_rpc import Answer
from coalition.ledger.node import Node

_BLOCK_GAS = 200_000_000


def in_process_node(chain_id: int, funds_wei: int) -> Node:
    """A chain that is empty but for its own rich account, and ends with the process."""
    rich = EthereumTester(PyEVMBackend()).get_accounts()[0]
    backend = PyEVMBackend(
        genesis_parameters=PyEVMBackend.generate_genesis_params({"gas_limit": _BLOCK_GAS}),
        genesis_state={bytes.fromhex(rich[2:]): {"balance": funds_wei, "nonce": 0, "code": b"", "storage": {}}},
    )
    # The same chain id as anvil's, so that what was signed for one local chain is good on the other.
    type(backend.chain).chain_id = chain_id
    endpoints = {**API_ENDPOINTS, "eth": {**API_ENDPOINTS["eth"], "chainId": lambda *_: hex(chain_id)}}
    provider = EthereumTesterProvider(EthereumTester(backend), api_endpoints=endpoints)
    return Node(_InProcess(provider), IN_PROCESS_URL)


class _InProcess:
    """It raises what its libraries raise, instead of answering with an error."""

    def __init__(self, provider: EthereumTesterProvider) -> None:
        web3 = Web3(provider, middleware=[])
        self._ask = provider.request_func(web3, web3.middleware_onion)

    def ask(self, method: str, parameters: Sequence[Any]) -> Answer:
        try:
            return dict(self._ask(RPCEndpoint(method), list(parameters)))
        except (Web3Exception, ValueError, OSError) as error:
            raise NodeUnavailable(url=IN_PROCESS_URL, reason=f"{type(error).__name__}: {error}") from error
        except Exception as error:
            return {"error": {"message": _reason(error)}}

    def ask_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Answer]:
        return [self.ask(method, each) for each in parameters]


def _reason(error: Exception) -> str:
    """It shows the bytes of a typed error as a Python literal; others show them in hexadecimal."""
    before, literal, content = str(error).partition("execution reverted: b")
    if literal:
        return f"{before}execution reverted: 0x{ast.literal_eval('b' + content).hex()}"
    return f"{type(error).__name__}: {error}"
