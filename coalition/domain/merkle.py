"""The Merkle tree of RFC 9162 (Certificate Transparency 2.0), section 2.1, over SHA-256.

Leaves and inner nodes are hashed under different prefixes, so that neither passes for the other, and a tree of any size
has one shape: the left part is the largest power of two smaller than the whole.
"""

from collections.abc import Sequence
from hashlib import sha256

EMPTY_ROOT = sha256().digest()


def leaf_hash(content: bytes) -> bytes:
    return sha256(b"\x00" + content).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The tree from its leaves up. A node without a right neighbour rises unchanged, which gives RFC 9162's shape."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [sha256(b"\x01" + left + right).digest() for left, right in zip(below[::2], below[1::2], strict=False)]
        if len(below) % 2:
            above.append(below[-1])
        levels.append(above)
    return levels


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, in their order."""
    return _levels(leaves)[-1][0] if leaves else EMPTY_ROOT


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The neighbours met on the way from the leaf at ``index`` up to the root, lowest first."""
    path = []
    for level in _levels(leaves)[:-1]:
        neighbour = index ^ 1
        if neighbour < len(level):
            path.append(level[neighbour])
        index >>= 1
    return path


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that this path leads to from the leaf at ``index`` of ``size``, or None where the path cannot be one.

    The algorithm of RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return None
    position, last, node = index, size - 1, leaf
    for neighbour in path:
        if last == 0:
            return None
        if position % 2 or position == last:
            node = _node_hash(neighbour, node)
            while position % 2 == 0 and position:
                position >>= 1
                last >>= 1
        else:
            node = _node_hash(node, neighbour)
        position >>= 1
        last >>= 1
    return node if last == 0 else None
