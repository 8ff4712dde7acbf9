"""The states of an act, and which may follow which."""

from collections.abc import Mapping
from enum import StrEnum

from gamification.acts.errors import EventDecided


class State(StrEnum):
    """``APPROVED`` counts as ``RECORDED`` does; nothing else counts."""

    RECORDED = "recorded"
    PENDING = "pending_moderation"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


COUNTING = frozenset({State.RECORDED, State.APPROVED})

TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.RECORDED: frozenset({State.WITHDRAWN}),
    State.PENDING: frozenset({State.APPROVED, State.REJECTED, State.WITHDRAWN}),
    State.APPROVED: frozenset({State.REJECTED, State.WITHDRAWN}),
    State.REJECTED: frozenset(),
    State.WITHDRAWN: frozenset(),
}


def check_transition(event: str, before: State, after: State) -> None:
    """:raises EventDecided: from the one state the act never comes to the other."""
    if after not in TRANSITIONS[before]:
        raise EventDecided(event=event, state=before)
