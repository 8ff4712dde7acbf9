"""Codes of coupons"""

import re
from itertools import pairwise

import pytest

from gamification.rules.coupon_codes import ALPHABET, new_code, read_code


@pytest.fixture
def code():
    return new_code()


def test_new_code__can_be_read_aloud_and_back(code):
    assert re.fullmatch(r"(?:[2-9A-HJKMNP-TV-Z]{4}-){2}[2-9A-HJKMNP-TV-Z]{4}", code)
    assert read_code(code) == code


def test_alphabet__has_a_prime_beside_it_and_no_look_alikes():
    assert len(set(ALPHABET)) == len(ALPHABET) == 30
    assert not set(ALPHABET) & set("0O1IL")


def test_new_code__a_thousand_times__never_the_same():
    assert len({new_code() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "typed",
    [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code.replace('-', ' – ')}\n"],
    ids=["small letters", "no hyphens", "other hyphens and blanks"],
)
def test_read_code__typed_otherwise__is_the_same(code, typed):
    assert read_code(typed(code)) == code


def test_read_code__typed_in_cyrillic__is_the_same(code):
    russian = code.translate(str.maketrans("ABEKMHPCTXY", "АВЕКМНРСТХУ"))
    assert read_code(russian) == code


def test_read_code__one_wrong_character__is_found_out(code):
    plain = code.replace("-", "")
    for place, right in enumerate(plain):
        for wrong in set(ALPHABET) - {right}:
            assert read_code(plain[:place] + wrong + plain[place + 1 :]) is None


def test_read_code__two_neighbours_swapped__is_found_out(code):
    plain = code.replace("-", "")
    for place, (first, second) in enumerate(pairwise(plain)):
        if first != second:
            assert read_code(plain[:place] + second + first + plain[place + 2 :]) is None


@pytest.mark.parametrize("text", ["", "-", "7KQ2", "0" * 12, "!" * 12, "7KQ2-WM9F-X4TDD", "ООООООООООOО"])
def test_read_code__no_code__is_none(text):
    assert read_code(text) is None
