"""What partners recompute from: nothing is lost on the way through a file, and nothing else passes for it."""

import csv
from dataclasses import fields
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.statements import StatementLine, statement_root
from coalition.papers.errors import UnreadableStatement
from coalition.papers.statement_csv import read_lines, statement_csv
from tests.unit.papers.examples import lines, statement

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["=1+1", "'", "''=", "-", "@x", "\r\n", 'a"b', "a,b", "\ta", " "]
)
number = st.integers(-(2**53), 2**53)
any_line = st.builds(
    StatementLine,
    id=text,
    occurred_at=text,
    kind=text,
    points=number,
    sequence=st.none() | number,
    issuer=st.none() | number,
    partner=st.none() | number,
    member=st.none() | text,
    cause=st.none() | text,
    counterparty=st.none() | number,
    price_micros=number,
    micros=number,
    corrects=st.none() | text,
    late=st.booleans(),
)


def file_of(content: str) -> StringIO:
    return StringIO(content, newline="")


def changed(**cells: str) -> StringIO:
    """The file of one good line, with other cells."""
    header, record = csv.reader("".join(statement_csv(lines(1)[:1])).splitlines())
    out = StringIO()
    csv.writer(out).writerows([header, [cells.get(name, cell) for name, cell in zip(header, record, strict=True)]])
    return file_of(out.getvalue())


@given(st.lists(any_line, max_size=4))
def test_csv__any_lines__come_back_exactly(given_lines):
    content = "".join(statement_csv(given_lines))
    assert list(read_lines(file_of(content))) == given_lines
    assert list(read_lines(statement_csv(given_lines))) == given_lines


@given(any_line)
def test_csv__text_cells__are_no_formulas(line):
    (cells,) = csv.DictReader(file_of("".join(statement_csv([line]))))
    for field in fields(StatementLine):
        if "str" in str(field.type):
            assert not cells[field.name].startswith(("=", "+", "-", "@"))


def test_csv__lines_of_the_file__have_the_root():
    entries = lines(40)
    read = read_lines(file_of("".join(statement_csv(entries))))
    assert "0x" + statement_root(read).hex() == statement(entries).root


def test_csv__columns_and_line_ends__are_as_written_down():
    content = "".join(statement_csv(lines(1)[:1]))
    assert content.split("\r\n")[0] == ",".join(field.name for field in fields(StatementLine))
    assert content.count("\r\n") == content.count("\n") == 2


def test_csv__lines_that_are_still_to_come__are_not_waited_for():
    def endless():
        while True:
            yield lines()[0]

    pieces = statement_csv(endless())
    assert [next(pieces)[:2] for _ in range(3)] == ["id", "en", "en"]


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        ({"points": "12.0"}, "points"),
        ({"points": "+12"}, "points"),
        ({"points": " 12"}, "points"),
        ({"points": "012"}, "points"),
        ({"points": "-0"}, "points"),
        ({"points": "١٢"}, "points"),
        ({"points": ""}, "points"),
        ({"micros": "1 000"}, "micros"),
        ({"late": "False"}, "late"),
        ({"late": ""}, "late"),
        ({"id": ""}, "id"),
        ({"sequence": "x"}, "sequence"),
    ],
)
def test_read__cell_that_its_column_cannot_hold__is_refused(cells, place):
    with pytest.raises(UnreadableStatement, match=f"line 2: {place} cannot be"):
        list(read_lines(changed(**cells)))


def test_read__good_line__is_the_line():
    assert list(read_lines(changed())) == lines(1)[:1]


@pytest.mark.parametrize("content", ["", "id,points\r\n", "\ufeffid\r\n"])
def test_read__other_columns__are_refused(content):
    with pytest.raises(UnreadableStatement, match="line 1: the columns"):
        list(read_lines(file_of(content)))


def test_read__quote_in_the_middle_of_a_cell__is_refused():
    header, record = statement_csv(lines(1)[:1])
    with pytest.raises(UnreadableStatement, match="line 2: "):
        list(read_lines(file_of(header + record.replace("ent_", '"ent"_', 1))))


@pytest.mark.parametrize("record", ["a,b\r\n", '"a"b,c\r\n', '"a\r\n', "\r\n"])
def test_read__broken_record__is_refused(record):
    header = next(statement_csv([]))
    with pytest.raises(UnreadableStatement, match="line "):
        list(read_lines(file_of(header + record)))
