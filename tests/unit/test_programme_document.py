"""The programme's document: what it may say, every mistake by line and key, and that it comes back as it went."""

import json
from datetime import date, time
from pathlib import Path

import orjson
import pytest
import yaml

from coalition.domain.programme import (
    AccrualRule,
    Cap,
    CapPeriod,
    CapSubject,
    Choice,
    Conditions,
    Failure,
    PartnerTerms,
    Programme,
    Stacking,
    Tier,
    TierPeriod,
)
from coalition.domain.programme_document import programme_document, read_programme
from coalition.errors import InvalidProgramme, Mistake

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "programme.yaml"
PARTNERS = ("operator", "cafe", "grocer", "cinema")

EVERYTHING = """
currency: RUB
point_price_minor: 100
time_zone: Europe/Moscow
accrual:
  pending_days: 14
  stacking: add
  caps:
    - {id: a, points: 300, per: campaign, of: everybody, campaign: spring, partners: [cafe]}
    - {id: b, points: 0, per: day, of: partner, rules: [base, plain]}
  rules:
    - {id: plain, rate_bps: 0}
    - id: all
      bonus_points: 100
      campaign: spring
      priority: -1
      funded_by: {partner: 1, operator: 2}
      when:
        partners: [cafe]
        stores: ["1"]
        categories: [COFFEE, ЧАЙ]
        skus: ["007"]
        discounted: false
        weekdays: [tue, mon]
        hours: {from: 09:00, until: "24:00"}
        tiers: [silver]
        birthday_within_days: 0
        minimum_receipt_minor: 5
        first_day: 2026-03-01
        last_day: "2026-03-31"
    - {id: picked, multiplier_bps: 20000, when: {choice: {pick: 1, of: [A, B]}}}
    - {id: never, excludes: true, when: {discounted: true}}
redemption: {minimum_points: 10, step_points: 5, max_share_bps: 5000, excluded_categories: [GIFT], hold_ttl_s: 60}
returns: {spent_points: write_off, grace_days: 7}
expiry: {lifetime_months: 12}
tiers:
  period: calendar_year
  partner: cinema
  grace_days: 30
  one_step_down: true
  levels:
    - {name: bronze}
    - {name: silver, qualifying_minor: 500000, perks: [free delivery, 🎁]}
    - {name: club, price_minor: 49900, price_points: 5000, term_months: 12}
adjustments: {four_eyes_above_points: 5}
transfers: {allowed: true}
partners: {failure: lapse, failure_notice_days: 45}
"""


