"""The end of a period: once, when all is known, and what was won stays won."""

from datetime import UTC, datetime, timedelta

import pytest

from coalition import events
from coalition.store.database import execute, transaction
from gamification import leaderboards
from gamification.leaderboard_results import Winner, close_periods, winners
from gamification.rules.document import Window
from gamification.rules.prizes import RankPrize
from gamification.stream import CONSUMER
from tests.integration.leaderboards.boards import WEEK, board

PRIZES = (RankPrize(1, 1, {"points": 500}), RankPrize(3, 4, {"points": 50}))
ENDED = datetime(2026, 3, 9, tzinfo=UTC)
"""The week's last moment has passed."""
CLOSES = ENDED + timedelta(days=3)


@pytest.fixture
def contest(contest, clock):
    """Five at different places, of which the first, the third and the fourth win."""
    leaderboards.ensure_leaderboard(board(prizes=PRIZES), clock.now())
    contest.join("Anna", "Boris", "Vera", "Gleb", "Daria")
    contest.score(Anna=(5, 1), Boris=(4, 2), Vera=(3, 3), Gleb=(2, 4), Daria=(1, 5))
    catch_up()
    return contest


def catch_up() -> None:
    """The engine reads all there is."""
    with transaction():
        cursor = events.lock_cursor(CONSUMER)
        if unread := events.read_after(cursor, 1000):
            events.move_cursor(CONSUMER, unread[-1].id)


def won(contest) -> list[tuple[int, str, int]]:
    names = {number: name for name, number in contest.members.items()}
    return [(rank, names[member], prize) for rank, member, prize in winners("spring", WEEK)]


def test_close__after_the_grace__tells_who_won_what_and_keeps_it(contest):
    assert close_periods(now=CLOSES - timedelta(milliseconds=1)) == []
    assert winners("spring", WEEK) == []
    wins = close_periods(now=CLOSES)
    assert [(win.rank, win.score, win.prize, win.reward.reward) for win in wins] == [
        (1, 5, 0, {"points": 500}),
        (3, 3, 1, {"points": 50}),
        (4, 2, 1, {"points": 50}),
    ]
    assert {(win.leaderboard.id, win.period) for win in wins} == {("spring", WEEK)}
    assert won(contest) == [(1, "Anna", 0), (3, "Vera", 1), (4, "Gleb", 1)]
    assert contest.rank("Anna").closed


def test_close__again__gives_nothing_twice(contest):
    close_periods(now=CLOSES)
    before = won(contest)
    assert close_periods(now=CLOSES + timedelta(days=30)) == []
    assert won(contest) == before


def test_close__undone_with_the_rewards__is_done_anew(contest):
    with pytest.raises(ZeroDivisionError), transaction():
        close_periods(now=CLOSES)
        raise ZeroDivisionError
    assert winners("spring", WEEK) == []
    assert len(close_periods(now=CLOSES)) == 3


def test_close__events_to_be_read__waits_for_the_engine(contest):
    contest.join("Egor")
    assert close_periods(now=CLOSES) == []
    catch_up()
    assert len(close_periods(now=CLOSES)) == 3


def test_close__events_come_without_an_end__waits_for_those_alone_that_were_recorded_before_it(contest):
    contest.at(CLOSES)
    contest.join("Egor")
    assert close_periods(now=CLOSES) == []
    contest.at(CLOSES + timedelta(milliseconds=1))
    contest.join("Zoya")
    assert close_periods(now=contest.clock.now()) == []
    with transaction():
        egors, _ = events.read_after(events.lock_cursor(CONSUMER), 10)
        events.move_cursor(CONSUMER, egors.id)
    assert len(close_periods(now=contest.clock.now())) == 3


def test_close__of_several_periods__those_whose_events_have_been_read(contest):
    contest.score("2026-W11", Boris=(1, 1))
    contest.at(CLOSES + timedelta(days=1))
    contest.join("Egor")
    wins = close_periods(now=CLOSES + timedelta(days=7))
    assert {win.period for win in wins} == {WEEK}
    catch_up()
    assert {win.period for win in close_periods(now=CLOSES + timedelta(days=7))} == {"2026-W11"}


def test_scores__late__count_in_the_grace_and_not_afterwards(contest):
    contest.at(CLOSES - timedelta(hours=1))
    contest.score(Boris=(6, 9))
    assert next(win.member for win in close_periods(now=CLOSES)) == contest.member("Boris")
    contest.score(Anna=(99, 10), Boris=(0, 11))
    assert contest.top()[:2] == [(1, "Boris", 6), (2, "Anna", 5)]
    assert won(contest)[0] == (1, "Boris", 0)


def test_close__who_left_before__wins_nothing(contest):
    contest.leave("Anna")
    catch_up()
    assert [win.member for win in close_periods(now=CLOSES)] == [
        contest.member(name) for name in ("Boris", "Gleb", "Daria")
    ]


def test_close__fewer_members_than_prizes__gives_what_is_won(contest):
    for name in ("Anna", "Boris", "Vera", "Gleb"):
        contest.leave(name)
    catch_up()
    close_periods(now=CLOSES)
    assert winners("spring", WEEK) == [Winner(1, contest.member("Daria"), 0)]


def test_close__by_the_document_of_then__and_a_later_one_changes_nothing(contest, clock):
    close_periods(now=CLOSES)
    leaderboards.ensure_leaderboard(board(prizes=()), clock.now())
    assert [win.prize for win in winners("spring", WEEK)] == [0, 1, 1]
    (document,) = execute("SELECT document FROM leaderboard_period").fetchone()
    assert '"points":500' in document


def test_close__of_a_lifetime__never_comes(contest, clock):
    leaderboards.ensure_leaderboard(board(window=Window("lifetime"), prizes=PRIZES), clock.now())
    contest.score("", Anna=(1, 1))
    close_periods(now=CLOSES + timedelta(days=4000))
    assert not contest.rank("Anna", "").closed


def test_close__several_periods__the_oldest_first_and_only_those_that_are_over(contest):
    contest.score("2026-W11", Boris=(1, 1))
    contest.score("2026-W12", Boris=(1, 1))
    wins = close_periods(now=CLOSES + timedelta(days=7))
    assert [win.period for win in wins] == [WEEK] * 3 + ["2026-W11"]
    assert not contest.rank("Boris", "2026-W12").closed
