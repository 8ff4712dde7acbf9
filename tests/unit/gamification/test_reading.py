"""Every mistake is named by its line and key, and all of a file at once."""

import pytest

from gamification.errors import RuleMistakes
from gamification.rules.document import Window
from gamification.rules.reading import RuleFile, read_rules
from gamification.rules.surroundings import Surroundings

RULE = """\
achievements:
  - id: first
    title: {en: First, ru: Первый}
    description: {en: Buy, ru: Купите}
    on: purchase.recorded
    measure: count
    tiers: [1, 2]
"""
SUMMED = RULE.replace("count", "{sum: FIELD}")
LEVELS = """\
levels:
  highest: 3
  formula: {first_step: 10}
  experience:
    - {on: purchase.recorded, each: 1}
"""


AROUND = Surroundings(
    sponsors=["operator", "cafe"],
    icons=["award", "coffee"],
    published={"published": ["older"], "older": []},
    teams=["relay"],
    draws=["summer"],
    taken={"race": "a challenge", "tops": "a leaderboard", "first": "an achievement", "old": "an achievement"},
)


def read(text: str) -> RuleFile:
    return read_rules(text, "file.yaml", AROUND)


def mistakes(text: str) -> list[str]:
    with pytest.raises(RuleMistakes) as refused:
        read(text)
    return str(refused.value).replace("file.yaml:", "").splitlines()


def test_read__everything_a_rule_may_say__is_understood():
    text = RULE + (
        "    where: {partner: cafe, lines: {gt: 1, lte: 9}, any: [{store: {in: [a, b]}}, {not: {lines: {ne: 7}}}]}\n"
        "    window: week\n"
        "    requires: [published]\n"
        "    hidden: true\n"
        "    experience: [5, 10]\n"
        "    reward: {points: 7, funded_by: {partner: 40, cafe: 60}, badge: true}\n"
    )
    (rule,) = read(text + LEVELS).achievements
    assert rule.where["any"] == [{"store": {"in": ["a", "b"]}}, {"not": {"lines": {"ne": 7}}}]
    assert (rule.window, rule.requires, rule.hidden, rule.experience) == (Window("week"), ("published",), True, (5, 10))
    assert (rule.reward.points, rule.reward.funded_by) == ((7, 7), {"partner": 40, "cafe": 60})


