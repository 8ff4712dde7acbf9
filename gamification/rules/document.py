"""A rule as it is published: immutable, complete, and the same document for the same content."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from coalition.domain.documents import document_hash

MeasureKind = Literal["count", "sum", "distinct"]
Window = Literal["lifetime", "day", "week", "month", "year"]

WINDOWS: tuple[Window, ...] = get_args(Window)
LOCALES = ("en", "ru")
_FALLBACK = "en"
CROSSING_PARTNER = "partner"
"""As a sponsor: the partner of the event that crossed the threshold."""


def localised(texts: Mapping[str, str], locale: str) -> str:
    """The text in this language, or in English if there is none."""
    return texts.get(locale, texts[_FALLBACK])


@dataclass(frozen=True)
class Measure:
    """What is counted: events, the sum of a field, or how many different values of a field."""

    kind: MeasureKind
    field: str | None = None


@dataclass(frozen=True)
class Reward:
    """What each tier gives. ``points`` has one number a tier, ``funded_by`` the percentage each sponsor pays."""

    points: tuple[int, ...]
    funded_by: Mapping[str, int]
    badge: bool = False


@dataclass(frozen=True)
class Achievement:
    """One rule; ``tiers`` are the thresholds, ascending, and ``experience`` has one number a tier."""

    id: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    on: str
    where: Mapping[str, Any]
    measure: Measure
    window: Window
    tiers: tuple[int, ...]
    requires: tuple[str, ...]
    hidden: bool
    experience: tuple[int, ...]
    reward: Reward

    def document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Achievement":
        """The rule whose document, through JSON, this is."""
        reward = document["reward"]
        return cls(
            **{
                **document,
                "measure": Measure(**document["measure"]),
                "tiers": tuple(document["tiers"]),
                "requires": tuple(document["requires"]),
                "experience": tuple(document["experience"]),
                "reward": Reward(tuple(reward["points"]), reward["funded_by"], reward["badge"]),
            }
        )

    @property
    def counting(self) -> str:
        """The same for two versions whose counters mean the same: a new title or reward does not begin anew."""
        measure = {"kind": self.measure.kind, "field": self.measure.field}
        return document_hash({"on": self.on, "where": self.where, "measure": measure, "window": self.window})


@dataclass(frozen=True)
class ExperienceSource:
    """What an event is worth: ``each``, or ``each`` for every whole ``per`` of the field ``of``."""

    on: str
    where: Mapping[str, Any]
    each: int
    of: str | None
    per: int


@dataclass(frozen=True)
class Levels:
    """How experience is earned, and how much of it each level takes.

    From level 1 to level 2 it takes ``first_step``; every step further takes the step before it times ``percent`` per
    cent, rounded down, plus ``add``.
    """

    highest: int
    first_step: int
    percent: int
    add: int
    experience: tuple[ExperienceSource, ...]

    def document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Levels":
        """The levels whose document, through JSON, this is."""
        sources = tuple(ExperienceSource(**source) for source in document["experience"])
        return cls(**{**document, "experience": sources})
