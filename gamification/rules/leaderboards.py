"""A leaderboard as it is published: what scores, in which periods, and what the first places win."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

from gamification.rules import windows
from gamification.rules.document import Budget, Measure, Window, counting
from gamification.rules.prizes import RankPrize

GRACE_DAYS = 3


@dataclass(frozen=True)
class Leaderboard:
    """Members who joined compete anew in each period of ``window``, which is a calendar's or goes by dates.

    Events that come late count until ``grace_days`` after the period's last day. Then its places are final and win
    their ``prizes``.
    """

    id: str
    title: Mapping[str, str]
    on: str
    where: Mapping[str, Any]
    measure: Measure
    window: Window
    prizes: tuple[RankPrize, ...] = ()
    funded_by: Mapping[str, int] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    grace_days: int = GRACE_DAYS

    def document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Leaderboard":
        """The leaderboard whose document, through JSON, this is."""
        given = {
            "measure": Measure(**document["measure"]),
            "window": Window(**document["window"]),
            "prizes": tuple(RankPrize(**prize) for prize in document["prizes"]),
            "budget": Budget(**document["budget"]),
        }
        return cls(**{**document, **given})

    @property
    def counting(self) -> str:
        """The same for two versions whose scores mean the same."""
        return counting(self.on, self.where, self.measure, self.window)

    @property
    def grace(self) -> timedelta:
        return timedelta(days=self.grace_days)

    def period_at(self, day: date) -> str:
        """The name of the period of that day; a window by dates has only one, also before and after."""
        dates = self.window.kind == "dates"
        return windows.period_of(self.window, self.window.dates[0] if dates else day) or windows.LIFETIME

    def last_day(self, period: str) -> date | None:
        """The last day of a period of this leaderboard; a lifetime's is not known.

        :raises ValueError: it has no period of this name.
        """
        some_day = self._day_of(period)
        if self.period_at(some_day) != period:
            raise ValueError(f"{self.id} has no period {period}")
        try:
            return windows.last_day(self.window, some_day)
        except OverflowError as error:
            raise ValueError(f"{period} ends after the last day of the calendar") from error

    def _day_of(self, period: str) -> date:
        """A day of the period, if the name is one.

        :raises ValueError: it is not even the name of a day, week, month or year.
        """
        kind = self.window.kind
        if kind == "week":
            return date.fromisoformat(f"{period}-1")
        rest = {"year": "-01-01", "month": "-01", "day": ""}
        return date.fromisoformat(period + rest[kind]) if kind in rest else date.min
