"""What about a referral asks for a second look."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from coalition.domain.referrals import Neighbourhood, Person, Trait
from gamification.rules.document import Burst
from gamification.rules.referral_signals import RING_LENGTH, Facts, normal_email, reasons

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANNA, BORIS, VERA, GLEB = 1, 2, 3, 4
BORN = date(1990, 5, 1)
BURST = Burst(referrals=3, hours=24)


def card(of: str) -> Trait:
    return Trait("payment_card", of)


def device(of: str) -> Trait:
    return Trait("device", of)


def phone(of: str) -> Trait:
    return Trait("phone", of)


def judged(*people: Person, friend=BORIS, referrer=ANNA, crowded=(), burst=None, per_month=None, **known):
    """The reasons, of Anna's bringing Boris unless told otherwise."""
    around = {person.number: person for person in people}
    around.setdefault(referrer, Person(referrer))
    around.setdefault(friend, Person(friend, referred_by=referrer))
    facts = Facts(friend, referrer, Neighbourhood(around, frozenset(crowded)), NOW, **known)
    return reasons(facts, burst=burst, per_month=per_month)


def test_reasons__of_strangers__there_are_none():
    assert (
        judged(
            Person(ANNA, "Anna", BORN, "anna@example.org", None, frozenset({device("a"), card("a")})),
            Person(BORIS, "Boris", BORN, "boris@example.org", ANNA, frozenset({device("b"), card("b")})),
            burst=BURST,
            per_month=1,
        )
        == ()
    )


def test_reasons__of_two_of_whom_nothing_is_known__there_are_none():
    assert judged() == ()


@pytest.mark.parametrize("name", ["Anna Ivanova", "ivanova  ANNA", " Anna Ivanova "])
def test_self_referral__same_name_and_birth_date__is_one(name):
    assert judged(Person(ANNA, "Anna Ivanova", BORN), Person(BORIS, name, BORN, None, ANNA)) == ("self_referral",)


def test_self_referral__yo_written_as_ye__is_one():
    assert judged(Person(ANNA, "Пётр", BORN), Person(BORIS, "Петр", BORN, None, ANNA)) == ("self_referral",)


@pytest.mark.parametrize(
    ("name", "birth_date"),
    [("Anna", date(1990, 5, 2)), ("Anya", BORN), (None, BORN), ("Anna", None)],
)
def test_self_referral__only_one_of_both_the_same__is_none(name, birth_date):
    assert judged(Person(ANNA, "Anna", BORN), Person(BORIS, name, birth_date, None, ANNA)) == ()


def test_self_referral__nothing_known_of_either__is_none():
    assert judged(Person(ANNA, "Anna"), Person(BORIS, "Anna", None, None, ANNA)) == ()


def test_self_referral__a_member_who_brought_themselves__is_one():
    assert judged(Person(ANNA, referred_by=ANNA), friend=ANNA) == ("self_referral",)


def test_self_referral__mail_device_and_card_the_same__is_one_and_each_is_told():
    traits = frozenset({device("a"), card("a")})
    found = judged(
        Person(ANNA, email="anna@example.org", traits=traits),
        Person(BORIS, email="Anna+2@example.org", referred_by=ANNA, traits=traits),
    )
    assert found == ("self_referral", "same_email", "same_device", "same_card")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna@example.org", "ANNA@Example.org"),
        ("anna@example.org", "anna+friend@example.org"),
        ("an.na@gmail.com", "anna@gmail.com"),
        ("anna@googlemail.com", "a.n.n.a+x@gmail.com"),
    ],
)
def test_same_email__however_written__is_seen(one, other):
    assert judged(Person(ANNA, email=one), Person(BORIS, email=other, referred_by=ANNA)) == ("same_email",)


@pytest.mark.parametrize(
    ("one", "other"),
    [("an.na@example.org", "anna@example.org"), ("anna@gmail.com", "anna@example.org"), ("+a@b.org", "+c@b.org")],
)
def test_same_email__addresses_of_two__are_not_taken_for_one(one, other):
    assert normal_email(one) != normal_email(other)


@pytest.mark.parametrize(
    ("trait", "reason"), [(device("a"), "same_device"), (card("a"), "same_card"), (phone("a"), "same_phone")]
)
def test_same_trait__of_both__is_told(trait, reason):
    traits = frozenset({trait})
    assert judged(Person(ANNA, traits=traits), Person(BORIS, referred_by=ANNA, traits=traits)) == (reason,)


def test_same_trait__of_a_crowd__is_told_too():
    traits = frozenset({device("tablet")})
    people = Person(ANNA, traits=traits), Person(BORIS, referred_by=ANNA, traits=traits)
    assert judged(*people, crowded=traits) == ("same_device",)


def test_same_trait__equal_hashes_of_different_kinds__are_no_reason():
    people = (
        Person(ANNA, traits=frozenset({device("a")})),
        Person(BORIS, referred_by=ANNA, traits=frozenset({card("a")})),
    )
    assert judged(*people) == ()


def test_same_phone__of_somebody_who_was_a_member_before__is_told():
    traits = frozenset({phone("a")})
    assert judged(Person(BORIS, referred_by=ANNA, traits=traits), Person(VERA, traits=traits)) == ("same_phone",)


