"""The names under which gamification reads the event stream and adds to it."""

CONSUMER = "gamification"
"""Whoever holds this cursor is alone with the counters, the grants and the rules."""
SOURCE = "gamification"

ACHIEVEMENT_GRANTED = "achievement.granted"
ACHIEVEMENT_REVOKED = "achievement.revoked"
LEVEL_CHANGED = "level.changed"

OWN_TYPES = frozenset({ACHIEVEMENT_GRANTED, ACHIEVEMENT_REVOKED, LEVEL_CHANGED})
"""What the engine itself adds, and finds again in a later batch: it counts towards nothing."""
