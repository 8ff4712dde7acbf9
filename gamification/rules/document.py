"""A rule as it is published: immutable, complete, and the same document for the same content."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal, cast, get_args

from coalition.domain.documents import document_hash

MeasureKind = Literal["count", "sum", "max", "distinct", "streak"]
Step = Literal["day", "week", "month"]
WindowKind = Literal["lifetime", "day", "week", "month", "year", "days", "dates"]
CalendarWindow = Literal["lifetime", "day", "week", "month", "year"]
Repeat = Literal["never", "every_window", "daily", "weekly", "monthly", "yearly", "up_to"]
OnReversal = Literal["keep", "revoke", "claw_back"]
Split = Literal["equal", "proportional"]

CALENDAR_WINDOWS: tuple[CalendarWindow, ...] = get_args(CalendarWindow)
STEPS: tuple[Step, ...] = get_args(Step)
ON_REVERSAL: tuple[OnReversal, ...] = get_args(OnReversal)
SPLITS: tuple[Split, ...] = get_args(Split)
LOCALES = ("en", "ru")
_FALLBACK = "en"
CROSSING_PARTNER = "partner"
"""As a sponsor: the partner of the event that crossed the threshold."""


def localised(texts: Mapping[str, str], locale: str) -> str:
    """The text in this language, or in English if there is none."""
    return texts.get(locale, texts[_FALLBACK])


@dataclass(frozen=True)
class Measure:
    """What is counted: events, the sum or the greatest of a field, how many different values of a field, or how many
    steps (days, weeks, months) in a row have an event. ``freezes`` steps a calendar month may be missed, if the member
    says so."""

    kind: MeasureKind
    field: str | None = None
    step: Step | None = None
    freezes: int = 0


@dataclass(frozen=True)
class Window:
    """Which events count together: those of one period of the member's calendar, of any ``days`` days in a row, or
    from the ``first`` to the ``last`` date, both included."""

    kind: WindowKind = "lifetime"
    days: int = 0
    first: str | None = None
    last: str | None = None

    @property
    def dates(self) -> tuple[date, date]:
        """Of a window from one date to another."""
        assert self.first and self.last, "only such a window has dates"
        return date.fromisoformat(self.first), date.fromisoformat(self.last)


def counting(on: str, where: Mapping[str, Any], measure: Measure, window: Window) -> str:
    """The same for all rules whose counters mean the same."""
    return document_hash({"on": on, "where": where, "measure": asdict(measure), "window": asdict(window)})


@dataclass(frozen=True)
class Reward:
    """What each tier gives. ``points`` has one number a tier, ``funded_by`` the percentage each sponsor pays.

    ``coupon``, ``perk``, ``draw_ticket`` and ``surprise`` are documents of their own.
    """

    points: tuple[int, ...]
    funded_by: Mapping[str, int]
    badge: bool = False
    coupon: Mapping[str, Any] | None = None
    perk: Mapping[str, Any] | None = None
    draw_ticket: Mapping[str, Any] | None = None
    surprise: Mapping[str, Any] | None = None

    @property
    def most_points(self) -> int:
        """The most that one grant may give."""
        surprises = [choice.get("points", 0) for choice in self.surprise["choices"]] if self.surprise else []
        return max(self.points, default=0) + max(surprises, default=0)

    @property
    def mean_surprise(self) -> int:
        """The points that a surprise gives on average, rounded up; 0 where there is none."""
        choices = self.surprise["choices"] if self.surprise else []
        weighted = sum(choice["weight"] * choice.get("points", 0) for choice in choices)
        return -(-weighted // sum(choice["weight"] for choice in choices)) if choices else 0


@dataclass(frozen=True)
class Budget:
    """How many points the rule may give, to everybody and to one member; None is without limit."""

    points: int | None = None
    per_member: int | None = None


@dataclass(frozen=True)
class Team:
    """Members, ``most`` at most, who count together. The points of a tier are the team's: they are divided among all
    who are in it then, equally or by what each has contributed. Anything else each of them is given whole."""

    most: int
    reward: Split


@dataclass(frozen=True)
class Challenge:
    """What makes an achievement a challenge: members join it, only the ``first`` ones win, or teams do.

    ``owner`` is the partner whose challenge it is, None for the coalition's.
    """

    join: bool = True
    owner: str | None = None
    first: int | None = None
    team: Team | None = None


@dataclass(frozen=True)
class Achievement:
    """One rule; ``tiers`` are the thresholds, ascending, and ``experience`` has one number a tier.

    How often a tier may be won says ``repeat``: ``up_to`` means ``times`` times. A reward waits ``hold_s`` seconds from
    the event that won it.
    """

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
    icon: str = "award"
    repeat: Repeat = "every_window"
    times: int = 1
    hold_s: int = 0
    on_reversal: OnReversal = "claw_back"
    budget: Budget = Budget()
    challenge: Challenge | None = None

    def document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Achievement":
        """The rule whose document, through JSON, this is; documents of earlier releases lack what came later."""
        window, reward, challenge = document["window"], document["reward"], document.get("challenge")
        team = challenge and challenge["team"]
        given = {
            "measure": Measure(**document["measure"]),
            "window": Window(cast(WindowKind, window)) if isinstance(window, str) else Window(**window),
            "tiers": tuple(document["tiers"]),
            "requires": tuple(document["requires"]),
            "experience": tuple(document["experience"]),
            "reward": Reward(**{**reward, "points": tuple(reward["points"])}),
            "budget": Budget(**document.get("budget", {})),
            "challenge": challenge and Challenge(**{**challenge, "team": team and Team(**team)}),
        }
        return cls(**{**document, **given})

    @property
    def counting(self) -> str:
        """The same for two versions whose counters mean the same: a new title or reward does not begin anew."""
        gate = {
            "keep": self.on_reversal == "keep",
            "join": bool(self.challenge and self.challenge.join),
            "team": bool(self.challenge and self.challenge.team),
        }
        return counting(self.on, self.where, self.measure, self.window) + document_hash(gate)


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
    cent, rounded down, plus ``add``. Unless levels fall, one that was reached stays when experience is lost.
    """

    highest: int
    first_step: int
    percent: int
    add: int
    experience: tuple[ExperienceSource, ...]
    fall: bool = True

    counting = "levels"

    def document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Levels":
        """The levels whose document, through JSON, this is."""
        sources = tuple(ExperienceSource(**source) for source in document["experience"])
        return cls(**{**document, "experience": sources})


