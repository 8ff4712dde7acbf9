"""The end of a leaderboard's period: its places become final, and the first of them win prizes."""

from datetime import datetime
from typing import NamedTuple

from coalition import events
from coalition.domain.documents import canonical_json
from coalition.store.database import execute, insert_rows, transaction
from gamification.leaderboards import boards, lock_boards
from gamification.rules.leaderboards import Leaderboard
from gamification.rules.prizes import RankPrize, last_rank, prize_at
from gamification.store.leaderboard_rows import first_members
from gamification.store.leaderboard_tables import LeaderboardPeriod, LeaderboardResult
from gamification.stream import CONSUMER

_COLUMNS = ("period_id", "rank", "member_id", "score", "prize")


class Winner(NamedTuple):
    """``prize`` is the index of what was won among the leaderboard's prizes."""

    rank: int
    member: int
    prize: int


class Win(NamedTuple):
    """What is to be given now; leaderboard, period and rank name it, once and for all."""

    leaderboard: Leaderboard
    period: str
    rank: int
    member: int
    score: int
    prize: int
    reward: RankPrize


def close_periods(*, now: datetime) -> list[Win]:
    """Close the periods whose days of grace are over, once the engine has read all that was recorded in those; returns
    the wins.

    A period is closed once, and its wins are returned that once: whoever rewards them does so in the transaction around
    this call.
    """
    if not due_periods(now):
        return []
    with transaction():
        # The engine waits. What it has yet to read may belong to a period if it came before that was to be closed.
        events.lock_cursor(CONSUMER)
        unread = events.unread_since(CONSUMER)
        due = [each for each in due_periods(now) if unread is None or unread > _closes_at(*each)]
        lock_boards({board.id for board, _ in due})
        return [win for board, period in due for win in _close(board, period, now)]


def due_periods(now: datetime) -> list[tuple[Leaderboard, LeaderboardPeriod]]:
    """The periods that are to be closed, the oldest first, each with its leaderboard."""
    ended = (
        LeaderboardPeriod.select()
        .where(LeaderboardPeriod.closed_at.is_null(), LeaderboardPeriod.ends_at <= now)
        .order_by(LeaderboardPeriod.ends_at, LeaderboardPeriod.id)
    )
    rows = list(ended)
    known = boards() if rows else {}
    return [(known[row.leaderboard], row) for row in rows if _closes_at(known[row.leaderboard], row) <= now]


def winners(board: str, period: str) -> list[Winner]:
    """Who won in the period, by rank; nobody as long as it is not closed."""
    rows = execute(
        "SELECT r.rank, r.member_id, r.prize FROM leaderboard_result r JOIN leaderboard_period p ON p.id = r.period_id"
        " WHERE p.leaderboard = ? AND p.period = ? ORDER BY r.rank",
        (board, period),
    ).fetchall()
    return [Winner(*row) for row in rows]


def _closes_at(board: Leaderboard, period: LeaderboardPeriod) -> datetime:
    closes_at: datetime = period.ends_at + board.grace
    return closes_at


def _close(board: Leaderboard, period: LeaderboardPeriod, now: datetime) -> list[Win]:
    wins = []
    for rank, (member, score) in enumerate(first_members(period.id, last_rank(board.prizes)), start=1):
        prize = prize_at(board.prizes, rank)
        if prize is not None:
            wins.append(Win(board, period.period, rank, member, score, prize, board.prizes[prize]))
    insert_rows(LeaderboardResult, _COLUMNS, [(period.id, win.rank, win.member, win.score, win.prize) for win in wins])
    period.closed_at = now
    period.document = canonical_json(board.document()).decode()
    period.save()
    return wins
