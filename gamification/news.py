"""News: what the engine itself adds to the event stream."""

from datetime import datetime
from typing import Any

from coalition.events import Event, NewEvent
from gamification.experience import LevelChange
from gamification.grants import Grant
from gamification.stream import ACHIEVEMENT_GRANTED, ACHIEVEMENT_REVOKED, LEVEL_CHANGED, SOURCE


def granted(grant: Grant) -> NewEvent:
    """The tier has just been won."""
    return _news(ACHIEVEMENT_GRANTED, f"grant:{grant.id}", grant, grant.partner, grant.earned_at)


def revoked(grant: Grant, event: Event) -> NewEvent:
    """The event has just undone what the tier was won with."""
    return _news(ACHIEVEMENT_REVOKED, f"revoke:{grant.id}", grant, event.partner, event.occurred_at)


def level_changed(change: LevelChange, event: Event) -> NewEvent:
    """The event has just brought the member to another level."""
    return NewEvent(
        type=LEVEL_CHANGED,
        source=SOURCE,
        source_event_id=f"level:{event.public_id}",
        member=change.member,
        partner=event.partner,
        attributes={
            "level": change.level,
            "previous_level": change.previous_level,
            "experience": change.experience,
        },
        occurred_at=event.occurred_at,
    )


def _news(type_: str, source_event_id: str, grant: Grant, partner: int, occurred_at: datetime) -> NewEvent:
    attributes: dict[str, Any] = {
        "grant": grant.id,
        "achievement": grant.rule.id,
        "version": grant.version,
        "tier": grant.tier,
        "threshold": grant.threshold,
        "period": grant.period,
        "points": grant.points,
        "state": grant.state,
    }
    return NewEvent(type_, SOURCE, source_event_id, grant.member, partner, attributes, occurred_at)
