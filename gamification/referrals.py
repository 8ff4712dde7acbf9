"""Referrals: what about one asks for a second look, and how a member's invitations stand.

A friend has qualified once they have a grant of ``REFERRED``; the grant of ``REFERRER`` that came with it is what
whoever invited them has for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import orjson
from dateutil.relativedelta import relativedelta

from coalition.services import referrals
from coalition.services.programmes import rulebook
from coalition.store.database import execute, from_column, to_column
from gamification.fold.synthetic import REFERRER
from gamification.rules.document import Burst, Referral
from gamification.rules.referral_signals import Facts, Reason, reasons


class ThisMonth(NamedTuple):
    """``limit`` is how many are rewarded without an operator's word, None where there is no rule for referrals."""

    rewarded: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Invitations:
    """How a member's invitations stand. Of the ``invited`` some have ``qualified``; of these, rewards are the member's
    (``rewarded``), or wait (``held``), or an operator has revoked them."""

    member: str
    code: str
    invited: int
    qualified: int
    rewarded: int
    held: int
    this_month: ThisMonth


def signals(
    friend: int,
    referrer: int,
    *,
    burst: Burst | None,
    per_month: int | None,
    occurred_at: datetime,
    unwritten: Sequence[datetime] = (),
) -> tuple[Reason, ...]:
    """The reasons to hold the rewards of a referral that qualified then, empty where there are none.

    ``unwritten`` is when other referrals of the same referrer qualified whose grants are not written yet. Asked again
    of the same friend it answers the same, whether their own grants are written yet or not.
    """
    first, after = _month(occurred_at)
    margin = timedelta(hours=burst.hours if burst else 0)
    known = _qualified(referrer, friend, min(first, occurred_at - margin), max(after, occurred_at + margin))
    standing = [*unwritten, *(qualified_at for qualified_at, stands in known.values() if stands)]
    facts = Facts(
        friend=friend,
        referrer=referrer,
        around=referrals.neighbourhood(friend, referrer),
        at=occurred_at,
        qualified_at=[*unwritten, *(qualified_at for qualified_at, _ in known.values())],
        this_month=sum(first <= qualified_at < after for qualified_at in standing),
    )
    return reasons(facts, burst=burst, per_month=per_month)


def invitations(member_id: str, *, now: datetime) -> Invitations:
    """:raises UnknownMember: no member has this id."""
    invitation = referrals.invitation(member_id)
    first, after = _month(now)
    granted = "CASE WHEN g.state = 'granted' THEN 1 ELSE 0 END"
    qualified, rewarded, held, this_month = execute(
        f"SELECT COUNT(*), COALESCE(SUM({granted}), 0), COALESCE(SUM(CASE WHEN g.state = 'held' THEN 1 ELSE 0 END), 0),"
        f" COALESCE(SUM(CASE WHEN g.earned_at >= ? AND g.earned_at < ? THEN {granted} ELSE 0 END), 0)"
        " FROM achievement_grant g LEFT JOIN grant_review v ON v.grant_id = g.public_id"
        # What was undone has never been; what an operator has revoked has.
        " WHERE g.member_id = ? AND g.achievement = ? AND (g.state <> 'revoked' OR v.decision = 'revoked')",
        (to_column(first), to_column(after), invitation.member, REFERRER),
    ).fetchone()
    return Invitations(
        member=member_id,
        code=invitation.code,
        invited=invitation.invited,
        qualified=qualified,
        rewarded=rewarded,
        held=held,
        this_month=ThisMonth(this_month, _per_month()),
    )


def _per_month() -> int | None:
    """Of the rule that runs."""
    row = execute("SELECT document FROM rule_version WHERE kind = 'referral' ORDER BY version DESC LIMIT 1").fetchone()
    return Referral.from_document(orjson.loads(row[0])).per_month if row else None


def _month(moment: datetime) -> tuple[datetime, datetime]:
    """When the programme's calendar month began, and when the next one does."""
    programme = rulebook().at(moment)
    first = programme.local(moment).date().replace(day=1)
    return programme.start_of_day(first), programme.start_of_day(first + relativedelta(months=1))


def _qualified(referrer: int, besides: int, since: datetime, until: datetime) -> Mapping[int, tuple[datetime, bool]]:
    """When each of the referrer's other friends qualified last, and whether the referrer's grant for it stands."""
    rows = execute(
        "SELECT f.member_id, g.earned_at, g.state <> 'revoked' FROM achievement_grant g"
        " JOIN achievement_grant f ON f.public_id = g.cause WHERE g.member_id = ? AND g.achievement = ?"
        " AND f.member_id <> ? AND g.earned_at >= ? AND g.earned_at < ? ORDER BY g.id",
        (referrer, REFERRER, besides, to_column(since), to_column(until)),
    ).fetchall()
    return {friend: (from_column(earned_at), bool(stands)) for friend, earned_at, stands in rows}
