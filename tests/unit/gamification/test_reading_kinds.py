"""All kinds of rules that a file may have: what is understood, and every mistake by its line and key."""

import json

import pytest

from coalition.domain.documents import canonical_json
from gamification.rules.document import Achievement, Budget, Burst, Challenge, Measure, Referral, Team, Window
from gamification.rules.leaderboards import Leaderboard
from tests.unit.gamification.test_reading import LEVELS, RULE, mistakes, read

CHALLENGE = """\
challenges:
  - id: spring
    title: {en: Spring, ru: Весна}
    description: {en: Buy, ru: Купите}
    on: purchase.recorded
    measure: count
    tiers: [5]
    window: {from: 2026-03-01, until: 2026-05-31}
"""
REFERRAL = """\
referral:
  qualifies: {on: purchase.recorded, where: {partner: cafe}, measure: count, at: 2}
  within_days: 90
  referrer: {points: 100, funded_by: {operator: 100}}
  friend: {points: 50, funded_by: {cafe: 100}}
  per_month: 10
"""
BOARD = """\
leaderboards:
  - id: top
    title: {en: Top, ru: Верх}
    on: purchase.recorded
    measure: {sum: payable_minor}
    window: month
    prizes: [{ranks: [1, 3], points: 100}, {ranks: [4, 9], points: 10}]
    funded_by: {operator: 100}
    budget: {points: 1000}
"""
DRAW = """\
draws:
  - id: autumn
    title: {en: Autumn, ru: Осень}
    closes_on: 2026-09-30
    prizes: [{title: {en: A bicycle, ru: Велосипед}, winners: 2}]
    partner: cafe
"""
COUPON = "{title: {en: Tea, ru: Чай}, valid_days: 30, partner: cafe}"
SPONSOR = "funded_by: {operator: 100}"


def one(line: str) -> Achievement:
    (rule,) = read(f"{RULE}    {line}\n").achievements
    return rule


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("count", Measure("count")),
        ("{max: payable_minor}", Measure("max", "payable_minor")),
        ("{streak: week}", Measure("streak", step="week")),
        ("{streak: day, freezes: 2}", Measure("streak", step="day", freezes=2)),
    ],
)
def test_read__measure__is_understood(measure, expected):
    assert read(RULE.replace("count", measure)).achievements[0].measure == expected


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("lifetime", Window()),
        ("year", Window("year")),
        ("{days: 30}", Window("days", days=30)),
        ("{from: 2026-03-01, until: 2026-03-01}", Window("dates", first="2026-03-01", last="2026-03-01")),
        ("{from: '2026-03-01', until: '2026-03-31'}", Window("dates", first="2026-03-01", last="2026-03-31")),
        ("{from: 2000-01-01, until: 2199-12-31}", Window("dates", first="2000-01-01", last="2199-12-31")),
    ],
)
def test_read__window__is_understood_and_the_same_through_its_document(window, expected):
    rule = one(f"window: {window}")
    assert rule.window == expected
    assert Achievement.from_document(json.loads(canonical_json(rule.document()))) == rule


@pytest.mark.parametrize(
    ("text", "repeat", "times"),
    [
        (RULE, "never", 1),
        (RULE + "    window: week\n", "every_window", 1),
        (RULE + "    window: week\n    repeat: never\n", "never", 1),
        (RULE + "    window: week\n    repeat: {up_to: 4}\n", "up_to", 4),
        (RULE + "    window: {days: 9}\n", "never", 1),
        (RULE + "    window: {days: 9}\n    repeat: monthly\n", "monthly", 1),
        (RULE.replace("count", "{streak: day}") + "    repeat: yearly\n", "yearly", 1),
        (RULE.replace("[1, 2]", "[5]") + "    repeat: {up_to: 3}\n", "up_to", 3),
    ],
)
def test_read__repeat__is_what_is_said_or_goes_by_the_window(text, repeat, times):
    (rule,) = read(text).achievements
    assert (rule.repeat, rule.times) == (repeat, times)


def test_read__all_that_may_be_given_and_held__is_understood():
    rule = one(
        f"reward: {{points: [5, 9], {SPONSOR}, coupon: {COUPON}, perk: {COUPON},"
        " draw_ticket: {draw: summer, tickets: 3},"
        " surprise: {seed: s, choices: [{weight: 3, points: 20},"
        f" {{weight: 1, coupon: {COUPON}}}, {{weight: 2}}]}}}}\n"
        "    budget: {points: 1000, per_member: 29}\n    hold_s: 86400\n    on_reversal: keep\n    icon: coffee"
    )
    reward = rule.reward
    assert (
        reward.coupon
        == reward.perk
        == {"title": {"en": "Tea", "ru": "Чай"}, "partner": "cafe", "valid_days": 30, "terms": {}}
    )
    assert reward.draw_ticket == {"draw": "summer", "tickets": 3}
    assert reward.surprise and [choice["weight"] for choice in reward.surprise["choices"]] == [3, 1, 2]
    assert (reward.most_points, rule.budget) == (29, Budget(1000, 29))
    assert (rule.hold_s, rule.on_reversal, rule.icon) == (86400, "keep", "coffee")
    assert Achievement.from_document(json.loads(canonical_json(rule.document()))) == rule


