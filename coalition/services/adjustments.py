"""Adjustments: an operator corrects a member's points by hand, with a reason, and with a second pair of eyes for many.

``proposed → posted | rejected``: a small one is posted at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from coalition.domain.documents import document_hash
from coalition.domain.entries import EntryKind
from coalition.domain.lots import choose, spendable
from coalition.domain.source_documents import adjustment_document
from coalition.errors import (
    AdjustmentDecided,
    InsufficientPoints,
    NoPoints,
    ReasonRequired,
    SecondOperatorRequired,
    UnknownAdjustment,
    UnknownMember,
)
from coalition.ids import new_id
from coalition.services.cursors import Page, page, read_cursor
from coalition.services.journal import JournalSession, Source
from coalition.services.partners import check_active, check_limit, get_partner
from coalition.services.programmes import rulebook
from coalition.store import tables
from coalition.store.database import execute, from_column, lock_name, to_column, transaction

Decision = Literal["posted", "rejected"]
_PROPOSED = "proposed"
_ADJUSTMENTS = (
    "SELECT a.id, a.public_id, m.public_id, p.public_id, a.points, a.reason, a.status, a.requested_by, a.decided_by,"
    " a.created_at, a.decided_at FROM adjustment a"
    " JOIN member m ON m.id = a.member_id JOIN partner p ON p.id = a.issuer_id"
)
"""Each in the order of ``Adjustment``, after its number; in one statement, where peewee asks for each relation anew."""


@dataclass(frozen=True, slots=True)
class AdjustPoints:
    """``points`` above zero are given, below zero taken, at the cost or to the relief of ``issuer``, a partner's id.

    ``by`` is the operator's key.
    """

    member: str
    issuer: str
    points: int
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An adjustment as it stands."""

    id: str
    member: str
    issuer: str
    points: int
    reason: str
    status: str
    requested_by: str
    decided_by: str | None
    created_at: datetime
    decided_at: datetime | None


def adjust_points(command: AdjustPoints, *, now: datetime) -> Adjustment:
    """Post the adjustment, or, if that is more points than one operator may move in a day, propose it to another.

    :raises ReasonRequired: no reason is given.
    :raises NoPoints: nothing is to be moved.
    :raises CoalitionError: member or issuer are unknown, or the points cannot be moved.
    """
    if not command.reason.strip():
        raise ReasonRequired()
    if not command.points:
        raise NoPoints(points=command.points)
    with transaction():
        issuer = get_partner(command.issuer)
        # What the operator posts alone is added up: nothing else of theirs may come between.
        lock_name(f"adjustments of {command.by}")
        journal = _lock(command.member, now)
        row = tables.Adjustment.create(
            public_id=new_id("adj"),
            member=journal.accounts[command.member].id,
            issuer=issuer.number,
            points=command.points,
            reason=command.reason,
            status=_PROPOSED,
            requested_by=command.by,
            created_at=now,
        )
        programme = rulebook().at(now)
        alone = _posted_alone(command.by, since=programme.start_of_day(programme.local(now).date()))
        if alone + abs(command.points) <= programme.adjustments.four_eyes_above_points:
            _post(get_adjustment(row.public_id), journal, now)
            _decide(row.public_id, "posted", command.by, now)
        return get_adjustment(row.public_id)


def decide_adjustment(adjustment_id: str, decision: Decision, by: str, *, now: datetime) -> Adjustment:
    """Post or reject what another operator has proposed.

    :raises UnknownAdjustment: there is none of this id.
    :raises AdjustmentDecided: it is posted or rejected already.
    :raises SecondOperatorRequired: whoever proposed it may not post it.
    :raises CoalitionError: the points cannot be moved.
    """
    with transaction():
        tables.Adjustment.update(status=tables.Adjustment.status).where(
            tables.Adjustment.public_id == adjustment_id
        ).execute()
        adjustment = get_adjustment(adjustment_id)
        if adjustment.status != _PROPOSED:
            raise AdjustmentDecided(adjustment=adjustment_id, status=adjustment.status)
        if decision == "posted":
            if by == adjustment.requested_by:
                raise SecondOperatorRequired(request=adjustment_id)
            _post(adjustment, _lock(adjustment.member, now), now)
        _decide(adjustment_id, decision, by, now)
        return get_adjustment(adjustment_id)


def get_adjustment(adjustment_id: str) -> Adjustment:
    """:raises UnknownAdjustment: there is none of this id."""
    row = execute(f"{_ADJUSTMENTS} WHERE a.public_id = ?", (adjustment_id,)).fetchone()
    if row is None:
        raise UnknownAdjustment(adjustment=adjustment_id)
    return _adjustment(row[1:])


def list_adjustments(*, limit: int, cursor: str | None) -> Page[Adjustment]:
    """All of them, the youngest first.

    :raises InvalidCursor: this list did not give it.
    """
    before = read_cursor("adjustments", cursor)
    rows = execute(f"{_ADJUSTMENTS} WHERE a.id < ? ORDER BY a.id DESC LIMIT ?", (before, limit + 1)).fetchall()
    shown = page("adjustments", rows, limit, lambda row: row[0])
    return Page([_adjustment(row[1:]) for row in shown.data], shown.next_cursor)


def _lock(member: str, now: datetime) -> JournalSession:
    """:raises UnknownMember: no member has this id."""
    journal = JournalSession([member], spenders=[member], now=now)
    if member not in journal.accounts:
        raise UnknownMember(member=member)
    return journal


def _posted_alone(by: str, since: datetime) -> int:
    """How many points the operator has moved since then without anybody's approval."""
    found = execute(
        "SELECT SUM(ABS(points)) FROM adjustment"
        " WHERE status = 'posted' AND requested_by = ? AND decided_by = ? AND decided_at >= ?",
        (by, by, to_column(since)),
    )
    return int(found.fetchone()[0] or 0)


def _post(adjustment: Adjustment, journal: JournalSession, now: datetime) -> None:
    issuer, programme, account = get_partner(adjustment.issuer), rulebook().at(now), journal.accounts[adjustment.member]
    document = adjustment_document(adjustment.id, adjustment.member, adjustment.issuer, adjustment.points)
    source = Source(adjustment.id, document_hash(document), now)
    if adjustment.points > 0:
        check_active(issuer)
        check_limit(issuer, adjustment.points)
        expires_at = programme.expires_at(now)
        journal.issue(EntryKind.ADJUSTMENT_INCREASE, issuer.number, account, adjustment.points, source, expires_at)
    else:
        assert account.lots is not None
        lots = [lot for lot in spendable(account.lots.values(), now) if lot.issuer == issuer.number]
        required, available = -adjustment.points, sum(lot.free for lot in lots)
        if required > available:
            raise InsufficientPoints(available=available, required=required)
        journal.take(EntryKind.ADJUSTMENT_DECREASE, issuer.number, account, choose(lots, required), source)
    journal.write()


def _decide(adjustment_id: str, decision: Decision, by: str, now: datetime) -> None:
    execute(
        "UPDATE adjustment SET status = ?, decided_by = ?, decided_at = ? WHERE public_id = ?",
        (decision, by, to_column(now), adjustment_id),
    )


def _adjustment(row: Sequence[Any]) -> Adjustment:
    *known, created_at, decided_at = row
    return Adjustment(*[*known, from_column(created_at), None if decided_at is None else from_column(decided_at)])
