"""However late events come, however the stream is cut and whatever a member's state has forgotten: folding comes to
what counting everything anew comes to."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any
from unittest.mock import patch

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.domain.documents import canonical_json
from coalition.events import Event
from gamification import folding
from gamification.fold.catalogue import Eras, Version
from gamification.fold.history import play_history
from gamification.fold.player import LevelChange, Player, Win
from gamification.fold.state import MemberState
from gamification.folding import Happening, Reversal, fold_batch
from gamification.rules.reading import read_rules
from gamification.rules.surroundings import Surroundings
from tests.integration.gamification.helpers import rule, rule_text
from tests.property.gamification.all_rules import CHALLENGES, JOINABLE, LEVELS, RULES, STREAKS, TAKEN, modelled
from tests.property.gamification.member_streams import streams
from tests.property.gamification.plain_model import Model, Result

ZONE = "Asia/Kolkata"
TWO_YEARS = 730
NEWER = [
    rule("spender", tiers=[10, 40, 90], measure={"sum": "payable_minor"}, experience=1),
    rule("weekly", tiers=[1, 2], window="week", on="visit.checked_in", repeat="never"),
    rule("any-ten", tiers=[2], window={"days": 10}, repeat="monthly", on="visit.checked_in"),
    rule("every-week", tiers=[1, 3], measure={"streak": "week", "freezes": 1}),
    rule("dear", tiers=[10], measure={"max": "payable_minor"}),
]
EDITED = {each["id"]: each for each in NEWER}


class Memory:
    """The members' states and histories, in the place of the database."""

    def __init__(self, stream: Sequence[Event]) -> None:
        self.states: dict[int, str] = {}
        self._stream = stream

    def load_states(self, members: Collection[int]) -> dict[int, str]:
        return {member: self.states[member] for member in members if member in self.states}

    def save_states(self, states: Mapping[int, str]) -> None:
        self.states |= states

    def members_seen(self, members: Collection[int], up_to: int) -> set[int]:
        return {event.member for event in self._stream if event.member in members and event.id <= up_to}

    def read_members(self, members: Collection[int], up_to: int) -> Iterator[Event]:
        found = [event for event in self._stream if event.member in members and event.id <= up_to]
        return iter(sorted(found, key=lambda event: (event.member, event.id)))


@given(
    stream=streams(days=TWO_YEARS, achievements=STREAKS, challenges=JOINABLE),
    size=st.sampled_from([1, 3, 100]),
    edited_after=st.one_of(st.none(), st.integers(0, 40)),
)
def test_fold__batch_by_batch__comes_to_what_the_plain_model_does(
    stream: list[Event], size: int, edited_after: int | None
) -> None:
    eras = published(edited_after)
    memory = Memory(stream)
    standing: dict[int, set[tuple[Any, ...]]] = {1: set(), 2: set()}
    levels: dict[int, int] = {1: 1, 2: 1}
    for start in range(0, len(stream), size):
        batch = stream[start : start + size]
        # Publishing waits until the engine has read what was there, so no batch is judged by two versions.
        for _, part in groupby(batch, lambda event: edited_after is not None and event.id > edited_after):
            events = list(part)
            for happening in fold(memory, events, eras):
                note(happening, standing, levels)
        for member in (1, 2):
            result = model(stream[: start + size], member, edited_after)
            assert standing[member] == {win[1:] for win in result.wins}
            state = MemberState.from_json(memory.states[member]) if member in memory.states else MemberState()
            assert (state.experience, state.peak, levels[member]) == (result.experience, result.level, result.level)