def mistakes(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(InvalidProgramme) as refusal:
        read_programme(text, "p.yaml", partners=PARTNERS)
    return [(mistake.line, mistake.key, mistake.problem) for mistake in refusal.value.mistakes]


def test_document__that_says_nothing__is_the_usual_programme():
    assert read_programme("{}", "p.yaml") == Programme()


def test_document__every_term__is_read():
    programme = read_programme(EVERYTHING, "p.yaml", partners=PARTNERS)
    accrual, redemption, tiers = programme.accrual, programme.redemption, programme.tiers

    assert (programme.currency, programme.point_price_minor, programme.time_zone) == ("RUB", 100, "Europe/Moscow")
    assert (accrual.pending_days, accrual.stacking) == (14, Stacking.ADD)
    assert accrual.rules == (
        AccrualRule("plain", rate_bps=0),
        AccrualRule(
            "all",
            bonus_points=100,
            when=Conditions(
                partners=frozenset({"cafe"}),
                stores=frozenset({"1"}),
                categories=frozenset({"COFFEE", "ЧАЙ"}),
                skus=frozenset({"007"}),
                discounted=False,
                weekdays=frozenset({0, 1}),
                hours=(time(9), time(0)),
                tiers=frozenset({"silver"}),
                birthday_within_days=0,
                minimum_receipt_minor=5,
                first_day=date(2026, 3, 1),
                last_day=date(2026, 3, 31),
            ),
            funded_by={"partner": 1, "operator": 2},
            priority=-1,
            campaign="spring",
        ),
        AccrualRule("picked", multiplier_bps=20_000, when=Conditions(choice=Choice(1, frozenset({"A", "B"})))),
        AccrualRule("never", excludes=True, when=Conditions(discounted=True)),
    )
    assert accrual.caps == (
        Cap("a", 300, CapPeriod.CAMPAIGN, CapSubject.EVERYBODY, campaign="spring", partners=frozenset({"cafe"})),
        Cap("b", 0, CapPeriod.DAY, CapSubject.PARTNER, rules=frozenset({"base", "plain"})),
    )
    assert (redemption.minimum_points, redemption.step_points, redemption.max_share_bps) == (10, 5, 5000)
    assert (redemption.excluded_categories, redemption.hold_ttl_s) == (frozenset({"GIFT"}), 60)
    assert (programme.returns.spent_points, programme.returns.grace_days) == ("write_off", 7)
    assert programme.expiry.lifetime_months == 12
    assert tiers is not None
    assert (tiers.period, tiers.partner, tiers.grace_days) == (TierPeriod.CALENDAR_YEAR, "cinema", 30)
    assert tiers.one_step_down
    assert tiers.levels == (
        Tier("bronze"),
        Tier("silver", qualifying_minor=500_000, perks=("free delivery", "🎁")),
        Tier("club", price_minor=49_900, price_points=5000, term_months=12),
    )
    assert programme.adjustments.four_eyes_above_points == 5
    assert programme.transfers.allowed
    assert programme.partners == PartnerTerms(Failure.LAPSE, 45)


@pytest.mark.parametrize("text", ["{}", EVERYTHING, EXAMPLE.read_text()], ids=["empty", "everything", "example"])
def test_document__of_a_programme__makes_it_again_and_says_the_same(text):
    programme = read_programme(text, "p.yaml", partners=PARTNERS)
    document = programme_document(programme)
    # Three writers of JSON and YAML: compact, with escapes, in blocks and sorted.
    written = (orjson.dumps(document).decode(), json.dumps(document, indent=2), yaml.safe_dump(document))
    for text_again in written:
        again = read_programme(text_again, "again", partners=PARTNERS)
        assert again == programme
        assert programme_document(again) == document


def test_document__of_the_usual_programme__tells_every_single_term():
    assert programme_document(Programme()) == {
        "currency": "USD",
        "point_price_minor": 1,
        "time_zone": "UTC",
        "accrual": {"pending_days": 0, "stacking": "best"},
        "redemption": {"minimum_points": 0, "step_points": 1, "max_share_bps": 10_000, "hold_ttl_s": 900},
        "returns": {"spent_points": "debt", "grace_days": 30},
        "expiry": {"lifetime_months": 24},
        "adjustments": {"four_eyes_above_points": 10_000},
        "transfers": {"allowed": False},
        "partners": {"failure": "honoured", "failure_notice_days": 30},
    }


def test_example__reads_and_uses_every_kind_of_rule():
    programme = read_programme(EXAMPLE.read_text(), EXAMPLE.name, partners=PARTNERS)
    terms = programme.accrual
    assert all((terms.rates, terms.multipliers, terms.bonuses, terms.exclusions, terms.caps))
    assert programme.tiers is not None
    assert [(tier.name, tier.qualifying_minor) for tier in programme.tiers.levels] == [
        ("bronze", None),
        ("silver", 5_000_00),
        ("gold", 20_000_00),
    ]


def test_mistakes__all_of_a_document__are_named_at_once_by_line():
    text = "currency: usd\ntransfers: {alowed: true}\naccrual:\n  pending_days: 400\n"
    with pytest.raises(InvalidProgramme) as refusal:
        read_programme(text, "p.yaml")
    assert refusal.value.mistakes == (
        Mistake("p.yaml", 1, "currency", "usd is not an ISO 4217 code, such as EUR"),
        Mistake("p.yaml", 2, "transfers.alowed", "unknown key; did you mean allowed?"),
        Mistake("p.yaml", 4, "accrual.pending_days", "400 is not from 0 to 366"),
    )
    assert str(refusal.value).splitlines()[1] == "p.yaml:2: transfers.alowed: unknown key; did you mean allowed?"


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        ("", "file", "is empty"),
        ("[1]", "file", "must be a mapping"),
        ("currency: [", "file", "is not YAML"),
        ("currency: USD\ncurrency: USD", "currency", "stands twice; first in line 1"),
        ("currency: US", "currency", "ISO 4217"),
        ("partners: {failure: lapsed}", "partners.failure", "did you mean lapse"),
        ("partners: {failure_notice_days: 0}", "partners.failure_notice_days", "is not from 1 to 366"),
        ("currency: РУБ", "currency", "ISO 4217"),
        ("currency: 5", "currency", "must be a text"),
        (r'currency: "\ud83c"', "file", "half a character"),
        ("point_price_minor: 0", "point_price_minor", "is not from 1 to 1000000000"),
        ("point_price_minor: 1.5", "point_price_minor", "whole number"),
        ("time_zone: Europe/Moskow", "time_zone", "is not an IANA zone; did you mean Europe/Moscow?"),
        ("time_zone: Europe", "time_zone", "is not an IANA zone"),
        ("time_zone: ../etc/passwd", "time_zone", "is not an IANA zone"),
        ('time_zone: ""', "time_zone", "is empty"),
        ("accrual: {stacking: bset}", "accrual.stacking", "did you mean best?"),
        ("accrual: {pending_days: -1}", "accrual.pending_days", "is not from"),
        (
            "{accrual: {pending_days: 28}, expiry: {lifetime_months: 1}}",
            "accrual.pending_days",
            "28 days is not shorter than the lifetime",
        ),
        ("redemption: {max_share_bps: 10001}", "redemption.max_share_bps", "is not from 0 to 10000"),
        ("redemption: {step_points: 0}", "redemption.step_points", "is not from 1"),
        ("redemption: {hold_ttl_s: 604801}", "redemption.hold_ttl_s", "is not from 1 to 604800"),
        ("redemption: {excluded_categories: [A, A]}", "redemption.excluded_categories[1]", "A stands twice"),
        ("returns: {grace_days: 367}", "returns.grace_days", "is not from 0 to 366"),
        ("returns: {spent_points: forget}", "returns.spent_points", "is not one of debt, write_off"),
        ("expiry: {lifetime_months: 0}", "expiry.lifetime_months", "is not from 1 to 1200"),
        ("expiry: {lifetime_months: 1201}", "expiry.lifetime_months", "is not from 1 to 1200"),
        ("transfers: {allowed: 1}", "transfers.allowed", "true or false"),
    ],
)
def test_terms__that_cannot_be__are_refused_by_key(text, key, problem):
    ((_, given_key, given_problem),) = mistakes(text)
    assert given_key == key
    assert problem in given_problem