@dataclass(frozen=True)
class ReferralReward:
    """What one side of a referral is given."""

    points: int
    funded_by: Mapping[str, int]


@dataclass(frozen=True)
class Burst:
    """So many referrals of one member within so many hours are looked at by an operator."""

    referrals: int
    hours: int


@dataclass(frozen=True)
class Referral:
    """When an invited friend qualifies, within so many days after accepting, and what both sides are given then.

    Beyond ``per_month`` referrals of one member in a calendar month, and in a ``burst``, grants are held for review.
    """

    on: str
    where: Mapping[str, Any]
    measure: Measure
    at: int
    within_days: int
    referrer: ReferralReward
    friend: ReferralReward
    per_month: int
    burst: Burst
    hold_s: int = 0
    budget: Budget = Budget()

    def document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Referral":
        """The referral whose document, through JSON, this is."""
        given = {
            "measure": Measure(**document["measure"]),
            "referrer": ReferralReward(**document["referrer"]),
            "friend": ReferralReward(**document["friend"]),
            "burst": Burst(**document["burst"]),
            "budget": Budget(**document["budget"]),
        }
        return cls(**{**document, **given})

    @property
    def counting(self) -> str:
        """The same for two versions whose counters mean the same."""
        return counting(self.on, self.where, self.measure, Window())
