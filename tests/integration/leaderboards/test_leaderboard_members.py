"""Joining and leaving: who wants to be seen, under which name, and what others see of it afterwards."""

from datetime import UTC, datetime, timedelta

import pytest

from coalition.store.database import execute
from gamification import leaderboard_members, leaderboards
from gamification.errors import (
    AlreadyOnLeaderboard,
    EnteredByMember,
    InvalidNickname,
    LeaderboardOver,
    NicknameTaken,
    NotOnLeaderboard,
    UnknownLeaderboard,
)
from gamification.leaderboard_members import join
from gamification.leaderboard_results import close_periods
from gamification.leaderboards import Score
from gamification.rules.document import Window
from tests.integration.leaderboards.boards import WEEK, board, told
from tests.integration.test_concurrency import at_once, kinds

TABLES = ("leaderboard_member", "leaderboard_entry", "leaderboard_page", "leaderboard_period", "event")


def contents() -> list[list[tuple]]:
    return [sorted(map(tuple, execute(f"SELECT * FROM {table}").fetchall()), key=repr) for table in TABLES]


def test_join__is_told_and_the_engine_brings_the_scores_from_before(contest, clock):
    anna = contest.member("Anna")
    contest.score(Anna=(4, 1))
    contest.join("Anna")
    assert told() == [("leaderboard.joined", anna, {"leaderboard": "spring", "nickname": "Anna"})]
    assert contest.top() == []
    leaderboards.enter("spring", anna, {WEEK: Score(4, 1), "2026-W09": Score(3, 1)})
    assert contest.top() == [(1, "Anna", 4)]
    # The week before was over when Anna joined.
    assert contest.top("2026-W09") == []


def test_join__again_with_the_same_nickname__is_answered_the_same(contest, clock):
    contest.join("Anna")
    clock.advance(timedelta(hours=1))
    again = join("spring", contest.member("Anna"), "  Anna ", 1, now=clock.now())
    assert (again.nickname, again.joined_at) == ("Anna", clock.now() - timedelta(hours=1))
    assert len(told()) == 1


@pytest.mark.parametrize(
    ("name", "nickname", "reason"),
    [
        ("Anna", "Anya", AlreadyOnLeaderboard),
        ("Boris", "Anna", NicknameTaken),
        ("Boris", "aNNa", NicknameTaken),
        ("Boris", "А n-n_a", NicknameTaken),
        ("Boris", "Bo", InvalidNickname),
        ("Boris", "boris@cafe", InvalidNickname),
        ("Boris", "Саfе", InvalidNickname),
        ("Boris", "Support", InvalidNickname),
    ],
)
def test_join__with_a_nickname_that_cannot_be__refused_and_nothing_changes(contest, clock, name, nickname, reason):
    contest.join("Anna")
    member = contest.member(name)
    before = contents()
    with pytest.raises(reason):
        join("spring", member, nickname, 1, now=clock.now())
    assert contents() == before


def test_join__many_at_once_with_one_nickname__one_has_it(contest, clock):
    members = [contest.member(name) for name in ("Anna", "Boris", "Vera", "Gleb")]
    works = [lambda each=each: join("spring", each, "Champion", 1, now=clock.now()) for each in members]
    assert kinds(at_once(works)) == {"Membership": 1, "NicknameTaken": 3}
    assert len(told()) == 1


def test_leave__while_the_engine_scores__leaves_no_place(contest):
    contest.join("Anna", "Boris")
    for turn in range(5):
        outcomes = at_once([lambda: contest.leave("Anna"), lambda turn=turn: contest.score(Anna=(9, turn + 1))])
        assert outcomes == [True, None]
        assert contest.top() == []
        contest.join("Anna")


def test_join__no_such_board__refused(contest, clock):
    with pytest.raises(UnknownLeaderboard):
        join("autumn", contest.member("Anna"), "Anna", 1, now=clock.now())
    with pytest.raises(UnknownLeaderboard):
        leaderboard_members.opt_out("autumn", contest.member("Anna"), 1, now=clock.now())


