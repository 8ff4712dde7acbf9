"""The engine: reads the event stream in batches, counts, and grants what has been won, exactly once.

A batch is one transaction with the consumer's cursor in it, so a crash leaves no trace of it, and one event is a batch
of one. Rules that were published last judge every event, whenever it occurred.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from coalition import events
from coalition.events import Event, NewEvent
from coalition.services.programmes import rulebook
from coalition.store.database import transaction
from gamification.catalogue import Catalogue, running_rules
from gamification.crossings import Award, Awarding, tiers_reached
from gamification.experience import LevelChange, gain
from gamification.folding import Move, fold, fold_experience, local_days
from gamification.grants import Grant, achievements_held, add_grants, new_grant_id
from gamification.store.counters import Key, Standing, advance, set_granted, standings_of
from gamification.stream import ACHIEVEMENT_GRANTED, CONSUMER, LEVEL_CHANGED, OWN_TYPES, SOURCE

_BATCH = 5000
_FIRST_LEVEL = (0,)


class BatchSummary(NamedTuple):
    """``events`` are those of others: the engine's own, which it meets again in the stream, are not counted."""

    events: int
    grants: int
    points_rewarded: int


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
    moves = fold(batch, catalogue.by_event, local_days(rulebook()))
    awards = _award(moves, catalogue)
    grants = [_grant(award, batch[award.position], rewards) for award in awards]
    points = add_grants(grants, now=now)
    levels = _gain_experience(batch, awards, catalogue)
    news = [(award.position, _granted(grant)) for award, grant in zip(awards, grants, strict=True)]
    news += [(change.position, _level_changed(change, batch[change.position])) for change in levels]
    if news:
        events.append([event for _, event in sorted(news, key=lambda item: item[0])], now)
    return BatchSummary(sum(event.type not in OWN_TYPES for event in batch), len(grants), points)


def _award(moves: Mapping[Key, Sequence[Move]], catalogue: Catalogue) -> list[Award]:
    """Move the counters and return the tiers that are won by it, in the order of the events."""
    gains = {key: sum(amount for _, amount in found) for key, found in moves.items()}
    reached = tiers_reached(moves, advance(gains), catalogue)
    chained = {
        award.member for award in reached if award.goal.rule.requires or award.goal.rule.id in catalogue.dependants
    }
    held = achievements_held(sorted(chained), catalogue.dependants)
    unlocking = {
        award.member
        for award in reached
        if award.goal.rule.id in catalogue.dependants and award.goal.rule.id not in held.get(award.member, ())
    }
    waiting = standings_of(sorted(unlocking), [goal.id for goal in catalogue.goals if goal.rule.requires])
    before = {
        key: Standing(standing.reached - gains.get(key, 0), standing.granted) for key, standing in waiting.items()
    }
    awarding = Awarding(catalogue, held, before)
    for award in reached:
        awarding.reach(award)
    granted: dict[Key, int] = {}
    for award in awarding.won:
        key = (award.member, award.goal.id, award.period)
        granted[key] = max(granted.get(key, 0), award.goal.rule.tiers[award.tier])
    set_granted(granted)
    return awarding.won


def _grant(award: Award, event: Event, rewards: bool) -> Grant:
    rule = award.goal.rule
    return Grant(
        id=new_grant_id(),
        member=award.member,
        rule=rule,
        version_id=award.goal.version_id,
        version=award.goal.version,
        tier=award.tier + 1,
        period=award.period,
        points=rule.reward.points[award.tier] if rewards else 0,
        event=event.id,
        partner=event.partner,
        earned_at=event.occurred_at,
    )


def _gain_experience(batch: Sequence[Event], awards: Sequence[Award], catalogue: Catalogue) -> list[LevelChange]:
    levels = catalogue.levels
    moves = fold_experience(batch, levels) if levels else {}
    for award in awards:
        if experience := award.goal.rule.experience[award.tier]:
            moves.setdefault(award.member, []).append((award.position, experience))
    return gain(moves, levels.taken if levels else _FIRST_LEVEL)


def _granted(grant: Grant) -> NewEvent:
    identity = (grant.rule.id, grant.version, grant.tier, grant.period, grant.member)
    return NewEvent(
        type=ACHIEVEMENT_GRANTED,
        source=SOURCE,
        source_event_id="grant:" + ":".join(map(str, identity)),
        member=grant.member,
        partner=grant.partner,
        attributes={
            "grant": grant.id,
            "achievement": grant.rule.id,
            "version": grant.version,
            "tier": grant.tier,
            "threshold": grant.threshold,
            "period": grant.period,
            "points": grant.points,
            "state": grant.state,
        },
        occurred_at=grant.earned_at,
    )


def _level_changed(change: LevelChange, event: Event) -> NewEvent:
    return NewEvent(
        type=LEVEL_CHANGED,
        source=SOURCE,
        source_event_id=f"level:{event.public_id}",
        member=change.member,
        partner=event.partner,
        attributes={
            "level": change.level,
            "previous_level": change.previous_level,
            "experience": change.experience,
        },
        occurred_at=event.occurred_at,
    )
