"""Who stands where: by score, by who was first, in the period, and only who wants to."""

from datetime import timedelta

import pytest

from coalition.errors import InvalidCursor
from coalition.store.database import execute
from gamification import leaderboards, standings
from gamification.errors import NotOnLeaderboard, UnknownLeaderboard, UnknownLeaderboardPeriod
from gamification.leaderboards import Score, ensure_leaderboard, period_asked_for
from gamification.rules.document import Window
from gamification.rules.prizes import RankPrize
from gamification.standings import Place
from gamification.store import leaderboards as store
from gamification.store.leaderboard_rows import snapshot
from scripts.bench.ranks import fill
from tests.integration.leaderboards.boards import NAMES, WEEK, as_json, board
from tests.integration.test_concurrency import at_once


def test_board__published__is_what_it_was(contest, clock):
    spring = board(
        window=Window("dates", first="2026-03-01", last="2026-05-31"),
        prizes=(RankPrize(1, 1, {"points": 500}), RankPrize(2, 10, {"points": 50})),
        funded_by={"operator": 100},
    )
    assert type(spring).from_document(as_json(spring)) == spring
    assert ensure_leaderboard(spring, clock.now())
    assert not ensure_leaderboard(spring, clock.now() + timedelta(days=1))
    assert leaderboards.boards() == {"spring": spring}
    assert leaderboards.get_board("spring") == spring


def test_scores__higher_first__and_of_equal_ones_who_was_first(contest):
    contest.join("Anna", "Boris", "Vera", "Gleb")
    contest.score(Anna=(5, 40), Boris=(5, 12), Vera=(9, 50), Gleb=(4, 1))
    assert contest.top() == [(1, "Vera", 9), (2, "Boris", 5), (3, "Anna", 5), (4, "Gleb", 4)]


def test_scores__of_those_who_did_not_join__are_nobody_elses_to_see(contest):
    contest.join("Anna")
    contest.score(Anna=(1, 1), Boris=(9, 2))
    assert contest.top() == [(1, "Anna", 1)]
    with pytest.raises(NotOnLeaderboard):
        contest.rank("Boris")


def test_scores__risen__overtake_and_come_behind_those_who_had_as_much_before(contest):
    contest.join("Anna", "Boris")
    contest.score(Anna=(3, 1), Boris=(5, 2))
    contest.score(Anna=(5, 3))
    assert contest.top() == [(1, "Boris", 5), (2, "Anna", 5)]
    contest.score(Anna=(6, 4))
    assert contest.top() == [(1, "Anna", 6), (2, "Boris", 5)]


def test_scores__fallen_after_a_return__fall_behind_and_at_zero_have_no_place(contest):
    contest.join("Anna", "Boris")
    contest.score(Anna=(5, 1), Boris=(3, 2))
    contest.score(Anna=(2, 1))
    assert contest.top() == [(1, "Boris", 3), (2, "Anna", 2)]
    contest.score(Anna=(0, 1), Boris=(-1, 2))
    assert contest.top() == []
    standing = contest.rank("Anna")
    assert (standing.rank, standing.of, standing.score, standing.around) == (None, 0, 0, ())
    contest.score(Anna=(2, 1))
    assert contest.top() == [(1, "Anna", 2)]


def test_scores__the_same_again__change_nothing(contest):
    contest.join("Anna")
    for _ in range(2):
        contest.score(Anna=(5, 1))
    assert (contest.top(), contest.rank("Anna").of) == ([(1, "Anna", 5)], 1)


def test_scores__of_several_periods_and_boards__keep_apart(contest, clock):
    ensure_leaderboard(board("ever", window=Window("lifetime")), clock.now())
    contest.join("Anna", "Boris")
    anna, boris = contest.member("Anna"), contest.member("Boris")
    leaderboards.set_scores(
        {
            ("spring", WEEK): {anna: Score(1, 1), boris: Score(2, 2)},
            ("spring", "2026-W11"): {anna: Score(3, 3)},
            ("ever", ""): {anna: Score(4, 4)},
        }
    )
    assert contest.top() == [(1, "Boris", 2), (2, "Anna", 1)]
    assert contest.top("2026-W11") == [(1, "Anna", 3)]
    assert contest.top("2026-W12") == []
    # Anna did not join the other one.
    assert standings.top("ever", "", 10).data == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Anna", ["Anna", "Boris", "Vera", "Gleb", "Daria"]),
        ("Boris", ["Anna", "Boris", "Vera", "Gleb", "Daria"]),
        ("Vera", ["Anna", "Boris", "Vera", "Gleb", "Daria"]),
        ("Daria", ["Vera", "Gleb", "Daria", "Egor", "Zoya"]),
        ("Zoya", ["Gleb", "Daria", "Egor", "Zoya", "Ivan"]),
        ("Ivan", ["Gleb", "Daria", "Egor", "Zoya", "Ivan"]),
    ],
)
def test_rank__the_five_around__have_the_member_in_the_middle_if_they_can(contest, name, expected):
    contest.join(*NAMES)
    contest.score(**{each: (7, place) for place, each in enumerate(NAMES)})
    standing = contest.rank(name)
    assert (standing.rank, standing.of, standing.score, standing.nickname) == (NAMES.index(name) + 1, 8, 7, name)
    assert standing.around == tuple(Place(NAMES.index(each) + 1, each, 7) for each in expected)


