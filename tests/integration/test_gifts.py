"""Gifts: points for everybody of a segment, each member once, whatever interrupts the giving."""

from datetime import date, timedelta

import pytest

from coalition.errors import (
    CoalitionError,
    GiftDecided,
    IssuerLimitExceeded,
    NoPoints,
    PartnerSuspended,
    ReasonRequired,
    SecondOperatorRequired,
    UnknownGift,
    UnknownPartner,
    UnknownTier,
)
from coalition.services import gifts
from coalition.services.gifts import (
    GivePoints,
    Segment,
    decide_gift,
    get_gift,
    give,
    give_approved,
    list_gifts,
    propose_gift,
)
from coalition.services.partners import set_limit, set_status
from tests.integration.books import balance_of, count, entries_of, lots_of, refused

FIRST, SECOND = "key_first", "key_second"


@pytest.fixture
def people(till, clock, monkeypatch):
    """Five members besides Anna; gifts are given to two at a time."""
    monkeypatch.setattr(gifts, "_CHUNK", 2)
    enrolled = [till.enrol(number) for number in range(5)]
    clock.advance(timedelta(hours=1))
    return enrolled


@pytest.fixture
def propose(coalition, till, clock):
    """``propose(50)``, by the first operator; more than a thousand points in all need the second."""
    till.rules("adjustments: {four_eyes_above_points: 1000}")

    def propose(points, **other):
        wanted = {"issuer": coalition.operator.id, "points": points, "reason": "New Year", "by": FIRST} | other
        return propose_gift(GivePoints(**wanted), now=clock.now())

    return propose


def test_gift__for_everybody__each_has_it_once(coalition, till, clock, people, propose):
    gift, heard = propose(100), []
    assert (gift.status, gift.decided_by, gift.given) == ("approved", FIRST, 0)
    given = give(gift.id, now=clock.now(), progress=heard.append)
    assert (given.status, given.given, heard) == ("given", 6, [2, 4, 6])
    operator = coalition.operator.number
    for member in [coalition.anna, *people]:
        assert entries_of(f"{gift.id}/{member.id}") == [("reward", operator, operator, 100)]
        assert lots_of(member.id) == [(operator, 100, 100, clock.now().replace(2028, 3, 3, hour=0))]
    with refused(GiftDecided):
        give(gift.id, now=clock.now())
    assert give_approved(now=clock.now()) == 0


def test_gift__interrupted__is_resumed_and_nobody_has_it_twice(coalition, clock, people, propose):
    gift = propose(100)

    def interrupt(given):
        if given == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        give(gift.id, now=clock.now(), progress=interrupt)
    assert (get_gift(gift.id).given, count("entry")) == (4, 4)
    assert give_approved(now=clock.now()) == 2
    assert {balance_of(member.id) for member in [coalition.anna, *people]} == {100}


def test_gift__its_issuer_cannot_go_on__those_who_have_it_keep_it_and_the_rest_follow(
    coalition, till, clock, people, propose
):
    gift = propose(100)
    set_limit(coalition.operator.id, 450)
    with pytest.raises(IssuerLimitExceeded):
        give(gift.id, now=clock.now())
    set_limit(coalition.operator.id, 600)
    set_status(coalition.operator.id, "suspended")
    with refused(PartnerSuspended):
        give_approved(now=clock.now())
    assert (get_gift(gift.id).status, get_gift(gift.id).given, count("entry")) == ("approved", 4, 4)
    set_status(coalition.operator.id, "active")
    assert (give_approved(now=clock.now()), count("entry")) == (2, 6)


def test_gifts__several_approved__go_on_by_a_chunk_of_each_at_a_time(clock, people, propose):
    first, second = propose(10), propose(20)
    assert give_approved(now=clock.now()) == 4
    assert [get_gift(gift.id).given for gift in (first, second)] == [2, 2]
    assert [give_approved(now=clock.now()) for _ in range(3)] == [4, 4, 0]
    assert [get_gift(gift.id).status for gift in (first, second)] == ["given", "given"]


def test_gift__of_a_suspended_issuer__does_not_keep_those_after_it_from_being_given(coalition, clock, people, propose):
    waiting, other = propose(10, issuer=coalition.cafe.id), propose(20)
    set_status(coalition.cafe.id, "suspended")
    for _ in range(4):
        with pytest.raises(PartnerSuspended):
            give_approved(now=clock.now())
    assert [get_gift(gift.id).given for gift in (waiting, other)] == [0, 6]
    assert get_gift(other.id).status == "given"


def test_gift__who_enrols_after_it_was_proposed__gets_none(coalition, till, clock, people, propose):
    gift = propose(100)
    late = till.enrol(9)
    assert give(gift.id, now=clock.now()).given == 6
    assert balance_of(late.id) == 0


