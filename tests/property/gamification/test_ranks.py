"""However scores come, rise, fall and go, every rank is the one of a sorted list, and the pages count what there is."""

import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.store.database import database, execute
from gamification.store import leaderboards as store
from gamification.store.leaderboards import HIGHEST, LOWEST, Key, Move

PERIOD, OTHER = 7, 8
MEMBERS = 40

Step = dict[int, tuple[int, int] | None]
"""By member, the score and the event; None takes the place away."""

scores = st.tuples(st.integers(1, 4), st.integers(1, 3))
steps: st.SearchStrategy[list[Step]] = st.lists(
    st.dictionaries(st.integers(1, MEMBERS), st.one_of(scores, scores, st.none()), max_size=MEMBERS), max_size=12
)


@pytest.fixture
def pages_of_three(monkeypatch: pytest.MonkeyPatch, store_of_periods: None) -> None:
    monkeypatch.setattr(store, "PAGE", 3)
    monkeypatch.setattr(store, "_MOST", 6)


@pytest.fixture
def store_of_periods(store: None) -> None:
    for period in (PERIOD, OTHER):
        execute(
            "INSERT INTO leaderboard_period (id, leaderboard, period) VALUES (?, 'board', ?)", (period, str(period))
        )


def test_places__any_history__are_those_of_a_sorted_list(pages_of_three: None) -> None:
    given(steps=steps)(check_history)()


def check_history(steps: list[Step]) -> None:
    with database.atomic() as scope:
        fill_other()
        store.first_page(PERIOD)
        places: dict[int, Key] = {}
        for step in steps:
            take(places, step)
            assert [store.rank_of(PERIOD, key) for key in sorted(places.values())] == [*range(1, len(places) + 1)]
            check_pages(places)
        assert store.rank_of(PERIOD, HIGHEST) == len(places) + 1
        assert (store.count_entries(PERIOD), store.count_entries(OTHER)) == (len(places), 2)
        store.rebuild_pages(PERIOD)
        check_pages(places)
        scope.rollback()


@pytest.mark.parametrize("seed", range(3))
def test_places__filled_at_once_and_left_one_by_one__pages_become_one_again(pages_of_three: None, seed: int) -> None:
    store.first_page(PERIOD)
    places: dict[int, Key] = {}
    take(places, {member: (member % 7 + 1, member % 3 + 1) for member in range(1, MEMBERS + 1)})
    check_pages(places)
    members = sorted(places)
    Random(seed).shuffle(members)
    for member in members:
        take(places, {member: None})
        check_pages(places)
    assert pages() == [(LOWEST, 0)]


def take(places: dict[int, Key], step: Step) -> None:
    moves = []
    for member, score in step.items():
        after = (-score[0], score[1], member) if score else None
        if places.get(member) == after:
            continue
        moves.append(Move(places.pop(member, None), after))
        if after:
            places[member] = after
    store.move(PERIOD, moves)
    assert store.keys_of(PERIOD, range(1, MEMBERS + 1)) == places


def fill_other() -> None:
    """A neighbour of ours, in whose rows nothing may change."""
    store.first_page(OTHER)
    store.move(OTHER, [Move(None, (-9, 1, 1)), Move(None, (-1, 1, 2))])


def pages() -> list[tuple[Key, int]]:
    rows = execute(
        "SELECT below, reached, member_id, entries FROM leaderboard_page WHERE period_id = ? ORDER BY 1, 2, 3",
        (PERIOD,),
    ).fetchall()
    return [(tuple(bound), entries) for *bound, entries in rows]


def check_pages(places: dict[int, Key]) -> None:
    """Each has what it says, none has too many, and no two neighbours have too few."""
    found = pages()
    bounds = [bound for bound, _ in found]
    assert bounds[0] == LOWEST
    for (start, entries), end in zip(found, [*bounds[1:], HIGHEST], strict=True):
        assert entries == sum(start <= key < end for key in places.values()) <= store._MOST
    for (_, one), (_, next_one) in itertools.pairwise(found):
        assert one + next_one > store.PAGE
