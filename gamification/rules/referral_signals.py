"""What about a referral asks for a second look: pure reckoning over what is known of the two and those around them.

A signal blocks nothing. It holds a reward until an operator, who sees the reasons, releases or revokes it.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from coalition.domain.referrals import Neighbourhood, Person
from gamification.rules.document import Burst

Reason = Literal[
    "self_referral", "same_email", "same_phone", "same_device", "same_card", "ring", "burst", "over_monthly_limit"
]
REASONS: tuple[str, ...] = get_args(Reason)

RING_LENGTH = 6
"""Referrals from one member of a ring around to the same again, besides the one in question."""

_SHARED: Mapping[str, Reason] = {"device": "same_device", "payment_card": "same_card"}
_GOOGLE = ("gmail.com", "googlemail.com")


@dataclass(frozen=True, slots=True)
class Facts:
    """A referral that has just qualified. Both sides are among the people around it.

    ``qualified_at`` is when the referrer's other referrals did; ``this_month`` is how many of them did so in the
    calendar month of ``at``.
    """

    friend: int
    referrer: int
    around: Neighbourhood
    at: datetime
    qualified_at: Sequence[datetime] = ()
    this_month: int = 0


def reasons(facts: Facts, *, burst: Burst | None, per_month: int | None) -> tuple[Reason, ...]:
    """All that speaks for a second look, in the order in which an operator would ask; empty where nothing does."""
    return tuple(_reasons(facts, burst, per_month))


def _reasons(facts: Facts, burst: Burst | None, per_month: int | None) -> Iterator[Reason]:
    friend, referrer = facts.around.people[facts.friend], facts.around.people[facts.referrer]
    alike = list(_alike(friend, referrer, facts.around))
    if _one_person(friend, referrer) or {"same_email", "same_device", "same_card"} <= set(alike):
        yield "self_referral"
    yield from alike
    if _ring(facts):
        yield "ring"
    if burst and _is_burst(facts, burst):
        yield "burst"
    if per_month is not None and facts.this_month >= per_month:
        yield "over_monthly_limit"


def normal_email(email: str) -> str:
    """The address by which mail comes to the same person, however they wrote it.

    Small letters, nothing from a plus on, and no dots where the provider does not see them.
    """
    user, _, host = email.strip().lower().rpartition("@")
    user = user.partition("+")[0] or user
    if host in _GOOGLE:
        return f"{user.replace('.', '')}@{_GOOGLE[0]}"
    return f"{user}@{host}"


def _one_person(friend: Person, referrer: Person) -> bool:
    if friend.number == referrer.number:
        return True
    if not (friend.name and referrer.name and friend.birth_date):
        return False
    return friend.birth_date == referrer.birth_date and _normal_name(friend.name) == _normal_name(referrer.name)


def _normal_name(name: str) -> list[str]:
    """Surnames come first or last."""
    return sorted(unicodedata.normalize("NFKC", name).casefold().replace("ё", "е").split())


def _alike(friend: Person, referrer: Person, around: Neighbourhood) -> Iterator[Reason]:
    if friend.email and referrer.email and normal_email(friend.email) == normal_email(referrer.email):
        yield "same_email"
    # Whoever had the number before, it is nobody new who has come.
    numbers = {trait for trait in friend.traits if trait.kind == "phone"}
    if any(numbers & other.traits for other in around.people.values() if other is not friend):
        yield "same_phone"
    kinds = {trait.kind for trait in friend.traits & referrer.traits}
    for kind, reason in _SHARED.items():
        if kind in kinds:
            yield reason


def _ring(facts: Facts) -> bool:
    """Whether referrals lead from the friend to the referrer again, those who seem to be one person taken as one.

    A referral between two who seem to be one person is no part of a ring: that is a reason of its own.
    """
    one = _ones(facts.around)
    above: dict[int, set[int]] = defaultdict(set)
    for person in facts.around.people.values():
        if person.referred_by in one and one[person.number] != one[person.referred_by]:
            above[one[person.number]].add(one[person.referred_by])
    reached: set[int] = set()
    frontier = {one[facts.referrer]}
    for _ in range(RING_LENGTH):
        frontier = {referrer for member in frontier for referrer in above[member]} - reached
        reached |= frontier
    return one[facts.friend] in reached


def _ones(around: Neighbourhood) -> dict[int, int]:
    """By each number the one that stands for all who seem to be the same person."""
    stands_for = {number: number for number in around.people}

    def root(number: int) -> int:
        while stands_for[number] != number:
            stands_for[number] = number = stands_for[stands_for[number]]
        return number

    first_with: dict[object, int] = {}
    for person in around.people.values():
        for mark in _marks(person, around):
            stands_for[root(person.number)] = root(first_with.setdefault(mark, person.number))
    return {number: root(number) for number in around.people}


def _marks(person: Person, around: Neighbourhood) -> Iterable[object]:
    yield from person.traits - around.crowded
    if person.email:
        yield normal_email(person.email)


def _is_burst(facts: Facts, burst: Burst) -> bool:
    """Whether some span of that many hours around this referral has as many as that: events may come out of order."""
    span = timedelta(hours=burst.hours)
    times = sorted([*facts.qualified_at, facts.at])
    for first in times:
        if first <= facts.at < first + span and sum(first <= time < first + span for time in times) >= burst.referrals:
            return True
    return False
