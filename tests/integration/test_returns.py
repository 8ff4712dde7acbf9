"""Goods come back: the purchase is undone for them, and for nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from coalition.domain.programme_document import read_programme
from coalition.errors import (
    DuplicateLine,
    DuplicateReturn,
    EmptyReturn,
    IssuerLimitExceeded,
    NegativeRefund,
    ReceiptFromFuture,
    ReturnBeforePurchase,
    ReturnExceedsPurchase,
    UnknownLine,
    UnknownPurchase,
)
from coalition.services.adjustments import AdjustPoints, adjust_points
from coalition.services.expiry import expire_points
from coalition.services.holds import void_hold
from coalition.services.partners import get_partner, set_limit, set_status
from coalition.services.programmes import publish_programme
from coalition.services.returns import SpentPart
from coalition.services.transfers import TransferPoints, transfer_points
from coalition.store import tables
from coalition.store.database import execute
from tests.integration.books import count, entries_of, journal, lots_of, news, refused
from tests.integration.conftest import Purse, goods

DAY = timedelta(days=1)
OTHER_PARTNERS_POINTS = """
accrual:
  rules:
  - {id: spring, bonus_points: 100, funded_by: {operator: 1}}
returns: {spent_points: deduct_from_refund}
"""


def policy(name: str) -> str:
    return f"returns: {{spent_points: {name}}}"


def left_in_lots(coalition) -> list[int]:
    return [left for _, _, left, _ in lots_of(coalition.anna.id)]


# What comes back


def test_return__one_piece_of_two__takes_back_what_it_earned(coalition, till):
    bought = till.sell(coalition.cinema, lines=(goods("a", 600, 2), goods("b", 400)))
    back = till.take_back(coalition.cinema, bought, "a")
    assert (back.points_reversed, back.refund_minor, back.points_given_back, back.balance) == (30, 300, 0, 70)
    cinema = coalition.cinema.number
    assert entries_of(back.id) == [("accrual_reversal", cinema, cinema, 30)]
    assert (till.purse(), get_partner(coalition.cinema.id).outstanding) == (Purse(70), 70)


def test_return__piece_by_piece__comes_to_the_whole_whatever_the_rounding(coalition, till):
    till.sell(coalition.cafe, 200)
    bought = till.sell(coalition.cinema, lines=(goods("a", 100, 3), goods("b", 7)), redeem=10)
    assert bought.points_accrued == 9
    wanted = ["a", "b", "a", "a"]
    backs = [till.take_back(coalition.cinema, bought, line) for line in wanted]
    assert sum(back.refund_minor for back in backs) == 97
    assert sum(back.points_given_back for back in backs) == 10
    assert sum(back.points_reversed for back in backs) == 9
    assert till.purse() == Purse(10)
    with refused(ReturnExceedsPurchase):
        till.take_back(coalition.cinema, bought, "a")


def test_return__everything_at_once__leaves_the_member_as_before(coalition, till):
    till.sell(coalition.cafe, 200)
    bought = till.sell(coalition.cinema, 500, 500, redeem=10)
    back = till.take_back(coalition.cinema, bought, "1", "2")
    assert (back.refund_minor, back.points_reversed, back.points_given_back) == (990, 99, 10)
    assert till.purse() == Purse(10)


def test_return__awards_of_several_rules_and_issuers__each_takes_back_its_own(coalition, till):
    till.rules("""
accrual:
  rules:
  - {id: tickets, rate_bps: 2000, when: {categories: [ticket]}, funded_by: {cafe: 1, partner: 3}}
  - {id: spring, bonus_points: 60, funded_by: {operator: 1}}
