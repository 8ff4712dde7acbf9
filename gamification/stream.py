"""The names under which gamification reads the event stream and adds to it."""

CONSUMER = "gamification"
"""Whoever holds this cursor is alone with the counters, the grants and the rules."""
SOURCE = "gamification"

ACHIEVEMENT_GRANTED = "achievement.granted"
LEVEL_CHANGED = "level.changed"

OWN_TYPES = frozenset({ACHIEVEMENT_GRANTED, LEVEL_CHANGED})
"""What the engine itself adds, and finds again in a later batch: it counts towards nothing."""
