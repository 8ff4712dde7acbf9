"""News: what the engine itself adds to the event stream."""

from datetime import datetime
from typing import Any

from coalition.events import Event, NewEvent
from gamification.fold.player import LevelChange
from gamification.grants import Grant
from gamification.stream import (
    ACHIEVEMENT_GRANTED,
    ACHIEVEMENT_REVOKED,
    CHALLENGE_COMPLETED,
    LEVEL_CHANGED,
    SOURCE,
)


def granted(grant: Grant) -> list[NewEvent]:
    """The tier has just been won; of a challenge this is told twice, for those who listen to challenges only."""
    news = [_news(ACHIEVEMENT_GRANTED, f"grant:{grant.id}", grant, grant.partner, grant.earned_at, {})]
    if grant.rule.challenge:
        team = {"team": grant.team}
        news.append(_news(CHALLENGE_COMPLETED, f"challenge:{grant.id}", grant, grant.partner, grant.earned_at, team))
    return news


def revoked(grant: Grant, partner: int, occurred_at: datetime) -> NewEvent:
    """What the tier was won with has just been undone, or an operator has revoked it."""
    reason = {"reason": grant.revoked_because}
    return _news(ACHIEVEMENT_REVOKED, f"revoke:{grant.id}", grant, partner, occurred_at, reason)


def level_changed(change: LevelChange) -> NewEvent:
    """The event has just brought the member to another level."""
    event: Event = change.event
    return NewEvent(
        type=LEVEL_CHANGED,
        source=SOURCE,
        source_event_id=f"level:{event.public_id}:{change.level}",
        member=event.member,
        partner=event.partner,
        attributes={
            "level": change.level,
            "previous_level": change.previous_level,
            "experience": change.experience,
        },
        occurred_at=event.occurred_at,
    )


def _news(
    type_: str, source_event_id: str, grant: Grant, partner: int, occurred_at: datetime, more: dict[str, Any]
) -> NewEvent:
    attributes: dict[str, Any] = {
        "grant": grant.id,
        "achievement": grant.rule.id,
        "version": grant.version,
        "tier": grant.tier,
        "threshold": grant.threshold,
        "period": "" if grant.team else grant.period,
        "points": grant.points,
        "state": grant.state,
        **more,
    }
    return NewEvent(type_, SOURCE, source_event_id, grant.member, partner, attributes, occurred_at)
