"""Moments in a column: UTC, of fixed width, and sorted as they read."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.store.database import from_column, to_column

MOMENTS = st.builds(
    lambda seconds, microseconds, zone: datetime.fromtimestamp(seconds, zone).replace(microsecond=microseconds),
    st.integers(0, 7_000_000_000),
    st.integers(0, 999_999),
    st.timezones(),
)


@given(MOMENTS)
def test_moment__written_and_read__is_the_same_to_the_millisecond(moment):
    exact = moment.astimezone(UTC)
    assert from_column(to_column(moment)) == exact.replace(microsecond=exact.microsecond // 1000 * 1000)


@given(MOMENTS, MOMENTS)
def test_moments__as_text__sort_as_they_happened(one, other):
    one, other = (moment.astimezone(UTC).replace(microsecond=0) for moment in (one, other))
    assert (to_column(one) < to_column(other)) == (one < other)


def test_moment__of_another_zone__is_written_in_utc():
    moscow = timezone(timedelta(hours=3))
    assert to_column(datetime(2026, 3, 2, 12, 0, 0, 999_999, tzinfo=moscow)) == "2026-03-02T09:00:00.999Z"


def test_moment__without_an_offset__refused():
    with pytest.raises(ValueError, match="no offset"):
        to_column(datetime(2026, 3, 2))  # noqa: DTZ001