""")
    bought = till.sell(coalition.cinema, lines=(goods("a", 400, 2, "ticket"), goods("b", 200)))
    assert {(each.line_id, each.rule, each.points) for each in bought.breakdown} == {
        ("a", "tickets", 60),
        ("a", "tickets", 20),
        ("b", "base", 20),
        ("a", "spring", 40),
        ("b", "spring", 20),
    }
    back = till.take_back(coalition.cinema, bought, "a")
    operator, cinema, cafe = coalition.operator.number, coalition.cinema.number, coalition.cafe.number
    assert entries_of(back.id) == [
        ("accrual_reversal", operator, cinema, 20),
        ("accrual_reversal", cinema, cinema, 30),
        ("accrual_reversal", cafe, cinema, 10),
    ]
    reversed_ = tables.AwardReversal.select().order_by(tables.AwardReversal.issuer)
    assert [(each.rule, each.issuer_id, each.points) for each in reversed_] == [
        ("spring", operator, 20),
        ("tickets", cinema, 30),
        ("tickets", cafe, 10),
    ]


def test_return__goods_not_counted_in_pieces__come_back_as_one(coalition, till):
    bought = till.sell(coalition.cinema, lines=(goods("a", 700, 0), goods("b", 300)))
    with refused(ReturnExceedsPurchase):
        till.take_back(coalition.cinema, bought, ("a", 2))
    back = till.take_back(coalition.cinema, bought, "a")
    assert (back.refund_minor, back.points_reversed) == (700, 70)
    with refused(ReturnExceedsPurchase):
        till.take_back(coalition.cinema, bought, "a")
    till.take_back(coalition.cinema, bought, "b")
    first, last = news("purchase.returned")
    assert (first["after"]["lines"], last["after"]) == (1, None)
    assert till.purse() == Purse()


def test_return__at_a_suspended_seller__is_taken_all_the_same(coalition, till):
    bought = till.sell(coalition.cinema, 1000)
    set_status(coalition.cinema.id, "suspended")
    assert till.take_back(coalition.cinema, bought, "1").points_reversed == 100
    assert till.purse() == Purse()


# What had paid


def test_points_that_had_paid__go_back_to_the_same_lots_last_spent_first_with_their_expiry(coalition, till):
    january, february = datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 2, 10, tzinfo=UTC)
    till.sell(coalition.cinema, 1000, at=january)
    till.sell(coalition.cafe, 1000, at=february)
    before = lots_of(coalition.anna.id)
    bought = till.sell(coalition.grocer, 70, 70, redeem=140)
    assert left_in_lots(coalition) == [0, 10]

    back = till.take_back(coalition.grocer, bought, "2")
    assert (back.points_given_back, back.refund_minor) == (70, 0)
    assert left_in_lots(coalition) == [30, 50]
    grocer = coalition.grocer.number
    assert entries_of(back.id) == [
        ("redemption_reversal", coalition.cinema.number, grocer, 30),
        ("redemption_reversal", coalition.cafe.number, grocer, 40),
    ]
    till.take_back(coalition.grocer, bought, "1")
    assert lots_of(coalition.anna.id) == before


def test_points_that_had_paid__expired_meanwhile__live_on_for_the_days_of_grace(coalition, till, clock):
    till.rules("expiry: {lifetime_months: 1}\nreturns: {grace_days: 10}")
    till.sell(coalition.cinema, 1000)
    bought = till.sell(coalition.grocer, 60, redeem=60)
    clock.advance(40 * DAY)

    till.take_back(coalition.grocer, bought, "1")
    # The 40 that were never spent have lapsed, though the worker had not noticed.
    assert till.purse() == Purse(60)
    assert [entry for entry in journal() if entry[0] == "expiry"] == [("expiry", 2, 2, 40)]
    assert lots_of(coalition.anna.id) == [(2, 100, 60, datetime(2026, 4, 22, tzinfo=UTC))]
    (extension,) = tables.LotExtension.select()
    assert (extension.previous_expires_at, extension.expires_at) == (
        datetime(2026, 4, 3, tzinfo=UTC),
        datetime(2026, 4, 22, tzinfo=UTC),
    )
    clock.advance(11 * DAY)
    assert (till.purse(), expire_points(now=clock.now())) == (Purse(), 60)


def test_points_that_had_paid__their_issuer_without_room_for_them__refused(coalition, till):
    till.sell(coalition.cinema, 1000)
    bought = till.sell(coalition.grocer, 100, redeem=100)
    till.sell(coalition.cinema, 500)
    set_limit(coalition.cinema.id, 149)
    with refused(IssuerLimitExceeded):
        till.take_back(coalition.grocer, bought, "1")
    set_limit(coalition.cinema.id, 150)
    assert till.take_back(coalition.grocer, bought, "1").points_given_back == 100


# What was spent already


def spent_eighty(coalition, till, rules):
    """Anna has earned a hundred points at the cinema, and twenty of them are left."""
    till.rules(rules)
    bought = till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 80)
    return bought


def test_spent_points__by_the_usual_policy__are_owed_to_their_issuer(coalition, till):
    bought = spent_eighty(coalition, till, policy("debt"))
    back = till.take_back(coalition.cinema, bought, "1")
    assert (back.points_reversed, back.refund_minor, back.debt) == (100, 1000, 80)
    assert back.spent == SpentPart(points_owed=80)
    assert [points for _, _, _, points in entries_of(back.id)] == [20]
    assert till.purse() == Purse(debt=80)


def test_spent_points__other_points_at_hand__repay_them_at_once(coalition, till):
    bought = spent_eighty(coalition, till, policy("debt"))
    till.sell(coalition.cafe, 1000)
    back = till.take_back(coalition.cinema, bought, "1")
    assert (back.spent, back.debt) == (SpentPart(points_owed=80), 30)
    cinema, cafe = coalition.cinema.number, coalition.cafe.number
    assert journal()[-2:] == [("accrual_reversal", cinema, cinema, 20), ("redemption", cafe, cinema, 50)]
    assert till.purse() == Purse(debt=30)


def test_spent_points__written_off__are_the_issuers_loss(coalition, till):
    bought = spent_eighty(coalition, till, policy("write_off"))
    back = till.take_back(coalition.cinema, bought, "1")
    assert (back.refund_minor, back.debt, back.spent) == (1000, 0, SpentPart(points_written_off=80))
    assert (till.purse(), count("debt")) == (Purse(), 0)


def test_spent_points__deducted_from_the_refund__are_paid_for(coalition, till):
    bought = spent_eighty(coalition, till, policy("deduct_from_refund"))
    back = till.take_back(coalition.cinema, bought, "1")
    assert (back.refund_minor, back.debt) == (920, 0)
    assert back.spent == SpentPart(points_deducted=80, deducted_minor=80)
    cinema = coalition.cinema.number
    assert journal()[-3:] == [
        ("accrual_reversal", cinema, cinema, 20),
        ("adjustment_increase", cinema, cinema, 80),
        ("redemption", cinema, cinema, 80),
    ]
    assert till.purse() == Purse()


def test_spent_points__of_another_issuer__the_seller_owes_it_what_it_kept_of_the_refund(coalition, till):
    till.rules(OTHER_PARTNERS_POINTS)
    bought = till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 200)
    back = till.take_back(coalition.cinema, bought, "1")
    assert (back.refund_minor, back.spent.points_deducted, back.debt) == (800, 200, 0)
    operator, cinema = coalition.operator.number, coalition.cinema.number
    assert journal()[-4:] == [
        ("adjustment_increase", cinema, cinema, 100),
        ("redemption", cinema, operator, 100),
        ("adjustment_increase", cinema, cinema, 100),
        ("redemption", cinema, cinema, 100),
    ]


def test_spent_points__another_issuer_suspended_meanwhile__its_points_are_owed_and_the_others_deducted(coalition, till):
    till.rules(OTHER_PARTNERS_POINTS)
    bought = till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 200)
    set_status(coalition.operator.id, "suspended")
    back = till.take_back(coalition.cinema, bought, "1")
    assert back.spent == SpentPart(points_owed=100, points_deducted=100, deducted_minor=100)
    assert till.purse() == Purse(debt=100)


def test_spent_points__more_than_the_refund__the_rest_is_owed(coalition, till):
    till.rules(OTHER_PARTNERS_POINTS)
    bought = till.sell(coalition.cinema, 50)
    till.redeem(coalition.cafe, 105)
    back = till.take_back(coalition.cinema, bought, "1")
    assert (back.refund_minor, back.spent) == (0, SpentPart(points_owed=55, points_deducted=50, deducted_minor=50))
    assert till.purse() == Purse(debt=55)


def test_spent_points__a_point_of_several_minor_units__whole_points_are_deducted(coalition, till):
    till.rules(f"point_price_minor: 70\n{OTHER_PARTNERS_POINTS}")
    bought = till.sell(coalition.cinema, 100)
    till.redeem(coalition.cafe, 100)
    back = till.take_back(coalition.cinema, bought, "1")
    assert (back.refund_minor, back.spent) == (30, SpentPart(points_owed=99, points_deducted=1, deducted_minor=70))


def test_spent_points__point_price_changed_since_the_purchase__are_deducted_at_the_present_one(coalition, till, clock):
    bought = spent_eighty(coalition, till, policy("deduct_from_refund"))
    dearer = read_programme("point_price_minor: 3", "next")
    publish_programme(dearer, clock.now() + DAY, now=clock.now())
    clock.advance(DAY)
    back = till.take_back(coalition.cinema, bought, "1")
    assert (back.refund_minor, back.spent) == (760, SpentPart(points_deducted=80, deducted_minor=240))


@pytest.mark.parametrize("room, deducted", [(0, 0), (30, 30), (100, 100), (1000, 100)])
def test_spent_points__seller_near_its_limit__deducts_what_it_may_issue(coalition, till, room, deducted):
    bought = spent_eighty(coalition, till, policy("deduct_from_refund"))
    till.redeem(coalition.cafe, 20)
    set_limit(coalition.cinema.id, room)
    back = till.take_back(coalition.cinema, bought, "1")
    assert (back.spent.points_deducted, back.spent.points_owed) == (deducted, 100 - deducted)
    assert till.purse() == Purse(debt=100 - deducted)


def test_spent_points__seller_suspended__are_owed_until_it_is_reinstated(coalition, till):
    bought = spent_eighty(coalition, till, policy("deduct_from_refund"))
    set_status(coalition.cinema.id, "suspended")
    back = till.take_back(coalition.cinema, bought, "1")
    assert (back.refund_minor, back.spent) == (1000, SpentPart(points_owed=80))
    till.sell(coalition.cafe, 1000)
    assert till.purse() == Purse(50, debt=80)
    set_status(coalition.cinema.id, "active")
    till.sell(coalition.cafe, 100)
    assert till.purse() == Purse(debt=25)


@pytest.mark.parametrize("swept", [False, True])
def test_expired_points__excuse_as_many(coalition, till, clock, swept):
    bought = spent_eighty(coalition, till, "expiry: {lifetime_months: 1}")
    clock.advance(40 * DAY)
    if swept:
        assert expire_points(now=clock.now()) == 20
    back = till.take_back(coalition.cinema, bought, "1")
    assert (back.points_reversed, back.spent.points_owed) == (100, 80)


def test_expired_points__of_several_returns__excuse_once(coalition, till, clock):
    till.rules("expiry: {lifetime_months: 1}")
    bought = till.sell(coalition.cinema, 500, 500)
    till.redeem(coalition.cafe, 80)
    clock.advance(40 * DAY)
    expire_points(now=clock.now())
    owed = [till.take_back(coalition.cinema, bought, line).spent.points_owed for line in ("1", "2")]
    assert owed == [30, 50]


def test_points_that_an_operator_took__goods_come_back__are_not_asked_for_again(coalition, till, clock):
    bought = till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 10)
    adjust_points(AdjustPoints(coalition.anna.id, coalition.cinema.id, -60, "fraud", "ops"), now=clock.now())
    back = till.take_back(coalition.cinema, bought, "1")
    assert (back.points_reversed, back.spent) == (100, SpentPart(points_owed=10))
    assert till.purse() == Purse(debt=10)


def test_points_given_to_a_friend__goods_come_back__are_owed(coalition, till, clock):
    till.rules("transfers: {allowed: true}")
    boris, bought = till.enrol(1), till.sell(coalition.cinema, 1000)
    command = TransferPoints(coalition.cafe.number, coalition.anna.id, boris.id, 60, "t-1")
    transfer_points(command, now=clock.now())
    assert till.take_back(coalition.cinema, bought, "1").spent == SpentPart(points_owed=60)
    assert (till.purse(), till.purse(boris)) == (Purse(debt=60), Purse(60))


def test_pending_points__are_taken_back_while_others_stay(coalition, till, clock):
    till.rules("accrual: {pending_days: 14}")
    till.sell(coalition.cafe, 1000, at=clock.now() - 20 * DAY)
    bought = till.sell(coalition.cinema, 500, 500)
    assert till.purse() == Purse(50, pending=100)
    back = till.take_back(coalition.cinema, bought, "2")
    assert (back.points_reversed, back.debt, back.balance) == (50, 0, 50)
    assert till.purse() == Purse(50, pending=50)


def test_held_points__are_owed__until_the_hold_ends_and_they_repay(coalition, till, clock):
    bought = till.sell(coalition.cinema, 1000)
    hold = till.hold(coalition.cafe, 70)
    back = till.take_back(coalition.cinema, bought, "1")
    assert (back.spent.points_owed, till.purse()) == (70, Purse(held=70, debt=70))
    void_hold(hold.id, coalition.cafe.number, now=clock.now())
    assert till.purse() == Purse()


@pytest.mark.parametrize(
    "name, spent",
    [
        ("write_off", SpentPart(points_owed=50, points_written_off=20)),
        ("deduct_from_refund", SpentPart(points_owed=50, points_deducted=20, deducted_minor=20)),
    ],
)
def test_held_points__by_another_policy__are_owed_all_the_same_until_the_hold_ends(coalition, till, clock, name, spent):
    till.rules(policy(name))
    bought = till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 20)
    hold = till.hold(coalition.cafe, 50)
    assert till.take_back(coalition.cinema, bought, "1").spent == spent
    assert till.purse() == Purse(held=50, debt=50)
    void_hold(hold.id, coalition.cafe.number, now=clock.now())
    assert till.purse() == Purse()


def test_held_points__of_goods_that_come_back_in_two_parts__are_owed_once(coalition, till, clock):
    till.rules(policy("write_off"))
    bought = till.sell(coalition.cinema, 500, 500)
    till.redeem(coalition.cafe, 20)
    hold = till.hold(coalition.cafe, 50)
    parts = [till.take_back(coalition.cinema, bought, line).spent for line in ("1", "2")]
    assert parts == [SpentPart(points_owed=20), SpentPart(points_owed=30, points_written_off=20)]
    void_hold(hold.id, coalition.cafe.number, now=clock.now())
    assert till.purse() == Purse()


def test_held_points__captured__leave_the_debt(coalition, till):
    bought = till.sell(coalition.cinema, 1000)
    hold = till.hold(coalition.cafe, 70)
    till.take_back(coalition.cinema, bought, "1")
    till.capture(coalition.cafe, hold)
    assert till.purse() == Purse(debt=70)


# What else the purchase had counted for


def test_cap__goods_that_used_it_come_back__is_free_again(coalition, till):
    till.rules("accrual:\n  caps:\n  - {id: daily, points: 100, per: day}")
    bought = till.sell(coalition.cinema, 400, 400)
    assert till.sell(coalition.cinema, 1000).points_accrued == 20
    till.take_back(coalition.cinema, bought, "1")
    assert till.sell(coalition.cinema, 1000).points_accrued == 40
    till.take_back(coalition.cinema, bought, "2")
    assert till.sell(coalition.cinema, 1000).points_accrued == 40
    assert till.sell(coalition.cinema, 1000).points_accrued == 0


def test_event__of_a_return__tells_the_purchase_before_and_after(coalition, till, clock):
    till.sell(coalition.cafe, 400)
    bought = till.sell(
        coalition.cinema, lines=(goods("a", 600, 2, "ticket"), goods("b", 400, 1, "popcorn")), redeem=20, store_id="h7"
    )
    (recorded,) = (each for each in news("purchase.recorded") if each["purchase"] == bought.id)
    clock.advance(DAY)
    back = till.take_back(coalition.cinema, bought, "b")
    till.take_back(coalition.cinema, bought, ("a", 2))

    first, second = news("purchase.returned")
    assert first == {
        "purchase": bought.id,
        "return": back.id,
        "purchase_event": execute("SELECT MAX(id) FROM event WHERE type = 'purchase.recorded'").fetchone()[0],
        "purchased_at": "2026-03-02T09:00:00.000Z",
        "before": recorded,
        "after": recorded
        | {
            "total_minor": 600,
            "payable_minor": 588,
            "points_accrued": 59,
            "points_redeemed": 12,
            "lines": 1,
            "categories": ["ticket"],
        },
    }
    assert (second["before"], second["after"]) == (first["after"], None)
    events = tables.Event.select().where(tables.Event.type == "purchase.returned")
    assert {each.occurred_at for each in events} == {clock.now()}


# What is refused


REFUSALS = {
    "of nothing": (EmptyReturn, {"lines": []}),
    "a line twice": (DuplicateLine, {"lines": [("1", 1), ("1", 1)]}),
    "a line that was not bought": (UnknownLine, {"lines": [("9", 1)]}),
    "more than was bought": (ReturnExceedsPurchase, {"lines": [("1", 2)]}),
    "what is back already": (ReturnExceedsPurchase, {"lines": [("4", 1)]}),
    "a rebate without its goods": (NegativeRefund, {"lines": [("2", 1)]}),
    "another purchase": (UnknownPurchase, {"purchase": "pur_01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
    "at another partner": (UnknownPurchase, {"partner": 3}),
    "of a name that was used": (DuplicateReturn, {"return_id": "once"}),
    "before the purchase": (ReturnBeforePurchase, {"occurred_at": datetime(2026, 3, 2, 8, 59, tzinfo=UTC)}),
    "from the future": (ReceiptFromFuture, {"occurred_at": datetime(2026, 3, 2, 9, 6, tzinfo=UTC)}),
}


@pytest.mark.parametrize("reason, change", REFUSALS.values(), ids=REFUSALS)
def test_return__that_cannot_be__refused_with_nothing_changed(coalition, till, reason, change):
    bought = till.sell(coalition.cinema, 1000, -100, 300, 300)
    till.take_back(coalition.cinema, bought, "4", return_id="once")
    with refused(reason):
        till.take_back(coalition.cinema, bought, "1", **change)


def test_return__of_a_name_that_another_partner_used__is_another(coalition, till):
    tickets, coffee = till.sell(coalition.cinema, 1000), till.sell(coalition.cafe, 1000)
    till.take_back(coalition.cinema, tickets, "1", return_id="same")
    till.take_back(coalition.cafe, coffee, "1", return_id="same")
    assert count("goods_return", "return_id = 'same'") == 2
