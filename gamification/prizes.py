"""Prizes: what the first places of a leaderboard win, given as grants when its period is closed."""

from datetime import datetime

from coalition import events
from coalition.services.partners import operator_number
from coalition.store.database import transaction
from gamification import news
from gamification.fold.catalogue import Version
from gamification.giving import give
from gamification.grants import Grant, insert_grants, new_grant_id, rule_of
from gamification.leaderboard_results import Win, close_periods, due_periods
from gamification.rulebook import newest_versions
from gamification.stream import CONSUMER

KIND = "leaderboard"


def give_prizes(*, now: datetime) -> int:
    """Close the leaderboards' periods whose time has come, and give each winner one grant; returns how many.

    The points come from the leaderboard's sponsors within its budget, as those of any grant do: what cannot be paid now
    is held and given later, and an operator can revoke it.
    """
    if not due_periods(now):
        return 0
    with transaction():
        wins = close_periods(now=now)
        versions = {version.rule: version for version in newest_versions() if version.kind == KIND}
        # All that counts for the period was read by now: this is the last of it.
        event, partner = events.consumer_position(CONSUMER), operator_number()
        grants = [_grant(win, versions[win.leaderboard.id], event, partner, now) for win in wins]
        give(grants, now=now)
        insert_grants(grants, now=now)
        if grants:
            events.append([each for grant in grants for each in news.granted(grant)], now)
        return len(grants)


def _grant(win: Win, version: Version, event: int, partner: int, now: datetime) -> Grant:
    """Once for each member and period. Its threshold is the rank, so the ledger's document of the reward has it."""
    board = win.leaderboard.id
    return Grant(
        id=new_grant_id(),
        member=win.member,
        rule=rule_of(KIND, version.document, board),
        kind=KIND,
        version_id=version.id,
        version=version.version,
        tier=1,
        threshold=win.rank,
        period=win.period,
        points=win.reward.reward.get("points", 0),
        event=event,
        partner=partner,
        earned_at=now,
    )
