"""The engine: reads the event stream in batches, folds them, grants what has been won, and revokes what has been lost.

A batch is one transaction with the consumer's cursor in it, so a crash leaves no trace of it, and one event is a batch
of one.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from coalition import events
from coalition.events import Event, NewEvent
from coalition.store.database import transaction
from gamification import news
from gamification.acts.returns import withdraw_unbought
from gamification.awarding import Awarding, Lost, Won
from gamification.badges import move_badges
from gamification.benefits import draw_surprises
from gamification.fold.catalogue import Eras
from gamification.folding import fold_batch
from gamification.giving import give, take_back
from gamification.grants import Grant, GrantState, Revoked, insert_grants, update_grants
from gamification.reviewing import hold_suspicious
from gamification.rulebook import eras, zones
from gamification.scoring import keep_scores
from gamification.stream import CONSUMER, OWN_TYPES

_BATCH = 5_000
"""As many as others may wait for: on SQLite nobody else writes meanwhile."""
_CATCHING_UP = 100_000
"""Nobody waits, and a member's progress is read and written once for more of their events."""


class BatchSummary(NamedTuple):
    """``events`` are those of others: the engine's own are not counted."""

    events: int
    grants: int
    points_rewarded: int
    revoked: int = 0


def run_batch(*, now: datetime, limit: int = _BATCH, rewards: bool = True) -> BatchSummary:
    """Deal with the next events, at most ``limit``; without ``rewards`` the grants give nothing."""
    return _run_batch(now, limit, rewards) or BatchSummary(0, 0, 0)


def run_to_end(*, now: datetime, rewards: bool = True, progress: Callable[[int], None] | None = None) -> BatchSummary:
    """Deal with all events there are, batch by batch; ``progress`` is told how many events of others each had."""
    total = BatchSummary(0, 0, 0)
    while batch := _run_batch(now, _CATCHING_UP, rewards):
        total = BatchSummary(*map(sum, zip(total, batch, strict=True)))
        if progress:
            progress(batch.events)
    return total


def _run_batch(now: datetime, limit: int, rewards: bool) -> BatchSummary | None:
    """None if there was nothing to read."""
    with _collector_at_rest():
        return _read_and_consume(now, limit, rewards)


def _read_and_consume(now: datetime, limit: int, rewards: bool) -> BatchSummary | None:
    with transaction():
        cursor = events.lock_cursor(CONSUMER)
        batch = events.read_after(cursor, limit, OWN_TYPES)
        if not batch:
            return None
        summary = _consume(batch, cursor, eras(), now, rewards)
        events.move_cursor(CONSUMER, batch[-1].id)
    return summary


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """A batch is a great many small tuples and no cycles: looking for cycles among them costs a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _consume(batch: Sequence[Event], cursor: int, rules: Eras, now: datetime, rewards: bool) -> BatchSummary:
    folded = fold_batch(batch, cursor, rules, zones())
    awarding = Awarding(folded.happenings, now=now, rewards=rewards)
    keep_scores(folded, awarding, rules.latest(), now=now)
    reviews = hold_suspicious(awarding.referred)
    won = [grant for grant, _ in awarding.won]
    lost = [grant for grant, _ in awarding.lost]

    points = 0
    if rewards:
        draw_surprises(won, now=now)
        points = give(won, now=now)
    told = [
        (event.id, each)
        for grant, event in awarding.won
        if grant.state is not GrantState.REVOKED
        for each in news.granted(grant)
    ]
    take_back(lost, reason=Revoked.REVERSAL, now=now)
    told += [(event.id, news.revoked(grant, event.partner, event.occurred_at)) for grant, event in awarding.lost]
    told += [(change.event.id, news.level_changed(change)) for change in awarding.levels]
    move_badges(*(_by_event(each) for each in (awarding.won, awarding.lost)), now=now)
    _write(awarding.won, lost, now)
    withdraw_unbought(batch, now)
    reviews.open(now)
    _tell(told, now)
    counted = sum(event.type not in OWN_TYPES for event in batch)
    standing = sum(grant.revoked_because != Revoked.PLACES_GONE for grant in won)
    return BatchSummary(counted, standing, points, len(lost))


def _by_event(found: Sequence[Won | Lost]) -> list[tuple[Grant, int]]:
    return [(grant, event.id) for grant, event in found if grant.revoked_because != Revoked.PLACES_GONE]


def _write(won: Sequence[Won], lost: Sequence[Grant], now: datetime) -> None:
    """What is won may be lost in the same batch, and won again: what goes has to be gone by then."""
    new = {grant.id for grant, _ in won}
    update_grants([grant for grant in lost if grant.id not in new])
    insert_grants((grant for grant, _ in won), now=now)


def _tell(told: Sequence[tuple[int, NewEvent]], now: datetime) -> None:
    """In the order of the events that brought it about."""
    if told:
        events.append([each for _, each in sorted(told, key=itemgetter(0))], now)
