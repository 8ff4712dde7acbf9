"""Verifying a receipt: reads the receipt and the chain, and nothing of ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_utils.address import to_checksum_address

from coalition.domain.documents import canonical_json
from coalition.domain.entries import EntryKind
from coalition.domain.merkle import leaf_hash, root_from_path
from coalition.domain.packing import WORD_SIZE, pack
from coalition.errors import CoalitionError
from coalition.ledger.chain_history import ChainBatch, read_batch
from coalition.ledger.contract import Contract
from coalition.ledger.errors import NodeRefused, WrongContract
from coalition.ledger.node import Node

FIELDS = frozenset(
    ("entry", "leaf", "index", "size", "path", "root", "sequence", "chain_id", "contract", "chain_tx", "block")
)

_HASH = re.compile("0x[0-9a-f]{64}")
_ADDRESS = re.compile("0x[0-9a-f]{40}")


@dataclass
class InvalidReceipt(CoalitionError):
    """The receipt proves nothing; ``reason`` says what is wrong with it."""

    code = "invalid_receipt"
    template = "The receipt does not hold: {reason}."
    reason: str


def verify_receipt(receipt: Any, node: Node) -> None:
    """Returns where the chain has the entry, on the terms that the receipt states; else says why not.

    The leaf must follow from the entry, the root from leaf and path; the contract must have that root under that
    sequence; and the word that moved the points, in the transaction that brought the batch, must agree with the entry.
    A ledger in roots mode has no words: there, root and sequence are the proof.

    :raises InvalidReceipt: with the reason.
    :raises NodeUnavailable: the node cannot be asked.
    """
    check_proof(receipt)
    try:
        _check_on_chain(receipt, node)
    except NodeRefused as refusal:
        raise InvalidReceipt(reason=f"the chain has no answer to it: {refusal.reason}") from refusal
    except WrongContract as error:
        raise InvalidReceipt(reason=f"there is no ledger at {error.address}") from error


def check_proof(receipt: Any) -> None:
    """Returns where the receipt, by itself, proves that its entry is in the batch of its root.

    :raises InvalidReceipt: it does not, or is no receipt at all.
    """
    try:
        _check_form(receipt)
        entry, leaf, root = receipt["entry"], _bytes(receipt["leaf"]), _bytes(receipt["root"])
        _require(leaf_hash(canonical_json(entry)) == leaf, "the leaf is not the hash of the entry")
        found = root_from_path(leaf, receipt["index"], receipt["size"], [_bytes(step) for step in receipt["path"]])
        _require(found == root, "the path does not lead from the leaf to the root")
        packed(entry)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidReceipt(reason=f"it is malformed ({type(error).__name__}: {error})") from error


def check_batch(receipt: Mapping[str, Any], batch: ChainBatch) -> None:
    """Returns where this is the batch that a receipt with a proof that holds is of.

    :raises InvalidReceipt: it is another, or was told other terms than the entry states.
    """
    sequence, index, size = batch.sequence, receipt["index"], receipt["size"]
    _require(batch.sequence == receipt["sequence"], f"it is of batch {receipt['sequence']}, not {sequence}")
    _require(batch.root == _bytes(receipt["root"]), f"batch {sequence} was recorded with another root")
    _require(batch.block == receipt["block"], f"batch {sequence} is not in block {receipt['block']}")
    _require(batch.chain_tx == receipt["chain_tx"], f"batch {sequence} came by another transaction")
    _require(batch.size == size, f"batch {sequence} has another number of entries")
    if batch.call is None:
        raise InvalidReceipt(reason=f"the transaction of batch {sequence} does not call the ledger")
    if batch.call.words is not None:
        word = batch.call.words[index * WORD_SIZE :][:WORD_SIZE]
        _require(word == packed(receipt["entry"]), "the contract was told other terms than the entry states")


def packed(entry: Mapping[str, Any]) -> bytes:
    """The word that the contract takes for an entry with these terms.

    :raises KeyError: a term is missing.
    :raises TypeError: a term is of another kind.
    :raises ValueError: a term is impossible.
    :raises OverflowError: a number is too large.
    """
    kind, member = EntryKind[entry["kind"].upper()], entry["member"]
    numbers = entry["issuer"], entry["partner"], entry["points"]
    if entry["kind"] != kind.name.lower() or not all(type(number) is int for number in numbers):
        raise TypeError("kind, issuer, partner and points are a word and three whole numbers")
    if not _ADDRESS.fullmatch(member):
        raise ValueError(f"{member!r} is no address in small letters")
    return pack(kind, *numbers, _bytes(member))


def _check_form(receipt: Any) -> None:
    _require(isinstance(receipt, dict) and receipt.keys() == FIELDS, f"a receipt has the fields {sorted(FIELDS)}")
    _require(isinstance(receipt["entry"], dict), "its entry is none")
    _require(isinstance(receipt["path"], list), "its path is none")
    numbers = [receipt[name] for name in ("index", "size", "sequence", "chain_id", "block")]
    _require(all(type(number) is int and 0 <= number < 1 << 64 for number in numbers), "a number in it is none")
    hashes = [receipt["leaf"], receipt["root"], receipt["chain_tx"], *receipt["path"]]
    _require(all(isinstance(each, str) and _HASH.fullmatch(each) for each in hashes), "a hash in it is none")
    contract = receipt["contract"]
    _require(to_checksum_address(contract) == contract, "the contract's address is none with a checksum")


def _check_on_chain(receipt: Mapping[str, Any], node: Node) -> None:
    chain_id, sequence, block = node.chain_id(), receipt["sequence"], receipt["block"]
    _require(chain_id == receipt["chain_id"], f"it is of chain {receipt['chain_id']}, the node serves {chain_id}")
    contract = Contract.at(node, receipt["contract"])
    _require(
        contract.root_of(sequence) == _bytes(receipt["root"]), f"the contract has another root for batch {sequence}"
    )
    _require(block <= node.latest_block().number, f"the chain has no block {block} yet")
    batches = read_batch(contract, sequence, block)
    _require(len(batches) == 1, f"batch {sequence} is not in block {block}")
    check_batch(receipt, batches[0])


def _require(holds: bool, reason: str) -> None:
    if not holds:
        raise InvalidReceipt(reason=reason)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
