"""Tiers: up at once with the purchase that reaches them, down when their year is over, or bought."""

from datetime import UTC, datetime, timedelta

import pytest

from coalition.errors import (
    DuplicateReference,
    InsufficientPoints,
    PartnerSuspended,
    TierNotForSale,
    UnknownMember,
    UnknownTier,
)
from coalition.services.members import get_member
from coalition.services.paid_tiers import BuyTier, buy_tier
from coalition.services.partners import set_status
from coalition.services.purchases import record_purchases
from coalition.services.tiers import judge_ended, member_standing
from coalition.store import tables
from tests.integration.books import entries_of, news, refused

DAY = timedelta(days=1)
ROUBLES = """
currency: RUB
point_price_minor: 100
time_zone: Europe/Moscow
accrual:
  rules:
  - {id: gold-members, multiplier_bps: 20000, when: {tiers: [gold]}}
tiers:
  grace_days: 30
  levels:
  - {name: bronze}
  - {name: silver, qualifying_minor: 500000, perks: [free delivery]}
  - {name: gold, qualifying_minor: 2000000}
  - {name: platinum, price_minor: 99900, price_points: 500, term_months: 1}
"""


@pytest.fixture
def roubles(till):
    till.rules(ROUBLES)
    return lambda partner, amount, **other: till.sell(partner, amount * 100, **other)


def changes() -> list[tuple[str | None, str | None]]:
    return [(each["previous_tier"], each["tier"]) for each in news("tier.changed")]


def tier_of(coalition, clock) -> str:
    return get_member(coalition.anna.id, now=clock.now()).tier


def standing_of(coalition, clock):
    return member_standing(coalition.anna.id, now=clock.now())


def test_spend__reaching_a_tier__leads_up_at_once(coalition, clock, roubles):
    roubles(coalition.cinema, 4999)
    assert (tier_of(coalition, clock), changes()) == ("bronze", [])
    assert standing_of(coalition, clock).missing_minor == 100
    roubles(coalition.cafe, 1)
    assert (tier_of(coalition, clock), changes()) == ("silver", [("bronze", "silver")])
    (event,) = tables.Event.select().where(tables.Event.type == "tier.changed")
    assert (event.partner_id, event.occurred_at) == (coalition.cafe.number, clock.now())
    assert news("tier.changed")[0]["perks"] == ["free delivery"]
    roubles(coalition.grocer, 14_999)
    assert (tier_of(coalition, clock), standing_of(coalition, clock).missing_minor) == ("silver", 100)
    roubles(coalition.grocer, 1)
    assert changes() == [("bronze", "silver"), ("silver", "gold")]


def test_spend__of_one_purchase__leads_over_a_tier(coalition, roubles):
    roubles(coalition.cinema, 20_000)
    assert changes() == [(None, "gold")]


def test_spend__what_points_paid__does_not_count(coalition, till, clock, roubles):
    roubles(coalition.cinema, 4000)
    till.sell(coalition.cinema, 100_000, redeem=1)
    assert standing_of(coalition, clock).spend_minor == 400_000 + 99_900


def test_multiplier__of_a_tier__is_of_the_purchases_after_it_was_reached(coalition, till, clock, roubles):
    assert roubles(coalition.cinema, 20_000).points_accrued == 2000
    assert roubles(coalition.cinema, 100).points_accrued == 20
    boris = till.enrol(1)
    receipts = [till.receipt(coalition.cinema, rouble * 100, to=boris) for rouble in (20_000, 100)]
    assert [each.points_accrued for each in record_purchases(receipts, now=clock.now())] == [2000, 20]


def test_late_receipt__from_before_the_tier_was_reached__earns_as_of_then(coalition, clock, roubles):
    roubles(coalition.cinema, 20_000)
    assert roubles(coalition.cinema, 100, at=clock.now() - DAY).points_accrued == 10


def test_purchase__by_a_clock_that_is_ahead__leads_up_all_the_same(coalition, clock, roubles):
    roubles(coalition.cinema, 20_000, at=clock.now() + timedelta(minutes=2))
    assert changes() == [(None, "gold")]


def test_return__of_what_led_up__leads_down_at_once(coalition, till, clock, roubles):
    roubles(coalition.cinema, 4000)
    bought = till.sell(coalition.cafe, 60_000, 60_000)
    clock.advance(DAY)
    till.take_back(coalition.cafe, bought, "1")
    assert (tier_of(coalition, clock), changes()) == ("bronze", [("bronze", "silver"), ("silver", "bronze")])
    assert standing_of(coalition, clock).spend_minor == 460_000


