"""Caps: what is left of a cap, which rule gives way first, and which counters a receipt moves."""

from datetime import UTC, datetime

import pytest

from coalition.domain.caps import CapKey, cap_keys, cap_uses
from coalition.domain.programme import AccrualRule, Cap, CapPeriod, CapSubject, Conditions, Stacking
from tests.unit.receipts import CAFE, by_funder, by_line, by_rule, earn, lines, programme_of

DAILY = CapKey("daily", "2026-03-03", 42)
DOUBLE = AccrualRule("double", multiplier_bps=20_000)
GIFT = AccrualRule("gift", bonus_points=50, campaign="spring")
CINEMA_ONLY = Conditions(partners=frozenset({"cinema"}))


def daily(points: int, **terms) -> Cap:
    return Cap("daily", points, CapPeriod.DAY, **terms)


@pytest.mark.parametrize(
    ("used", "earned"), [(0, 100), (100, 100), (150, 50), (200, 0), (999, 0)], ids=lambda value: str(value)
)
def test_cap__what_is_used_already__leaves_less_and_never_less_than_nothing(used, earned):
    accrual = earn(lines(1000), programme_of(caps=(daily(200),)), used={DAILY: used})
    assert accrual.points == earned
    assert accrual.cap_uses == ({DAILY: earned} if earned else {})


def test_cap__of_nothing__lets_nothing_through():
    assert earn(lines(1000), programme_of(caps=(daily(0),))).points == 0


def test_cap__exceeded__bonuses_give_way_then_multipliers_then_rates():
    rules = (DOUBLE, GIFT)
    given = [by_rule(earn(lines(1000), programme_of(*rules, caps=(daily(points),)))) for points in (250, 220, 150, 40)]
    assert given == [
        {"base": 100, "double": 100, "gift": 50},
        {"base": 100, "double": 100, "gift": 20},
        {"base": 100, "double": 50},
        {"base": 40},
    ]


def test_cap__exceeded_by_rules_of_a_kind__the_weaker_gives_way_first():
    rules = (AccrualRule("weak", bonus_points=50), AccrualRule("strong", bonus_points=30, priority=1))
    programme = programme_of(*rules, caps=(daily(160),), stacking=Stacking.ADD)
    assert by_rule(earn(lines(1000), programme)) == {"base": 100, "strong": 30, "weak": 30}


def test_cap__exceeded__lines_and_funders_lose_in_proportion():
    rule = AccrualRule("ours", rate_bps=1000, funded_by={"partner": 1, "operator": 1})
    accrual = earn(lines(600, 400), programme_of(rule, caps=(daily(50),)))
    assert by_line(accrual) == [30, 20]
    assert by_funder(accrual) == {"cafe": 25, "operator": 25}


def test_cap__of_rules__leaves_other_rules_alone():
    cap = daily(10, rules=frozenset({"double"}))
    assert by_rule(earn(lines(1000), programme_of(DOUBLE, GIFT, caps=(cap,)))) == {
        "base": 100,
        "double": 10,
        "gift": 50,
    }


def test_cap__of_the_partners_own_rate__can_be_named():
    assert earn(lines(1000), programme_of(caps=(daily(10, rules=frozenset({"base"})),))).points == 10


def test_cap__of_a_campaign__covers_all_its_rules():
    other = AccrualRule("also", multiplier_bps=20_000, campaign="spring")
    cap = Cap("budget", 60, CapPeriod.CAMPAIGN, CapSubject.EVERYBODY, campaign="spring")
    accrual = earn(lines(1000), programme_of(other, GIFT, caps=(cap,)))
    assert by_rule(accrual) == {"base": 100, "also": 60}
    assert accrual.cap_uses == {CapKey("budget", "", 0): 60}


def test_cap__of_a_receipt__needs_no_counter():
    programme = programme_of(caps=(Cap("each", 30, CapPeriod.RECEIPT),))
    accrual = earn(lines(1000), programme)
    assert (accrual.points, accrual.cap_uses, cap_keys(programme, CAFE)) == (30, {}, [])


def test_cap__of_other_partners__neither_cuts_nor_counts():
    programme = programme_of(caps=(daily(10, partners=frozenset({"cinema"})),))
    accrual = earn(lines(1000), programme)
    assert (accrual.points, accrual.cap_uses, cap_keys(programme, CAFE)) == (100, {}, [])


def test_caps__several__all_hold_and_count_what_is_left_after_all():
    monthly = Cap("monthly", 30, CapPeriod.MONTH)
    accrual = earn(lines(1000), programme_of(caps=(daily(60), monthly)))
    assert accrual.cap_uses == {DAILY: 30, CapKey("monthly", "2026-03", 42): 30}


@pytest.mark.parametrize(
    ("per", "of", "key"),
    [
        (CapPeriod.DAY, CapSubject.MEMBER, CapKey("cap", "2026-04-01", 42)),
        (CapPeriod.MONTH, CapSubject.PARTNER, CapKey("cap", "2026-04", 7)),
        (CapPeriod.CAMPAIGN, CapSubject.EVERYBODY, CapKey("cap", "", 0)),
    ],
)
def test_cap_keys__are_of_the_local_period_and_the_subject(per, of, key):
    late = CAFE._replace(occurred_at=datetime(2026, 3, 31, 21, tzinfo=UTC))
    programme = programme_of(caps=(Cap("cap", 1, per, of),), time_zone="Europe/Moscow")
    assert cap_keys(programme, late) == [key]


def test_cap_keys__caps_only_of_rules_that_cannot_hold_here__are_left_out():
    rule = AccrualRule("cinema", bonus_points=1, when=CINEMA_ONLY, campaign="film")
    caps = (
        daily(1, rules=frozenset({"cinema"})),
        Cap("film", 1, CapPeriod.CAMPAIGN, campaign="film"),
        Cap("all", 1, CapPeriod.DAY),
    )
    programme = programme_of(rule, caps=caps)
    assert [key.cap for key in cap_keys(programme, CAFE)] == ["all"]
    assert [key.cap for key in cap_keys(programme, CAFE._replace(partner="cinema"))] == ["all", "daily", "film"]


def test_cap_keys__come_in_one_order_however_the_document_has_them():
    caps = (daily(1), Cap("all", 1, CapPeriod.DAY))
    assert cap_keys(programme_of(caps=caps), CAFE) == cap_keys(programme_of(caps=caps[::-1]), CAFE)


def test_cap_uses__of_points_taken_back__are_those_of_the_receipt():
    programme = programme_of(DOUBLE, GIFT, caps=(daily(1000, rules=frozenset({"double", "gift"})),))
    accrual = earn(lines(1000), programme)
    awards = [(award.rule, award.points) for award in accrual.awards]
    assert cap_uses(programme, CAFE, awards) == accrual.cap_uses == {DAILY: 150}
    assert cap_uses(programme, CAFE, [("gift", 20), ("base", 5)]) == {DAILY: 20}
