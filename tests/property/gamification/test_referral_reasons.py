"""Signals of any referrals among a few people who share whatever they like."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.referrals import Neighbourhood, Person, Trait
from gamification.rules.document import Burst
from gamification.rules.referral_signals import REASONS, RING_LENGTH, Facts, reasons

NOW = datetime(2026, 3, 2, tzinfo=UTC)
NUMBERS = range(1, 8)
TRAITS = st.frozensets(st.builds(Trait, st.sampled_from(["device", "payment_card"]), st.sampled_from("ab")), max_size=1)


@st.composite
def companies(draw):
    """Seven people, and a referral among them."""
    people = {
        number: Person(
            number,
            email=draw(st.sampled_from([None, None, None, "a@b.org", "c@d.org"])),
            referred_by=draw(st.sampled_from([None, *NUMBERS])),
            traits=draw(TRAITS),
        )
        for number in NUMBERS
    }
    friend, referrer = draw(st.sampled_from(NUMBERS)), draw(st.sampled_from(NUMBERS))
    people[friend] = replace(people[friend], referred_by=referrer)
    crowded = draw(TRAITS)
    return Facts(friend, referrer, Neighbourhood(people, crowded), NOW)


def told(facts):
    return reasons(facts, burst=None, per_month=None)


def is_ring(facts):
    """As one would say it: go from the friend to whom they brought, taking those alike for one, until the referrer."""
    people, crowded = facts.around.people, facts.around.crowded
    alike = {
        (a.number, b.number): a is b
        or bool((a.traits & b.traits) - crowded)
        or (a.email is not None and a.email == b.email)
        for a, b in product(people.values(), repeat=2)
    }
    for via, a, b in product(NUMBERS, repeat=3):
        alike[a, b] = alike[a, b] or (alike[a, via] and alike[via, b])
    brought = [(person.referred_by, person.number) for person in people.values() if person.referred_by]
    steps = [pair for pair in brought if pair != (facts.referrer, facts.friend) and not alike[pair]]
    here = {number for number in NUMBERS if alike[facts.friend, number]}
    for _ in range(RING_LENGTH):
        here = {other for a, b in steps if a in here for other in NUMBERS if alike[b, other]}
        if facts.referrer in here:
            return True
    return False


@given(companies())
def test_ring__in_any_company__is_what_a_plain_search_finds(facts):
    assert ("ring" in told(facts)) is is_ring(facts)


@given(companies())
def test_reasons__in_any_company__come_once_and_in_their_order(facts):
    found = told(facts)
    assert list(found) == [reason for reason in REASONS if reason in found]


@given(companies(), st.permutations(list(NUMBERS)))
def test_reasons__whatever_numbers_people_have__are_the_same(facts, order):
    called = dict(zip(NUMBERS, order, strict=True))
    people = [
        replace(person, number=called[person.number], referred_by=person.referred_by and called[person.referred_by])
        for person in facts.around.people.values()
    ]
    around = Neighbourhood({person.number: person for person in people}, facts.around.crowded)
    assert told(replace(facts, friend=called[facts.friend], referrer=called[facts.referrer], around=around)) == told(
        facts
    )


@given(companies(), st.sampled_from(NUMBERS), TRAITS)
def test_reasons__when_somebody_shares_more__signals_of_the_two_stay(facts, number, more):
    person = facts.around.people[number]
    people = {**facts.around.people, number: replace(person, traits=person.traits | more)}
    after = told(replace(facts, around=replace(facts.around, people=people)))
    # A ring may turn out to be one person.
    assert set(told(facts)) - {"ring"} <= set(after)


HOURS = st.lists(st.integers(-100, 100), max_size=12)


@given(HOURS, st.integers(1, 6), st.integers(1, 48))
def test_burst__at_any_times__is_what_counting_in_every_span_finds(hours, most, span):
    times = [NOW + timedelta(hours=hour) for hour in hours]
    people = {1: Person(1), 2: Person(2, referred_by=1)}
    facts = Facts(2, 1, Neighbourhood(people), NOW, qualified_at=times)
    counts = [sum(begin <= hour < begin + span for hour in [*hours, 0]) for begin in range(1 - span, 1)]
    assert ("burst" in reasons(facts, burst=Burst(most, span), per_month=None)) is (max(counts) >= most)
