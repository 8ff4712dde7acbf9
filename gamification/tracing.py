"""Tracing: which of a member's events a rule has counted."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from coalition import events as stream
from coalition.events import Event
from gamification.fold.catalogue import Catalogue
from gamification.fold.goals import Group
from gamification.fold.history import play_history
from gamification.fold.player import Player, ZoneAt
from gamification.fold.state import MemberState
from gamification.rulebook import eras, last_event_read, zones
from gamification.rules.windows import Day
from gamification.store.tables import RuleVersion


@dataclass(frozen=True, slots=True)
class Counted:
    """``day`` is the member's."""

    event: Event
    day: date


def counted_events(member: int, goal: str) -> list[Counted]:
    """The member's events that count for the goal of this key, in the order of the stream."""
    tracing = _Tracing(zones())
    play_history(tracing, list(stream.read_members([member], last_event_read())), eras().only(goal))
    return tracing.counted


def goals_of(versions: Collection[int]) -> dict[int, str]:
    """The keys of the goals of these versions, by their ids."""
    rows = RuleVersion.select(RuleVersion.id, RuleVersion.goal_id).where(RuleVersion.id.in_(sorted(versions)))
    return {row.id: str(row.goal_id) for row in rows}


class _Tracing(Player):
    """Remembers which events meet the condition."""

    def __init__(self, zone_at: ZoneAt) -> None:
        super().__init__(MemberState(), zone_at)
        self.counted: list[Counted] = []

    def _count(
        self,
        event: Event,
        attributes: Any,
        day: Day,
        groups: Iterable[Group],
        catalogue: Catalogue,
        keeping: bool | None = None,
    ) -> None:
        for matches, goals in groups:
            met = matches is None or matches(attributes)
            judged = [goal for goal, *_ in goals if keeping is None or goal.keeps == keeping]
            if met and any(goal.joined is None or self._has_joined(goal, day) for goal in judged):
                self.counted.append(Counted(event, date.fromordinal(day.number)))
        super()._count(event, attributes, day, groups, catalogue, keeping)
