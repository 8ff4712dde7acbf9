"""The names under which gamification reads the event stream and adds to it."""

CONSUMER = "gamification"
"""Whoever holds this cursor is alone with the progress of members, the grants and the rules."""
SOURCE = "gamification"

ACHIEVEMENT_GRANTED = "achievement.granted"
ACHIEVEMENT_REVOKED = "achievement.revoked"
CHALLENGE_COMPLETED = "challenge.completed"
LEVEL_CHANGED = "level.changed"
DRAW_WON = "draw.won"

OWN_TYPES = frozenset(
    {
        ACHIEVEMENT_GRANTED,
        ACHIEVEMENT_REVOKED,
        CHALLENGE_COMPLETED,
        LEVEL_CHANGED,
        DRAW_WON,
        "reward.issued",
        "reward.claimed",
        "reward.revoked",
    }
)
"""What gamification itself adds. It counts towards nothing, so the engine passes it over."""
