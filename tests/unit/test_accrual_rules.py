"""Rules: when each holds, what it gives, which wins where they compete, and who pays."""

from datetime import UTC, date, datetime, time

import pytest

from coalition.domain.accrual import Award, accrue
from coalition.domain.programme import AccrualRule, Choice, Conditions, Stacking
from tests.unit.receipts import CAFE, by_funder, by_line, by_rule, earn, line, lines, programme_of


def names(*given: str) -> frozenset[str]:
    return frozenset(given)


def rate(rate_bps: int, id_: str = "rate", priority: int = 0, **when) -> AccrualRule:
    return AccrualRule(id_, rate_bps=rate_bps, priority=priority, when=Conditions(**when))


def multiplier(bps: int, id_: str = "multiplier", priority: int = 0, **when) -> AccrualRule:
    return AccrualRule(id_, multiplier_bps=bps, priority=priority, when=Conditions(**when))


def bonus(points: int, id_: str = "bonus", priority: int = 0, **when) -> AccrualRule:
    return AccrualRule(id_, bonus_points=points, priority=priority, when=Conditions(**when))


def exclusion(id_: str = "excluded", **when) -> AccrualRule:
    return AccrualRule(id_, excludes=True, when=Conditions(**when))


BASKET = [line(1000, "COFFEE"), line(500, "BOOKS"), line(500, "TOBACCO", discounted=True)]


def said(asked: dict) -> str:
    """The same words in every run: a set has no order of its own."""
    return ", ".join(
        f"{key}={sorted(value) if isinstance(value, frozenset) else value}"
        for key, value in asked.items()
        if not isinstance(value, (Choice, dict))
    )


@pytest.mark.parametrize(
    ("when", "circumstances"),
    [
        ({"partners": names("cafe", "cinema")}, {}),
        ({"stores": names("cafe-1")}, {}),
        ({"tiers": names("gold")}, {"tier": "gold"}),
        ({"weekdays": frozenset({1})}, {}),
        ({"hours": (time(9, 30), time(12))}, {}),
        ({"hours": (time(9), time(0))}, {}),
        ({"first_day": date(2026, 3, 3), "last_day": date(2026, 3, 3)}, {}),
        ({"birthday_within_days": 0}, {"birth_date": date(1990, 3, 3)}),
        ({"minimum_receipt_minor": 2000}, {}),
        ({"choice": Choice(1, names("COFFEE", "BOOKS", "TOBACCO"))}, {"chosen": {"bonus": names("BOOKS")}}),
        ({"skus": names("sku")}, {}),
        ({"discounted": True}, {}),
        ({"discounted": False}, {}),
        ({"categories": names("COFFEE"), "partners": names("cafe"), "weekdays": frozenset({1})}, {}),
    ],
    ids=said,
)
def test_condition__met__gives(when, circumstances):
    assert by_rule(earn(BASKET, programme_of(bonus(5, **when)), CAFE._replace(**circumstances)))["bonus"] == 5


@pytest.mark.parametrize(
    ("when", "circumstances"),
    [
        ({"partners": names("cinema")}, {}),
        ({"stores": names("cafe-2")}, {}),
        ({"stores": names("cafe-2")}, {"store": None}),
        ({"tiers": names("gold")}, {"tier": "silver"}),
        ({"tiers": names("gold")}, {}),
        ({"weekdays": frozenset({0, 2})}, {}),
        ({"hours": (time(9), time(9, 30))}, {}),
        ({"hours": (time(9, 31), time(0))}, {}),
        ({"first_day": date(2026, 3, 4)}, {}),
        ({"last_day": date(2026, 3, 2)}, {}),
        ({"birthday_within_days": 3}, {}),
        ({"birthday_within_days": 3}, {"birth_date": date(1990, 3, 7)}),
        ({"minimum_receipt_minor": 2001}, {}),
        ({"choice": Choice(1, names("COFFEE"))}, {}),
        ({"choice": Choice(1, names("COFFEE"))}, {"chosen": {"bonus": names("TEA")}}),
        ({"choice": Choice(1, names("COFFEE"))}, {"chosen": {"another": names("COFFEE")}}),
        ({"categories": names("TEA")}, {}),
        ({"skus": names("other")}, {}),
        ({"categories": names("COFFEE"), "discounted": True}, {}),
        ({"categories": names("COFFEE"), "partners": names("cinema")}, {}),
    ],
    ids=said,
)
def test_condition__not_met__gives_nothing(when, circumstances):
    assert "bonus" not in by_rule(earn(BASKET, programme_of(bonus(5, **when)), CAFE._replace(**circumstances)))