def test_read__challenge__is_an_achievement_with_what_makes_it_one():
    (rule,) = read(CHALLENGE + "    owner: cafe\n    first: 10\n    join: false\n").achievements
    assert rule.challenge == Challenge(join=False, owner="cafe", first=10)
    (team,) = read(CHALLENGE + "    team: {most: 4, reward: proportional}\n").achievements
    assert team.challenge == Challenge(team=Team(4, "proportional"))
    for each in (rule, team):
        assert Achievement.from_document(json.loads(canonical_json(each.document()))) == each


def test_read__of_a_file_with_everything__is_all_there():
    file = read(
        RULE + CHALLENGE + LEVELS + "  fall: false\n" + REFERRAL + "  burst: {referrals: 3, hours: 12}\n" + BOARD + DRAW
    )
    assert [rule.id for rule in file.achievements] == ["first", "spring"]
    assert file.levels and not file.levels.fall
    assert file.referral and (file.referral.at, file.referral.burst) == (2, Burst(3, 12))
    assert Referral.from_document(json.loads(canonical_json(file.referral.document()))) == file.referral
    assert [(board.id, [prize.last for prize in board.prizes]) for board in file.leaderboards] == [("top", [3, 9])]
    (board,) = file.leaderboards
    assert Leaderboard.from_document(json.loads(canonical_json(board.document()))) == board
    assert [(draw.id, draw.winners) for draw in file.draws] == [("autumn", 2)]


