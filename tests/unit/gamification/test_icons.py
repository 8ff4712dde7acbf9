"""Icons of achievements"""

import re
from importlib.metadata import metadata
from xml.etree import ElementTree

import pytest

from gamification.icons import icon_names, icon_svg


def test_icon_names__has_what_a_rule_needs_and_the_default():
    assert {"award", "trophy", "flame", "coffee", "gift", "ticket", "users", "leaf"} <= icon_names()
    assert len(icon_names()) > 1000


@pytest.mark.parametrize("name", sorted(icon_names())[::100])
def test_icon_svg__is_a_drawing_that_runs_and_loads_nothing(name):
    root = ElementTree.fromstring(icon_svg(name))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.attrib["viewBox"] == "0 0 24 24"
    assert {node.tag.rpartition("}")[2] for node in root.iter()} <= {
        "svg", "path", "circle", "rect", "line", "polyline", "polygon", "ellipse"
    }  # fmt: skip
    assert not re.search(r"href|url\(|on\w+=", icon_svg(name))


@pytest.mark.parametrize("name", ["", "no-such-icon", "../lucide", "trophy.svg", "Trophy"])
def test_icon_svg__none_of_this_name__fails(name):
    assert name not in icon_names()
    with pytest.raises(KeyError):
        icon_svg(name)


def test_icons__licence__is_open():
    assert metadata("lucide")["License"] == "MIT"