@pytest.mark.parametrize(
    ("today", "born", "within", "near"),
    [
        ((2026, 3, 3), (1990, 3, 6), 3, True),
        ((2026, 3, 3), (1990, 2, 28), 3, True),
        ((2026, 3, 3), (1990, 2, 27), 3, False),
        ((2026, 12, 30), (1990, 1, 2), 3, True),
        ((2027, 1, 2), (1990, 12, 30), 3, True),
        ((2027, 1, 2), (1990, 12, 29), 3, False),
        ((2027, 2, 28), (2000, 2, 29), 0, True),
        ((2027, 3, 1), (2000, 2, 29), 0, False),
        ((2028, 2, 29), (2000, 2, 29), 0, True),
        ((2028, 2, 28), (2000, 2, 29), 0, False),
    ],
    ids=str,
)
def test_birthday__across_the_new_year_and_on_29_february__is_the_nearest_in_the_calendar(today, born, within, near):
    circumstances = CAFE._replace(occurred_at=datetime(*today, 12, tzinfo=UTC), birth_date=date(*born))
    accrual = earn(lines(100), programme_of(bonus(5, birthday_within_days=within)), circumstances)
    assert ("bonus" in by_rule(accrual)) is near


def test_times__are_those_of_the_programmes_zone():
    # 9:30 in London is half past twelve in Moscow; Monday evening there is Tuesday already.
    rule = bonus(5, weekdays=frozenset({1}), hours=(time(0), time(1)), first_day=date(2026, 3, 3))
    late = CAFE._replace(occurred_at=datetime(2026, 3, 2, 21, 30, tzinfo=UTC))
    assert by_rule(earn(lines(100), programme_of(rule, time_zone="Europe/Moscow"), late))["bonus"] == 5
    assert "bonus" not in by_rule(earn(lines(100), programme_of(rule), late))


def test_rate__holds_for_its_lines__the_others_earn_at_the_partners_own():
    accrual = earn(BASKET, programme_of(rate(2000, categories=names("COFFEE"))))
    assert by_rule(accrual) == {"rate": 200, "base": 100}
    assert by_line(accrual) == [200, 50, 50]


def test_rate__below_the_partners_own__holds_all_the_same():
    assert by_rule(earn(lines(1000), programme_of(rate(0)))) == {}


def test_rates__several_hold__priority_then_the_higher_then_the_first():
    assert by_rule(earn(lines(1000), programme_of(rate(500, "a"), rate(700, "b")))) == {"b": 70}
    assert by_rule(earn(lines(1000), programme_of(rate(500, "a", priority=1), rate(700, "b")))) == {"a": 50}
    assert by_rule(earn(lines(1000), programme_of(rate(500, "a"), rate(500, "b")))) == {"a": 50}


def test_rate__fractions__are_dropped_once_for_all_lines_of_a_rule():
    programme = programme_of(rate(1000, categories=names("COFFEE")))
    assert by_rule(earn([line(5), line(5), line(9, "TEA"), line(9, "TEA")], programme)) == {"rate": 1, "base": 1}


def test_exclusion__its_lines__earn_nothing_from_any_rule_and_the_rule_is_named():
    programme = programme_of(
        exclusion("no-tobacco", categories=names("TOBACCO")),
        exclusion("no-sale", discounted=True),
        rate(5000, categories=names("TOBACCO")),
        bonus(10, "smoker", categories=names("TOBACCO")),
        bonus(3, "all"),
    )
    accrual = earn(BASKET, programme)
    assert accrual.excluded == {2: "no-tobacco"}
    assert by_rule(accrual) == {"base": 150, "all": 3}
    assert by_line(accrual) == [102, 51, 0]


def test_exclusion__counts_not_towards_the_smallest_receipt():
    programme = programme_of(exclusion(categories=names("TOBACCO")), bonus(10, minimum_receipt_minor=1501))
    assert by_rule(earn(BASKET, programme)) == {"base": 150}


def test_multiplier__adds_to_the_rate_under_its_own_name():
    assert by_rule(earn(lines(1000), programme_of(multiplier(20_000)))) == {"base": 100, "multiplier": 100}


