"""Prize draws in rule files: what they give, and who gives it."""

from dataclasses import replace
from datetime import date

import pytest

from gamification.errors import RuleMistakes
from gamification.rules.draws import Draw
from gamification.rules.reading import read_rules
from gamification.rules.surroundings import Surroundings

DRAW = """\
draws:
  - id: spring
    title: {en: Spring, ru: Весна}
    closes_on: 2026-03-31
    partner: cafe
    prizes:
      - {title: {en: Points, ru: Баллы}, winners: 2, points: 500}
      - {title: {en: Coffee, ru: Кофе}, winners: 1}
"""
AROUND = Surroundings(sponsors=["operator", "cafe"])


def read(text: str) -> Draw:
    (draw,) = read_rules(text, "file.yaml", AROUND).draws
    return draw


def mistakes(text: str) -> list[str]:
    with pytest.raises(RuleMistakes) as refused:
        read(text)
    return str(refused.value).replace("file.yaml:", "").splitlines()


def test_read__prizes_of_points_and_others__are_understood():
    draw = read(DRAW)
    assert [(prize.winners, prize.points) for prize in draw.prizes] == [(2, 500), (1, 0)]
    assert (draw.partner, draw.winners) == ("cafe", 3)
    assert Draw.from_document(draw.to_document()) == draw


def test_read__prizes_of_the_operator__are_the_coalitions():
    assert read(DRAW.replace("partner: cafe", "partner: operator")).partner is None


def test_read__no_points_and_no_partner__are_the_coalitions():
    assert read(DRAW.replace("    partner: cafe\n", "").replace(", points: 500", "")).partner is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            DRAW.replace("    partner: cafe\n", ""),
            "2: partner: is missing: points need a sponsor; it may be operator",
        ),
        (DRAW.replace("cafe", "cafee"), "5: partner: no partner is named cafee; did you mean cafe?"),
        (DRAW.replace("500", "0"), "7: prizes[0].points: 0 is not from 1 to 1000000000"),
        (DRAW.replace("500", "1.5"), "7: prizes[0].points: must be a whole number"),
        (DRAW.replace("points: 500", "poins: 500"), "7: prizes[0].poins: unknown key"),
        (DRAW.replace("winners: 2, ", ""), "7: prizes[0].winners: is missing"),
        (DRAW.replace("winners: 2", "winners: 1001"), "7: prizes[0].winners: 1001 is not from 1 to 1000"),
    ],
)
def test_read__mistake_in_a_draw__is_named_by_line_and_key(text, expected):
    assert mistakes(text)[0].startswith(expected)


def test_read__new_draw_whose_last_day_has_passed__is_a_mistake():
    late = replace(AROUND, today=date(2026, 4, 1))
    with pytest.raises(RuleMistakes, match=r"^file.yaml:4: closes_on: 2026-03-31 has passed: nobody could win"):
        read_rules(DRAW, "file.yaml", late)
    for around in (replace(late, known_draws=["spring"]), replace(late, today=date(2026, 3, 31))):
        assert read_rules(DRAW, "file.yaml", around).draws
