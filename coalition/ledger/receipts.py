"""Receipts: proof that the ledger has an entry on these terms, for anyone who can ask a node."""

from collections.abc import Mapping, Sequence
from typing import Any

from coalition.domain.documents import canonical_json
from coalition.domain.merkle import inclusion_path, leaf_hash, merkle_root


def build_receipt(
    document: Mapping[str, Any],
    leaves: Sequence[bytes],
    index: int,
    *,
    sequence: int,
    chain_id: int,
    contract: str,
    chain_tx: str,
    block: int,
) -> dict[str, Any]:
    """The receipt of the entry with this leaf document, which is at ``index`` among the leaf hashes of its batch."""
    return {
        "entry": document,
        "leaf": _hex(leaf_hash(canonical_json(document))),
        "index": index,
        "size": len(leaves),
        "path": [_hex(node) for node in inclusion_path(leaves, index)],
        "root": _hex(merkle_root(leaves)),
        "sequence": sequence,
        "chain_id": chain_id,
        "contract": contract,
        "chain_tx": chain_tx,
        "block": block,
    }


def _hex(content: bytes) -> str:
    return "0x" + content.hex()