def test_same_phone__a_number_that_the_friend_alone_has_had__is_no_reason():
    assert judged(Person(BORIS, referred_by=ANNA, traits=frozenset({phone("a")}))) == ()


def test_ring__two_who_brought_each_other__is_seen_from_both_sides():
    people = Person(ANNA, referred_by=BORIS), Person(BORIS, referred_by=ANNA)
    assert judged(*people) == ("ring",)
    assert judged(*people, friend=ANNA, referrer=BORIS) == ("ring",)


A_RING = (
    Person(ANNA, traits=frozenset({card("a")})),
    Person(BORIS, referred_by=ANNA),
    Person(VERA, referred_by=BORIS, traits=frozenset({card("a")})),
)


def test_ring__whoever_was_brought_last_has_the_card_of_the_first__is_seen_in_each_referral():
    assert judged(*A_RING, friend=VERA, referrer=BORIS) == ("ring",)
    assert judged(*A_RING, friend=BORIS, referrer=ANNA) == ("ring",)


def test_ring__by_the_same_mail__is_seen():
    people = (
        Person(ANNA, email="anna@gmail.com"),
        Person(BORIS, referred_by=ANNA),
        Person(VERA, email="an.na@gmail.com", referred_by=BORIS),
    )
    assert judged(*people, friend=VERA, referrer=BORIS) == ("ring",)


def test_ring__through_members_who_share_traits__is_seen():
    """Anna brought Boris; Vera, who has his card, brought Gleb, who has hers."""
    people = (
        Person(ANNA, traits=frozenset({device("1")})),
        Person(BORIS, referred_by=ANNA, traits=frozenset({card("2")})),
        Person(VERA, traits=frozenset({card("2")})),
        Person(GLEB, referred_by=VERA, traits=frozenset({device("1")})),
    )
    assert judged(*people) == ("ring",)


def test_ring__through_what_a_crowd_shares__is_none():
    assert judged(*A_RING, friend=VERA, referrer=BORIS, crowded=[card("a")]) == ()


def test_ring__three_in_a_row__is_none():
    people = Person(ANNA), Person(BORIS, referred_by=ANNA), Person(VERA, referred_by=BORIS)
    assert judged(*people) == judged(*people, friend=VERA, referrer=BORIS) == ()


def test_ring__several_of_one_card_brought_by_its_owner__share_a_card_and_are_no_ring():
    traits = frozenset({card("a")})
    people = (
        Person(ANNA, traits=traits),
        Person(BORIS, referred_by=ANNA, traits=traits),
        Person(VERA, referred_by=ANNA, traits=traits),
    )
    assert judged(*people) == ("same_card",)


@pytest.mark.parametrize(("longer_by", "found"), [(0, ("ring",)), (1, ())])
def test_ring__is_looked_for_through_six_referrals(longer_by, found):
    """Number 1 brought 2, who brought 3, and so on; the last brought number 1."""
    last = RING_LENGTH + 1 + longer_by
    people = [
        Person(ANNA, referred_by=last),
        *(Person(number, referred_by=number - 1) for number in range(2, last + 1)),
    ]
    assert judged(*people) == found


def test_burst__as_many_within_the_hours_with_this_one__is_one():
    times = [NOW - timedelta(hours=1), NOW - timedelta(hours=23, minutes=59)]
    assert judged(burst=BURST, qualified_at=times) == ("burst",)


@pytest.mark.parametrize("times", [[], [1], [1, 24], [1, -24], [0, -24], [0, 24], [-12, 12.5], [48, 49, 50]])
def test_burst__fewer_than_that_at_a_time__is_none(times):
    assert judged(burst=BURST, qualified_at=[NOW - timedelta(hours=hours) for hours in times]) == ()


@pytest.mark.parametrize("times", [[-1, -2], [1, -1], [-1, 22]])
def test_burst__whatever_the_order_in_which_the_stream_tells__is_one(times):
    assert judged(burst=BURST, qualified_at=[NOW - timedelta(hours=hours) for hours in times]) == ("burst",)


def test_burst__that_nobody_asks_about__is_none():
    assert judged(qualified_at=[NOW] * 100) == ()


@pytest.mark.parametrize(("this_month", "found"), [(4, ()), (5, ("over_monthly_limit",)), (6, ("over_monthly_limit",))])
def test_monthly_limit__is_what_is_rewarded_without_a_word(this_month, found):
    assert judged(per_month=5, this_month=this_month) == found


def test_monthly_limit__of_none__has_every_referral_looked_at():
    assert judged(per_month=0) == ("over_monthly_limit",)


def test_reasons__all_at_once__come_in_their_order():
    traits = frozenset({device("a"), card("a"), phone("a")})
    anna = Person(ANNA, "Anna", BORN, "anna@example.org", VERA, traits)
    people = anna, replace(anna, number=BORIS, referred_by=ANNA), Person(VERA, referred_by=BORIS)
    assert judged(*people, burst=BURST, per_month=1, qualified_at=[NOW, NOW], this_month=2) == (
        "self_referral",
        "same_email",
        "same_phone",
        "same_device",
        "same_card",
        "ring",
        "burst",
        "over_monthly_limit",
    )