def test_gift__who_joins_or_leaves_the_segment_after_it_was_proposed__changes_nothing(coalition, till, clock, people):
    bought = till.sell(coalition.cafe, 100, to=people[0])
    segment = Segment(bought_at=coalition.cafe.id)
    gift = propose_gift(GivePoints(coalition.operator.id, 10, "why", FIRST, segment), now=clock.now())
    till.sell(coalition.cafe, 100, to=people[1])
    till.take_back(coalition.cafe, bought, "1")
    assert give(gift.id, now=clock.now()).given == 1
    assert [len(entries_of(f"{gift.id}/{member.id}")) for member in people[:2]] == [1, 0]


def test_segment__of_the_lowest_tier__is_also_those_who_never_bought(coalition, till, clock, people):
    till.rules("tiers: {levels: [{name: bronze}, {name: silver, qualifying_minor: 500}]}")
    till.sell(coalition.cinema, 600, to=people[0])
    till.sell(coalition.cinema, 100, to=people[1])
    for tier, recipients in (("bronze", 5), ("silver", 1)):
        command = GivePoints(coalition.operator.id, 1, "why", FIRST, Segment(tier=tier))
        assert propose_gift(command, now=clock.now()).recipients == recipients


def test_segment__by_tier_purchase_and_day__is_who_meets_all(coalition, till, clock, people):
    till.rules("tiers: {levels: [{name: bronze}, {name: silver, qualifying_minor: 500}]}")
    clock.advance(timedelta(days=1))
    young = till.enrol(9)
    for member in (people[0], people[1], young):
        till.sell(coalition.cinema, 600, to=member)
    till.sell(coalition.cafe, 600, to=people[1])
    till.sell(coalition.cafe, 100, to=people[2])
    clock.advance(timedelta(hours=1))
    everybody = [coalition.anna, *people, young]
    for segment, expected in (
        (Segment(), everybody),
        (Segment(tier="silver"), [people[0], people[1], young]),
        (Segment(bought_at=coalition.cafe.id), [people[1], people[2]]),
        (Segment(enrolled_before=date(2026, 3, 3)), [coalition.anna, *people]),
        (Segment(enrolled_before=date(2026, 3, 2)), []),
        (Segment("silver", coalition.cafe.id, date(2026, 3, 3)), [people[1]]),
    ):
        gift = propose_gift(GivePoints(coalition.operator.id, 1, "why", FIRST, segment), now=clock.now())
        assert gift.recipients == len(expected)
        give(gift.id, now=clock.now())
        assert {member.id for member in everybody if entries_of(f"{gift.id}/{member.id}")} == {
            member.id for member in expected
        }


DECISIONS: dict[tuple[str, str, str], str | type[CoalitionError]] = {
    ("proposed", "approved", FIRST): SecondOperatorRequired,
    ("proposed", "approved", SECOND): "approved",
    ("proposed", "rejected", FIRST): "rejected",
    ("proposed", "rejected", SECOND): "rejected",
    **{
        (state, decision, SECOND): GiftDecided
        for state in ("approved", "rejected", "given")
        for decision in ("approved", "rejected")
    },
}


def test_gift__every_decision_in_every_state__is_made_once(coalition, clock, people, propose):
    for (state, decision, by), outcome in DECISIONS.items():
        # A thousand and two points in all.
        gift = propose(167)
        assert gift.status == "proposed"
        if state != "proposed":
            decide_gift(gift.id, "rejected" if state == "rejected" else "approved", SECOND, now=clock.now())
        if state == "given":
            give(gift.id, now=clock.now())
        if isinstance(outcome, str):
            decided = decide_gift(gift.id, decision, by, now=clock.now())
            assert (decided.status, decided.decided_by, decided.decided_at) == (outcome, by, clock.now())
        else:
            with refused(outcome):
                decide_gift(gift.id, decision, by, now=clock.now())
            assert get_gift(gift.id).status == state
        if get_gift(gift.id).status != "approved":
            with refused(GiftDecided):
                give(gift.id, now=clock.now())


REFUSALS = {
    "no reason": (ReasonRequired, {"reason": ""}),
    "no points": (NoPoints, {"points": 0}),
    "below zero": (NoPoints, {"points": -1}),
    "no issuer": (UnknownPartner, {"issuer": "par_01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
    "of no tier": (UnknownTier, {"segment": Segment(tier="diamond")}),
    "bought nowhere": (UnknownPartner, {"segment": Segment(bought_at="par_01ARZ3NDEKTSV4RRFFQ69G5FAV")}),
}


@pytest.mark.parametrize("reason, change", REFUSALS.values(), ids=REFUSALS)
def test_gift__that_cannot_be__refused_with_nothing_changed(propose, reason, change):
    with refused(reason):
        propose(**({"points": 1} | change))


def test_gift__unknown__refused(coalition, clock):
    with refused(UnknownGift):
        give("gft_01ARZ3NDEKTSV4RRFFQ69G5FAV", now=clock.now())


def test_gifts__listed__the_youngest_first(till, propose):
    made = [propose(points).id for points in (1, 2, 3)]
    first = list_gifts(limit=2, cursor=None)
    assert [gift.id for gift in first.data] == made[:0:-1]
    assert [gift.id for gift in list_gifts(limit=2, cursor=first.next_cursor).data] == made[:1]
