"""One member's events, played one by one through rules in the form that files have, without a database."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from coalition.domain.documents import canonical_json
from coalition.events import Event
from gamification.fold.catalogue import Eras, Version
from gamification.fold.goals import Goal
from gamification.fold.player import LevelChange, Player
from gamification.fold.state import MemberState
from gamification.rules.reading import read_rules
from gamification.rules.surroundings import Surroundings
from tests.integration.gamification.helpers import rule, rule_text

AROUND = Surroundings(sponsors=["operator", "cafe"])


def versions_of(*rules: Mapping[str, Any], **others: Any) -> list[Version]:
    """What publishing such a file as the first makes of it."""
    file = read_rules(rule_text(*map(dict, rules), **others), "rules", AROUND)
    found = [("achievement", each.id, each.document()) for each in file.achievements]
    found += [("leaderboard", each.id, each.document()) for each in file.leaderboards]
    found += [
        (kind, kind, each.document()) for kind, each in (("levels", file.levels), ("referral", file.referral)) if each
    ]
    return [
        Version(number, kind, name, 1, number, canonical_json(document).decode(), 0, 0)
        for number, (kind, name, document) in enumerate(found, start=1)
    ]


class Fold:
    """Rules, and what a member's events have come to with them."""

    rule = staticmethod(rule)

    def __init__(self, *rules: Mapping[str, Any], zone: str = "UTC", **others: Any) -> None:
        self.catalogue = Eras(versions_of(*rules, **others)).latest()
        self.state = MemberState()
        self.zone = zone
        self.levels: list[LevelChange] = []
        self.events: list[Event] = []
        self._won: list[tuple[int, str, int, str]] = []

    @property
    def won(self) -> list[tuple[str, int, str]]:
        """(achievement, tier, period) of all that was won, in the order of the events."""
        return [each[1:] for each in sorted(self._won)]

    def goal(self, name: str) -> Goal:
        return self.catalogue.by_achievement[name]

    def reached(self, name: str, period: str = "") -> int:
        """How far the counter is."""
        reached: int = self.state.counters_of(self.goal(name))[period][0]
        return reached

    def happens(self, type_: str, at: date | datetime, **attributes: Any) -> None:
        """At this moment, or at noon UTC of this day; purchases have a partner and a line unless told otherwise."""
        if not isinstance(at, datetime):
            at = datetime(at.year, at.month, at.day, 12, tzinfo=UTC)
        if type_ == "purchase.recorded":
            attributes = {"purchase": str(len(self.events)), "partner": "grocer", "lines": 1, **attributes}
        number = len(self.events) + 1
        self.events.append(Event(number, f"evt_{number}", type_, 1, 1, attributes, at))
        player = Player(self.state, lambda moment: self.zone)
        player.play([self.events[-1]], self.catalogue)
        self._won += [(number, win.goal.rule.id, win.tier + 1, win.period) for win in player.outcome.wins]
        self.levels += player.outcome.levels

    def forgets(self) -> None:
        """What may be forgotten is, and the rest goes through JSON."""
        self.state.forget(self.catalogue.by_key)
        self.state = MemberState.from_json(self.state.to_json())
