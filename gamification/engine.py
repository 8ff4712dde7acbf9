"""The engine: reads the event stream in batches, counts, grants what has been won, and revokes what has been lost.

A batch is one transaction with the consumer's cursor in it, so a crash leaves no trace of it, and one event is a batch
of one. Rules that were published last judge every event, whenever it occurred.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from coalition import events
from coalition.events import Event
from coalition.services.programmes import rulebook
from coalition.store.database import transaction
from gamification import news
from gamification.awarding import Awarding, Before
from gamification.badges import move_badges
from gamification.catalogue import Catalogue, running_rules
from gamification.counting import Counted, count
from gamification.crossings import Crossing, Fallen, Reached, counter_of, crossings
from gamification.experience import LevelChange, gain
from gamification.folding import Contribution, contributions, fold, fold_experience, local_days
from gamification.grants import Grant, give_rewards, grants_held, grants_of, new_grant_id, revoke, write_grants
from gamification.store.counters import set_granted, standings_of
from gamification.stream import CONSUMER, OWN_TYPES

_BATCH = 5000
_FIRST_LEVEL = (0,)


class BatchSummary(NamedTuple):
    """``events`` are those of others: the engine's own, which it meets again in the stream, are not counted."""

    events: int
    grants: int
    points_rewarded: int
    revoked: int = 0


def run_batch(*, now: datetime, limit: int = _BATCH, rewards: bool = True) -> BatchSummary:
    """Deal with the next events, at most ``limit``; without ``rewards`` the grants give no points."""
    return _run_batch(now, limit, rewards) or BatchSummary(0, 0, 0)


def run_to_end(*, now: datetime, rewards: bool = True, progress: Callable[[int], None] | None = None) -> BatchSummary:
    """Deal with all events there are, batch by batch; ``progress`` is told how many events of others each had."""
    total = BatchSummary(0, 0, 0)
    while batch := _run_batch(now, _BATCH, rewards):
        total = BatchSummary(*map(sum, zip(total, batch, strict=True)))
        if progress:
            progress(batch.events)
    return total


def _run_batch(now: datetime, limit: int, rewards: bool) -> BatchSummary | None:
    """None if there was nothing to read."""
    with transaction(), _collector_at_rest():
        batch = events.read_after(events.lock_cursor(CONSUMER), limit)
        if not batch:
            return None
        summary = _consume(batch, now, rewards)
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


def _consume(batch: Sequence[Event], now: datetime, rewards: bool) -> BatchSummary:
    catalogue = running_rules()
    counting = list(contributions(batch))
    counted = count(fold(counting, catalogue.by_event, local_days(rulebook())))
    awarding = _award(counted, catalogue, lambda reached: _grant(reached, batch[reached.position], rewards))
    won, lost = ([grant for _, grant in found] for found in (awarding.won, awarding.lost))

    points = give_rewards(won, now=now)
    granted = [(position, news.granted(grant)) for position, grant in awarding.won]
    revoke(lost, now=now)
    revoked = [(position, news.revoked(grant, batch[position])) for position, grant in awarding.lost]
    move_badges(awarding.won, awarding.lost, now=now)
    write_grants(won, lost, now=now)
    levels = [
        (change.position, news.level_changed(change, batch[change.position]))
        for change in _gain_experience(counting, awarding, catalogue)
    ]
    if found := sorted([*revoked, *granted, *levels], key=itemgetter(0)):
        events.append([event for _, event in found], now)
    return BatchSummary(sum(event.type not in OWN_TYPES for event in batch), len(won), points, len(lost))


def _award(counted: Counted, catalogue: Catalogue, grant_of: Callable[[Reached], Grant]) -> Awarding:
    """What is won and lost by the batch, in the order of the events."""
    found = crossings(counted, catalogue)
    awarding = Awarding(catalogue, _before(found, counted, catalogue), grant_of)
    for crossing in found:
        awarding.take(crossing)
    set_granted(awarding.granted)
    return awarding


def _before(found: Sequence[Crossing], counted: Counted, catalogue: Catalogue) -> Before:
    """Of the members of these crossings, what awarding asks for."""
    required = catalogue.dependants
    chained = {each.member for each in found if each.goal.rule.requires or each.goal.rule.id in required}
    held = grants_held(sorted(chained), required)
    falling = {counter_of(each) for each in found if isinstance(each, Fallen)}
    losing = {member for member, _, _ in falling}
    unlocking = {
        each.member
        for each in found
        if each.goal.rule.id in required and (each.member in losing or not held[each.member, each.goal.rule.id])
    }
    standings = standings_of(sorted(unlocking), [goal.id for goal in catalogue.goals if goal.rule.requires])
    standings |= {key: counted.standings[key] for key in map(counter_of, found)}
    return Before(
        held=held,
        grants=grants_of({key for key in falling if standings[key].granted}),
        standings={key: counted.before(key, standing) for key, standing in standings.items()},
    )


def _grant(reached: Reached, event: Event, rewards: bool) -> Grant:
    goal, tier = reached.goal, reached.tier
    return Grant(
        id=new_grant_id(),
        member=reached.member,
        rule=goal.rule,
        version_id=goal.version_id,
        version=goal.version,
        tier=tier + 1,
        period=reached.period,
        points=goal.rule.reward.points[tier] if rewards else 0,
        event=event.id,
        partner=event.partner,
        earned_at=event.occurred_at,
    )


def _gain_experience(counting: Iterable[Contribution], awarding: Awarding, catalogue: Catalogue) -> list[LevelChange]:
    levels = catalogue.levels
    moves = fold_experience(counting, levels) if levels else {}
    for sign, grants in ((1, awarding.won), (-1, awarding.lost)):
        for position, grant in grants:
            if grant.experience:
                moves.setdefault(grant.member, []).append((position, sign * grant.experience))
    return gain(moves, levels.taken if levels else _FIRST_LEVEL)
