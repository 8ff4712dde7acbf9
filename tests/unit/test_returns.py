"""What returned goods come to, and which lots get the points back that paid for them."""

from dataclasses import replace

import pytest

from coalition.domain.lots import LotUse
from coalition.domain.returns import AwardShare, BoughtLine, ReturnedLine, reckon_return, restore
from coalition.errors import NegativeRefund, ReturnExceedsPurchase, UnknownLine

CINEMA, CAFE = 2, 3
TICKETS = BoughtLine(0, "tickets", 3, 0, 90_000, 10_000, (AwardShare("base", CINEMA, 100), AwardShare("duo", CAFE, 2)))
POPCORN = BoughtLine(1, "popcorn", 1, 0, 30_000, 5_000, (AwardShare("base", CINEMA, 25),))
REBATE = BoughtLine(2, "rebate", 1, 0, -20_000, 0)
LINES = [TICKETS, POPCORN, REBATE]
POINTS, DISCOUNT = 150, 15_000
USES = [LotUse(7, CINEMA, 50), LotUse(8, CAFE, 70), LotUse(9, CINEMA, 30)]


def test_reckon_return__everything__is_the_purchase():
    whole = reckon_return(LINES, {"tickets": 3, "popcorn": 1, "rebate": 1}, POINTS, DISCOUNT, 0)
    assert [line.amount_minor for line in whole.lines] == [90_000, 30_000, -20_000]
    assert whole.lines[0].awards == TICKETS.awards
    assert (whole.amount_minor, whole.refund_minor, whole.points_given_back) == (100_000, 85_000, 150)
    assert whole.taken_back == {CINEMA: 125, CAFE: 2}


def test_reckon_return__one_piece_of_three__gets_its_share_rounded_down():
    part = reckon_return(LINES, {"tickets": 1}, POINTS, DISCOUNT, 0)
    assert part.lines == (ReturnedLine(0, 1, 30_000, 3_333, (AwardShare("base", CINEMA, 33),)),)
    assert (part.amount_minor, part.refund_minor, part.points_given_back) == (30_000, 26_667, 33)
    assert part.taken_back == {CINEMA: 33}


def test_reckon_return__the_last_piece__gets_what_is_left():
    last = reckon_return([replace(TICKETS, returned=2), POPCORN], {"tickets": 1}, POINTS, DISCOUNT, 6_666)
    assert last.lines[0].discount_minor == 3_334
    assert last.taken_back == {CINEMA: 34, CAFE: 1}
    assert last.points_given_back == 34


def test_reckon_return__wanted_in_another_order__keeps_that_of_the_purchase():
    both = reckon_return(LINES, {"popcorn": 1, "tickets": 1}, POINTS, DISCOUNT, 0)
    assert [line.position for line in both.lines] == [0, 1]


def test_reckon_return__no_points_redeemed__refunds_the_price():
    part = reckon_return([replace(POPCORN, discount_minor=0)], {"popcorn": 1}, 0, 0, 0)
    assert (part.refund_minor, part.points_given_back) == (30_000, 0)


def test_reckon_return__line_paid_whole_with_points_worth_more_than_a_kopeck__never_costs_money():
    lines = [BoughtLine(0, "tea", 1, 0, 5_050, 5_050), BoughtLine(1, "bun", 1, 0, 4_950, 4_950)]
    tea = reckon_return(lines, {"tea": 1}, 100, 10_000, 0)
    bun = reckon_return([replace(lines[0], returned=1), lines[1]], {"bun": 1}, 100, 10_000, 5_050)
    assert (tea.refund_minor, tea.points_given_back) == (0, 50)
    assert (bun.refund_minor, bun.points_given_back) == (0, 50)


def test_reckon_return__price_that_does_not_divide__discount_stays_within_it():
    nuts = BoughtLine(0, "nuts", 5, 2, 8, 7)
    assert reckon_return([nuts], {"nuts": 1}, 7, 7, 2).refund_minor == 0


def test_reckon_return__free_line__comes_to_nothing():
    free = reckon_return([BoughtLine(0, "sample", 2, 0, 0, 0)], {"sample": 1}, 0, 0, 0)
    assert (free.amount_minor, free.refund_minor, free.taken_back) == (0, 0, {})


def test_reckon_return__unknown_line__is_refused():
    with pytest.raises(UnknownLine) as refusal:
        reckon_return(LINES, {"soda": 1, "nachos": 1, "tickets": 1}, POINTS, DISCOUNT, 0)
    assert refusal.value.line_id == "nachos"


def test_reckon_return__more_than_is_left__is_refused():
    with pytest.raises(ReturnExceedsPurchase) as refusal:
        reckon_return([replace(TICKETS, returned=2)], {"tickets": 2}, POINTS, DISCOUNT, 0)
    assert refusal.value.values == {"line_id": "tickets", "bought": 3, "returned": 2, "quantity": 2}


def test_reckon_return__rebate_without_its_goods__is_refused():
    with pytest.raises(NegativeRefund) as refusal:
        reckon_return(LINES, {"rebate": 1}, POINTS, DISCOUNT, 0)
    assert refusal.value.refund_minor == -20_000


def test_restore__part__goes_to_the_lots_spent_last():
    assert restore(USES, 60) == [LotUse(9, CINEMA, 30), LotUse(8, CAFE, 30)]


def test_restore__lots_with_nothing_left_to_restore__are_passed_over():
    assert restore([USES[0], LotUse(8, CAFE, 0)], 20) == [LotUse(7, CINEMA, 20)]


def test_restore__nothing__names_no_lot():
    assert restore(USES, 0) == []


def test_restore__more_than_was_spent__is_a_defect():
    with pytest.raises(ValueError, match="the uses lack 1 of 151 points"):
        restore(USES, 151)
