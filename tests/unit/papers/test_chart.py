"""The bars are as high as the numbers say."""

from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.statements import WeekTotal
from coalition.papers.chart import weeks_chart
from coalition.papers.formats import Formats
from coalition.papers.messages import Words
from tests.unit.papers.examples import WEEKS

SVG = "{http://www.w3.org/2000/svg}"
LEGEND = 2
ISSUED = "#1b4f72"


def draw(weeks):
    return ElementTree.fromstring(weeks_chart(weeks, Words("en"), Formats("en", "RUB", "UTC"), "a <description>"))


def bars(svg, issued):
    found = svg.findall(f"{SVG}rect")[LEGEND:]
    return [
        {name: int(bar.get(name)) for name in ("x", "y", "width", "height")}
        for bar in found
        if (bar.get("fill") == ISSUED) is issued
    ]


def scale(svg):
    """Units of height by thousand points, from the lines and their labels."""
    ys = [int(line.get("y1")) for line in svg.findall(f"{SVG}line")[:-1]]
    labels = [int(text.text.replace(",", "")) for text in svg.findall(f"{SVG}text") if text.get("text-anchor") == "end"]
    return dict(zip(labels, ys, strict=True))


def test_chart__weeks__are_bars_on_the_scale():
    svg = draw(WEEKS)
    ticks = scale(svg)
    assert ticks == {0: 214, 20_000: 169, 40_000: 124, 60_000: 79, 80_000: 34}
    assert [bar["height"] for bar in bars(svg, True)] == [week.issued * 180 // 80_000 for week in WEEKS]
    assert [bar["height"] for bar in bars(svg, False)] == [week.redeemed * 180 // 80_000 for week in WEEKS]
    assert svg.find(f"{SVG}desc").text == "a <description>"


def test_chart__more_taken_back_than_issued__hangs_below_zero():
    svg = draw([WeekTotal(date(2026, 1, 5), -50, 100)])
    zero = scale(svg)[0]
    assert bars(svg, True)[0]["y"] == zero
    assert bars(svg, False)[0]["y"] + bars(svg, False)[0]["height"] == zero


numbers = st.integers(-(2**53), 2**53)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=110))
def test_chart__any_weeks__stay_inside_and_do_not_overlap(values):
    monday = date(2024, 1, 1)
    svg = draw([WeekTotal(monday + timedelta(weeks=i), *value) for i, value in enumerate(values)])
    found = sorted(bars(svg, True) + bars(svg, False), key=lambda bar: bar["x"])
    for bar in found:
        assert 90 <= bar["x"] <= bar["x"] + bar["width"] <= 710
        assert 34 <= bar["y"] <= bar["y"] + bar["height"] <= 214
    assert all(left["x"] + left["width"] <= right["x"] for left, right in pairwise(found))
    assert 2 <= len(scale(svg)) <= 10
    assert 0 in scale(svg)


@pytest.mark.parametrize("count", [1, 5, 14, 15, 53])
def test_chart__many_weeks__has_labels_that_fit(count):
    svg = draw([WeekTotal(date(2026, 1, 5) + timedelta(weeks=i), 1, 1) for i in range(count)])
    labels = [text for text in svg.findall(f"{SVG}text") if text.get("text-anchor") == "middle"]
    assert 1 <= len(labels) <= 14