def test_read__rule__is_the_same_after_a_round_through_its_document():
    file = read(RULE.replace("count", "{distinct: partner}") + "    where: {lines: {in: [1, 2]}}\n" + LEVELS)
    (rule,), levels = file.achievements, file.levels
    assert type(rule).from_document(rule.document()) == rule
    assert levels and type(levels).from_document(levels.document()) == levels


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("where: {payabel_minor: 5}", "where.payabel_minor: unknown field of purchase.recorded; did you mean payable"),
        ("where: {payable_minor: five}", "where.payable_minor: must be a whole number"),
        ("where: {payable_minor: 5.5}", "where.payable_minor: must be a whole number"),
        ("where: {payable_minor: true}", "where.payable_minor: must be a whole number"),
        ("where: {payable_minor: !!int five}", "where.payable_minor: must be a whole number"),
        ("where: {partner: 5}", "where.partner: must be a text; put it in quotes"),
        ("where: {partner: {gt: a}}", "where.partner.gt: no operator of a text, which has eq, ne, in"),
        ("where: {partner: {in: a}}", "where.partner.in: must be a list with something in it"),
        ("where: {partner: {in: [a, 5]}}", "where.partner.in[1]: must be a text"),
        ("where: {partner: {}}", "where.partner: has no operator in it"),
        ("where: {categories: bread}", "where.categories: is a list of texts; ask what it contains: {contains: …}"),
        ("where: {categories: {eq: bread}}", "where.categories.eq: no operator of a list of texts"),
        ("where: {any: []}", "where.any: must be a list with something in it"),
        ("where: {any: [{lines: 1}, {liness: 1}]}", "where.any[1].liness: unknown field"),
        ("where: {not: {liness: 1}}", "where.not.liness: unknown field"),
        ("where: {}", "where: has no condition in it; leave it out to take every event"),
        ("where: 5", "where: must be a mapping of keys to values"),
        ("window: moonth", "window: moonth is not one of lifetime, day, week, month, year; did you mean month?"),
        ("requires: [third]", "requires[0]: no achievement is named third"),
        ("requires: [relay]", "requires[0]: relay is won by teams, and cannot be required of a member"),
        ("requires: [first]", "requires[0]: goes in a circle: first → first"),
        ("hidden: 1", "hidden: must be true or false"),
        ("experience: [1, 2, 3]", "experience: has 3 numbers for 2 tiers"),
        ("experience: -1", "experience: -1 is not from 0 to"),
        ("reward: {points: 5}", "reward.funded_by: is missing: points need a sponsor"),
        ("reward: {}", "reward: gives nothing: neither points nor a badge"),
        ("reward: {points: [5], funded_by: {operator: 100}}", "reward.points: has 1 numbers for 2 tiers"),
        ("reward: {points: 5, funded_by: {operator: 90}}", "reward.funded_by: the shares sum to 90, not to 100"),
        ("reward: {points: 5, funded_by: {cafee: 100}}", "reward.funded_by.cafee: no partner is named cafee; did you"),
        ("reward: {points: 5, funded_by: {cafe: 0, operator: 100}}", "reward.funded_by.cafe: 0 is not from 1 to 100"),
        ("reward: {badge: true, points: 5, founded_by: {}}", "reward.founded_by: unknown key"),
        ("tiers: [1]", "tiers: stands twice; first in line 7"),
        ("repaet: 5", "repaet: unknown key"),
        ("true: 5", "true: unknown key"),
    ],
)
def test_read__mistake_in_a_rule__is_named_by_line_and_key(line, expected):
    named = mistakes(f"{RULE}    {line}\n")
    assert named[0].startswith(f"8: {expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: file: is empty"),
        ("achievements: [", "1: file: is not YAML"),
        ("a: b: c", "1: file: is not YAML"),
        ("levels: {highest: \x00}", "1: file: is not YAML"),
        ("[1]", "1: file: must be a mapping of keys to values"),
        ("{}", "1: file: has none of achievements, challenges, levels, referral, leaderboards, draws"),
        ("achievements: []", "1: achievements: must be a list with something in it"),
        ("achievements: [5]", "1: achievements[0]: must be a mapping of keys to values"),
        ("achievements:\n- &a [*a]", "2: file: is not YAML that rules are written in: aliases are not allowed"),
        ("levels: " + "[" * 10_000, "1: file: is not YAML that rules are written in: nested too deeply"),
        ("? [a]\n: b", "1: file: a key must be a text"),
        (RULE.replace("    tiers: [1, 2]\n", ""), "2: tiers: is missing"),
        (RULE.replace("[1, 2]", "[2, 1]"), "7: tiers: must ascend"),
        (RULE.replace("[1, 2]", "[0]"), "7: tiers[0]: 0 is not from 1 to"),
        (RULE.replace(", ru: Первый", ""), "3: title.ru: is missing"),
        (RULE.replace("ru: Первый", "ru: ' '"), "3: title.ru: is empty"),
        (RULE.replace("First", "F" * 101), "3: title.en: has 101 characters, more than 100"),
        (RULE.replace("Купите", "К" * 501), "4: description.ru: has 501 characters, more than 500"),
        (RULE.replace("id: first", "id: First Steps"), "2: id: First Steps must be of small letters"),
        (
            RULE.replace("recorded", "recordet"),
            "5: on: purchase.recordet is not one of purchase.recorded, review.approved",
        ),
        (
            RULE.replace("count", "sum"),
            "6: measure: must name a field: {sum: FIELD}, {max: FIELD} or {distinct: FIELD}",
        ),
        (RULE.replace("count", "{}"), "6: measure: must be count, {sum: FIELD}, {max: FIELD}"),
        (RULE.replace("count", "mean"), "6: measure: mean is not one of count, sum, max, distinct, streak"),
        (SUMMED.replace("FIELD", "partner"), "6: measure.sum: partner is a text and cannot be summed"),
        (SUMMED.replace("FIELD", "linse"), "6: measure.sum: unknown field of purchase.recorded; did you mean lines?"),
        (RULE + RULE.removeprefix("achievements:\n"), "8: id: first is already the rule of line 2"),
        (RULE + RULE, "8: achievements: stands twice; first in line 1"),
        (LEVELS.replace("highest: 3", "highest: 1"), "2: levels.highest: 1 is not from 2 to 1000"),
        (LEVELS.replace("10", "10, percent: 1"), "3: levels.formula: a level must take more than the one below it"),
        (LEVELS.replace("10", "10, percent: 1000").replace("3", "99"), "3: levels.formula: the highest level would"),
        (LEVELS.replace("first_step", "step"), "3: levels.formula.step: unknown key"),
        (LEVELS.replace("each: 1", "each: 1, of: lines"), "5: levels.experience[0].per: is missing: of stands only"),
        (LEVELS.replace("each: 1", "each: 1, of: partner, per: 5"), "5: levels.experience[0].of: partner is a text"),
        (LEVELS.replace("each: 1", "each: 1, where: {x: 1}"), "5: levels.experience[0].where.x: unknown field"),
    ],
)
def test_read__mistake_in_a_file__is_named_by_line_and_key(text, expected):
    assert mistakes(text)[0].startswith(expected)


