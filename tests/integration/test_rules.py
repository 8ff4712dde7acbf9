"""Rules at the till: who pays for their points, and where caps end them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from coalition.errors import IssuerLimitExceeded, PartnerSuspended, ReceiptTooLate
from coalition.services.partners import get_partner, set_limit, set_status
from coalition.services.purchases import LinePoints, record_purchases
from coalition.services.quotes import AskQuote, quote
from coalition.store import tables
from tests.integration.books import entries_of, lots_of, refused
from tests.integration.conftest import goods

DAY = timedelta(days=1)
CO_FUNDED = """
accrual:
  rules:
  - {id: spring, bonus_points: 60, funded_by: {operator: 1, cafe: 2, partner: 3}}
  - {id: tickets, rate_bps: 2000, when: {categories: [ticket]}}
"""


def points(purchase) -> int:
    return purchase.points_accrued


# Funding


def test_rule__paid_for_by_several__makes_a_lot_of_each_issuer(coalition, till, clock):
    till.rules(CO_FUNDED)
    lines = (goods("a", 400, 1, "ticket"), goods("b", 200))
    bought = till.sell(coalition.cinema, lines=lines)
    operator, cinema, cafe = coalition.operator, coalition.cinema, coalition.cafe
    assert sorted(entries_of(bought.id)) == [
        ("accrual", operator.number, cinema.number, 10),
        ("accrual", cinema.number, cinema.number, 80 + 20 + 30),
        ("accrual", cafe.number, cinema.number, 20),
    ]
    assert {lot[:3] for lot in lots_of(coalition.anna.id)} == {
        (operator.number, 10, 10),
        (cinema.number, 130, 130),
        (cafe.number, 20, 20),
    }
    assert [get_partner(each.id).outstanding for each in (operator, cinema, cafe)] == [10, 130, 20]
    spring = [each for each in bought.breakdown if each.rule == "spring"]
    assert {each.funder for each in spring} == {operator.id, cinema.id, cafe.id}
    assert [sum(each.points for each in spring if each.line_id == line) for line in "ab"] == [40, 20]
    assert LinePoints("a", "tickets", 80, cinema.id) in bought.breakdown
    command = AskQuote(cinema.id, coalition.anna.id, "USD", lines)
    assert quote(command, now=clock.now()).breakdown == bought.breakdown


def limited(partner):
    set_limit(partner.id, 19)


def suspended(partner):
    set_status(partner.id, "suspended")


@pytest.mark.parametrize("disable", [limited, suspended])
def test_funder__that_cannot_pay__drops_its_rule_and_no_other(coalition, till, disable):
    till.rules(CO_FUNDED)
    disable(coalition.cafe)
    bought = till.sell(coalition.cinema, lines=(goods("a", 400, 1, "ticket"), goods("b", 200)))
    assert [(each.line_id, each.rule, each.points) for each in bought.breakdown] == [
        ("a", "tickets", 80),
        ("b", "base", 20),
    ]


def test_batch__uses_up_a_funders_limit__the_rule_holds_until_then(coalition, till, clock):
    till.rules(CO_FUNDED)
    set_limit(coalition.cafe.id, 45)
    receipts = [till.receipt(coalition.cinema, 100) for _ in range(3)]
    assert [points(each) for each in record_purchases(receipts, now=clock.now())] == [70, 70, 10]


def test_seller__that_cannot_pay__is_refused_whoever_else_could(coalition, till):
    till.rules("accrual:\n  rules: [{id: all, rate_bps: 1000, funded_by: {operator: 1, partner: 1}}]")
    set_limit(coalition.cinema.id, 49)
    with refused(IssuerLimitExceeded):
        till.sell(coalition.cinema, 1000)
    set_status(coalition.cinema.id, "suspended")
    with refused(PartnerSuspended):
        till.sell(coalition.cinema, 1000)


def test_rule__paid_for_by_another_alone__needs_no_room_of_the_seller(coalition, till):
    till.rules("accrual:\n  rules: [{id: all, rate_bps: 1000, funded_by: {operator: 1}}]")
    set_limit(coalition.cinema.id, 0)
    assert points(till.sell(coalition.cinema, 1000)) == 100


def test_excluded_line__is_kept_with_the_rule_that_excludes_it(coalition, till):
    till.rules("accrual:\n  rules: [{id: no-tobacco, excludes: true, when: {categories: [tobacco]}}]")
    bought = till.sell(coalition.cinema, lines=(goods("a", 400, 1, "tobacco"), goods("b", 200)))
    assert bought.breakdown == (
        LinePoints("a", "no-tobacco", 0, None),
        LinePoints("b", "base", 20, coalition.cinema.id),
    )
    kept = tables.PurchaseLine.select().order_by(tables.PurchaseLine.position)
    assert [line.excluded_by for line in kept] == ["no-tobacco", None]


def test_birthday__of_the_member__doubles(coalition, till, clock):
    till.rules("accrual:\n  rules: [{id: cake, multiplier_bps: 20000, when: {birthday_within_days: 1}}]")
    boris = till.enrol(1, birth_date=date(1990, 3, 3))
    assert [points(till.sell(coalition.cinema, 1000, to=each)) for each in (boris, coalition.anna)] == [200, 100]


# Caps


def caps(text: str) -> str:
    return f"""
