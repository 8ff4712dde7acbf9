"""The chain that contract tests run on, and a contract on it: deployed, called, refused, undone.

It is an EVM inside the test process, or the node at COALITION_TEST_CHAIN_URL, where the account with the key
COALITION_TEST_FUNDER_KEY pays for all others, unless gas is free. Tests see no difference.
"""

import ast
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self, TypeVar

import pytest
from eth_abi.abi import decode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import TransactionFailed
from eth_utils.crypto import keccak
from web3 import EthereumTesterProvider, HTTPProvider, Web3
from web3.contract import Contract
from web3.exceptions import ContractLogicError
from web3.logs import DISCARD
from web3.types import TxReceipt

from coalition.ledger.artifacts import Artifact

TX_GAS_LIMIT = 16_777_216
"""The most gas that EIP-7825 lets one transaction have."""

ANVIL_FIRST_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"

T = TypeVar("T")


class Refused(Exception):
    """The contract refused the call, with this error and these values."""

    def __init__(self, error: str, values: tuple[Any, ...]) -> None:
        super().__init__(error, values)
        self.error = error
        self.values = values


PEOPLE = ("admin", "recorder", "registrar", "pauser", "successor", "stranger")


class Chain:
    """A chain, and `PEOPLE` who can pay for any number of transactions."""

    def __init__(self, web3: Web3, funder: LocalAccount) -> None:
        self.web3 = web3
        self.funder = funder
        self.people: dict[str, LocalAccount] = {name: Account.from_key(keccak(text=name)) for name in PEOPLE}
        self.made: dict[Callable[[Self], Any], Any] = {}
        if self._price:
            for person in self.people.values():
                self._send(funder, {"to": person.address, "value": Web3.to_wei(10, "ether"), "gas": 21_000})

    @classmethod
    def in_process(cls) -> Self:
        backend = PyEVMBackend(genesis_parameters=PyEVMBackend.generate_genesis_params({"gas_limit": 100_000_000}))
        return cls(Web3(EthereumTesterProvider(EthereumTester(backend))), Account.from_key(backend.account_keys[0]))

    @classmethod
    def of_environment(cls) -> Self:
        if url := os.environ.get("COALITION_TEST_CHAIN_URL"):
            key = os.environ.get("COALITION_TEST_FUNDER_KEY", ANVIL_FIRST_KEY)
            return cls(Web3(HTTPProvider(url)), Account.from_key(key))
        return cls.in_process()

    def address(self, name: str) -> str:
        return self.people[name].address

    def deploy(self, artifact: Artifact, *arguments: Any) -> Contract:
        factory = self.web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
        data = factory.constructor(*arguments).data_in_transaction
        receipt = self._send(self.funder, {"data": data, "gas": TX_GAS_LIMIT})
        assert receipt["status"] == 1, "the deployment was reverted"
        return factory(receipt["contractAddress"])

    def send(self, by: str, to: str, data: str) -> TxReceipt:
        """Send a call as the person of this name. A refused one is mined too, so that what it left can be seen."""
        return self._send(self.people[by], {"to": to, "data": data, "gas": TX_GAS_LIMIT})

    def storage_root(self, address: str) -> bytes:
        """A hash over every storage slot of the contract."""
        if isinstance(self.web3.provider, EthereumTesterProvider):  # which has no public way to it
            state = self.web3.provider.ethereum_tester.backend.chain.get_vm().state
            return state._account_db._get_account(bytes.fromhex(address[2:])).storage_root
        return bytes(self.web3.eth.get_proof(address, [])["storageHash"])

    @contextmanager
    def fresh(self, make: Callable[[Self], T]) -> Iterator[T]:
        """What ``make`` deploys, as good as new. It is made once and what is done to it undone, if the chain can."""
        if not self._undoes:
            yield make(self)
            return
        if make not in self.made:
            self.made[make] = make(self)
        snapshot = self.web3.testing.snapshot()
        yield self.made[make]
        self.web3.testing.revert(snapshot)

    @property
    def _undoes(self) -> bool:
        return not isinstance(self.web3.provider, HTTPProvider) or "anvil" in self.web3.client_version.lower()

    @property
    def _price(self) -> int:
        """What gas costs, in wei: 0 where it is free, whatever the node suggests as a tip."""
        return self.web3.eth.gas_price if self.web3.eth.get_block("latest")["baseFeePerGas"] else 0

    def _send(self, sender: LocalAccount, fields: dict[str, Any]) -> TxReceipt:
        price = self._price
        signed = sender.sign_transaction(
            {
                "chainId": self.web3.eth.chain_id,
                "nonce": self.web3.eth.get_transaction_count(sender.address),
                "value": 0,
                "maxFeePerGas": 2 * price,
                "maxPriorityFeePerGas": price // 10,
                **fields,
            }
        )
        tx_hash = self.web3.eth.send_raw_transaction(signed.raw_transaction)
        return self.web3.eth.wait_for_transaction_receipt(tx_hash, poll_latency=0.01)


