"""Ranks: of one among a million with the five around, beside counting those who have more; and changed scores."""

import random
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from coalition.domain.programme import Programme
from coalition.services.programmes import create_programme
from coalition.store.database import connect, disconnect, execute, insert_rows, to_column, transaction
from coalition.store.schema import migrate
from gamification import leaderboards, schema, standings
from gamification.leaderboards import Score
from gamification.rules.document import Measure, Window
from gamification.rules.leaderboards import Leaderboard
from gamification.store.leaderboard_tables import LeaderboardEntry, LeaderboardMember, LeaderboardPeriod
from gamification.store.leaderboards import rebuild_pages

MEMBERS = 1_000_000
CHANGING_AMONG = 100_000
CHANGES = 5_000
_BATCHES = 20
_RANKS = 2_000
_OBVIOUS_RANKS = 100
_WARMING_UP = 200
_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_LIFETIME = ""


def measure_ranks(directory: Path, members: int = MEMBERS) -> dict[str, float]:
    """Two leaderboards in a database of their own, one with a million members and one with as many as a city has.

    Where others use the machine, some ranks wait for them: what the processor had to do is measured, too.
    """
    connect(f"sqlite:///{directory / 'ranks.db'}")
    try:
        migrate()
        schema.migrate()
        create_programme(Programme(), now=_NOW)
        return _measure(members)
    finally:
        disconnect()


def fill(board: str, period: str, members: int, score: Callable[[int], int]) -> int:
    """Members from 1 on, all on the leaderboard, with the score that each is given; returns the period's id."""
    joined_at = to_column(_NOW)
    with transaction():
        row = LeaderboardPeriod.create(leaderboard=board, period=period)
        insert_rows(
            LeaderboardMember,
            ("leaderboard", "member_id", "nickname", "nickname_key", "joined_at"),
            ((board, member, f"member {member}", f"member{member}", joined_at) for member in range(1, members + 1)),
        )
        insert_rows(
            LeaderboardEntry,
            ("period_id", "ranked_in", "member_id", "below", "reached"),
            ((row.id, row.id, member, -score(member), member) for member in range(1, members + 1)),
        )
        rebuild_pages(row.id)
    period_id: int = row.id
    return period_id


def _measure(members: int) -> dict[str, float]:
    rng = random.Random(1)
    for board in ("million", "city"):
        leaderboards.ensure_leaderboard(_board(board), _NOW)
    period = fill("million", _LIFETIME, members, lambda _: rng.randrange(1, 100_000))
    asked = [rng.randint(1, members) for _ in range(_RANKS)]
    _timed_ms(_rank, asked[:_WARMING_UP])
    ours = _timed_ms(_rank, asked)
    of_processor = _timed_ms(_rank, asked, time.process_time)
    obvious = _timed_ms(lambda member: _count_those_above(period, member), asked[:_OBVIOUS_RANKS])
    fill("city", _LIFETIME, min(CHANGING_AMONG, members), lambda _: rng.randrange(1, 100_000))
    return {
        "rank_and_around_p50_ms": median(ours),
        "rank_and_around_p99_ms": quantiles(ours, n=100)[98],
        "rank_and_around_p99_processor_ms": quantiles(of_processor, n=100)[98],
        "rank_by_counting_p50_ms": median(obvious),
        "rank_by_counting_p99_ms": quantiles(obvious, n=100)[98],
        "changed_scores_per_s": _changes_per_s(rng, min(CHANGING_AMONG, members)),
    }


def _rank(member: int) -> standings.Standing:
    return standings.rank("million", _LIFETIME, member)


def _changes_per_s(rng: random.Random, members: int) -> float:
    """All of a batch changed in one transaction, a little up or down as purchases and returns do."""
    scores = dict(
        execute(
            "SELECT e.member_id, -e.below FROM leaderboard_entry e JOIN leaderboard_period p ON p.id = e.period_id"
            " WHERE p.leaderboard = 'city'"
        ).fetchall()
    )
    event = members
    elapsed_s = 0.0
    for _ in range(_BATCHES):
        changes = {}
        for member in rng.sample(range(1, members + 1), min(CHANGES, members)):
            event += 1
            scores[member] = max(1, scores[member] + rng.randint(-100, 500))
            changes[member] = Score(scores[member], event)
        started = time.perf_counter()
        leaderboards.set_scores({("city", _LIFETIME): changes})
        elapsed_s += time.perf_counter() - started
    return _BATCHES * min(CHANGES, members) / elapsed_s


def _count_those_above(period: int, member: int) -> int:
    """The obvious way, which does not even tell apart those with the same score."""
    (below,) = execute(
        "SELECT below FROM leaderboard_entry WHERE period_id = ? AND member_id = ?", (period, member)
    ).fetchone()
    (above,) = execute(
        "SELECT COUNT(*) FROM leaderboard_entry WHERE ranked_in = ? AND below < ?", (period, below)
    ).fetchone()
    return 1 + int(above)


def _timed_ms(
    ask: Callable[[int], object], members: Iterable[int], clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    times = []
    for member in members:
        started = clock()
        ask(member)
        times.append((clock() - started) * 1000)
    return times


def _board(id_: str) -> Leaderboard:
    title = {"en": "Purchases", "ru": "Покупки"}
    return Leaderboard(id_, title, "purchase.recorded", {}, Measure("count"), Window("lifetime"))