def test_join__after_the_last_day__refused(contest, clock):
    march = board(window=Window("dates", first="2026-03-01", last="2026-03-02"))
    leaderboards.ensure_leaderboard(march, clock.now())
    contest.at(datetime(2026, 3, 2, 23, 59, tzinfo=UTC))
    contest.join("Anna")
    contest.at(datetime(2026, 3, 3, tzinfo=UTC))
    with pytest.raises(LeaderboardOver):
        contest.join("Boris")


def test_join__the_same_nickname_on_another_board__is_free(contest, clock):
    contest.join("Anna")
    leaderboards.ensure_leaderboard(board("autumn"), clock.now())
    join("autumn", contest.member("Boris"), "Anna", 1, now=clock.now())
    assert len(told()) == 2


def test_join__in_the_days_of_grace__has_no_place_in_what_is_over(contest, clock):
    contest.join("Anna")
    contest.score(Anna=(1, 1))
    contest.at(datetime(2026, 3, 9, tzinfo=UTC))
    contest.join("Boris")
    contest.score(Anna=(2, 2), Boris=(9, 3))
    assert contest.top() == [(1, "Anna", 2)]


def test_leave__is_gone_from_every_running_period_at_once(contest):
    contest.join("Anna", "Boris")
    for period in (WEEK, "2026-W11"):
        contest.score(period, Anna=(4, 1), Boris=(3, 2))
    assert contest.leave("Anna")
    assert told()[-1] == ("leaderboard.left", contest.member("Anna"), {"leaderboard": "spring"})
    for period in (WEEK, "2026-W11"):
        assert contest.top(period) == [(1, "Boris", 3)]
    with pytest.raises(NotOnLeaderboard):
        contest.rank("Anna")
    contest.score(Anna=(9, 9))
    assert contest.top() == [(1, "Boris", 3)]


def test_leave__again__changes_nothing(contest):
    contest.join("Anna")
    contest.leave("Anna")
    before = contents()
    assert not contest.leave("Anna")
    assert contents() == before


def test_leave__and_join_anew__comes_back_with_the_engine_whatever_it_reads_first(contest):
    contest.join("Anna")
    contest.score(Anna=(4, 1))
    contest.leave("Anna")
    contest.join("Anna")
    anna = contest.member("Anna")
    leaderboards.enter("spring", anna, {WEEK: Score(4, 1)})
    leaderboards.leave("spring", anna)
    assert contest.top() == [(1, "Anna", 4)]


def test_leave__met_by_the_engine__takes_the_places_of_who_is_not_on_it(contest):
    contest.join("Anna")
    contest.score(Anna=(4, 1))
    execute("DELETE FROM leaderboard_member")
    leaderboards.leave("spring", contest.member("Anna"))
    assert contest.top() == []


def test_leave__after_the_end__keeps_the_place_without_the_nickname(contest, clock):
    contest.join("Anna", "Boris")
    contest.score(Anna=(4, 1), Boris=(3, 2))
    contest.at(datetime(2026, 3, 12, tzinfo=UTC))
    execute("INSERT INTO consumer (name, cursor) VALUES ('gamification', 1000)")
    close_periods(now=clock.now())
    contest.leave("Anna")
    assert contest.top() == [(1, None, 4), (2, "Boris", 3)]
    assert (contest.rank("Anna").rank, contest.rank("Anna").nickname) == (1, None)


def test_leave__by_a_partner__is_not_for_what_the_member_joined_themselves(contest, coalition, clock):
    contest.join("Anna")
    anna, cafe = contest.member("Anna"), coalition.cafe.number
    before = contents()
    with pytest.raises(EnteredByMember) as refusal:
        leaderboard_members.opt_out("spring", anna, cafe, now=clock.now())
    assert (refusal.value.leaderboard, contents()) == ("spring", before)
    contest.leave("Anna")
    assert contents() != before


def test_leave__by_a_partner__is_for_what_was_joined_at_a_till(contest, coalition, clock):
    anna, cafe = contest.member("Anna"), coalition.cafe.number
    contest.join("Anna")
    contest.leave("Anna")
    join("spring", anna, "Anna", cafe, now=clock.now())
    assert leaderboard_members.opt_out("spring", anna, cafe, now=clock.now())
    assert not leaderboard_members.opt_out("spring", anna, cafe, now=clock.now())
