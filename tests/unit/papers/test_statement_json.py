"""A statement comes back from its JSON as it was, or not at all."""

import json

import pytest

from coalition.domain.statements import statement_root
from coalition.papers.errors import UnreadableStatement
from coalition.papers.statement_json import read_statement_json, statement_json
from tests.unit.papers.examples import lines, statement


def document() -> dict:
    return json.loads(b"".join(statement_json(statement(), lines())))


def test_json__statement_and_lines__come_back_exactly():
    content = b"".join(statement_json(statement(), lines()))
    read = read_statement_json(content)
    assert read.statement == statement()
    assert read.lines == lines()
    assert read_statement_json(json.dumps(json.loads(content), indent=4).encode()) == read


def test_json__as_it_stands__has_the_root_for_who_knows_no_code_of_ours():
    found = document()
    read = read_statement_json(json.dumps(found).encode())
    assert "0x" + statement_root(read.lines).hex() == found["statement"]["root"]


def test_json__no_lines__is_json():
    assert json.loads(b"".join(statement_json(statement(), [])))["lines"] == []


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("lines"),
        lambda d: d.update(more=1),
        lambda d: d.update(lines={}),
        lambda d: d.update(statement=[]),
        lambda d: d["statement"].pop("root"),
        lambda d: d["statement"].update(lines=8.0),
        lambda d: d["statement"].update(more=1),
        lambda d: d["statement"]["header"].pop("head"),
        lambda d: d["statement"]["header"].update(more=1),
        lambda d: d["statement"]["header"].update(id="x"),
        lambda d: d["statement"]["header"].update(first_day="20260101"),
        lambda d: d["statement"]["header"].update(first_day=1),
        lambda d: d["statement"]["header"].update(position_minor=True),
        lambda d: d["statement"]["header"].update(time_zone=3),
        lambda d: d["statement"]["header"].update(totals=[[1, 2]]),
        lambda d: d["statement"]["header"]["totals"][0].__setitem__(3, 5000.0),
        lambda d: d["lines"][0].pop("late"),
        lambda d: d["lines"][0].update(more=1),
        lambda d: d["lines"][0].update(points=1.0),
        lambda d: d["lines"][0].update(points=True),
        lambda d: d["lines"][0].update(late=1),
        lambda d: d["lines"][0].update(id=None),
        lambda d: d["lines"].append("line"),
    ],
)
def test_read__anything_else__is_refused(change):
    found = document()
    change(found)
    with pytest.raises(UnreadableStatement):
        read_statement_json(json.dumps(found).encode())


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{"])
def test_read__no_statement_at_all__is_refused(content):
    with pytest.raises(UnreadableStatement, match="JSON"):
        read_statement_json(content)
