"""What a rule file is checked against: the names that it may use."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from coalition.domain.places import Place, did_you_mean
from gamification.event_types import EVENT_TYPES, FORBIDDEN_FIELDS, Fields, FieldType


@dataclass(frozen=True)
class Surroundings:
    """The partners' names, the event types with their fields, the icons there are; and what is published already: what
    each achievement requires, which challenges ``teams`` win, what each id is ``taken`` for (`an achievement`,
    `a challenge`, `a leaderboard`), the ``draws`` that are open, and the ``known_draws``, open or not. Without
    ``today`` (UTC) no day has passed."""

    sponsors: Collection[str]
    types: Mapping[str, Fields] = field(default_factory=lambda: EVENT_TYPES)
    icons: Collection[str] | None = None
    published: Mapping[str, Collection[str]] = field(default_factory=dict)
    teams: Collection[str] = ()
    draws: Collection[str] = ()
    known_draws: Collection[str] = ()
    taken: Mapping[str, str] = field(default_factory=dict)
    today: date | None = None

    def event(self, place: Place) -> str | None:
        """The type of an event that rules may count."""
        name = place.string()
        if name is None or name in self.types:
            return name
        hint = "; one of your own is registered first, with POST /v1/event-types"
        place.mistake(f"{name} is not one of {', '.join(self.types)}{hint}{did_you_mean(name, self.types)}")
        return None

    def field_of(self, place: Place, name: str, event_type: str) -> FieldType | None:
        """The kind of the event's field, or None, and a mistake, if rules may not read one of that name."""
        forbidden = FORBIDDEN_FIELDS.get(event_type, {})
        if name in forbidden:
            place.mistake(f"{name} must not be read: {forbidden[name]}")
            return None
        fields = self.types[event_type]
        if name not in fields:
            place.mistake(f"unknown field of {event_type}{did_you_mean(name, fields)}")
            return None
        return fields[name]

    def partner(self, place: Place) -> str | None:
        """The name of a partner."""
        name = place.string()
        if name is not None and name not in self.sponsors:
            place.mistake(f"no partner is named {name}{did_you_mean(name, self.sponsors)}")
        return name
