"""What signs chain transactions: a key in this process, or an external signer, whose every answer is checked."""

from typing import Any, NamedTuple, Protocol

import requests
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from coalition.ledger.errors import SignerAnsweredWrong, SignerUnavailable

_TIMEOUT_S = 10
_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Of secp256k1. Of the two signatures that say the same, nodes accept only the one with the lower ``s`` (EIP-2)."""


class Signed(NamedTuple):
    """A transaction as a node takes it; ``hash`` is lower-case hexadecimal text with its prefix."""

    hash: str
    signed_bytes: bytes


class Signer(Protocol):
    """Signs for one account; ``address`` is checksummed."""

    address: str

    def sign(self, fields: dict[str, Any]) -> Signed:
        """The transaction of these fields, in the form eth-account takes for type 2; ``data`` is bytes."""


class KeySigner:
    """Signs with a key that is in this process. The same fields give the same bytes each time."""

    def __init__(self, account: LocalAccount) -> None:
        self.address: str = account.address
        self._account = account

    def sign(self, fields: dict[str, Any]) -> Signed:
        return _signed(bytes(self._account.sign_transaction(fields).raw_transaction))


class Web3Signer:
    """Has a Web3Signer, or what speaks as it does, sign. The key never is in this process.

    Every method raises ``SignerUnavailable`` where there is no sensible answer.
    """

    def __init__(self, url: str, address: str, timeout_s: float = _TIMEOUT_S) -> None:
        self.address = address
        self._url = url
        self._timeout_s = timeout_s

    def accounts(self) -> list[str]:
        """The addresses that the signer has keys of, checksummed."""
        try:
            return [to_checksum_address(address) for address in self._request("eth_accounts")]
        except (TypeError, ValueError) as error:
            raise SignerAnsweredWrong(url=self._url, reason="what it lists are not addresses") from error

    def sign(self, fields: dict[str, Any]) -> Signed:
        """:raises SignerAnsweredWrong: what came back is not this transaction, signed by this account."""
        quantities = {name: hex(value) for name, value in fields.items() if isinstance(value, int)}
        asked = {**fields, **quantities, "from": self.address, "data": "0x" + fields["data"].hex()}
        answer = self._request("eth_signTransaction", asked)
        if problem := _problem(fields, self.address, answer):
            raise SignerAnsweredWrong(url=self._url, reason=problem)
        return _signed(bytes.fromhex(answer.removeprefix("0x")))

    def _request(self, method: str, *parameters: Any) -> Any:
        call: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        try:
            response = requests.post(self._url, json=call, timeout=self._timeout_s, allow_redirects=False)
        except requests.RequestException as error:
            raise SignerUnavailable(url=self._url, reason=f"{type(error).__name__}: {error}") from error
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
            raise SignerUnavailable(url=self._url, reason=f"HTTP {response.status_code}, not JSON-RPC")
        if refusal := answer.get("error"):
            raise SignerUnavailable(url=self._url, reason=f"it refused {method}: {refusal}")
        return answer["result"]


def _problem(fields: dict[str, Any], address: str, answer: Any) -> str | None:
    """Why this is not the transaction of these fields, signed by this account; None if it is."""
    try:
        signed_bytes = bytes.fromhex(answer.removeprefix("0x"))
        found = TypedTransaction.from_bytes(HexBytes(signed_bytes)).as_dict()
        sender = Account.recover_transaction(signed_bytes)
    # What bytes that are no transaction make of the library has no type in common.
    except Exception:
        return "it is no signed transaction"
    wanted = {"to": b"", "accessList": ()} | fields
    if changed := [name for name in wanted if _plain(found[name]) != _plain(wanted[name])]:
        return f"it signed another {', '.join(changed)} than it was asked to"
    if found["s"] > _HALF_ORDER:
        return "nodes would not accept this form of its signature"
    return None if sender == address else f"it was signed by {sender}, not by {address}"


def _plain(value: Any) -> Any:
    """Addresses are text where they are asked for, and bytes where they come back."""
    return bytes(HexBytes(value)) if isinstance(value, str | bytes) else value


def _signed(signed_bytes: bytes) -> Signed:
    return Signed("0x" + keccak(signed_bytes).hex(), signed_bytes)