CALLERS = {
    "record": "recorder",
    "registerPartner": "registrar",
    "setLimit": "registrar",
    "suspend": "registrar",
    "reinstate": "registrar",
    "pause": "pauser",
    "unpause": "pauser",
    "grantRole": "admin",
    "revokeRole": "admin",
}
ROLES = {
    "admin": "DEFAULT_ADMIN_ROLE",
    "recorder": "RECORDER_ROLE",
    "registrar": "REGISTRAR_ROLE",
    "pauser": "PAUSER_ROLE",
}


class Deployed:
    """A contract on a chain. Each function is called by the person who may, unless a test says otherwise."""

    def __init__(self, chain: Chain, contract: Contract) -> None:
        self.chain = chain
        self.contract = contract

    def call(self, function: str, *arguments: Any, by: str | None = None) -> TxReceipt:
        """Send a transaction.

        :raises Refused: it was reverted.
        """
        by = by or CALLERS.get(function, "stranger")
        call = self.contract.functions[function](*arguments)
        receipt = self.chain.send(by, self.contract.address, call._encode_transaction_data())
        if receipt["status"] != 1:
            try:
                call.call({"from": self.chain.address(by), "gas": TX_GAS_LIMIT})
            except (TransactionFailed, ContractLogicError) as failure:
                raise Refused(*self._decoded(failure)) from None
            raise AssertionError(f"{function} was reverted, and then was not")
        return receipt

    def read(self, function: str, *arguments: Any) -> Any:
        return self.contract.functions[function](*arguments).call()

    def role(self, person: str) -> bytes:
        return self.read(ROLES[person])

    def events(self, receipt: TxReceipt, name: str) -> list[dict[str, Any]]:
        """The arguments of each event of that name, in order."""
        return [dict(event["args"]) for event in self.contract.events[name]().process_receipt(receipt, errors=DISCARD)]

    @contextmanager
    def refuses(self, error: str, *values: Any) -> Iterator[None]:
        """What happens inside is refused with this error and these values, and not one storage slot has changed."""
        before = self.chain.storage_root(self.contract.address)
        with pytest.raises(Refused) as refusal:
            yield
        given = (refusal.value.error, *refusal.value.values)
        assert given == (error, *values), f"refused with {given}"
        assert self.chain.storage_root(self.contract.address) == before

    @contextmanager
    def refuses_without_role(self, by: str, role: bytes) -> Iterator[None]:
        with self.refuses("AccessControlUnauthorizedAccount", self.chain.address(by), role):
            yield

    def _decoded(self, failure: TransactionFailed | ContractLogicError) -> tuple[str, tuple[Any, ...]]:
        if isinstance(failure, ContractLogicError):
            data = bytes.fromhex(str(failure.data).removeprefix("0x"))
        else:
            data = ast.literal_eval(str(failure).removeprefix("execution reverted: "))
        for item in self.contract.abi:
            if item["type"] == "error":
                types = [part["type"] for part in item["inputs"]]
                if data[:4] == keccak(text=f"{item['name']}({','.join(types)})")[:4]:
                    values = decode(types, data[4:])
                    return item["name"], tuple(
                        Web3.to_checksum_address(value) if of == "address" else value
                        for of, value in zip(types, values, strict=True)
                    )
        raise AssertionError(f"reverted without an error that the ABI knows: {data.hex()}")
