"""Reviewing: referrals that something speaks against wait for an operator, who releases or revokes them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import orjson
from peewee import Expression

from coalition import events
from coalition.store.database import execute, transaction
from gamification import news
from gamification.awarding import Referred
from gamification.badges import move_badges
from gamification.giving import give, take_back
from gamification.grant_reviews import open_reviews
from gamification.grants import Grant, GrantState, Held, Revoked, companions, select_grants, update_grants
from gamification.referrals import signals
from gamification.rules.document import Referral
from gamification.store.tables import AchievementGrant
from gamification.stream import CONSUMER


class Reviews(NamedTuple):
    """The grants that are to be looked at, each with the reasons."""

    found: list[tuple[str, Sequence[str]]]

    def open(self, now: datetime) -> None:
        """Put them on the operators' list, once their grants are written."""
        if self.found:
            open_reviews(self.found, now)


def hold_suspicious(referred: Iterable[Referred]) -> Reviews:
    """Hold both grants of each referral that something speaks against, in the order in which they came and went."""
    reviews = Reviews([])
    standing: dict[int, dict[int, datetime]] = {}
    for friend, referrer, stands in referred:
        others = standing.setdefault(referrer.member, {})
        others.pop(friend.member, None)
        if not stands:
            continue
        rule = _referral(friend.version_id)
        reasons = signals(
            friend.member,
            referrer.member,
            burst=rule.burst,
            per_month=rule.per_month,
            occurred_at=friend.earned_at,
            unwritten=list(others.values()),
        )
        others[friend.member] = friend.earned_at
        if reasons:
            for grant in (friend, referrer):
                grant.state, grant.held_because = GrantState.HELD, Held.UNDER_REVIEW
                reviews.found.append((grant.id, reasons))
    return reviews


def release(grant_id: str, now: datetime) -> None:
    """An operator has found the grant good: what it gives is given as soon as nothing else holds it."""
    with transaction():
        events.lock_cursor(CONSUMER)
        for grant in _held(grant_id):
            if grant.held_until and grant.held_until > now:
                grant.held_because = Held.RETURN_WINDOW
            else:
                grant.state, grant.held_because = GrantState.GRANTED, None
                give([grant], now=now)
            update_grants([grant])


def revoke_by_operator(grant_id: str, reason: str, now: datetime) -> None:
    """The grant is no more, nor are those that came with it, and they are not won again; ``reason`` is for the file."""
    with transaction():
        events.lock_cursor(CONSUMER)
        found = list(select_grants(_named(grant_id)))
        revoking = found + companions([grant.id for grant in found])
        take_back(revoking, reason=Revoked.OPERATOR, now=now)
        move_badges([], [(grant, 0) for grant in revoking], now=now)
        update_grants(revoking)
        events.append([news.revoked(grant, grant.partner, now) for grant in revoking], now)


def _held(grant_id: str) -> list[Grant]:
    return list(select_grants(_named(grant_id) & (AchievementGrant.held_because == Held.UNDER_REVIEW)))


def _named(grant_id: str) -> Expression:
    return (AchievementGrant.public_id == grant_id) & (AchievementGrant.state != GrantState.REVOKED)


def _referral(version_id: int) -> Referral:
    (document,) = execute("SELECT document FROM rule_version WHERE id = ?", (version_id,)).fetchone()
    return Referral.from_document(orjson.loads(document))
