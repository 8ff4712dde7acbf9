"""The JSON Schema of rule files: that it takes the demo's, and what it says to mistakes."""

from pathlib import Path

import orjson
import pytest
from jsonschema import Draft202012Validator

from gamification.event_types import EVENT_TYPES, FieldType
from gamification.publishing import DEMO_RULES
from gamification.rules.json_schema import rule_schema
from scripts.export_rule_schema import PATH
from tests.unit.gamification.plain_yaml import plain
from tests.unit.gamification.test_reading import LEVELS, RULE, SUMMED

COMMITTED = Draft202012Validator(orjson.loads(PATH.read_bytes()))
REVIEWED = RULE.replace("purchase.recorded", "review.approved")


def says(text: str, schema: Draft202012Validator = COMMITTED) -> list[str]:
    """Where the schema finds something wrong."""
    return [error.json_path for error in schema.iter_errors(plain(text))]


def test_schema__is_one_itself():
    Draft202012Validator.check_schema(COMMITTED.schema)


@pytest.mark.parametrize("file", [DEMO_RULES], ids=lambda file: file.name)
def test_schema__of_the_demos_rules__has_nothing_to_say(file: Path):
    text = file.read_text("utf-8")
    assert says(text) == []
    assert f"# yaml-language-server: $schema={PATH.name}" in text.splitlines()


@pytest.mark.parametrize(
    "text",
    [
        RULE,
        LEVELS,
        SUMMED.replace("FIELD", "lines"),
        RULE + "    where: {partner: cafe, lines: {gt: 1, lte: 9}}",
        RULE + "    where: {any: [{store: {in: [a, b]}}, {not: {lines: {ne: 7}}}]}",
        RULE + "    window: {from: 2026-03-01, until: 2026-03-31}",
        RULE + "    window: {from: 2000-01-01, until: 2199-12-31}",
        RULE.replace("count", "{streak: week, freezes: 2}") + "    repeat: monthly",
        REVIEWED + "    where: {with_photo: true, words: {gte: 20}}",
    ],
)
def test_schema__of_what_may_be__has_nothing_to_say(text):
    assert says(text) == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (RULE.replace("tiers", "tears"), "$.achievements[0]"),
        (RULE.replace("[1, 2]", "[]"), "$.achievements[0].tiers"),
        (RULE.replace("[1, 2]", str(list(range(1, 102)))), "$.achievements[0].tiers"),
        (RULE.replace("id: first", "id: levels"), "$.achievements[0].id"),
        (RULE.replace("[1, 2]", "[one]"), "$.achievements[0].tiers[0]"),
        (RULE.replace("count", "mean"), "$.achievements[0].measure"),
        (SUMMED.replace("FIELD", "partner"), "$.achievements[0].measure"),
        (SUMMED.replace("FIELD", "linse"), "$.achievements[0].measure"),
        (RULE.replace("recorded", "recordet"), "$.achievements[0].on"),
        (RULE.replace("id: first", "id: First"), "$.achievements[0].id"),
        (RULE.replace("First", "F" * 101), "$.achievements[0].title.en"),
        (RULE.replace("Купите", "К" * 501), "$.achievements[0].description.ru"),
        (RULE.replace(", ru: Первый", ""), "$.achievements[0].title"),
        (RULE + "    where: {payabel_minor: 5}", "$.achievements[0].where"),
        (RULE + "    where: {partner: {gt: a}}", "$.achievements[0].where.partner"),
        (RULE + "    where: {categories: bread}", "$.achievements[0].where.categories"),
        (RULE + "    icon: awrad", "$.achievements[0].icon"),
        (RULE + "    reward: {points: 5}", "$.achievements[0].reward"),
        (RULE + "    reward: {badge: false}", "$.achievements[0].reward"),
        (RULE + "    window: {days: 9}\n    repeat: every_window", "$.achievements[0].window"),
        (RULE + "    window: {from: 1999-12-31, until: 2026-03-31}", "$.achievements[0].window"),
        (RULE + "    window: {from: 2026-03-01, until: 2200-01-01}", "$.achievements[0].window"),
        (REVIEWED + "    where: {rating: {gte: 4}}", "$.achievements[0].where"),
        (REVIEWED.replace("count", "{sum: rating}"), "$.achievements[0].measure"),
        (REVIEWED + "    where: {any: [{words: 9}, {not: {rating: 1}}]}", "$.achievements[0].where.any[1].not"),
        (RULE.replace("achievements", "challenges"), "$.challenges[0]"),
        (LEVELS.replace("each: 1", "each: 1, of: partner, per: 5"), "$.levels.experience[0].of"),
        ("{}", "$"),
    ],
)
def test_schema__of_a_mistake__names_the_place(text, where):
    assert where in says(text)


def test_schema__of_a_running_coalition__knows_its_partners_and_event_types():
    types = {**EVENT_TYPES, "bottle.returned": {"partner": FieldType.TEXT, "litres": FieldType.INTEGER}}
    schema = Draft202012Validator(rule_schema(types, partners=["operator", "cafe"]))
    bottles = RULE.replace("purchase.recorded", "bottle.returned").replace("count", "{sum: litres}")
    paid = "    reward: {points: 5, funded_by: {SPONSOR: 100}}"
    assert says(bottles + paid.replace("SPONSOR", "cafe"), schema) == []
    assert says(bottles + paid.replace("SPONSOR", "partner"), schema) == []
    assert says(bottles + paid.replace("SPONSOR", "cafee"), schema) == ["$.achievements[0].reward.funded_by"]
    assert says(bottles) == ["$.achievements[0].on"]
