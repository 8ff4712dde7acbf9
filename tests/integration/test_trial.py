"""A draft of the programme tried on history: what would have been earned, at whose cost, and who would notice."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from coalition.domain.redemption import AsMuchAsPossible
from coalition.errors import CurrencyFixed, InvalidPeriod
from coalition.services.choices import choose
from coalition.services.partners import set_status
from coalition.services.programmes import draft
from coalition.services.trial import FunderCost, MemberChange, TierChange, Trial
from coalition.store.trial import undone
from tests.integration.books import contents
from tests.integration.conftest import goods

DAY = timedelta(days=1)
TIERS = (
    "tiers: {levels: [{name: bronze}, {name: silver, qualifying_minor: 10000}, {name: gold, qualifying_minor: 50000}]}"
)
RICH = f"""
accrual:
  rules:
    - {{id: coffee, rate_bps: 2000, when: {{categories: [COFFEE]}}, funded_by: {{partner: 1, operator: 1}}}}
    - {{id: silver, multiplier_bps: 30000, when: {{tiers: [silver, gold]}}, funded_by: {{operator: 1}}}}
    - {{id: born, bonus_points: 17, when: {{birthday_within_days: 3}}}}
    - {{id: no-books, excludes: true, when: {{categories: [BOOKS]}}}}
    - {{id: no-sale, excludes: true, when: {{discounted: true}}}}
  caps:
    - {{id: daily, points: 900, per: day}}
    - {{id: together, points: 24000, per: month, of: everybody}}
{TIERS}
"""


def tried(till, text: str, from_: date | None = None, to: date | None = None, **other):
    return Trial(draft(text, "draft"), from_, to, now=till.clock.now()).run(**other)


def points(outcome) -> tuple[int, int]:
    return outcome.points_before, outcome.points_after


@pytest.fixture
def history(till, coalition, clock):
    """Twenty days of two members, one of them born on 6 March, by rules of every kind."""
    till.rules(RICH)
    carl = till.enrol(3, birth_date=date(1990, 3, 6))
    sellers = (coalition.cinema, coalition.cafe, coalition.grocer)
    for day in range(20):
        for member in (coalition.anna, carl):
            lines = (
                goods("1", 400 + 37 * day, category="COFFEE"),
                goods("2", 900, category="BOOKS"),
                goods("3", 1300 + day),
                goods("4", -day),
                replace(goods("5", 700), discounted=True),
            )
            wish = AsMuchAsPossible(200, 3000)
            # Two at one moment: the first leads to the tier of the second.
            till.sell(sellers[day % 3], to=member, lines=lines, redeem=wish)
            till.sell(coalition.cafe, 150 * (day + 1), to=member)
        clock.advance(DAY)
    return carl


def test_trial__of_the_rules_that_were_in_force__changes_nothing(history, till):
    outcome = tried(till, RICH)
    assert outcome.purchases == 80
    assert outcome.points_after == outcome.points_before > 0
    assert [(each.points_before, each.cost_before_minor) for each in outcome.costs] == [
        (each.points_after, each.cost_after_minor) for each in outcome.costs
    ]
    assert (outcome.members_gaining, outcome.members_losing, outcome.members_unchanged) == (0, 0, 2)
    assert outcome.tier_changes == []


def test_trial__changes_nothing_in_the_books(history, till):
    before = contents()
    tried(till, f"{{accrual: {{rules: [{{id: all, rate_bps: 9000}}]}}, {TIERS}}}")
    assert contents() == before


def test_trial__of_another_rate__says_what_it_costs_whom(till, coalition):
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cafe, 1000)
    rule = "{id: films, rate_bps: 500, when: {partners: [cinema]}, funded_by: {partner: 4, operator: 1}}"
    outcome = tried(till, f"{{point_price_minor: 2, accrual: {{rules: [{rule}]}}}}")
    # Where a point is worth twice as much, the same rates give half as many.
    assert points(outcome) == (150, 50)
    assert outcome.costs == [
        FunderCost("operator", 0, 5, 0, 10),
        FunderCost("cinema", 100, 20, 200, 40),
        FunderCost("cafe", 50, 25, 100, 50),
    ]


def test_trial__names_the_members_who_gain_and_lose_most(till, coalition):
    members = [till.enrol(number) for number in range(4)]
    for number, member in enumerate(members):
        till.sell(coalition.cinema, 1000 * (number + 1), to=member)
        till.sell(coalition.cafe, 1500, to=member)
    till.sell(coalition.cafe, 1000)
    # Eight per cent at both, instead of ten at the cinema and five at the café.
    outcome = tried(till, "accrual: {rules: [{id: all, rate_bps: 800}]}", top=1)
    assert (outcome.members_gaining, outcome.members_losing, outcome.members_unchanged) == (3, 2, 0)
    assert outcome.most_gained == [MemberChange(coalition.anna.id, 50, 80)]
    assert outcome.most_lost == [MemberChange(members[3].id, 475, 440)]


@pytest.mark.parametrize(
    ("from_", "to", "expected"),
    [
        (None, None, (111, 222)),
        (date(2026, 3, 3), None, (11, 22)),
        (None, date(2026, 3, 3), (100, 200)),
        (date(2026, 3, 3), date(2026, 3, 4), (10, 20)),
        (date(2026, 3, 5), None, (0, 0)),
    ],
)
def test_trial__of_a_period__is_of_its_days_by_the_drafts_calendar(from_, to, expected, till, coalition, clock):
    # In Tokyo the days begin at 15:00 UTC; it is 9:00.
    for price in (1000, 100, 10):
        till.sell(coalition.cinema, price)
        clock.advance(timedelta(hours=6) if price == 1000 else DAY)
    text = "{time_zone: Asia/Tokyo, accrual: {rules: [{id: double, rate_bps: 2000}]}}"
    assert points(tried(till, text, from_, to)) == expected


def test_trial__leaves_the_points_that_paid_as_they_were(till, coalition):
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cinema, 1000, redeem=100)
    # The draft lets points pay nothing at all; what was paid with them earns nothing all the same.
    text = "{redemption: {max_share_bps: 0}, accrual: {rules: [{id: all, rate_bps: 1000}]}}"
    assert points(tried(till, text)) == (190, 190)


def test_trial__counts_goods_that_came_back_as_they_were_bought(till, coalition):
    bought = till.sell(coalition.cinema, 1000, 500)
    till.take_back(coalition.cinema, bought, "1")
    assert points(tried(till, "accrual: {rules: [{id: double, rate_bps: 2000}]}")) == (150, 300)


def test_trial__knows_which_lines_were_on_sale(till, coalition):
    till.sell(coalition.cinema, lines=(goods("1", 1000), replace(goods("2", 500), discounted=True)))
    text = "accrual: {{rules: [{{id: sale, excludes: true, when: {{discounted: {}}}}}]}}"
    assert points(tried(till, text.format("true"))) == (150, 100)
    assert points(tried(till, text.format("false"))) == (150, 50)


def test_trial__caps_begin_at_zero_and_fill_in_the_order_of_time(till, coalition, clock):
    earlier = clock.now() - DAY
    till.sell(coalition.cinema, 700)
    # Recorded later, though it happened before.
    till.sell(coalition.cafe, 1000, at=earlier)
    text = "accrual: {caps: [{id: all, points: 80, per: campaign, of: everybody}]}"
    outcome = tried(till, text)
    assert points(outcome) == (120, 80)
    assert [(each.funder, each.points_after) for each in outcome.costs] == [("cinema", 30), ("cafe", 50)]


def test_trial__judges_by_the_drafts_tiers_over_what_was_really_spent(till, coalition, clock):
    till.sell(coalition.cinema, 9000)
    clock.advance(DAY)
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cinema, 1000)
    text = f"{{accrual: {{rules: [{{id: silver, multiplier_bps: 20000, when: {{tiers: [silver]}}}}]}}, {TIERS}}}"
    # Of the receipts of the second day, the first leads to silver, and only the second has it; what was spent before
    # the period counts.
    outcome = tried(till, text, date(2026, 3, 3))
    assert points(outcome) == (200, 300)
    assert (outcome.members_changing_tier, outcome.tier_changes) == (1, [TierChange(None, "silver", 1)])


def test_trial__of_a_draft_without_tiers__says_who_loses_theirs(till, coalition):
    till.rules(TIERS)
    till.sell(coalition.cinema, 60_000)
    till.sell(coalition.cinema, 5000, to=till.enrol(4))
    outcome = tried(till, "currency: USD")
    assert (outcome.members_changing_tier, outcome.tier_changes) == (1, [TierChange("gold", None, 1)])


def test_trial__goods_that_came_back__do_not_lead_to_a_tier(till, coalition, clock):
    bought = till.sell(coalition.cinema, 6000, 6000)
    till.take_back(coalition.cinema, bought, "1")
    clock.advance(DAY)
    assert tried(till, TIERS).tier_changes == []


def test_trial__categories_of_the_month__are_those_that_members_had_picked(till, coalition, clock):
    text = "accrual: {rules: [{id: favourites, rate_bps: 5000, when: {choice: {pick: 1, of: [TEA, category]}}}]}"
    till.rules(text)
    choose(coalition.anna.id, "favourites", "2026-03", ["category"], now=clock.now())
    clock.advance(DAY)
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cinema, 1000, to=till.enrol(5))
    assert points(tried(till, text.replace("5000", "8000"))) == (600, 900)


def test_trial__a_funder_that_could_not_pay_now__pays(till, coalition):
    till.sell(coalition.cinema, 1000)
    set_status(coalition.cinema.id, "suspended")
    assert points(tried(till, "currency: USD")) == (100, 100)


def test_trial__tells_of_categories_that_no_receipt_has_had(till, coalition):
    till.sell(coalition.cinema, 1000)
    text = "accrual: {rules: [{id: none, excludes: true, when: {categories: [category, CATEGORI]}}]}"
    assert tried(till, text).unknown_categories == ("CATEGORI",)


def test_trial__tells_how_far_it_is(history, till):
    heard = []
    tried(till, "currency: USD", progress=heard.append)
    assert heard == [80]


def test_trial__of_no_purchases__is_of_zeros(till):
    outcome = tried(till, "currency: USD")
    assert (outcome.purchases, points(outcome), outcome.costs, outcome.members_unchanged) == (0, (0, 0), [], 0)


def test_trial__of_a_period_without_a_day__refused(till):
    with pytest.raises(InvalidPeriod):
        tried(till, "currency: USD", date(2026, 3, 2), date(2026, 3, 2))


def test_trial__in_another_currency__refused(till):
    with pytest.raises(CurrencyFixed):
        tried(till, "currency: EUR")


def test_undone__what_happened_inside__never_was(till, coalition):
    till.sell(coalition.cinema, 1000)
    before = contents()
    with undone():
        till.sell(coalition.cinema, 500, redeem=100)
        assert contents() != before
    assert contents() == before


def test_undone__a_refusal_inside__is_told_and_leaves_nothing(till, coalition):
    before = contents()
    with pytest.raises(InvalidPeriod), undone():
        till.sell(coalition.cinema, 500)
        tried(till, "currency: USD", date(2026, 3, 2), date(2026, 3, 2))
    assert contents() == before


def test_trial__of_more_purchases_than_are_read_at_a_time__has_each_once(till, coalition, monkeypatch):
    monkeypatch.setattr("coalition.services.trial._CHUNK", 2)
    moments = [datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (5, 1, 4, 2, 3)]
    for hour, moment in enumerate(moments):
        till.sell(coalition.cinema, 10 * 2**hour, at=moment)
    heard = []
    outcome = tried(till, "accrual: {rules: [{id: double, rate_bps: 2000}]}", progress=heard.append)
    assert (points(outcome), heard) == ((31, 62), [2, 4, 5])
