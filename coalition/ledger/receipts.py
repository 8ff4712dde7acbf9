"""Receipts: proof that the ledger has an entry on these terms, for anyone who can ask a node."""

from collections.abc import Mapping, Sequence
from typing import Any

from coalition.domain.documents import canonical_json
from coalition.domain.merkle import inclusion_path, leaf_hash, merkle_root


def build_receipt(
    documents: Sequence[Mapping[str, Any]],
    index: int,
    *,
    sequence: int,
    chain_id: int,
    contract: str,
    chain_tx: str,
    block: int,
) -> dict[str, Any]:
    """The receipt of the entry at ``index`` of a batch, given the leaf documents of the whole batch."""
    hashes = [leaf_hash(canonical_json(document)) for document in documents]
    return {
        "entry": documents[index],
        "leaf": _hex(hashes[index]),
        "index": index,
        "size": len(hashes),
        "path": [_hex(node) for node in inclusion_path(hashes, index)],
        "root": _hex(merkle_root(hashes)),
        "sequence": sequence,
        "chain_id": chain_id,
        "contract": contract,
        "chain_tx": chain_tx,
        "block": block,
    }


def _hex(content: bytes) -> str:
    return "0x" + content.hex()
