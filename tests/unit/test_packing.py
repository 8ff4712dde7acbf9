"""An entry in 32 bytes, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.packing import WORD_SIZE, PackedEntry, pack, unpack

ADDRESS = bytes(range(20))
ENTRIES = st.builds(
    PackedEntry,
    kind=st.integers(0, 2**8 - 1),
    issuer=st.integers(0, 2**16 - 1),
    partner=st.integers(0, 2**16 - 1),
    points=st.integers(0, 2**56 - 1),
    address=st.binary(min_size=20, max_size=20),
)


@given(st.lists(ENTRIES, max_size=5))
def test_packing__any_batch__comes_back_in_order(entries):
    assert unpack(b"".join(pack(*entry) for entry in entries)) == entries


def test_packing__fields_stand_from_the_highest_bit_where_the_contract_looks_for_them():
    word = int.from_bytes(pack(2, 0x0102, 0x0304, 0x05060708090A0B, ADDRESS))
    assert word >> 248 == 2
    assert word >> 232 & 0xFFFF == 0x0102
    assert word >> 216 & 0xFFFF == 0x0304
    assert word >> 160 & (2**56 - 1) == 0x05060708090A0B
    assert word & (2**160 - 1) == int.from_bytes(ADDRESS)


@pytest.mark.parametrize(
    ("kind", "issuer", "partner", "points"),
    [(2**8, 1, 1, 1), (1, 2**16, 1, 1), (1, 1, 2**16, 1), (1, 1, 1, 2**56), (1, 1, 1, -1), (-1, 1, 1, 1)],
)
def test_packing__a_number_too_large_or_below_zero__refused(kind, issuer, partner, points):
    with pytest.raises(OverflowError):
        pack(kind, issuer, partner, points, ADDRESS)


@pytest.mark.parametrize("length", [0, 19, 21, 32])
def test_packing__an_address_of_another_length__refused(length):
    with pytest.raises(ValueError, match="twenty bytes"):
        pack(1, 1, 1, 1, bytes(length))


@pytest.mark.parametrize("length", [1, WORD_SIZE - 1, WORD_SIZE + 1])
def test_unpacking__part_of_a_word__refused(length):
    with pytest.raises(ValueError, match="whole number"):
        unpack(bytes(length))
