"""A leaderboard to publish in a line, and what is seen of it."""

from datetime import datetime
from typing import Any

import orjson

from coalition import events
from coalition.clock import ManualClock
from coalition.services.members import EnrolMember, enrol_member, member_number
from gamification import leaderboard_members, leaderboards, standings
from gamification.leaderboards import Score
from gamification.rules.document import Measure, Window
from gamification.rules.leaderboards import Leaderboard
from tests.conftest import Coalition

WEEK = "2026-W10"
"""That of Monday, 2 March 2026, on which the clock stands."""
NAMES = ("Anna", "Boris", "Vera", "Gleb", "Daria", "Egor", "Zoya", "Ivan")


def board(id_: str = "spring", **given: Any) -> Leaderboard:
    """Purchases of a week, with what is given instead."""
    usual = {
        "title": {"en": "Spring", "ru": "Весна"},
        "on": "purchase.recorded",
        "where": {},
        "measure": Measure("count"),
        "window": Window("week"),
    }
    return Leaderboard(id=id_, **{**usual, **given})


class Contest:
    """One leaderboard and its members, whose numbers go by name."""

    def __init__(self, coalition: Coalition, clock: ManualClock, board: Leaderboard) -> None:
        self.coalition = coalition
        self.clock = clock
        self.board = board
        self.members = {"Anna": member_number(coalition.anna.id)}
        leaderboards.ensure_leaderboard(board, clock.now())

    def member(self, name: str) -> int:
        """Enrolled at the first mention."""
        if name not in self.members:
            phone = f"+7916555{len(self.members):04}"
            member = enrol_member(EnrolMember(phone=phone), self.coalition.cinema.number, now=self.clock.now())
            self.members[name] = member_number(member.id)
        return self.members[name]

    def join(self, *names: str) -> None:
        for name in names:
            leaderboard_members.join(
                self.board.id, self.member(name), name, self.coalition.operator.number, now=self.clock.now()
            )

    def leave(self, name: str) -> bool:
        number = self.coalition.operator.number
        return leaderboard_members.opt_out(self.board.id, self.member(name), number, now=self.clock.now())

    def score(self, period: str = WEEK, /, **scores: tuple[int, int]) -> None:
        """What the engine says: by name, the score and the event that brought it there."""
        changes = {self.member(name): Score(*score) for name, score in scores.items()}
        leaderboards.set_scores({(self.board.id, period): changes})

    def top(self, period: str = WEEK) -> list[tuple[int, str | None, int]]:
        shown = standings.top(self.board.id, period, 100)
        return [(place.rank, place.nickname, place.score) for place in shown.data]

    def rank(self, name: str, period: str = WEEK) -> standings.Standing:
        return standings.rank(self.board.id, period, self.member(name))

    def at(self, moment: datetime) -> None:
        self.clock.advance(moment - self.clock.now())


def told() -> list[tuple[str, int, dict[str, Any]]]:
    """Type, member and attributes of every event of leaderboards."""
    return [
        (event.type, event.member, event.attributes)
        for event in events.read_after(0, 1000)
        if event.type.startswith("leaderboard.")
    ]


def as_json(board: Leaderboard) -> Any:
    return orjson.loads(orjson.dumps(board.document()))
