"""An operator corrects points by hand: with a reason, and many of them only with a second pair of eyes."""

from datetime import timedelta

import pytest

from coalition.errors import (
    AdjustmentDecided,
    InsufficientPoints,
    IssuerLimitExceeded,
    NoPoints,
    PartnerSuspended,
    ReasonRequired,
    SecondOperatorRequired,
    UnknownAdjustment,
    UnknownMember,
    UnknownPartner,
)
from coalition.services.adjustments import (
    AdjustPoints,
    adjust_points,
    decide_adjustment,
    get_adjustment,
    list_adjustments,
)
from coalition.services.partners import set_limit, set_status
from tests.integration.books import entries_of, journal, lots_of, refused
from tests.integration.conftest import Purse

FIRST, SECOND = "key_first", "key_second"


@pytest.fixture
def adjust(coalition, till, clock):
    """``adjust(50)``, by the first operator; more than a hundred points need the second."""
    till.rules("adjustments: {four_eyes_above_points: 100}")

    def adjust(points, **other):
        wanted = {"member": coalition.anna.id, "issuer": coalition.cafe.id, "points": points, "reason": "broken till"}
        return adjust_points(AdjustPoints(**(wanted | {"by": FIRST} | other)), now=clock.now())

    return adjust


@pytest.mark.parametrize("points", [1, 100])
def test_adjustment__of_few_points__is_posted_at_once(coalition, till, clock, adjust, points):
    adjusted = adjust(points)
    assert (adjusted.status, adjusted.decided_by, adjusted.decided_at) == ("posted", FIRST, clock.now())
    cafe = coalition.cafe.number
    assert entries_of(adjusted.id) == [("adjustment_increase", cafe, cafe, points)]
    assert lots_of(coalition.anna.id) == [(cafe, points, points, clock.now().replace(2028, 3, 3, hour=0))]


def test_adjustment__below_zero__takes_the_issuers_points_that_expire_first(coalition, till, clock, adjust):
    till.sell(coalition.cafe, 1000)
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cafe, 1000, at=clock.now() - timedelta(days=9))
    adjusted = adjust(-60)
    cafe = coalition.cafe.number
    assert entries_of(adjusted.id) == [("adjustment_decrease", cafe, cafe, 60)]
    assert [left for _, _, left, _ in lots_of(coalition.anna.id)] == [40, 100, 0]


@pytest.mark.parametrize("points", [101, -101])
def test_adjustment__of_many_points__waits_for_the_other_operator(coalition, till, clock, adjust, points):
    till.sell(coalition.cafe, 4000)
    adjusted = adjust(points)
    assert (adjusted.status, adjusted.requested_by, adjusted.decided_by) == ("proposed", FIRST, None)
    assert till.purse() == Purse(200)
    clock.advance(timedelta(hours=1))
    posted = decide_adjustment(adjusted.id, "posted", SECOND, now=clock.now())
    assert (posted.status, posted.decided_by, posted.decided_at) == ("posted", SECOND, clock.now())
    assert till.purse() == Purse(200 + points)


def test_adjustments__in_slices_by_one_operator__no_more_in_a_local_day_than_one_may_alone(coalition, till, clock):
    till.rules("time_zone: Europe/Moscow")

    def adjust(points, by=FIRST):
        command = AdjustPoints(coalition.anna.id, coalition.cafe.id, points, "broken till", by)
        return adjust_points(command, now=clock.now()).status

    assert [adjust(points) for points in (6000, -1500, 2500)] == ["posted"] * 3
    assert (adjust(1), adjust(-1), adjust(1, by=SECOND)) == ("proposed", "proposed", "posted")
    # Noon in Moscow; until the last moment of that day, and then it is tomorrow.
    clock.advance(timedelta(hours=12, milliseconds=-1))
    assert adjust(1) == "proposed"
    clock.advance(timedelta(milliseconds=1))
    assert (adjust(10_000), adjust(1)) == ("posted", "proposed")


DECISIONS = {
    # (state, decision, by whom): what becomes of it, or why not
    ("proposed", "posted", FIRST): SecondOperatorRequired,
    ("proposed", "posted", SECOND): "posted",
    ("proposed", "rejected", FIRST): "rejected",
    ("proposed", "rejected", SECOND): "rejected",
    **{
        (state, decision, by): AdjustmentDecided
        for state in ("posted", "rejected")
        for decision in ("posted", "rejected")
        for by in (FIRST, SECOND)
    },
}


def test_adjustment__every_decision_in_every_state__is_made_once(coalition, till, clock, adjust):
    for (state, decision, by), outcome in DECISIONS.items():
        adjusted, before = adjust(200), till.purse().available
        if state != "proposed":
            decide_adjustment(adjusted.id, state, SECOND, now=clock.now())
        given = 200 if state == "posted" else 0
        if isinstance(outcome, str):
            decide_adjustment(adjusted.id, decision, by, now=clock.now())
            given = 200 if outcome == "posted" else 0
        else:
            with refused(outcome):
                decide_adjustment(adjusted.id, decision, by, now=clock.now())
        expected = outcome if isinstance(outcome, str) else state
        assert get_adjustment(adjusted.id).status == expected, (state, decision, by)
        assert till.purse().available == before + given, (state, decision, by)


REFUSALS = {
    "no reason": (ReasonRequired, {"reason": " \n"}),
    "no points": (NoPoints, {"points": 0}),
    "nobody": (UnknownMember, {"member": "mem_01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
    "no issuer": (UnknownPartner, {"issuer": "par_01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
    "more than the issuer's": (InsufficientPoints, {"points": -51}),
}


@pytest.mark.parametrize("reason, change", REFUSALS.values(), ids=REFUSALS)
def test_adjustment__that_cannot_be__refused_with_nothing_changed(coalition, till, adjust, reason, change):
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cafe, 1000)
    with refused(reason):
        adjust(**({"points": -50} | change))


def test_adjustment__its_issuer_cannot_give__refused_but_taking_is_possible(coalition, till, clock, adjust):
    till.sell(coalition.cafe, 1000)
    proposed = adjust(200)
    set_limit(coalition.cafe.id, 60)
    attempts = [lambda: adjust(11), lambda: decide_adjustment(proposed.id, "posted", SECOND, now=clock.now())]
    for attempt in attempts:
        with refused(IssuerLimitExceeded):
            attempt()
    set_status(coalition.cafe.id, "suspended")
    for attempt in attempts:
        with refused(PartnerSuspended):
            attempt()
    assert adjust(-10).status == "posted"
    assert journal()[-1][0] == "adjustment_decrease"


def test_adjustment__unknown__refused(coalition, till, clock):
    with refused(UnknownAdjustment):
        decide_adjustment("adj_01ARZ3NDEKTSV4RRFFQ69G5FAV", "posted", SECOND, now=clock.now())


def test_adjustments__listed__the_youngest_first_page_by_page(coalition, till, adjust):
    made = [adjust(points).id for points in (1, 2, 300)]
    page = list_adjustments(limit=2, cursor=None)
    assert [each.id for each in page.data] == made[:0:-1]
    rest = list_adjustments(limit=2, cursor=page.next_cursor)
    assert ([each.id for each in rest.data], rest.next_cursor) == (made[:1], None)
