"""What is said to the ledger's contracts, and what they answer.

The hot call, ``record``, is packed by hand: a general ABI encoder takes a hundred times longer.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from coalition.config import LedgerMode
from coalition.domain.packing import WORD_SIZE
from coalition.ledger.artifacts import artifact
from coalition.ledger.errors import NodeRefused, WrongContract
from coalition.ledger.node import LATEST, Node, TxOutcome, to_bytes, to_hex, to_int

TOKEN_NAME = "Coalition Points"
TOKEN_SYMBOL = "POINTS"
BADGES = "AchievementBadges"
LEDGERS = {LedgerMode.FULL: "PointsLedger", LedgerMode.ROOTS: "RootLedger"}

ROLE_HASHES = {
    "admin": bytes(32),
    "recorder": keccak(text="RECORDER_ROLE"),
    "registrar": keccak(text="REGISTRAR_ROLE"),
    "pauser": keccak(text="PAUSER_ROLE"),
}
"""The roles by the names that the contracts know them under; the admin's is OpenZeppelin's default."""

GENESIS_HEAD = bytes(32)

_RECORDED = dict.fromkeys(LEDGERS.values(), to_hex(keccak(text="Recorded(uint64,bytes32,bytes32,uint256)"))) | {
    BADGES: to_hex(keccak(text="BadgesRecorded(uint64,bytes32,uint256)"))
}
"""The event that each contract leaves of a batch."""


class PartnerStatus(IntEnum):
    """The numbers are those of ``IPointsLedger.sol``."""

    UNKNOWN = 0
    ACTIVE = 1
    SUSPENDED = 2


class PartnerTotals(NamedTuple):
    issued: int
    redeemed: int
    expired: int
    limit: int
    status: int


@cache
def _function(contract: str, name: str) -> tuple[bytes, list[str], list[str]]:
    """Selector, argument types and result types."""
    (item,) = (item for item in artifact(contract).abi if item["type"] == "function" and item["name"] == name)
    arguments = [collapse_if_tuple(part) for part in item["inputs"]]
    results = [collapse_if_tuple(part) for part in item["outputs"]]
    return keccak(text=f"{name}({','.join(arguments)})")[:4], arguments, results


def encode_call(name: str, *arguments: Any, contract: str = LEDGERS[LedgerMode.FULL]) -> bytes:
    """The calldata of any function of the contract."""
    selector, types, _ = _function(contract, name)
    return selector + encode(types, arguments)


def ledger_creation(mode: LedgerMode, admin: str, recorder: str, registrar: str, pauser: str) -> bytes:
    """The init code that makes a new ledger, whose roles these accounts have."""
    code = artifact(LEDGERS[mode]).bytecode
    if mode is LedgerMode.ROOTS:
        return code + encode(["address"] * 3, [admin, recorder, pauser])
    names = [TOKEN_NAME, TOKEN_SYMBOL]
    return code + encode(["string"] * 2 + ["address"] * 4, [*names, admin, recorder, registrar, pauser])


def badges_creation(uri: str, admin: str, recorder: str, pauser: str) -> bytes:
    """The init code that makes new badges, described at ``uri``, in which ``{id}`` stands for a badge's number."""
    return artifact(BADGES).bytecode + encode(["string"] + ["address"] * 3, [uri, admin, recorder, pauser])


def encode_record(mode: LedgerMode, sequence: int, root: bytes, words: bytes) -> bytes:
    """The calldata of ``record``: with all the words, or in roots mode with their hash and number."""
    if mode is LedgerMode.ROOTS:
        size = len(words) // WORD_SIZE
        return encode_call("record", sequence, root, keccak(words), size, contract=LEDGERS[mode])
    selector, _, _ = _function(LEDGERS[mode], "record")
    # The words are whole, so nothing is padded.
    return selector + b"".join((sequence.to_bytes(32), root, (96).to_bytes(32), len(words).to_bytes(32), words))


def decode_record(mode: LedgerMode, calldata: bytes) -> tuple[int, bytes, bytes, int, bytes | None]:
    """Sequence, root, hash and number of the entries, and their words where there are any, of a call of ``record``.

    :raises ValueError: it is no such call.
    """
    selector, types, _ = _function(LEDGERS[mode], "record")
    if calldata[:4] != selector:
        raise ValueError("the transaction does not call record")
    try:
        arguments = decode(types, calldata[4:])
    except DecodingError as error:
        raise ValueError(f"the transaction calls record with other arguments: {error}") from error
    if mode is LedgerMode.ROOTS:
        return (*arguments, None)
    sequence, root, words = arguments
    return sequence, root, keccak(words), len(words) // WORD_SIZE, words


def next_head(head: bytes, sequence: int, root: bytes, entries_hash: bytes) -> bytes:
    """The head after one more batch, as the contract computes it; of the words it takes the Keccak-256."""
    return keccak(b"".join((head, sequence.to_bytes(32), root, entries_hash)))


