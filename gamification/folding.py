"""Folding a batch of events into the progress of the members whom they concern."""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from coalition import events as stream
from coalition.events import Event
from gamification.fold.catalogue import Catalogue, Eras
from gamification.fold.history import UNDOING, play_history
from gamification.fold.player import (
    ACTS,
    LEADERBOARD_JOINED,
    LEADERBOARD_LEFT,
    TEAM_JOINED,
    LevelChange,
    Move,
    Outcome,
    Player,
    Score,
    TooLate,
    Win,
    ZoneAt,
)
from gamification.fold.state import MemberState
from gamification.store.progress import load_states, save_states

_MOST_REPLAYS = 50
"""Of one member in one batch. Beyond it what is lost and won is not told event by event, for each costs a replay."""


class Reversal(NamedTuple):
    """The event undid an earlier one. ``wins`` is what is left: all that the member's history comes to without it.

    ``level`` is None if the level stays.
    """

    event: Event
    wins: list[Win]
    level: LevelChange | None


Happening = Win | LevelChange | Reversal


class Scores(NamedTuple):
    """How far counters of scoring goals are, by goal and period."""

    member: int
    scores: Mapping[tuple[str, str], Score]


class Folded(NamedTuple):
    """What the batch came to. ``happenings`` are each member's in the order of events, member after member; so are
    ``moves``, of what teams sum up, and ``teams``, the events of joining one."""

    happenings: list[Happening]
    scores: list[Scores]
    boards: list[Event]
    moves: list[Move]
    teams: list[Event]


def fold_batch(batch: Sequence[Event], cursor: int, eras: Eras, zone_at: ZoneAt) -> Folded:
    """Play the events, and keep what they have come to; ``cursor`` is where the stream was read before."""
    catalogue = eras.latest()
    concerning = {*catalogue.by_event, *catalogue.sources, *ACTS, *UNDOING}
    by_member: dict[int, list[Event]] = {}
    undone: set[int] = set()
    for event in batch:
        type_ = event.type
        if type_ in concerning:
            by_member.setdefault(event.member, []).append(event)
            if type_ in UNDOING:
                undone.add(event.member)
    states = {member: MemberState.from_json(text) for member, text in load_states(by_member).items()}
    lacking = stream.members_seen(by_member.keys() - states.keys(), cursor)
    histories = _Histories(lacking | undone, batch[-1].id)
    folding = _Folding(catalogue, eras, zone_at, cursor, histories)
    for member, found in by_member.items():
        state = None if member in lacking else states.get(member) or MemberState()
        states[member] = folding.fold(member, state, found, undone=member in undone)
    windows = catalogue.by_key
    for state in states.values():
        state.forget(windows)
    save_states({member: state.to_json() for member, state in states.items()})
    return folding.folded


class _Histories:
    """What happened to members, up to a place of the stream: read for those who are known to need it, and for others
    when they turn out to."""

    def __init__(self, members: Collection[int], up_to: int) -> None:
        self._up_to = up_to
        self._known = dict(histories(members, up_to)) if members else {}

    def of(self, member: int, up_to: int) -> list[Event]:
        if member not in self._known:
            self._known |= dict(histories([member], self._up_to))
        known = self._known.get(member, [])
        return known[: bisect_right(known, up_to, key=attrgetter("id"))]


