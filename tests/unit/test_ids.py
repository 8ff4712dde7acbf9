"""Public identifiers say what they name."""

import pytest

from coalition.ids import is_id, new_id


def test_id__names_its_kind_and_is_never_given_twice():
    ids = {new_id("pur") for _ in range(1000)}
    assert len(ids) == 1000
    assert all(is_id(id_, "pur") for id_ in ids)


def test_id__of_one_kind__is_none_of_another():
    assert not is_id(new_id("pur"), "mem")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mem_",
        "mem_01ARZ3NDEKTSV4RRFFQ69G5FA",
        "mem_01ARZ3NDEKTSV4RRFFQ69G5FAVX",
        "mem_01ARZ3NDEKTSV4RRFFQ69G5FAU",
        "mem_01arz3ndektsv4rrffq69g5fav",
        "mem_81ARZ3NDEKTSV4RRFFQ69G5FAV",
        "mem_01ARZ3NDEKTSV4RRFFQ69G5FAV\n",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    ],
)
def test_id__other_text__is_none(text):
    assert not is_id(text, "mem")


def test_id__a_well_known_one__is_one():
    assert is_id("mem_01ARZ3NDEKTSV4RRFFQ69G5FAV", "mem")
