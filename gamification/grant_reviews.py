"""Reviews: grants that wait for an operator, why, and what was decided.

``pending → released | revoked``, once; or ``withdrawn`` where the grant was taken back before anybody decided, as by a
return. That is not written down: it follows from the grant.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

import orjson

from coalition import events
from coalition.errors import ReasonRequired
from coalition.services import audit_log
from coalition.services.cursors import Page, page, read_cursor
from coalition.services.members import public_ids
from coalition.store.database import execute, execute_many, from_column, to_column, transaction
from gamification.errors import AlreadyDecided, UnknownGrantReview
from gamification.fold.synthetic import REFERRED, REFERRER
from gamification.grants import GrantState
from gamification.stream import CONSUMER

State = Literal["pending", "released", "revoked", "withdrawn"]
Decision = Literal["released", "revoked"]
Release = Callable[[str, datetime], object]
"""Gives what the grant of this public id held back."""
Revoke = Callable[[str, str, datetime], object]
"""Takes the grant of this public id back, for this reason."""

_COLUMNS = (
    "v.id, v.grant_id, v.reasons, v.opened_at, v.decision, v.decided_at, v.decided_by, v.note,"
    " g.member_id, g.achievement, g.points, g.state, won.member_id, came.member_id"
)
_TABLES = (
    "grant_review v JOIN achievement_grant g ON g.public_id = v.grant_id"
    " LEFT JOIN achievement_grant won ON won.public_id = g.cause"
    f" LEFT JOIN achievement_grant came ON came.cause = v.grant_id AND came.achievement = '{REFERRER}'"
)
"""The grant, and of a referral the other side's: what the friend won, or what came with it for who invited them."""

_STATES: Mapping[State, str] = {
    "pending": "v.decision IS NULL AND g.state <> 'revoked'",
    "withdrawn": "v.decision IS NULL AND g.state = 'revoked'",
    "released": "v.decision = 'released'",
    "revoked": "v.decision = 'revoked'",
}


class Sides(NamedTuple):
    """The members' ids of a referral."""

    friend: str
    referrer: str


@dataclass(frozen=True, slots=True)
class GrantReview:
    """``grant``, ``member`` and ``decided_by`` are ids. ``referral`` is what the grant is for, where it is for one."""

    grant: str
    member: str
    achievement: str
    points: int
    referral: Sides | None
    reasons: list[str]
    state: State
    opened_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    note: str | None


class _Row(NamedTuple):
    id: int
    grant: str
    reasons: str
    opened_at: Any
    decision: Decision | None
    decided_at: Any
    decided_by: str | None
    note: str | None
    member: int
    achievement: str
    points: int
    grant_state: str
    friend: int | None
    referrer: int | None

    @property
    def state(self) -> State:
        if self.decision is not None:
            return self.decision
        return "withdrawn" if self.grant_state == GrantState.REVOKED else "pending"

    @property
    def sides(self) -> tuple[int, int] | None:
        """The numbers of the friend and the referrer."""
        if self.achievement == REFERRED and self.referrer is not None:
            return self.member, self.referrer
        if self.achievement == REFERRER and self.friend is not None:
            return self.friend, self.member
        return None


def open_reviews(items: Iterable[tuple[str, Sequence[str]]], now: datetime) -> None:
    """Let the grants wait for an operator, for these reasons; one that does or did already stays as it is."""
    execute_many(
        "INSERT INTO grant_review (grant_id, reasons, opened_at) VALUES (?, ?, ?) ON CONFLICT (grant_id) DO NOTHING",
        ((grant, orjson.dumps(list(reasons)).decode(), to_column(now)) for grant, reasons in items),
    )


def list_reviews(state: State, *, limit: int, cursor: str | None) -> Page[GrantReview]:
    """The reviews that have come to this, the oldest first.

    :raises InvalidCursor: the list of this state did not give it.
    """
    name = f"reviews{state}"
    rows = execute(
        f"SELECT {_COLUMNS} FROM {_TABLES} WHERE v.id > ? AND {_STATES[state]} ORDER BY v.id LIMIT ?",
        (read_cursor(name, cursor, default=0), limit + 1),
    ).fetchall()
    shown = page(name, rows, limit, lambda row: row[0])
    return Page(_reviews(shown.data), shown.next_cursor)


def get_review(grant: str) -> GrantReview:
    """:raises UnknownGrantReview: the grant neither waits for an operator nor ever did."""
    rows = execute(f"SELECT {_COLUMNS} FROM {_TABLES} WHERE v.grant_id = ?", (grant,)).fetchall()
    if not rows:
        raise UnknownGrantReview(grant=grant)
    return _reviews(rows)[0]


def decide(
    grant: str, decision: Decision, *, by: str, note: str, now: datetime, release: Release, revoke: Revoke
) -> GrantReview:
    """Release the grant or revoke it, once, and write into the log who did so and why.

    :raises ReasonRequired: no reason is given.
    :raises UnknownGrantReview: the grant neither waits for an operator nor ever did.
    :raises AlreadyDecided: it waits no longer.
    :raises CoalitionError: what it held back cannot be given now; it goes on waiting.
    """
    if not note.strip():
        raise ReasonRequired().at("/note")
    with transaction():
        # First what the engine locks first: it may be withdrawing this very review.
        events.lock_cursor(CONSUMER)
        review = get_review(grant)
        if review.state != "pending":
            raise AlreadyDecided(grant=grant, state=review.state)
        execute(
            "UPDATE grant_review SET decision = ?, decided_at = ?, decided_by = ?, note = ? WHERE grant_id = ?",
            (decision, to_column(now), by, note, grant),
        )
        audit_log.note(f"grant.{decision}", grant, {"reasons": review.reasons, "note": note}, by, now=now)
        if decision == "released":
            release(grant, now)
        else:
            revoke(grant, note, now)
        return get_review(grant)


def _reviews(rows: Sequence[Sequence[Any]]) -> list[GrantReview]:
    found = [_Row(*row) for row in rows]
    ids = public_ids({number for row in found for number in (row.member, *(row.sides or ()))})
    return [
        GrantReview(
            grant=row.grant,
            member=ids[row.member],
            achievement=row.achievement,
            points=row.points,
            referral=Sides(*(ids[number] for number in row.sides)) if row.sides else None,
            reasons=orjson.loads(row.reasons),
            state=row.state,
            opened_at=from_column(row.opened_at),
            decided_at=row.decided_at and from_column(row.decided_at),
            decided_by=row.decided_by,
            note=row.note,
        )
        for row in found
    ]
