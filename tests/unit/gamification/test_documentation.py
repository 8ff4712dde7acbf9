"""What docs/gamification.md shows can be published as it stands."""

import re
from pathlib import Path

import pytest

from gamification.icons import icon_names
from gamification.rules.reading import read_rules
from gamification.rules.surroundings import Surroundings
from tests.unit.gamification.test_rule_schema import says

GUIDE = (Path(__file__).parents[3] / "docs" / "gamification.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
AROUND = Surroundings(sponsors=["operator", "cafe", "cinema"], icons=icon_names())


def test_guide__has_an_example_of_everything():
    assert {key for text in EXAMPLES for key in re.findall(r"^(\w+):", text, re.MULTILINE)} == {
        "achievements",
        "challenges",
        "levels",
        "referral",
        "leaderboards",
        "draws",
    }


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: re.search(r"id: (\S+)", text)[1])
def test_guide__each_example__has_no_mistakes(text):
    read_rules(text, "guide", AROUND)
    assert says(text) == []