@given(stream=streams(days=TWO_YEARS, achievements=STREAKS, challenges=JOINABLE, most=60))
def test_fold__state_that_forgets__wins_at_the_same_events_as_the_whole_history(stream: list[Event]) -> None:
    eras = published(None)
    memory = Memory(stream)
    won: dict[int, list[tuple[Any, ...]]] = {1: [], 2: []}
    for event in stream:
        for happening in fold(memory, [event], eras):
            if isinstance(happening, Win):
                won[event.member].append(key(happening))
            elif isinstance(happening, Reversal):
                won[event.member] = [key(win) for win in happening.wins]
    for member in (1, 2):
        player = Player(MemberState(), lambda moment: ZONE)
        play_history(player, [event for event in stream if event.member == member], eras)
        assert sorted(won[member]) == sorted(key(win) for win in player.outcome.wins)
        assert sorted(won[member]) == sorted((win.event, *win[1:]) for win in model(stream, member, None).wins)


@given(stream=streams(days=TWO_YEARS, achievements=STREAKS, challenges=JOINABLE))
@settings(max_examples=20)
def test_state__through_json__is_the_same(stream: list[Event]) -> None:
    player = Player(MemberState(), lambda moment: ZONE)
    play_history(player, [event for event in stream if event.member == 1], published(None))
    again = MemberState.from_json(player.state.to_json())
    assert again.to_json() == player.state.to_json()
    assert orjson.loads(again.to_json())[6] == player.state.counters


def fold(memory: Memory, batch: list[Event], eras: Eras) -> list[Happening]:
    # As the engine has it: what is published later does not run yet.
    known = Eras([each for each in eras._versions if each.since < batch[0].id])
    with (
        patch.object(folding, "load_states", memory.load_states),
        patch.object(folding, "save_states", memory.save_states),
        patch.object(folding.stream, "members_seen", memory.members_seen),
        patch.object(folding.stream, "read_members", memory.read_members),
    ):
        return fold_batch(batch, batch[0].id - 1, known, lambda moment: ZONE).happenings


def note(happening: Happening, standing: dict[int, set[tuple[Any, ...]]], levels: dict[int, int]) -> None:
    member = happening.event.member
    if isinstance(happening, Win):
        assert key(happening)[1:] not in standing[member], "nothing is won that the member has"
        standing[member].add(key(happening)[1:])
    elif isinstance(happening, LevelChange):
        assert happening.previous_level == levels[member]
        levels[member] = happening.level
    else:
        standing[member] = {key(win)[1:] for win in happening.wins}
        if happening.level:
            assert happening.level.previous_level == levels[member]
            levels[member] = happening.level.level


def key(win: Win) -> tuple[int, str, int, str, int]:
    return win.event.id, win.goal.rule.id, win.tier + 1, win.period, win.repeat


def model(stream: Sequence[Event], member: int, edited_after: int | None) -> Result:
    rules = modelled()

    def rules_at(event: int) -> list[Any]:
        newer = edited_after is not None and event > edited_after
        return [EDITED.get(each["id"], each) if newer else each for each in rules]

    plain = Model(rules_at, ZONE, LEVELS, TAKEN)
    return plain.result([event for event in stream if event.member == member])


@cache
def published(edited_after: int | None) -> Eras:
    """All rules run from the beginning; some are edited after the event of this id."""
    around = Surroundings(sponsors=["operator"])
    file = read_rules(rule_text(*RULES, levels=LEVELS, challenges=CHALLENGES), "rules", around)
    assert file.levels
    versions: list[Version] = []
    for each in file.achievements:
        number = len(versions) + 1
        document = canonical_json(each.document()).decode()
        versions.append(Version(number, "achievement", each.id, 1, number, document, 0, 0))
    document = canonical_json(file.levels.document()).decode()
    versions.append(Version(len(versions) + 1, "levels", "levels", 1, 0, document, 0, 0))
    if edited_after is None:
        return Eras(versions)
    before = {each.id: (number, each) for number, each in enumerate(file.achievements, start=1)}
    newer = read_rules(rule_text(*NEWER), "rules", around).achievements
    for each in newer:
        number = len(versions) + 1
        first, old = before[each.id]
        goal = first if old.counting == each.counting else number
        document = canonical_json(each.document()).decode()
        versions.append(Version(number, "achievement", each.id, 2, goal, document, edited_after, edited_after))
    return Eras(versions)
