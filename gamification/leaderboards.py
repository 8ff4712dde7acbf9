"""Leaderboards: members who want to be on one have a place on it, and others see a nickname there and nothing else.

Who has the higher score stands first; of equal scores the one who was first to have it. Only scores above zero have a
place. Once a period is closed (see ``leaderboard_results``), nobody's place in it changes any more.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

import orjson

from coalition.domain.documents import canonical_json
from coalition.services.programmes import rulebook
from coalition.store.database import execute, from_column, lock_name, to_column, transaction
from gamification.errors import UnknownLeaderboard, UnknownLeaderboardPeriod
from gamification.rules.leaderboards import Leaderboard
from gamification.store import leaderboards as store
from gamification.store.leaderboard_rows import members_before
from gamification.store.leaderboard_tables import LeaderboardPeriod
from gamification.store.leaderboards import Key, Move

_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
_DAY = timedelta(days=1)


class Score(NamedTuple):
    """What a member has in a period; ``reached`` is the id of the stream's event that brought the score there."""

    score: int
    reached: int


class Period(NamedTuple):
    """A period in which somebody has a place, or had."""

    id: int
    ends_at: datetime | None
    closed_at: datetime | None


def boards() -> Mapping[str, Leaderboard]:
    """All leaderboards as they were published last, in the order of their ids."""
    rows = execute("SELECT id, document FROM leaderboard ORDER BY id").fetchall()
    return {id_: _leaderboard(text) for id_, text in rows}


def get_board(board: str) -> Leaderboard:
    """:raises UnknownLeaderboard: there is none of this id."""
    row = execute("SELECT document FROM leaderboard WHERE id = ?", (board,)).fetchone()
    if row is None:
        raise UnknownLeaderboard(leaderboard=board)
    return _leaderboard(row[0])


def ensure_leaderboard(board: Leaderboard, now: datetime) -> bool:
    """The leaderboard is published as it is here; returns False if it was, word for word."""
    changed = execute(
        "INSERT INTO leaderboard (id, document, published_at) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE"
        " SET document = excluded.document, published_at = excluded.published_at"
        " WHERE leaderboard.document <> excluded.document",
        (board.id, canonical_json(board.document()).decode(), to_column(now)),
    )
    return bool(changed.rowcount == 1)


def set_scores(changes: Mapping[tuple[str, str], Mapping[int, Score]]) -> None:
    """Members have these scores from now on, by leaderboard and period: whoever of them is on it moves to their place.

    For the engine, in its transaction, with the scores of all members whose scores have changed. Who joined when the
    period was over has no place in it.

    :raises UnknownLeaderboard: one of them is not published.
    """
    with transaction():
        lock_boards({board for board, _ in changes})
        for (board, period), scores in sorted(changes.items()):
            _set_scores(get_board(board), period, scores)


def enter(board: str, member: int, scores: Mapping[str, Score]) -> None:
    """The member, if on the leaderboard, has the places of these scores, by period.

    For the engine, when it meets ``leaderboard.joined``: with what the member has had before.

    :raises UnknownLeaderboard: it is not published.
    """
    set_scores({(board, period): {member: score} for period, score in scores.items()})


def leave(board: str, member: int) -> None:
    """Unless on the leaderboard again, the member has no place in any period of it that is not closed.

    For the engine, when it meets ``leaderboard.left``; ``leaderboard_members.opt_out`` has done the same by then.
    """
    with transaction():
        lock_board(board)
        if nickname_of(board, member) is None:
            remove_places(board, member)


def remove_places(board: str, member: int) -> None:
    """The member stands nowhere in the periods that are not closed; the caller has locked the board."""
    running = execute("SELECT id FROM leaderboard_period WHERE leaderboard = ? AND closed_at IS NULL", (board,))
    for (period,) in running.fetchall():
        store.move(period, [Move(key, None) for key in store.keys_of(period, [member]).values()])


def lock_boards(boards: Collection[str]) -> None:
    """As ``lock_board``, for many: everybody takes them in one order, so that nobody waits in a circle."""
    for board in sorted(boards):
        lock_board(board)


def lock_board(board: str) -> None:
    """Until the transaction ends, nobody else changes places on it."""
    lock_name(f"leaderboard:{board}")


def nickname_of(board: str, member: int) -> str | None:
    """Under which nickname the member is on the leaderboard; None for who is not."""
    row = execute(
        "SELECT nickname FROM leaderboard_member WHERE leaderboard = ? AND member_id = ?", (board, member)
    ).fetchone()
    return row and str(row[0])


def find_period(board: str, period: str) -> Period | None:
    """None as long as nobody has had a place in it."""
    row = execute(
        "SELECT id, ends_at, closed_at FROM leaderboard_period WHERE leaderboard = ? AND period = ?", (board, period)
    ).fetchone()
    return row and Period(row[0], *(moment and from_column(moment) for moment in row[1:]))


def period_asked_for(board: Leaderboard, period: str | None, now: datetime) -> str:
    """The period itself, or the one that now belongs to, by the programme's calendar.

    Where members live whose day is ahead of the programme's, the next period may have begun: then it is one.

    :raises UnknownLeaderboardPeriod: the leaderboard has none of this name, or has it only in the future.
    """
    running = board.period_at(rulebook().at(now).local(now).date())
    if period is None:
        return running
    _last_day(board, period)
    # The names of a leaderboard's periods sort as the periods do.
    if period > running and find_period(board.id, period) is None:
        raise UnknownLeaderboardPeriod(leaderboard=board.id, period=period)
    return period


def _set_scores(board: Leaderboard, period: str, scores: Mapping[int, Score]) -> None:
    there = find_period(board.id, period)
    if there and there.closed_at:
        return
    ends_at = there.ends_at if there else _ends_at(board, period)
    # In the order of their numbers: so are the rows, and neighbours are quickly found.
    members = sorted(members_before(board.id, sorted(scores), ends_at or _NEVER))
    before = store.keys_of(there.id, members) if there else {}
    moves = [Move(before.get(member), _place(member, scores[member])) for member in members]
    if changed := [each for each in moves if each.before != each.after]:
        there = there or _open(board.id, period, ends_at)
        store.move(there.id, changed)


def _place(member: int, score: Score) -> Key | None:
    return (-score.score, score.reached, member) if score.score > 0 else None


def _open(board: str, period: str, ends_at: datetime | None) -> Period:
    row = LeaderboardPeriod.create(leaderboard=board, period=period, ends_at=ends_at)
    store.first_page(row.id)
    return Period(row.id, ends_at, None)


def _ends_at(board: Leaderboard, period: str) -> datetime | None:
    """The end of the period's last day, in the programme's zone; after the calendar's last day there is none."""
    last = _last_day(board, period)
    if last is None or last == date.max:
        return None
    programme = rulebook().at(datetime.combine(last, time.max, UTC))
    return programme.start_of_day(last + _DAY)


def _last_day(board: Leaderboard, period: str) -> date | None:
    try:
        return board.last_day(period)
    except ValueError as error:
        raise UnknownLeaderboardPeriod(leaderboard=board.id, period=period) from error


@lru_cache(maxsize=256)
def _leaderboard(text: str) -> Leaderboard:
    return Leaderboard.from_document(orjson.loads(text))
