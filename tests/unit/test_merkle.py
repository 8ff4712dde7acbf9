"""Inclusion proofs: every leaf of every tree has one, and nothing else passes for it."""

from hashlib import sha256

import pytest

from coalition.domain.merkle import EMPTY_ROOT, inclusion_path, leaf_hash, merkle_root, root_from_path

SIZES = range(1, 41)

# The reference leaves and tree heads of Certificate Transparency (transparency-dev/merkle, testonly/constants.go).
CT_LEAVES = [
    leaf_hash(bytes.fromhex(content))
    for content in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_PATHS = {
    0: [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    5: [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(b"entry %d" % number) for number in range(size)]


def flipped(hash_: bytes) -> bytes:
    return bytes([hash_[0] ^ 1]) + hash_[1:]


def recursive_root(hashes: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, word for word."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + recursive_root(hashes[:split]) + recursive_root(hashes[split:])).digest()


def sides(index: int, size: int) -> list[str]:
    """On which side each neighbour stands, lowest first."""
    if size == 1:
        return []
    split = 1 << (size - 1).bit_length() - 1
    if index < split:
        return [*sides(index, split), "right"]
    return [*sides(index - split, size - split), "left"]


@pytest.mark.parametrize("size", range(9))
def test_root__reference_leaves__is_the_published_tree_head(size):
    assert merkle_root(CT_LEAVES[:size]).hex() == CT_ROOTS[size]


@pytest.mark.parametrize("index", CT_PATHS)
def test_path__reference_leaves__is_the_published_one(index):
    assert [node.hex() for node in inclusion_path(CT_LEAVES, index)] == CT_PATHS[index]


def test_root__of_nothing__is_the_hash_of_nothing():
    assert merkle_root([]) == EMPTY_ROOT == sha256(b"").digest()


def test_root__every_size__has_the_shape_that_the_rfc_defines():
    for size in SIZES:
        assert merkle_root(leaves(size)) == recursive_root(leaves(size)), size


def test_path__every_leaf_of_every_size__leads_to_the_root():
    for size in SIZES:
        tree = leaves(size)
        root = merkle_root(tree)
        for index, leaf in enumerate(tree):
            assert root_from_path(leaf, index, size, inclusion_path(tree, index)) == root, (index, size)


def test_path__another_leaf__does_not_lead_to_the_root():
    for size in SIZES:
        tree = leaves(size)
        for index, leaf in enumerate(tree):
            path = inclusion_path(tree, index)
            assert root_from_path(flipped(leaf), index, size, path) != merkle_root(tree)


def test_path__any_node_altered_missing_or_added__does_not_lead_to_the_root():
    for size in SIZES:
        tree = leaves(size)
        root = merkle_root(tree)
        for index, leaf in enumerate(tree):
            path = inclusion_path(tree, index)
            for step in range(len(path)):
                altered = [*path[:step], flipped(path[step]), *path[step + 1 :]]
                assert root_from_path(leaf, index, size, altered) != root
                assert root_from_path(leaf, index, size, path[:step] + path[step + 1 :]) != root
            assert root_from_path(leaf, index, size, [*path, leaf]) is None
            if path:
                assert root_from_path(leaf, index, size, path[:-1]) is None


def test_path__another_index__does_not_lead_to_the_root():
    for size in SIZES:
        tree = leaves(size)
        for index, leaf in enumerate(tree):
            path = inclusion_path(tree, index)
            for other in range(size):
                if other != index:
                    assert root_from_path(leaf, other, size, path) != merkle_root(tree), (index, other, size)


def test_path__a_size_in_which_the_leaf_stands_elsewhere__does_not_lead_to_the_root():
    # A size of the same shape around the leaf is no other place: size and root must come from one signed statement.
    for size in SIZES:
        tree = leaves(size)
        for index, leaf in enumerate(tree):
            path = inclusion_path(tree, index)
            for other in range(1, 42):
                moved = index >= other or sides(index, other) != sides(index, size)
                leads = root_from_path(leaf, index, other, path) == merkle_root(tree)
                assert leads is not moved, (index, size, other)


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0)])
def test_path__an_index_outside_the_tree__refused(index, size):
    assert root_from_path(leaves(4)[0], index, size, inclusion_path(leaves(4), 0)) is None


def test_hash__a_leaf_never_passes_for_a_node():
    left, right = leaves(2)
    assert leaf_hash(left + right) != merkle_root([left, right])