def test_year__over_with_too_little_spent__leads_down_after_the_days_of_grace(coalition, clock, roubles):
    roubles(coalition.cinema, 20_000)
    assert standing_of(coalition, clock).until == datetime(2027, 4, 1, 21, tzinfo=UTC)
    clock.advance(300 * DAY)
    roubles(coalition.cinema, 5000)
    clock.advance(datetime(2027, 4, 1, 21, tzinfo=UTC) - clock.now() - DAY)
    assert (judge_ended(now=clock.now()), tier_of(coalition, clock)) == (0, "gold")
    clock.advance(DAY)
    # Known to the till at once, and announced when the worker comes round, once.
    assert tier_of(coalition, clock) == "silver"
    assert (judge_ended(now=clock.now()), judge_ended(now=clock.now())) == (1, 0)
    assert changes() == [(None, "gold"), ("gold", "silver")]
    (last,) = tables.Event.select().order_by(tables.Event.id.desc()).limit(1)
    assert last.partner_id == coalition.operator.number


def test_year__over_with_enough_spent__is_followed_by_another(coalition, clock, roubles):
    roubles(coalition.cinema, 5000)
    clock.advance(200 * DAY)
    roubles(coalition.cinema, 5000)
    clock.advance(200 * DAY)
    assert (judge_ended(now=clock.now()), tier_of(coalition, clock)) == (0, "silver")
    assert tables.Member.get(tables.Member.public_id == coalition.anna.id).tier_until > clock.now()
    assert judge_ended(now=clock.now()) == 0


def test_judging__many_members__goes_on_where_it_stopped(coalition, till, clock, roubles):
    for number in range(3):
        roubles(coalition.cinema, 5000, to=till.enrol(number))
    clock.advance(400 * DAY)
    assert [judge_ended(now=clock.now(), limit=2) for _ in range(3)] == [2, 1, 0]


def test_tier__of_an_unknown_member__refused(coalition, clock):
    with refused(UnknownMember):
        member_standing("mem_01ARZ3NDEKTSV4RRFFQ69G5FAV", now=clock.now())


def test_tiers__where_the_programme_has_none__are_none(coalition, till, clock):
    till.sell(coalition.cinema, 10_000)
    assert (tier_of(coalition, clock), standing_of(coalition, clock), changes()) == (None, None, [])


# For sale


@pytest.fixture
def buy(coalition, clock, roubles):
    roubles(coalition.cinema, 4000)

    def buy(means, **other):
        wanted = {"partner": coalition.cafe.number, "member": coalition.anna.id, "tier": "platinum", "reference": "1"}
        return buy_tier(BuyTier(**(wanted | {"means": means} | other)), now=clock.now())

    return buy


def test_sale__for_points__they_are_redeemed_at_the_seller(coalition, till, clock, roubles, buy):
    roubles(coalition.cinema, 900)
    with refused(InsufficientPoints):
        buy("points")
    roubles(coalition.cinema, 99)
    roubles(coalition.cinema, 1000)
    bought = buy("points")
    assert (bought.paid_points, bought.paid_minor, bought.balance) == (500, 0, till.purse().available)
    cinema, cafe = coalition.cinema.number, coalition.cafe.number
    assert entries_of(bought.id) == [("redemption", cinema, cafe, 500)]
    assert (bought.starts_at, bought.ends_at) == (clock.now(), datetime(2026, 4, 2, 21, tzinfo=UTC))
    assert changes() == [("bronze", "silver"), ("silver", "platinum")]


def test_sale__for_money__lasts_for_its_term_and_then_spend_counts(coalition, clock, roubles, buy):
    bought = buy("money")
    assert (bought.paid_points, bought.paid_minor, entries_of(bought.id)) == (0, 99_900, [])
    assert tier_of(coalition, clock) == "platinum"
    roubles(coalition.cinema, 2000)
    clock.advance(bought.ends_at - clock.now())
    assert (judge_ended(now=clock.now()), tier_of(coalition, clock)) == (1, "silver")
    assert changes() == [("bronze", "platinum"), ("platinum", "silver")]


def test_sale__before_the_last_term_is_over__begins_with_its_end(coalition, clock, buy):
    first = buy("money")
    clock.advance(5 * DAY)
    second = buy("money", reference="2")
    assert (second.starts_at, second.ends_at) == (first.ends_at, datetime(2026, 5, 2, 21, tzinfo=UTC))
    clock.advance(first.ends_at - clock.now())
    assert (judge_ended(now=clock.now()), tier_of(coalition, clock)) == (0, "platinum")
    clock.advance(second.ends_at - clock.now())
    assert (judge_ended(now=clock.now()), tier_of(coalition, clock)) == (1, "bronze")


REFUSALS = {
    "a tier that there is not": (UnknownTier, {"tier": "diamond"}),
    "one that is not sold": (TierNotForSale, {"tier": "gold"}),
    "to nobody": (UnknownMember, {"member": "mem_01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
    "the same again": (DuplicateReference, {"reference": "once"}),
    "at a suspended partner": (PartnerSuspended, {"partner": 4}),
}


@pytest.mark.parametrize("means", ["money", "points"])
def test_sale__that_cannot_be__refused_with_nothing_changed(coalition, roubles, buy, means):
    roubles(coalition.cinema, 6000)
    buy("money", reference="once")
    set_status(coalition.grocer.id, "suspended")
    for reason, change in REFUSALS.values():
        with refused(reason):
            buy(means, **change)