@pytest.mark.parametrize(
    ("rule", "key", "problem"),
    [
        ("{rate_bps: 1}", ".id", "is missing"),
        ("{id: A, rate_bps: 1}", ".id", "small letters"),
        ("{id: base, rate_bps: 1}", ".id", "the partner's own rate"),
        ("{id: first, rate_bps: 1}", ".id", "already the name of line 3"),
        ("{id: a}", "", "exactly one of rate_bps, multiplier_bps, bonus_points, excludes"),
        ("{id: a, excludes: false}", "", "exactly one"),
        ("{id: a, rate_bps: 1, excludes: true}", "", "exactly one"),
        ("{id: a, rate_bps: 10001}", ".rate_bps", "is not from 0 to 10000"),
        ("{id: a, multiplier_bps: 10000}", ".multiplier_bps", "is not from 10001 to 1000000"),
        ("{id: a, bonus_points: 0}", ".bonus_points", "is not from 1"),
        ("{id: a, rate_bps: 1, funded_by: {}}", ".funded_by", "names nobody"),
        ("{id: a, rate_bps: 1, funded_by: {operator: 0}}", ".funded_by.operator", "is not from 1"),
        ("{id: a, rate_bps: 1, funded_by: {opera: 1}}", ".funded_by.opera", "did you mean operator?"),
        ("{id: a, rate_bps: 1, when: {partners: [partner]}}", ".when.partners[0]", "no partner is named partner"),
        ("{id: a, rate_bps: 1, when: {partners: []}}", ".when.partners", "with something in it"),
        ("{id: a, rate_bps: 1, when: {skus: [7]}}", ".when.skus[0]", "put it in quotes"),
        (r'{id: a, rate_bps: 1, when: {skus: ["\0"]}}', ".when.skus[0]", "one line"),
        (
            "{id: a, rate_bps: 1, when: {tiers: [golden]}}",
            ".when.tiers[0]",
            "no tier is named golden; did you mean gold?",
        ),
        ("{id: a, rate_bps: 1, when: {weekdays: [tues]}}", ".when.weekdays[0]", "did you mean tue?"),
        ("{id: a, rate_bps: 1, when: {hours: {from: 12:00}}}", ".when.hours.until", "is missing"),
        ("{id: a, rate_bps: 1, when: {hours: {from: 12:00, until: 12:00}}}", ".when.hours.until", "not after from"),
        ("{id: a, rate_bps: 1, when: {hours: {from: 12:00, until: 00:00}}}", ".when.hours.until", "day ends at 24:00"),
        ("{id: a, rate_bps: 1, when: {hours: {from: 24:00, until: 24:00}}}", ".when.hours.from", "written as 09:30"),
        ("{id: a, rate_bps: 1, when: {hours: {from: 9:00, until: 12:00}}}", ".when.hours.from", "written as 09:30"),
        ("{id: a, rate_bps: 1, when: {first_day: 2026-02-29}}", ".when.first_day", "a day of the calendar"),
        ("{id: a, rate_bps: 1, when: {first_day: 20260301}}", ".when.first_day", "a day of the calendar"),
        (
            "{id: a, rate_bps: 1, when: {first_day: 2026-03-02, last_day: 2026-03-01}}",
            ".when.last_day",
            "2026-03-01 is before first_day, 2026-03-02",
        ),
        ("{id: a, rate_bps: 1, when: {choice: {pick: 3, of: [A, B]}}}", ".when.choice.pick", "is not from 1 to 2"),
        ("{id: a, rate_bps: 1, when: {choice: {pick: 0, of: [A, B]}}}", ".when.choice.pick", "is not from 1 to 2"),
        (
            "{id: a, rate_bps: 1, when: {choice: {pick: 1, of: [A]}, categories: [B]}}",
            ".when.categories",
            "cannot stand together with choice",
        ),
        ("{id: a, rate_bps: 1, when: {category: [B]}}", ".when.category", "did you mean categories?"),
    ],
)
def test_rule__that_cannot_be__is_refused_by_key(rule, key, problem):
    text = f"accrual:\n  rules:\n    - {{id: first, rate_bps: 1}}\n    - {rule}\ntiers: {{levels: [{{name: gold}}]}}"
    ((line, given_key, given_problem),) = mistakes(text)
    assert (line, given_key) == (4, f"accrual.rules[1]{key}")
    assert problem in given_problem


