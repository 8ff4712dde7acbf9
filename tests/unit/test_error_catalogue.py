"""Every refusal has a code of its own, and words for it."""

from dataclasses import fields
from datetime import UTC, date, datetime

import pytest

import coalition.errors
import gamification.acts.errors
import gamification.errors
from coalition.errors import CoalitionError, Mistake

REFUSALS = [
    refusal
    for module in (coalition.errors, gamification.errors, gamification.acts.errors)
    for refusal in vars(module).values()
    if isinstance(refusal, type) and issubclass(refusal, CoalitionError) and refusal is not CoalitionError
]
EXAMPLES = {
    "str": "r-1",
    "int": 7,
    "date": date(2026, 3, 2),
    "datetime": datetime(2026, 3, 2, tzinfo=UTC),
    "tuple": (Mistake("programme.yaml", 3, "currency", "is empty"),),
}


def test_codes__each_refusal__has_its_own():
    codes = [refusal.code for refusal in REFUSALS]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
def test_refusal__says_what_was_wrong_with_all_its_values(refusal):
    # The pointers of mistakes go with them, but are no values of their own.
    named = [field for field in fields(refusal) if field.name != "pointers"]
    values = {field.name: EXAMPLES[getattr(field.type, "__name__", field.type)] for field in named}
    error = refusal(**values)
    assert error.values == values
    assert "{" not in str(error)
    for value in values.values():
        assert _told(value) in str(error)


def _told(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return "\n".join(map(str, value)) if isinstance(value, tuple) else str(value)
