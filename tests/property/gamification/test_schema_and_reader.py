"""The JSON Schema of rule files and their reader say the same, as far as a schema can see."""

import re
from typing import Any

import orjson
from hypothesis import given
from jsonschema import Draft202012Validator

from gamification.errors import RuleMistakes
from gamification.rules.json_schema import rule_schema
from gamification.rules.reading import read_rules
from tests.property.gamification.rule_files import AROUND, edited_files, files

SCHEMA = Draft202012Validator(
    rule_schema(AROUND.types, icons=AROUND.icons, partners=AROUND.sponsors),
    format_checker=Draft202012Validator.FORMAT_CHECKER,
)
BEYOND_SCHEMAS = re.compile(
    "must ascend|has [0-9]+ numbers for|the shares sum to|is before the beginning|no achievement is named"
    "|no draw is named|goes in a circle|is already the rule|one grant may give|a level must take"
    "|the highest level would|must begin after|ends at"
)


def mistakes(document: Any) -> list[str]:
    """What the reader says to the file."""
    try:
        read_rules(orjson.dumps(document).decode(), "rules", AROUND)
    except RuleMistakes as refusal:
        return [mistake.problem for mistake in refusal.mistakes]
    return []


@given(files())
def test_files_without_mistakes__pass_both(document):
    assert mistakes(document) == []
    SCHEMA.validate(document)


@given(edited_files())
def test_edited_files__pass_the_schema_if_they_pass_the_reader__and_fail_it_if_it_can_see_why(document):
    found = mistakes(document)
    if not found:
        SCHEMA.validate(document)
    elif any(not BEYOND_SCHEMAS.search(problem) for problem in found):
        assert not SCHEMA.is_valid(document), found
