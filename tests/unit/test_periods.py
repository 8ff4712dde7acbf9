"""Periods: their names, their months, which entries are theirs, and how they go from closed to settled."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.periods import Cut, Days, PeriodStatus, StatementStatus, belongs, period_status, read_days
from coalition.errors import InvalidPeriod

START = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

MOMENTS = st.integers(0, 50).map(lambda hours: START + timedelta(hours=hours))
SEQUENCES = st.integers(1, 12)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2026-03", date(2026, 3, 1), date(2026, 3, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-03-01..2026-03-15", date(2026, 3, 1), date(2026, 3, 15)),
        ("2026-03-05..2026-03-05", date(2026, 3, 5), date(2026, 3, 5)),
        ("2025-12-31..2026-01-01", date(2025, 12, 31), date(2026, 1, 1)),
    ],
)
def test_name__of_a_period__says_its_days(name, first, last):
    assert read_days(name) == Days(first, last)
    assert read_days(name).after == last + timedelta(days=1)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "March",
        "26",
        "0000",
        "2026-13",
        "2026-00",
        "2026-3",
        "2026/03",
        "2026-03-01",
        "2026-02-30..2026-03-01",
        "2026-03-02..2026-03-01",
        "2026-03-01..",
        "..",
        "2026..2027",
        "+026",
        " 2026",
    ],
)
def test_name__of_no_period__refused(name):
    with pytest.raises(InvalidPeriod):
        read_days(name)


@pytest.mark.parametrize("name", ["9999", "9999-12", "9999-12-31..9999-12-31"])
def test_name__at_the_end_of_the_calendar__is_refused_where_no_day_follows(name):
    with pytest.raises(InvalidPeriod):
        read_days(name)


@pytest.mark.parametrize(
    ("name", "months"),
    [
        ("2026-03", ["2026-03-01"]),
        ("2026-03-02..2026-03-31", []),
        ("2026-03-01..2026-03-01", ["2026-03-01"]),
        ("2026-03-02..2026-04-01", ["2026-04-01"]),
        ("2025-12-15..2026-02-15", ["2026-01-01", "2026-02-01"]),
        ("2026-01-31..2026-03-01", ["2026-02-01", "2026-03-01"]),
    ],
)
def test_months__begun_in_a_period__are_those_whose_first_day_is_in_it(name, months):
    assert read_days(name).months_begun() == list(map(date.fromisoformat, months))


def test_months__begun_in_a_year_or_in_its_parts__are_the_same_twelve():
    parts = ["2026-01", "2026-02-01..2026-06-14", "2026-06-15..2026-06-30", "2026-07-01..2026-12-31"]
    in_parts = [month for name in parts for month in read_days(name).months_begun()]
    assert in_parts == read_days("2026").months_begun()
    assert len(in_parts) == 12


@given(MOMENTS, SEQUENCES, st.lists(st.tuples(MOMENTS, SEQUENCES), min_size=1, max_size=8))
def test_entry__of_any_chain_of_periods__belongs_to_just_one_or_is_yet_to_come(occurred_at, sequence, ends):
    moments, sequences = (sorted(part) for part in zip(*ends, strict=True))
    cuts = [Cut(*cut) for cut in zip(moments, sequences, strict=True)]
    found = [belongs(occurred_at, sequence, after, before) for before, after in pairwise([None, *cuts])]
    last = cuts[-1]
    assert sum(found) == (sequence <= last.sequence and occurred_at < last.ends_at)
    if any(found):
        first = found.index(True)
        assert occurred_at < cuts[first].ends_at and sequence <= cuts[first].sequence


@pytest.mark.parametrize(
    ("occurred_at", "sequence", "expected"),
    [
        (NOON - timedelta(milliseconds=1), 3, True),
        (NOON, 3, False),
        (NOON - timedelta(milliseconds=1), 4, False),
        (NOON - timedelta(days=1), 2, False),
        (NOON - timedelta(days=1), 3, True),
        (NOON - timedelta(days=1) - timedelta(milliseconds=1), 2, False),
        (NOON - timedelta(days=2), 3, True),
    ],
    ids=["last moment", "a moment later", "a batch later", "was early", "first moment", "before", "late"],
)
def test_entry__at_the_edges_of_a_period__belongs_to_it_or_not(occurred_at, sequence, expected):
    before = Cut(NOON - timedelta(days=1), 2)
    if occurred_at == NOON - timedelta(days=1):
        # At midnight itself the new period has begun, whenever the chain had it.
        assert belongs(occurred_at, 2, Cut(NOON, 3), before)
        return
    assert belongs(occurred_at, sequence, Cut(NOON, 3), before) is expected


OPEN, DONE, DISPUTED, ANSWERED = (
    StatementStatus.OPEN,
    StatementStatus.ACKNOWLEDGED,
    StatementStatus.DISPUTED,
    StatementStatus.ANSWERED,
)


@pytest.mark.parametrize(
    ("statements", "in_time", "too_late"),
    [
        ([OPEN], PeriodStatus.CLOSED, PeriodStatus.ACKNOWLEDGED),
        ([OPEN, DONE], PeriodStatus.CLOSED, PeriodStatus.ACKNOWLEDGED),
        ([DONE, DONE], PeriodStatus.ACKNOWLEDGED, PeriodStatus.ACKNOWLEDGED),
        ([DONE, ANSWERED], PeriodStatus.ACKNOWLEDGED, PeriodStatus.ACKNOWLEDGED),
        ([DONE, DISPUTED], PeriodStatus.DISPUTED, PeriodStatus.DISPUTED),
        ([], PeriodStatus.ACKNOWLEDGED, PeriodStatus.ACKNOWLEDGED),
    ],
)
def test_status__of_a_closed_period__follows_its_statements_and_the_deadline(statements, in_time, too_late):
    before = NOON - timedelta(milliseconds=1)
    assert period_status(statements, dispute_until=NOON, now=before) is in_time
    assert period_status(statements, dispute_until=NOON, now=NOON) is too_late