def test_read__ticket_of_a_draw_of_the_same_file__is_known():
    rule = RULE + "    reward: {draw_ticket: {draw: autumn}}\n"
    assert read(rule + DRAW).achievements[0].reward.draw_ticket == {"draw": "autumn", "tickets": 1}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("window: {days: 0}", "window.days: 0 is not from 1 to 366"),
        ("window: {days: 30, from: 2026-01-01}", "window: must be one of lifetime, day, week, month, year, {days: N}"),
        ("window: {from: 2026-01-01}", "window: must be one of lifetime, day, week, month, year, {days: N}"),
        ("window: {}", "window: must be one of lifetime, day, week, month, year, {days: N} or {from: DAY, until: DAY}"),
        (
            "window: {from: 2026-02-02, until: 2026-02-01}",
            "window.until: 2026-02-01 is before the beginning, 2026-02-02",
        ),
        ("window: {from: 2026-02-30, until: 2026-03-01}", "window.from: must be a day of the calendar"),
        ("window: {from: 2026-02-01, until: tomorrow}", "window.until: must be a day of the calendar"),
        (
            "window: {from: 1999-12-31, until: 2026-03-01}",
            "window.from: 1999-12-31 is not from 2000-01-01 to 2199-12-31",
        ),
        (
            "window: {from: 2026-02-01, until: 2200-01-01}",
            "window.until: 2200-01-01 is not from 2000-01-01 to 2199-12-31",
        ),
        ("repeat: every_window", "repeat: every_window is for a period of the calendar"),
        ("repeat: monthly", "repeat: monthly is for streaks and for {days: N}"),
        ("repeat: sometimes", "repeat: sometimes is not one of never, every_window, daily, weekly, monthly, yearly"),
        ("repeat: {up_to: 3}", "repeat: a lifetime's rule that repeats has one tier"),
        ("repeat: {up_to: 0}", "repeat.up_to: 0 is not from 1 to 10000"),
        ("repeat: {}", "repeat.up_to: is missing"),
        ("icon: cofee", "icon: no icon is named cofee; did you mean coffee?"),
        ("hold_s: -1", "hold_s: -1 is not from 0 to"),
        ("hold_s: 31622401", "hold_s: 31622401 is not from 0 to 31622400"),
        ("on_reversal: take_back", "on_reversal: take_back is not one of keep, revoke, claw_back"),
        ("join: true", "join: unknown key"),
        ("budget: {points: 0}", "budget.points: 0 is not from 1 to"),
        (
            f"reward: {{points: 5, {SPONSOR}}}\n    budget: {{points: 4}}",
            "budget.points: one grant may give 5 points, more than 4",
        ),
        (
            f"reward: {{points: [1, 9], {SPONSOR}}}\n    budget: {{per_member: 8}}",
            "budget.per_member: one grant may give 9",
        ),
        (
            "reward: {draw_ticket: {draw: sumer}}",
            "reward.draw_ticket.draw: no draw is named sumer; did you mean summer?",
        ),
        ("reward: {draw_ticket: {draw: summer, tickets: 0}}", "reward.draw_ticket.tickets: 0 is not from 1 to 1000"),
        ("reward: {coupon: {valid_days: 9}}", "reward.coupon.title: is missing"),
        (f"reward: {{coupon: {COUPON.replace('cafe', 'caffe')}}}", "reward.coupon.partner: no partner is named caffe"),
        (f"reward: {{perk: {COUPON.replace('30', '0')}}}", "reward.perk.valid_days: 0 is not from 1 to 3660"),
        (
            f"reward: {{surprise: {{seed: s, choices: [{{weight: 1, points: 5}}]}}, {SPONSOR}}}",
            "reward: a surprise with points needs a budget",
        ),
        (f"reward: {{surprise: {{choices: [{{weight: 1, coupon: {COUPON}}}]}}}}", "reward.surprise.seed: is missing"),
        (
            "reward: {surprise: {seed: s, choices: [{weight: 0}]}}",
            "reward.surprise.choices[0].weight: 0 is not from 1 to",
        ),
        (
            f"reward: {{surprise: {{seed: s, choices: [{{weight: 1, points: 5, coupon: {COUPON}}}]}}, {SPONSOR}}}\n"
            "    budget: {points: 9}",
            "reward.surprise.choices[0]: gives several things: points, coupon",
        ),
        (
            "reward: {surprise: {seed: s, choices: [{weight: 1, points: 5}]}}\n    budget: {points: 9}",
            "reward.funded_by: is missing: points need a sponsor",
        ),
    ],
)
def test_read__mistake_in_what_is_new__is_named_by_key(line, expected):
    assert mistakes(f"{RULE}    {line}\n")[0].partition(": ")[2].startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RULE.replace("count", "{streak: hour}"), "6: measure.streak: hour is not one of day, week, month"),
        (RULE.replace("count", "streak"), "6: measure: must name its step: {streak: day}"),
        (RULE.replace("count", "{streak: day, freezes: 32}"), "6: measure.freezes: 32 is not from 0 to 31"),
        (RULE.replace("count", "{sum: lines, freezes: 1}"), "6: measure.freezes: is for streaks"),
        (RULE.replace("count", "{sum: lines, max: lines}"), "6: measure: must be count, {sum: FIELD}"),
        (RULE.replace("count", "{max: partner}"), "6: measure.max: partner is a text and cannot be compared"),
        (RULE.replace("count", "{streak: day}") + "    window: week\n", "8: window: a streak lasts as long"),
        (RULE.replace("count", "{streak: day}") + "    repeat: {up_to: 2}\n", "8: repeat: up_to is for a lifetime"),
        (RULE + "    window: {days: 9}\n    repeat: {up_to: 2}\n", "9: repeat: up_to is for a lifetime"),
        (
            RULE.replace("count", "{max: lines}").replace("[1, 2]", "[1]") + "    repeat: {up_to: 2}\n",
            "8: repeat: the greatest of a lifetime has no multiples",
        ),
        (
            RULE.replace("purchase.recorded", "review.approved") + "    where: {rating: {gte: 4}}\n",
            "8: where.rating: rating must not be read: a reward is the same whatever a review says",
        ),
        (
            RULE.replace("purchase.recorded", "review.approved") + "    where: {not: {any: [{rating: 1}]}}\n",
            "8: where.not.any[0].rating: rating must not be read",
        ),
        (
            RULE.replace("purchase.recorded", "review.approved").replace("count", "{sum: rating}"),
            "6: measure.sum: rating must not be read",
        ),
        (
            LEVELS.replace("purchase.recorded, each: 1", "review.approved, each: 1, of: rating, per: 1"),
            "5: levels.experience[0].of: rating must not be read",
        ),
        (LEVELS + "  fall: sometimes\n", "6: levels.fall: must be true or false"),
        (
            CHALLENGE.replace("    window: {from: 2026-03-01, until: 2026-05-31}\n", ""),
            "2: window: is missing: a challenge has a deadline",
        ),
        (CHALLENGE.replace("{from: 2026-03-01, until: 2026-05-31}", "month"), "8: window: a challenge has a deadline"),
        (
            CHALLENGE.replace("{from: 2026-03-01, until: 2026-05-31}", "{days: 9}"),
            "8: window: a challenge has a deadline",
        ),
        (
            CHALLENGE.replace("{from: 2026-03-01, until: 2026-05-31}", "lifetime"),
            "8: window: a challenge has a deadline",
        ),
        (CHALLENGE + "    owner: caffe\n", "9: owner: no partner is named caffe; did you mean cafe?"),
        (CHALLENGE + "    first: 0\n", "9: first: 0 is not from 1 to"),
        (CHALLENGE + "    team: {most: 1, reward: equal}\n", "9: team.most: 1 is not from 2 to 100"),
        (CHALLENGE + "    team: {most: 3}\n", "9: team.reward: is missing"),
        (CHALLENGE + "    team: {most: 3, reward: fair}\n", "9: team.reward: fair is not one of equal, proportional"),
        (
            CHALLENGE.replace("count", "{distinct: partner}") + "    team: {most: 3, reward: equal}\n",
            "6: measure: a team's contributions are summed up",
        ),
        (CHALLENGE + "    team: {most: 3, reward: equal}\n    first: 3\n", "10: first: is not for teams"),
        (
            CHALLENGE + "    team: {most: 3, reward: equal}\n    requires: [published]\n",
            "10: requires: is not for teams",
        ),
        (
            CHALLENGE + "    team: {most: 3, reward: equal}\n    join: false\n",
            "10: join: whoever is in a team has joined",
        ),
        (RULE + CHALLENGE.replace("id: spring", "id: first"), "9: id: first is already the rule of line 2"),
        (RULE + BOARD.replace("id: top", "id: first"), "9: leaderboards[0]: first is already the rule of line 2"),
        (
            RULE + "    requires: [spring]\n" + CHALLENGE + "    requires: [first]\n",
            "8: requires[0]: goes in a circle: first → spring → first",
        ),
        (REFERRAL.replace("within_days: 90", "within_days: 0"), "3: referral.within_days: 0 is not from 1 to"),
        (
            REFERRAL.replace("count", "{streak: day}"),
            "2: referral.qualifies.measure: a referral counts, sums up or tells apart",
        ),
        (REFERRAL.replace("{partner: cafe}", "{partne: cafe}"), "2: referral.qualifies.where.partne: unknown field"),
        (REFERRAL.replace("{operator: 100}", "{operator: 99}"), "4: referral.referrer.funded_by: the shares sum to 99"),
        (REFERRAL + "  hold: {burst: {referrals: 3, hours: 12}}\n", "7: referral.hold: unknown key"),
        (REFERRAL + "  burst: {referrals: 1, hours: 12}\n", "7: referral.burst.referrals: 1 is not from 2 to"),
        (
            REFERRAL + "  budget: {points: 99}\n",
            "7: referral.budget.points: one grant may give 100 points, more than 99",
        ),
        (BOARD.replace("[4, 9]", "[3, 9]"), "7: prizes[1].ranks: must begin after the ranks before"),
        (BOARD.replace("[1, 3]", "[3, 1]"), "7: prizes[0].ranks: ends at 1, before it begins at 3"),
        (BOARD.replace("month", "{days: 30}"), "6: window: a leaderboard begins anew with each period"),
        (
            BOARD.replace("month", "{from: 2026-11-01, until: 9999-12-31}"),
            "6: window.until: 9999-12-31 is not from 2000-01-01 to 2199-12-31",
        ),
        (BOARD.replace("{sum: payable_minor}", "{max: payable_minor}"), "5: measure: a leaderboard goes by count"),
        (BOARD.replace("    funded_by: {operator: 100}\n", ""), "2: funded_by: is missing: points need a sponsor"),
        (BOARD.replace("points: 1000", "points: 99"), "9: budget.points: one grant may give 100 points, more than 99"),
        (DRAW.replace("2026-09-30", "soon"), "4: closes_on: must be a day of the calendar"),
        (
            DRAW.replace("2026-09-30", "9999-12-31"),
            "4: closes_on: 9999-12-31 is not from 2000-01-01 to 2199-12-31",
        ),
        (DRAW.replace("winners: 2", "winners: 0"), "5: prizes[0].winners: 0 is not from 1 to 1000"),
        (DRAW.replace("partner: cafe", "partner: caffe"), "6: partner: no partner is named caffe"),
        (DRAW + DRAW.removeprefix("draws:\n"), "7: draws[1]: autumn is already the rule of line 2"),
    ],
)
def test_read__mistake_in_challenges_and_all_the_rest__is_named_by_line_and_key(text, expected):
    assert mistakes(text)[0].startswith(expected)


@pytest.mark.parametrize("name", ["referral", "referral-friend", "referral-referrer"])
def test_read__id_that_the_engine_uses_itself__is_refused(name):
    """Their counters and grants would be taken for each other."""
    assert mistakes(RULE.replace("id: first", f"id: {name}"))[0].startswith("2: id: ")
