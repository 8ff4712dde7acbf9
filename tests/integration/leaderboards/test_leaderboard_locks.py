"""Everybody locks leaderboards in one order, and before they put anything into the stream: nobody waits in a circle."""

import pytest

from coalition import events
from gamification import engine, leaderboard_members, leaderboards, publishing
from tests.integration.gamification.helpers import BOTH, Shop, rule_text

BOARDS = ("aaa", "bbb", "ccc")


@pytest.fixture
def locked(contest, clock, monkeypatch):
    """Two members on three leaderboards; what is locked from now on, each at its first time."""
    document = {"title": BOTH, "on": "purchase.recorded", "measure": "count", "window": "week"}
    text = rule_text(leaderboards=[{"id": id_, **document} for id_ in BOARDS])
    publishing.publish(text, now=clock.now())
    for name in ("Anna", "Boris"):
        for id_ in BOARDS:
            leaderboard_members.join(id_, contest.member(name), name, 1, now=clock.now())
    engine.run_batch(now=clock.now())
    order: list[str] = []
    append = events.append

    def note(name: str) -> None:
        if name not in order:
            order.append(name)

    def noted_append(*given):
        note("stream")
        append(*given)

    monkeypatch.setattr(leaderboards, "lock_name", note)
    monkeypatch.setattr(events, "append", noted_append)
    return order


def test_engine__members_left_in_any_order__locks_all_boards_in_theirs(contest, coalition, locked, clock):
    for id_ in ("ccc", "bbb"):
        leaderboard_members.opt_out(id_, contest.member("Anna"), 1, now=clock.now())
    Shop(coalition, clock).sells(coalition.cafe)
    locked.clear()
    engine.run_batch(now=clock.now())
    assert locked == [f"leaderboard:{id_}" for id_ in BOARDS]