time_zone: Europe/Moscow
accrual:
  rules:
  - {{id: spring, bonus_points: 50, campaign: spring}}
  caps:
  - {{id: cap, points: 100, {text}}}
"""


def singly(till, receipts, now):
    return [record_purchases([each], now=now)[0] for each in receipts]


def together(till, receipts, now):
    return record_purchases(receipts, now=now)


BOTH_WAYS = pytest.mark.parametrize("record", [singly, together])


@BOTH_WAYS
def test_cap__of_a_day__counts_each_members_local_day(coalition, till, clock, record):
    till.rules(caps("per: day, rules: [base]"))
    boris, midnight = till.enrol(1), datetime(2026, 2, 28, 21, tzinfo=UTC)
    receipts = [
        till.receipt(coalition.cinema, 600, at=midnight),
        till.receipt(coalition.cafe, 1600, at=midnight + DAY - timedelta(milliseconds=1)),
        till.receipt(coalition.cinema, 600, at=midnight),
        till.receipt(coalition.cinema, 600, at=midnight - timedelta(milliseconds=1)),
        till.receipt(coalition.cinema, 600, at=midnight + DAY),
        till.receipt(coalition.cinema, 1600, at=midnight, to=boris),
    ]
    assert [points(each) - 50 for each in record(till, receipts, clock.now())] == [60, 40, 0, 60, 60, 100]


@BOTH_WAYS
def test_cap__of_a_month__counts_the_local_month(coalition, till, clock, record):
    till.rules(caps("per: month"))
    begins = datetime(2026, 2, 28, 21, tzinfo=UTC)
    receipts = [
        till.receipt(coalition.cinema, 200, at=begins),
        till.receipt(coalition.cinema, 200, at=begins + DAY),
        till.receipt(coalition.cinema, 200, at=begins - timedelta(milliseconds=1)),
    ]
    assert [points(each) for each in record(till, receipts, clock.now())] == [70, 30, 70]


@BOTH_WAYS
def test_cap__of_a_campaign__counts_its_rules_for_ever(coalition, till, clock, record):
    till.rules(caps("per: campaign, campaign: spring"))
    receipts = [till.receipt(coalition.cinema, 100, at=clock.now() - days * DAY) for days in (300, 40, 0)]
    assert [points(each) for each in record(till, receipts, clock.now())] == [60, 60, 10]


@BOTH_WAYS
def test_cap__of_everybody__counts_all_members_together(coalition, till, clock, record):
    till.rules(caps("per: day, of: everybody"))
    receipts = [till.receipt(coalition.cinema, 200, to=till.enrol(number)) for number in range(3)]
    assert [points(each) for each in record(till, receipts, clock.now())] == [70, 30, 0]


@BOTH_WAYS
def test_cap__of_a_partner__counts_its_sales(coalition, till, clock, record):
    till.rules(caps("per: day, of: partner"))
    people = [till.enrol(number) for number in range(2)]
    receipts = [till.receipt(shop, 400, to=each) for shop in (coalition.cinema, coalition.cafe) for each in people]
    assert [points(each) for each in record(till, receipts, clock.now())] == [90, 10, 70, 30]


def test_cap__of_some_partners__leaves_the_others_alone(coalition, till):
    till.rules(caps("per: day, partners: [cafe]"))
    assert [points(till.sell(shop, 2000)) for shop in (coalition.cinema, coalition.cafe)] == [250, 100]


def test_cap__a_refused_receipt__uses_nothing_of_it(coalition, till, clock):
    till.rules(caps("per: day"))
    set_limit(coalition.cinema.id, 99)
    receipts = [till.receipt(coalition.cinema, 800), till.receipt(coalition.cinema, 100)]
    first, second = record_purchases(receipts, now=clock.now())
    assert (type(first), points(second)) == (IssuerLimitExceeded, 60)
    command = AskQuote(coalition.cafe.id, coalition.anna.id, "USD", (goods("1", 1000),))
    assert quote(command, now=clock.now()).reckoning.accrual.points == 40


def test_cap__reached_by_a_rule_that_is_dropped__is_free_for_the_others(coalition, till):
    till.rules("""
accrual:
  rules: [{id: spring, bonus_points: 50, funded_by: {cafe: 1}}]
  caps: [{id: cap, points: 100, per: receipt}]
""")
    assert [each.points for each in till.sell(coalition.cinema, 800).breakdown] == [80, 20]
    set_status(coalition.cafe.id, "suspended")
    assert [each.points for each in till.sell(coalition.cinema, 1200).breakdown] == [100]


def test_receipt__later_than_the_programme_takes_it__refused(coalition, till, clock):
    till.rules("accrual: {late_days: 2}")
    at = clock.now()
    clock.advance(timedelta(days=2))
    assert points(till.sell(coalition.cinema, 1000, at=at)) == 100
    clock.advance(timedelta(days=1))
    with refused(ReceiptTooLate):
        till.sell(coalition.cinema, 1000, at=at)
