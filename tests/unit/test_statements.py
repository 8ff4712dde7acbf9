"""A statement's root is over every word of its lines, and files bring it back unchanged."""

from dataclasses import fields, replace
from datetime import date
from hashlib import sha256

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.documents import canonical_json
from coalition.domain.statements import CounterpartyTotal, Statement, StatementLine, statement_root
from coalition.papers.statement_csv import read_lines, statement_csv
from coalition.papers.statement_json import read_statement_json, statement_json

NUMBERS = st.integers(-(2**53), 2**53)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
LINES = st.builds(
    StatementLine,
    TEXTS,
    TEXTS,
    TEXTS,
    NUMBERS,
    *[st.none() | NUMBERS] * 3,
    *[st.none() | TEXTS] * 2,
    st.none() | NUMBERS,
    NUMBERS,
    NUMBERS,
    st.none() | TEXTS,
    st.booleans(),
)
LINE = StatementLine(
    "ent_1",
    "2026-03-02T09:00:00.000Z",
    "redemption",
    30,
    1,
    2,
    3,
    "0x" + "a" * 40,
    "redemption",
    2,
    1_000_000,
    30_000_000,
)
STATEMENT = Statement(
    id="stm_1",
    period="per_1",
    partner=3,
    partner_name="cafe",
    currency="EUR",
    first_day=date(2026, 3, 1),
    last_day=date(2026, 3, 31),
    time_zone="Europe/Moscow",
    chain_id=1337,
    ledger="0x" + "b" * 40,
    sequence=7,
    head="0x" + "c" * 64,
    opening_points=0,
    issued_points=50,
    redeemed_points=30,
    expired_points=1,
    closing_points=19,
    liability_minor=19,
    totals=(CounterpartyTotal(2, "redemption", 2, 30, 30, 500_000),),
    position_minor=30,
    root="",
    lines=1,
)


def leaf(document: object) -> bytes:
    return sha256(b"\0" + canonical_json(document)).digest()


def test_root__of_three_lines__is_that_of_rfc_9162():
    lines = [LINE, replace(LINE, id="ent_2"), replace(LINE, id="ent_3")]
    leaves = [leaf(line.document()) for line in lines]
    left = sha256(b"\1" + leaves[0] + leaves[1]).digest()
    assert statement_root(lines) == sha256(b"\1" + left + leaves[2]).digest()


def test_root__of_one_line__is_its_leaf():
    assert statement_root([LINE]) == leaf(LINE.document())


def test_root__without_lines__is_that_of_an_empty_tree():
    assert statement_root([]) == sha256().digest()


@pytest.mark.parametrize("name", [each.name for each in fields(StatementLine)])
def test_root__any_word_of_a_line_changed__is_another(name):
    given_ = getattr(LINE, name)
    changed = replace(LINE, **{name: not given_ if isinstance(given_, bool) else f"{given_}1"})
    assert statement_root([changed]) != statement_root([LINE])


def test_root__lines_in_another_order__is_another():
    lines = [LINE, replace(LINE, id="ent_2")]
    assert statement_root(lines) != statement_root(lines[::-1])


@given(st.lists(LINES, max_size=5))
def test_csv__of_any_lines__reads_back_as_they_are(lines):
    text = "".join(statement_csv(lines))
    read = list(read_lines(text.splitlines(keepends=True)))
    assert read == lines
    assert statement_root(read) == statement_root(lines)


@given(st.lists(LINES, max_size=5))
def test_json__of_a_statement__reads_back_with_the_same_root(lines):
    root = "0x" + statement_root(lines).hex()
    issued = replace(STATEMENT, root=root, lines=len(lines))
    read, read_lines_ = read_statement_json(b"".join(statement_json(issued, lines)))
    assert (read, read_lines_) == (issued, lines)
    assert "0x" + statement_root(read_lines_).hex() == root


def test_header__has_all_that_is_reckoned_and_is_the_same_read_from_json():
    header = STATEMENT.header()
    assert orjson.loads(canonical_json(header)) == header
    assert header["totals"] == [[2, "redemption", 2, 30, 30, 500_000]]
