"""The categories of the month that members have picked."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import orjson

from coalition.store.database import chunks, execute, from_column, placeholders, to_column


class Choice(NamedTuple):
    categories: frozenset[str]
    chosen_at: datetime


def choices_of(members: Sequence[int]) -> dict[tuple[int, str, str], Choice]:
    """``{(member, rule, month): choice}`` of all that these members ever chose."""
    found = {}
    for chunk in chunks(members):
        for member, rule, month, categories, chosen_at in execute(
            "SELECT member_id, rule, month, categories, chosen_at FROM category_choice"
            f" WHERE member_id IN ({placeholders(len(chunk))})",
            chunk,
        ).fetchall():
            found[member, rule, month] = Choice(frozenset(orjson.loads(categories)), from_column(chosen_at))
    return found


def keep_choice(member: int, rule: str, month: str, categories: Sequence[str], chosen_at: datetime) -> bool:
    """Write the choice down; False if there is one already."""
    rows = execute(
        "INSERT INTO category_choice (member_id, rule, month, categories, chosen_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (member_id, rule, month) DO NOTHING RETURNING rule",
        (member, rule, month, orjson.dumps(sorted(categories)).decode(), to_column(chosen_at)),
    ).fetchall()
    return bool(rows)
