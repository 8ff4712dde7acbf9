"""Surprises: what a seed means for a grant"""

import hmac
from collections import Counter
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.rules import surprises
from gamification.rules.rewards import Coupon
from gamification.rules.surprises import Choice, Draw, choose, commitment, draw, verify_choice

SEED = "kept in a drawer"
COUPON = Coupon(title={"en": "A coffee", "ru": "Кофе"}, partner="cafe", valid_days=30)


def test_draw__is_the_hmac_of_the_grant_and_the_attempt():
    digest = hmac.new(SEED.encode(), b"gra_1:0", sha256).digest()
    assert draw([3, 2, 5], SEED, "gra_1").number == int.from_bytes(digest) % 10


def test_draw__seed_as_text_or_octets__the_same():
    assert draw([7, 9], SEED, "gra_1") == draw([7, 9], SEED.encode(), "gra_1")


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=9), st.text(), st.text())
def test_draw__picks_the_choice_whose_numbers_it_is_among(weights, seed, grant):
    drawn = draw(weights, seed, grant)
    assert sum(weights[: drawn.picked]) <= drawn.number < sum(weights[: drawn.picked + 1])
    assert draw(weights, seed, grant) == drawn


def test_draw__of_many_grants__is_as_likely_as_the_weights_say():
    weights, grants = [70, 25, 5], 20_000
    found = Counter(draw(weights, SEED, f"gra_{number}").picked for number in range(grants))
    expected = [weight * grants // 100 for weight in weights]
    chi_square = sum((found[choice] - count) ** 2 / count for choice, count in enumerate(expected))
    assert chi_square < 13.8  # one in a thousand, of two degrees of freedom


def test_draw__what_would_favour_the_first__is_drawn_again(monkeypatch):
    """Of 256 numbers 255 are fair to three choices: the last is not."""
    drawn = iter([255, 254])
    monkeypatch.setattr(surprises, "_DRAWABLE", 256)
    monkeypatch.setattr(surprises, "_drawn", lambda *given: next(drawn))
    assert draw([1, 1, 1], SEED, "gra_1") == Draw(254 % 3, 254 % 3)


@pytest.mark.parametrize("weights", [[], [0], [1, 0], [1, -1]])
def test_draw__weights_that_are_none__fails(weights):
    with pytest.raises(ValueError, match="weights"):
        draw(weights, SEED, "gra_1")


def test_choose__gives_the_choice_drawn():
    choices = [Choice(1, points=5), Choice(1, benefit=COUPON), Choice(1, points=500)]
    for number in range(20):
        picked = draw([1, 1, 1], SEED, f"gra_{number}").picked
        assert choose(choices, SEED, f"gra_{number}") is choices[picked]


def test_verify_choice__right__holds_and_nothing_else_does():
    weights = [3, 4, 5]
    right = draw(weights, SEED, "gra_1")
    committed = commitment(SEED)

    assert verify_choice(weights, SEED, "gra_1", committed, right)
    assert not verify_choice(weights, SEED, "gra_1", commitment("another"), right)
    assert not verify_choice(weights, "another", "gra_1", committed, right)
    assert not verify_choice(weights, SEED, "gra_1", committed, Draw((right.number + 1) % 12, right.picked))
    assert not verify_choice(weights, SEED, "gra_1", committed, Draw(right.number, (right.picked + 1) % 3))