def test_rank__of_fewer_than_five__shows_all(contest):
    contest.join("Anna", "Boris")
    contest.score(Anna=(1, 1), Boris=(2, 2))
    assert contest.rank("Anna").around == (Place(1, "Boris", 2), Place(2, "Anna", 1))


def test_rank__in_a_period_nobody_scored_in__is_none(contest):
    contest.join("Anna")
    assert contest.rank("Anna").rank is None


def test_top__page_by_page__shows_each_once_though_others_overtake(contest):
    contest.join(*NAMES)
    contest.score(**{each: (10 - place, place) for place, each in enumerate(NAMES)})
    first = standings.top("spring", WEEK, 3)
    assert ([place.nickname for place in first.data], first.of) == (["Anna", "Boris", "Vera"], 8)
    contest.score(Ivan=(99, 100))
    second = standings.top("spring", WEEK, 3, first.next_cursor)
    assert [(place.rank, place.nickname) for place in second.data] == [(5, "Gleb"), (6, "Daria"), (7, "Egor")]
    third = standings.top("spring", WEEK, 3, second.next_cursor)
    assert ([place.nickname for place in third.data], third.next_cursor) == (["Zoya"], None)


@pytest.mark.parametrize("cursor", ["x", "dG9wOjE=", "dG9wOjE6OTk5OTk5OTk5OTk5OTk5OTk5OQ=="])
def test_top__cursor_of_nobody__refused(contest, cursor):
    with pytest.raises(InvalidCursor):
        standings.top("spring", WEEK, 3, cursor)


def test_scores__of_a_board_or_period_there_is_not__refused(contest):
    contest.join("Anna")
    with pytest.raises(UnknownLeaderboard):
        leaderboards.set_scores({("autumn", WEEK): {}})
    for period in ("2026-03", "2026-W99", "", "W10", "2026-W1", "2026W10", f"{10**30}-W01", "9999-W99"):
        with pytest.raises(UnknownLeaderboardPeriod):
            contest.score(period, Anna=(1, 1))
    assert execute("SELECT COUNT(*) FROM leaderboard_period").fetchone()[0] == 0


@pytest.mark.parametrize(
    ("window", "running", "other"),
    [
        (Window("day"), "2026-03-02", "2026-03-01"),
        (Window("week"), "2026-W10", "2020-W53"),
        (Window("month"), "2026-03", "2025-12"),
        (Window("year"), "2026", "2025"),
        (Window("lifetime"), "", ""),
        (Window("dates", first="2026-05-01", last="2026-05-31"), *["2026-05-01..2026-05-31"] * 2),
    ],
)
def test_periods__of_each_window__have_the_names_of_the_engine(contest, clock, window, running, other):
    some = board(window=window)
    assert period_asked_for(some, None, clock.now()) == running
    assert period_asked_for(some, other, clock.now()) == other
    with pytest.raises(UnknownLeaderboardPeriod):
        period_asked_for(some, "2026-13", clock.now())


def test_scores__of_a_period_until_the_last_day_of_the_calendar__have_places_and_it_never_closes(contest, clock):
    """Rules may no longer say so, but may have been published when they did."""
    dates = Window("dates", first="2026-03-01", last="9999-12-31")
    ensure_leaderboard(board(window=dates), clock.now())
    contest.join("Anna")
    period = period_asked_for(board(window=dates), None, clock.now())
    contest.score(period, Anna=(1, 1))
    assert contest.top(period) == [(1, "Anna", 1)]
    found = leaderboards.find_period("spring", period)
    assert found and found.ends_at is None


def test_periods__yet_to_come__are_none_unless_somebody_lives_in_them_already(contest, clock):
    contest.join("Anna")
    with pytest.raises(UnknownLeaderboardPeriod):
        period_asked_for(contest.board, "2026-W11", clock.now())
    contest.score("2026-W11", Anna=(1, 1))
    assert period_asked_for(contest.board, "2026-W11", clock.now()) == "2026-W11"


def test_standing__while_others_move__is_of_one_moment(contest):
    contest.join("Anna", "Boris")
    contest.score(Anna=(1, 1))
    period = leaderboards.find_period("spring", WEEK)
    with snapshot():
        before = store.count_entries(period.id)
        assert at_once([lambda: contest.score(Boris=(2, 2))]) == [None]
        assert store.count_entries(period.id) == before == 1
    assert contest.rank("Anna").rank == 2


def test_ranks__of_thousands_with_the_same_score__are_exact(contest):
    period = fill("spring", WEEK, 5_000, score=lambda member: 7)
    assert store.rank_of(period, (-7, 2_500, 2_500)) == 2_500
    assert [standings.rank("spring", WEEK, member).rank for member in (1, 4_321, 5_000)] == [1, 4_321, 5_000]
    leaderboards.set_scores({("spring", WEEK): {4_321: Score(8, 9_999)}})
    assert [standings.rank("spring", WEEK, member).rank for member in (4_321, 1, 5_000)] == [1, 2, 5_000]