def test_read__many_mistakes__are_named_all_at_once_in_order_of_lines():
    text = RULE.replace("count", "{sum: partner}").replace("id: first", "id: 5") + "    hiden: true\n"
    assert [named.split(": ")[:2] for named in mistakes(text)] == [["2", "id"], ["6", "measure.sum"], ["8", "hiden"]]


def test_read__text_as_long_as_may_be__is_kept():
    (rule,) = read(RULE.replace("First", "F" * 100).replace("Купите", "К" * 500)).achievements
    assert (rule.title["en"], rule.description["ru"]) == ("F" * 100, "К" * 500)


@pytest.mark.parametrize("text", [RULE, LEVELS])
def test_read__event_type_that_nobody_registered__is_told_how_to(text):
    named = mistakes(text.replace("purchase.recorded", "bottle.returned"))[0]
    assert named.endswith("; one of your own is registered first, with POST /v1/event-types")


@pytest.mark.parametrize(("text", "key"), [(RULE, "true"), (LEVELS, "levels.experience[0].true")])
def test_read__on_that_a_client_took_for_true__is_told_to_be_quoted(text, key):
    named = mistakes(text.replace(" on:", " true:").replace("{on:", "{true:"))
    assert f'5: {key}: unknown key; YAML 1.1 reads on as true: write "on" in quotes' in named


def test_read__challenge_of_a_team_that_becomes_everybodys__may_be_required():
    """What the file says of it counts, not what was published before."""
    relay = RULE.replace("achievements", "challenges").replace("id: first", "id: relay")
    text = RULE + "    requires: [relay]\n" + relay + "    window: {from: 2026-03-01, until: 2026-03-31}\n"
    assert read(text).achievements[0].requires == ("relay",)


def test_read__as_many_tiers_as_may_be__and_one_more():
    (rule,) = read(RULE.replace("[1, 2]", str(list(range(1, 101))))).achievements
    assert len(rule.tiers) == 100
    (named,) = mistakes(RULE.replace("[1, 2]", str(list(range(1, 102)))))
    assert named == "7: tiers: has 101 tiers; more than 100 nobody climbs"


def test_read__file_that_is_too_long__is_one_mistake_in_line_1():
    longest = RULE + "#" * (1024 * 1024 - len(RULE.encode()))
    assert read(longest).achievements
    (named,) = mistakes(longest + "#")
    assert named.startswith("1: file: has 1048577 bytes, more than 1048576")


BOARD = """\
leaderboards:
  - title: {en: Tops, ru: Верх}
    on: purchase.recorded
    measure: count
    window: month
    id: ID
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RULE.replace("id: first", "id: race"), "2: id: race is a challenge; an achievement needs an id of its own"),
        (RULE.replace("id: first", "id: tops"), "2: id: tops is a leaderboard; an achievement needs an id of its own"),
        (
            RULE.replace("achievements", "challenges") + "    window: {from: 2026-03-01, until: 2026-03-31}\n",
            "2: id: first is an achievement; a challenge needs an id of its own",
        ),
        (BOARD.replace("ID", "old"), "2: id: old is an achievement; a leaderboard needs an id of its own"),
        (RULE.replace("id: first", "id: levels"), "2: id: levels is what levels, or the referral's"),
        (RULE.replace("id: first", "id: referral"), "2: id: referral is what levels, or the referral's"),
        (BOARD.replace("ID", "levels"), "6: id: levels is what levels, or the referral's"),
    ],
)
def test_read__id_that_is_of_another_kind__is_a_mistake(text, expected):
    (named,) = mistakes(text)
    assert named.startswith(expected)


def test_read__id_of_the_same_kind__is_its_next_version():
    assert read(RULE).achievements and read(BOARD.replace("ID", "tops")).leaderboards
