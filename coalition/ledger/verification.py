"""Verifying a receipt: reads the receipt and the chain, and nothing of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coalition.domain.documents import canonical_json
from coalition.domain.entries import EntryKind
from coalition.domain.merkle import leaf_hash, root_from_path
from coalition.domain.packing import WORD_SIZE, pack
from coalition.errors import CoalitionError
from coalition.ledger.contract import Contract
from coalition.ledger.errors import NodeRefused
from coalition.ledger.node import Node


@dataclass
class InvalidReceipt(CoalitionError):
    """The receipt proves nothing; ``reason`` says what is wrong with it."""

    code = "invalid_receipt"
    template = "The receipt does not hold: {reason}."
    reason: str


def verify_receipt(receipt: Mapping[str, Any], node: Node) -> None:
    """Returns where the chain has the entry, on the terms that the receipt states; else says why not.

    The leaf must follow from the entry, the root from leaf and path; the contract must have that root under that
    sequence; and the word that moved the points, in the transaction that brought the batch, must agree with the entry.

    :raises InvalidReceipt: with the reason.
    :raises NodeUnavailable: the node cannot be asked.
    """
    try:
        _verify(receipt, node)
    except NodeRefused as refusal:
        raise InvalidReceipt(reason=f"the chain has no answer to it: {refusal.reason}") from refusal
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InvalidReceipt(reason=f"it is malformed ({type(error).__name__}: {error})") from error


def _verify(receipt: Mapping[str, Any], node: Node) -> None:
    entry, index, size, sequence = (receipt[key] for key in ("entry", "index", "size", "sequence"))
    numbers = (index, size, sequence, receipt["block"], receipt["chain_id"])
    _require(all(type(number) is int and 0 <= number < 1 << 64 for number in numbers), "a number in it is none")
    leaf, root = _bytes(receipt["leaf"]), _bytes(receipt["root"])
    _require(leaf_hash(canonical_json(entry)) == leaf, "the leaf is not the hash of the entry")
    path = [_bytes(step) for step in receipt["path"]]
    _require(root_from_path(leaf, index, size, path) == root, "the path does not lead from the leaf to the root")

    chain_id = node.chain_id()
    _require(chain_id == receipt["chain_id"], f"it is of chain {receipt['chain_id']}, the node serves {chain_id}")
    contract = Contract(node, receipt["contract"])
    _require(contract.is_deployed(), f"there is no points ledger at {contract.address}")
    _require(contract.root_of(sequence) == root, f"the contract has another root for batch {sequence}")

    batches = [batch for batch in contract.recorded_batches(receipt["block"]) if batch.sequence == sequence]
    _require(len(batches) == 1, f"batch {sequence} was not recorded in or after block {receipt['block']}")
    _require(batches[0].block_number == receipt["block"], f"batch {sequence} is not in block {receipt['block']}")
    _require(batches[0].chain_tx == receipt["chain_tx"], f"batch {sequence} came by another transaction")
    words = batches[0].words
    _require(len(words) == size * WORD_SIZE, "the batch has another number of entries")
    word = pack(
        EntryKind[entry["kind"].upper()],
        entry["issuer"],
        entry["partner"],
        entry["points"],
        _bytes(entry["member"]),
    )
    _require(words[index * WORD_SIZE :][:WORD_SIZE] == word, "the contract was told other terms than the entry states")


def _require(holds: bool, reason: str) -> None:
    if not holds:
        raise InvalidReceipt(reason=reason)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
