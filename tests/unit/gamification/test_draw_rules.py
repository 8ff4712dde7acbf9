"""How a draw is published, and what may become of it."""

from datetime import date
from itertools import product

import pytest

from gamification.draw_outcomes import TRANSITIONS
from gamification.draws import DrawState
from gamification.rules.draws import Draw, DrawPrize

SPRING = Draw(
    "spring",
    {"en": "Spring draw", "ru": "Весенний розыгрыш"},
    "cinema",
    date(2026, 3, 31),
    (DrawPrize({"en": "A year of films", "ru": "Год кино"}, 1), DrawPrize({"en": "Points", "ru": "Баллы"}, 2, 500)),
)


def test_draw__to_a_document_and_back__is_the_same():
    assert Draw.from_document(SPRING.to_document()) == SPRING
    assert SPRING.winners == 3


def test_prize__of_each_place__best_first():
    assert [SPRING.prize_at(place) for place in range(3)] == [0, 1, 1]
    with pytest.raises(IndexError):
        SPRING.prize_at(3)


def test_states__every_pair__only_those_that_lead_to_winners():
    allowed = {(one.value, other.value) for one, other in product(DrawState, DrawState) if other in TRANSITIONS[one]}
    assert allowed == {
        ("open", "closed"),
        ("closed", "committed"),
        ("committed", "committed"),
        ("committed", "drawn"),
        ("committed", "void"),
        ("void", "committed"),
    }
