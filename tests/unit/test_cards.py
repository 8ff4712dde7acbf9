"""Card numbers that catch slips of the finger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.cards import card_number, is_card_number, shows_bank_card

SERIALS = st.integers(0, 10**14 - 1)


def luhn_sum(digits: str) -> int:
    """ISO/IEC 7812-1, annex B: every second digit from the right doubled, and the digits of all that summed."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number // 10 + number % 10 for number in doubled)


@given(SERIALS)
def test_card__of_any_serial__sixteen_digits_with_our_prefix_and_a_right_check_digit(serial):
    card = card_number(serial)
    assert len(card) == 16
    assert card.startswith("9")
    assert card[1:15] == f"{serial:014d}"
    assert luhn_sum(card) % 10 == 0
    assert is_card_number(card)


@given(SERIALS, st.integers(0, 15), st.integers(1, 9))
def test_card__one_digit_mistyped__is_none(serial, place, by):
    card = card_number(serial)
    mistyped = card[:place] + str((int(card[place]) + by) % 10) + card[place + 1 :]
    assert not is_card_number(mistyped)


@given(SERIALS, st.integers(0, 14))
def test_card__two_neighbours_swapped__is_none(serial, place):
    card = card_number(serial)
    swapped = card[:place] + card[place + 1] + card[place] + card[place + 2 :]
    # 09 and 90 are the one pair that Luhn's formula cannot tell apart.
    same = card[place] == card[place + 1] or {card[place], card[place + 1]} == {"0", "9"}
    if place == 0 and card[1] != "9":
        assert not is_card_number(swapped)
    else:
        assert is_card_number(swapped) is same


@pytest.mark.parametrize(
    "text", ["", "9", "4111111111111111", "90000000000000 5", "９000000000000005", "9" * 15, "x" * 16]
)
def test_card__other_text__is_none(text):
    assert not is_card_number(text)


@pytest.mark.parametrize("serial", [-1, 10**14])
def test_card__a_serial_of_too_many_digits__refused(serial):
    with pytest.raises(OverflowError):
        card_number(serial)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "378282246310005",
        "3782 822463 10005",
        "4222222222222",
        "6304000000000000000",
        "6304 0000 0000 0000 000",
        ";4111111111111111=25121010000012345678?",
        "card: 4111111111111111.",
        "tok_4111111111111111",
    ],
)
def test_bank_card__however_written_and_whatever_is_around__is_seen(text):
    assert shows_bank_card(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4111111111111112",
        "411111111111111",
        "0000 0000 0000",
        "4111 1111 1111 1111 1111 1111",
        "f4111111111111111",
        "4111111111111111f",
        "41111111111111110000000000000000",
        "12345678-1234-1234-1234-123456789012",
        "4１11111111111111",
    ],
)
def test_bank_card__digits_that_are_none__are_not_taken_for_one(text):
    assert not shows_bank_card(text)


@given(st.uuids())
def test_bank_card__no_uuid_is_taken_for_one(token):
    assert not shows_bank_card(str(token))
    assert not shows_bank_card(token.hex) or token.hex.isdecimal()