@pytest.mark.parametrize(
    ("cap", "key", "problem"),
    [
        ("{id: a, points: -1, per: day}", ".points", "is not from 0"),
        ("{id: a, points: 1}", ".per", "is missing"),
        ("{id: a, points: 1, per: year}", ".per", "is not one of receipt, day, month, campaign"),
        ("{id: a, points: 1, per: day, of: all}", ".of", "is not one of member, partner, everybody"),
        ("{id: a, points: 1, per: day, rules: [frist]}", ".rules[0]", "no rule is named frist; did you mean first?"),
        ("{id: a, points: 1, per: day, campaign: winter}", ".campaign", "no campaign is named winter"),
        ("{id: a, points: 1, per: day, partners: [kiosk]}", ".partners[0]", "no partner is named kiosk"),
        ("{id: a, points: 1, per: day, rules: [first], campaign: spring}", ".campaign", "cannot stand together"),
        ("{id: c, points: 1, per: day}", ".id", "already the name of line 4"),
        ("{id: base, points: 1, per: day}", ".id", "the partner's own rate"),
    ],
)
def test_cap__that_cannot_be__is_refused_by_key(cap, key, problem):
    first = "{id: first, rate_bps: 1, campaign: spring}"
    text = f"accrual:\n  rules: [{first}]\n  caps:\n    - {{id: c, points: 1, per: day}}\n    - {cap}"
    ((line, given_key, given_problem),) = mistakes(text)
    assert (line, given_key) == (5, f"accrual.caps[1]{key}")
    assert problem in given_problem


@pytest.mark.parametrize(
    ("levels", "key", "problem"),
    [
        ("[]", ".levels", "with something in it"),
        ("[{name: a, qualifying_minor: 5}]", ".levels[0].qualifying_minor", "the lowest tier is everyone's"),
        ("[{name: a, price_points: 5, term_months: 1}]", ".levels[0].price_points", "the lowest tier is everyone's"),
        ("[{name: a}, {name: b}]", ".levels[1]", "nobody can reach it"),
        ("[{name: a}, {name: a, qualifying_minor: 1}]", ".levels[1].name", "a is already the name of line 1"),
        ("[{name: a}, {name: b, qualifying_minor: 0}]", ".levels[1].qualifying_minor", "is not from 1"),
        ("[{name: a}, {name: b, price_minor: 1}]", ".levels[1].term_months", "is missing"),
        (
            "[{name: a}, {name: b, qualifying_minor: 1, term_months: 1}]",
            ".levels[1].term_months",
            "stands only together with price_minor or price_points",
        ),
        (
            "[{name: a}, {name: b, qualifying_minor: 5}, {name: c, price_points: 1, term_months: 1},"
            " {name: d, qualifying_minor: 5}]",
            ".levels[3].qualifying_minor",
            "5 is not above the 5 of a lower tier",
        ),
        ("[{name: a}], partner: kiosk", ".partner", "no partner is named kiosk"),
        ("[{name: a}], period: year", ".period", "is not one of rolling_year, calendar_year"),
    ],
)
def test_tiers__that_cannot_be__are_refused_by_key(levels, key, problem):
    ((_, given_key, given_problem),) = mistakes(f"tiers: {{levels: {levels}}}")
    assert given_key == f"tiers{key}"
    assert problem in given_problem


def test_partners__nobody_knows_yet__may_have_any_name():
    rule = "{id: a, rate_bps: 1, funded_by: {kiosk: 1}, when: {partners: [shop]}}"
    assert read_programme(f"accrual: {{rules: [{rule}]}}", "p.yaml").accrual.rules[0].funded_by == {"kiosk": 1}
