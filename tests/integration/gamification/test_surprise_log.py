"""The log of surprises."""

import pytest
from peewee import IntegrityError

from coalition.store.database import transaction
from gamification.errors import UnknownSurprise
from gamification.rules.surprises import Choice, commitment, draw
from gamification.store.reward_tables import SurpriseLog
from gamification.surprises import Surprise, draw_surprises, drawn_surprise, follows

CHOICES = [Choice(70, points=10), Choice(25, points=50), Choice(5, points=500)]


def test_draw_surprises__gives_what_the_seed_means_and_says_how(store, clock):
    grants = [f"gra_{number}" for number in range(20)]
    found = draw_surprises(
        [Surprise(grant, f"{grant} of anna", 3, CHOICES, "seed") for grant in grants], now=clock.now()
    )

    for grant, choice in zip(grants, found, strict=True):
        logged = drawn_surprise(grant)
        assert logged.draw == draw([70, 25, 5], "seed", f"{grant} of anna")
        assert CHOICES[logged.draw.picked] is choice
        assert (logged.weights, logged.commitment) == ((70, 25, 5), commitment("seed"))
        assert follows(logged, "seed")
        assert not follows(logged, "another")
    assert SurpriseLog.get().version_id == 3


def test_draw_surprises__twice_for_a_grant__fails_and_the_first_stands(store, clock):
    draw_surprises([Surprise("gra_1", "anna", 3, CHOICES, "seed")], now=clock.now())
    with pytest.raises(IntegrityError), transaction():
        draw_surprises([Surprise("gra_1", "anna", 3, CHOICES, "another")], now=clock.now())
    assert follows(drawn_surprise("gra_1"), "seed")


def test_draw_surprises__of_none__is_nothing(store, clock):
    assert draw_surprises([], now=clock.now()) == []


def test_log__a_number_that_was_changed__is_found_out(store, clock):
    draw_surprises([Surprise("gra_1", "anna", 3, CHOICES, "seed")], now=clock.now())
    number = drawn_surprise("gra_1").draw.number
    for change in ({"number": number + 1}, {"picked": 9}, {"weights": "[1,25,5]"}, {"seed_commitment": "0"}):
        was = SurpriseLog.select().dicts().get()
        SurpriseLog.update(**change).execute()
        assert not follows(drawn_surprise("gra_1"), "seed")
        SurpriseLog.update(**{field: was[field] for field in change}).execute()
    assert follows(drawn_surprise("gra_1"), "seed")


def test_log__of_a_grant_without_a_surprise__is_refused(store):
    with pytest.raises(UnknownSurprise):
        drawn_surprise("gra_1")