def test_multiplier__over_several_rates__adds_to_each_what_it_gives():
    programme = programme_of(rate(2000, categories=names("COFFEE")), multiplier(15_000))
    accrual = earn(BASKET, programme)
    assert by_rule(accrual) == {"rate": 200, "base": 100, "multiplier": 150}
    assert by_line(accrual) == [300, 75, 75]


def test_multiplier__of_nothing__is_nothing():
    assert by_rule(earn(lines(1000), programme_of(rate(0), multiplier(20_000)))) == {}


def test_multipliers__best__one_a_line_by_priority_then_the_greater_then_the_first():
    coffee = names("COFFEE")
    programme = programme_of(multiplier(20_000, "all"), multiplier(30_000, "coffee", categories=coffee))
    assert by_rule(earn(BASKET, programme)) == {"base": 200, "coffee": 200, "all": 100}
    programme = programme_of(multiplier(20_000, "all", priority=1), multiplier(30_000, "coffee", categories=coffee))
    assert by_rule(earn(BASKET, programme)) == {"base": 200, "all": 200}
    programme = programme_of(multiplier(20_000, "a"), multiplier(20_000, "b"))
    assert by_rule(earn(BASKET, programme)) == {"base": 200, "a": 200}


def test_multipliers__add__all_of_them_on_the_same_rate():
    programme = programme_of(multiplier(20_000, "two"), multiplier(30_000, "three"), stacking=Stacking.ADD)
    assert by_rule(earn(lines(1000), programme)) == {"base": 100, "two": 100, "three": 200}


def test_bonus__is_given_once_and_allotted_over_the_lines_that_meet_it():
    accrual = earn(BASKET, programme_of(rate(0), bonus(10, categories=names("COFFEE", "BOOKS"))))
    assert by_line(accrual) == [7, 3, 0]


def test_bonus__lines_wholly_paid_with_points__give_none():
    accrual = accrue(lines(100), [100], programme_of(bonus(10)), CAFE, {})
    assert (accrual.points, accrual.awards) == (0, ())


def test_bonuses__best__only_one_by_priority_then_the_greater_then_the_first():
    assert by_rule(earn(lines(1), programme_of(bonus(5, "a"), bonus(7, "b")))) == {"b": 7}
    assert by_rule(earn(lines(1), programme_of(bonus(5, "a", priority=1), bonus(7, "b")))) == {"a": 5}
    assert by_rule(earn(lines(1), programme_of(bonus(5, "a"), bonus(5, "b")))) == {"a": 5}
    other = names("TEA")
    assert by_rule(earn(lines(1), programme_of(bonus(5, "a"), bonus(7, "b", categories=other)))) == {"a": 5}


def test_bonuses__add__all_of_them():
    programme = programme_of(bonus(5, "a"), bonus(7, "b"), stacking=Stacking.ADD)
    assert by_rule(earn(lines(1), programme)) == {"a": 5, "b": 7}


def test_choice__only_what_was_picked_and_can_be_picked__counts():
    programme = programme_of(rate(5000, choice=Choice(2, names("COFFEE", "BOOKS"))))
    picked = CAFE._replace(chosen={"rate": names("BOOKS", "TOBACCO")})
    assert by_rule(earn(BASKET, programme, picked)) == {"rate": 250, "base": 150}


def test_minimum_receipt__what_points_paid__does_not_count():
    programme = programme_of(bonus(5, minimum_receipt_minor=1000))
    assert by_rule(accrue(lines(1000), [1], programme, CAFE, {})) == {"base": 99}


def test_funders__of_a_rule__each_give_their_share_and_lines_keep_their_points():
    rule = AccrualRule("ours", rate_bps=1000, funded_by={"partner": 1, "operator": 1})
    accrual = earn(lines(*[10] * 10), programme_of(rule))
    assert by_line(accrual) == [1] * 10
    assert by_funder(accrual) == {"cafe": 5, "operator": 5}


def test_funders__the_seller_also_by_name__gives_both_shares():
    rule = AccrualRule("ours", rate_bps=1000, funded_by={"partner": 1, "cafe": 1, "operator": 2})
    assert earn(lines(40), programme_of(rule)).awards == (Award(0, "ours", "cafe", 2), Award(0, "ours", "operator", 2))


def test_funders__in_another_order_in_the_document__give_the_same():
    one, other = ({"operator": 1, "partner": 1}, {"partner": 1, "operator": 1})
    accruals = [
        earn(lines(15), programme_of(AccrualRule("a", rate_bps=10_000, funded_by=each))) for each in (one, other)
    ]
    assert accruals[0] == accruals[1]
