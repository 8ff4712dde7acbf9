"""What each kind of act has to say for itself: which attributes it takes, and what it makes of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coalition.services.partners import Partner
from gamification.acts.attributes import Schema
from gamification.store.act_tables import Act


@dataclass(frozen=True, slots=True)
class Posting:
    """An act whose attributes are of its schema. ``partner`` posts it, or is the operator for a member's own session,
    in which ``own`` holds: ``member`` is the member's number."""

    type: str
    partner: Partner
    member: int
    occurred_at: datetime
    attributes: Mapping[str, Any]
    now: datetime
    own: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """What becomes of it: the ``attributes`` of its event, or None while a moderator has not approved it.

    ``claim`` names what a member may do once, ``subject`` the idea or the survey; ``keep`` writes down what else
    belongs to the act.
    """

    attributes: dict[str, Any] | None
    claim: str | None = None
    subject: str | None = None
    keep: Callable[[Act], None] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """``accept`` refuses, or says what becomes of the act; it writes nothing."""

    title: Mapping[str, str]
    schema: Schema
    accept: Callable[[Posting], Accepted]


def as_posted(posting: Posting) -> Accepted:
    """The event says what was posted, and who posted it."""
    return Accepted({"partner": posting.partner.name, **posting.attributes})