def next_badges_head(head: bytes, sequence: int, entries_hash: bytes) -> bytes:
    """The head of the badges' contract after one more batch."""
    return keccak(b"".join((head, sequence.to_bytes(32), entries_hash)))


class Recording(NamedTuple):
    """A chain transaction that recorded a batch, and the head, in hexadecimal, that the history had then."""

    chain_tx: str
    head: str
    outcome: TxOutcome


def _recording(event: Mapping[str, Any]) -> Recording:
    head = to_bytes(event["data"])[-64:-32]
    where = to_int(event["blockNumber"]), to_hex(event["blockHash"])
    return Recording(to_hex(event["transactionHash"]), to_hex(head), TxOutcome(True, *where))


class Deployed:
    """A contract on a chain, read through one node, as it stands after ``block``.

    Reading raises ``WrongContract`` where there is none.
    """

    def __init__(self, node: Node, address: str, name: str, block: str = LATEST) -> None:
        self.node = node
        self.address = to_checksum_address(address)
        self.name = name
        self.block = block

    def is_deployed(self) -> bool:
        """Whether the code at the address is this contract's."""
        return self.node.code(self.address, self.block) == artifact(self.name).deployed_bytecode

    def _read(self, function: str, *arguments: Any) -> Any:
        (result,) = self._read_all(function, [arguments])
        return result

    def _read_all(self, function: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
        _, _, types = _function(self.name, function)
        parameters = [
            ({"to": self.address, "data": to_hex(encode_call(function, *arguments, contract=self.name))}, self.block)
            for arguments in calls
        ]
        results = self.node.request_all("eth_call", parameters)
        answers = [self.node.understood("eth_call", result, to_bytes) for result in results]
        if b"" in answers:
            raise WrongContract(address=self.address)
        return [self.node.understood("eth_call", answer, lambda data: decode(types, data)[0]) for answer in answers]


class History(Deployed):
    """A deployed contract that takes batches in sequence."""

    def next_sequence(self) -> int:
        return int(self._read("nextSequence"))

    def head(self) -> bytes:
        return bytes(self._read("head"))

    def recorded_since(self, block: int) -> list[Recording]:
        """What recorded a batch in this block or later, as the events tell.

        A receipt would have an event for each entry as well. Nothing where the node does not search so many blocks at
        once, as after a quiet night: then receipts have to tell.
        """
        where = {"address": self.address, "fromBlock": hex(block), "toBlock": LATEST, "topics": [_RECORDED[self.name]]}
        try:
            return self.node.ask(lambda logs: [_recording(log) for log in logs], "eth_getLogs", where)
        except NodeRefused:
            return []

    def is_paused(self) -> bool:
        return bool(self._read("paused"))

    def has_role(self, role: str, account: str) -> bool:
        return bool(self._read("hasRole", ROLE_HASHES[role], account))


class Contract(History):
    """One deployed ledger. In roots mode it has no balances and no partners, and what asks for these must not."""

    def __init__(self, node: Node, address: str, mode: LedgerMode = LedgerMode.FULL, block: str = LATEST) -> None:
        super().__init__(node, address, LEDGERS[mode], block)
        self.mode = mode

    @classmethod
    def at(cls, node: Node, address: str, block: str = LATEST) -> "Contract":
        """The ledger at this address, in the mode that its code tells.

        :raises WrongContract: there is no ledger.
        """
        for mode in LedgerMode:
            if (contract := cls(node, address, mode, block)).is_deployed():
                return contract
        raise WrongContract(address=address)

    def total_supply(self) -> int:
        return int(self._read("totalSupply"))

    def root_of(self, sequence: int) -> bytes:
        return bytes(self._read("rootOf", sequence))

    def roots(self, sequences: Sequence[int]) -> list[bytes]:
        return self._read_all("rootOf", [(sequence,) for sequence in sequences])

    def partner(self, number: int) -> PartnerTotals:
        return self.partners([number])[0]

    def partners(self, numbers: Sequence[int]) -> list[PartnerTotals]:
        return [PartnerTotals(*totals) for totals in self._read_all("partner", [(number,) for number in numbers])]

    def obligations(self, pairs: Sequence[tuple[int, int]]) -> list[int]:
        """What each ``(issuer, redeemer)`` comes to."""
        return [int(points) for points in self._read_all("obligation", pairs)]

    def balances(self, addresses: Sequence[str]) -> list[int]:
        return [int(points) for points in self._read_all("balanceOf", [(address,) for address in addresses])]


class Badges(History):
    """The deployed badges."""

    def __init__(self, node: Node, address: str, block: str = LATEST) -> None:
        super().__init__(node, address, BADGES, block)

    def held(self, pairs: Sequence[tuple[str, int]]) -> list[bool]:
        """Whether each ``(member's address, badge)`` is held."""
        return [bool(number) for number in self._read_all("balanceOf", pairs)]

    def issuers(self, badges: Sequence[int]) -> list[int]:
        """The partner's number that each badge is of, 0 for one that was never awarded."""
        return [int(issuer) for issuer in self._read_all("issuerOf", [(badge,) for badge in badges])]