class _Folding:
    def __init__(self, catalogue: Catalogue, eras: Eras, zone_at: ZoneAt, cursor: int, histories: _Histories) -> None:
        self.folded = Folded([], [], [], [], [])
        self._catalogue = catalogue
        self._eras = eras
        self._zone_at = zone_at
        self._cursor = cursor
        self._histories = histories

    def fold(self, member: int, state: MemberState | None, found: Sequence[Event], *, undone: bool) -> MemberState:
        """The member's state after the events; None was theirs if it has to be found from their history."""
        if state is None:
            state = self._replay(member, self._cursor).state
        elif not undone:
            player, peak = Player(state, self._zone_at), state.peak
            try:
                player.play(found, self._catalogue)
            except TooLate:
                return self.fold(member, self._rebuilt(member, self._cursor, peak), found, undone=False)
            self._tell(member, player.outcome)
            return player.state
        if sum(event.type in UNDOING for event in found) > _MOST_REPLAYS:
            return self._fold_at_once(member, state, found)
        for undoes, events in groupby(found, lambda event: event.type in UNDOING):
            part = list(events)
            if undoes:
                for event in part:
                    state = self._undo(member, state, event)
                continue
            player, peak = Player(state, self._zone_at), state.peak
            try:
                player.play(part, self._catalogue)
            except TooLate:
                player = Player(self._rebuilt(member, part[0].id - 1, peak), self._zone_at)
                player.play(part, self._catalogue)
            self._tell(member, player.outcome)
            state = player.state
        return state

    def _fold_at_once(self, member: int, before: MemberState, found: Sequence[Event]) -> MemberState:
        """As if all of the events had been the last of them: what it undoes, and what the others bring."""
        self.folded.boards.extend(event for event in found if event.type in (LEADERBOARD_JOINED, LEADERBOARD_LEFT))
        self.folded.teams.extend(event for event in found if event.type == TEAM_JOINED)
        return self._undo(member, before, found[-1])

    def _undo(self, member: int, before: MemberState, event: Event) -> MemberState:
        player = self._replay(member, event.id)
        after = player.state
        levels = self._catalogue.levels
        change = None
        if levels and levels.levels.fall:
            if before.peak != after.peak:
                change = LevelChange(event, before.peak, after.peak, after.experience)
        else:
            after.peak = max(before.peak, after.peak)
        self.folded.happenings.append(Reversal(event, player.outcome.wins, change))
        self._tell_scores(member, before, player, event)
        self._tell_moves(after, event)
        return after

    def _rebuilt(self, member: int, up_to: int, peak: int) -> MemberState:
        """All that the member's history comes to; a level that does not fall stays where it was, at the ``peak``."""
        state = self._replay(member, up_to).state
        levels = self._catalogue.levels
        if levels is None or not levels.levels.fall:
            state.peak = max(state.peak, peak)
        return state

    def _replay(self, member: int, up_to: int) -> Player:
        player = Player(MemberState(), self._zone_at)
        play_history(player, self._histories.of(member, up_to), self._eras)
        return player

    def _tell(self, member: int, outcome: Outcome) -> None:
        found: list[Happening] = [*outcome.wins, *outcome.levels]
        self.folded.happenings.extend(sorted(found, key=_place))
        self.folded.boards.extend(outcome.boards)
        self.folded.moves.extend(outcome.moves)
        self.folded.teams.extend(outcome.teams)
        if outcome.scores:
            self.folded.scores.append(Scores(member, outcome.scores))

    def _tell_scores(self, member: int, before: MemberState, player: Player, event: Event) -> None:
        """Scores that a reversal has changed; the ones that it took away altogether are zero."""
        reached = dict(player.outcome.scores)
        for goal in self._catalogue.goals:
            if goal.scoring:
                for period in before.counters_of(goal):
                    reached.setdefault((goal.key, period), Score(0, event.id))
        if reached:
            self.folded.scores.append(Scores(member, reached))

    def _tell_moves(self, after: MemberState, event: Event) -> None:
        """What a reversal has left to the teams: of every one, for the state may have forgotten what it had before."""
        for goal in self._catalogue.goals:
            if goal.in_team and goal.joined in after.joined:
                left = sum(counter[0] for counter in after.counters_of(goal).values())
                self.folded.moves.append(Move(event, goal.key, left))


def histories(members: Collection[int], up_to: int) -> Iterator[tuple[int, list[Event]]]:
    """Of each of the members who have any, their events up to this place of the stream."""
    for member, found in groupby(stream.read_members(members, up_to), attrgetter("member")):
        yield member, list(found)


def _place(happening: Happening) -> int:
    return happening.event.id
