"""However the stream is cut into batches, the engine does what a plain model does that counts anew each time."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any, NamedTuple

import orjson
from hypothesis import given
from hypothesis import strategies as st

from coalition import events
from coalition.domain.programme import Programme
from coalition.events import Event, NewEvent
from coalition.services import members, partners, programmes
from coalition.store.database import connect, disconnect, execute, from_column, transaction
from gamification import engine, publishing
from tests.integration.gamification.helpers import rule_text
from tests.property.gamification.all_rules import CHALLENGES, JOINABLE, LEVELS, RULES, STREAKS, TAKEN, modelled
from tests.property.gamification.member_streams import PARTNERS, UNDOING, never_undone, streams
from tests.property.gamification.plain_model import Model, Result

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ZONE = "Asia/Kolkata"
WITH_BADGE = {each["id"] for each in RULES if "reward" in each}
DAYS = 55
"""Within two months nothing is forgotten, so states can be held against each other; ``test_folding`` goes further."""


class Granted(NamedTuple):
    """``event`` is its number in the stream, from 1."""

    event: int
    member: int
    achievement: str
    tier: int
    period: str
    repeat: int
    partner: int
    earned_at: datetime


class Outcome(NamedTuple):
    """``badges`` is their journal. ``state`` is what remains: the tiers and badges that members have, and what they
    are at."""

    granted: list[Granted]
    revoked: list[tuple[Any, ...]]
    levels: list[tuple[int, int, int]]
    badges: list[tuple[Any, ...]]
    state: tuple[list[Any], ...]


@given(stream=streams(days=DAYS, achievements=STREAKS, challenges=JOINABLE, most=30))
def test_engine__any_batch_size__grants_and_revokes_what_the_model_does(
    empty_schema: Path, stream: list[Event]
) -> None:
    outcome, *others = [run(prepared(empty_schema), stream, limit) for limit in (1, 7, 5000)]
    assert others == [outcome] * 2
    granted, revoked, levels = expected(stream)
    # Of what one event wins or loses, the model has its own order.
    assert sorted(outcome.granted) == sorted(granted)
    assert sorted(outcome.revoked) == sorted(revoked)
    assert outcome.levels == levels
    standing = {(member, achievement) for member, achievement, *_ in outcome.state[0]}
    assert outcome.state[1] == sorted(each for each in standing if each[1] in WITH_BADGE)


@given(
    stream=streams(days=DAYS, achievements=STREAKS, challenges=JOINABLE, most=30), limit=st.sampled_from([1, 7, 5000])
)
def test_engine__undone__ends_as_if_it_had_never_happened(empty_schema: Path, stream: list[Event], limit: int) -> None:
    template = prepared(empty_schema, keeping=False)
    assert run(template, stream, limit).state == run(template, never_undone(stream), limit).state


def expected(stream: list[Event]) -> tuple[list[Granted], list[tuple[Any, ...]], list[tuple[int, int, int]]]:
    """What each event wins and loses: what the model has after it, and had not before, and the other way round."""
    granted: list[Granted] = []
    revoked: list[tuple[Any, ...]] = []
    levels: list[tuple[int, int, int]] = []
    before = {member: modelled_result([], member) for member in (1, 2)}
    for event in stream:
        member = event.member
        old, new = before[member], modelled_result(stream[: event.id], member)
        had, has = ({win[1:]: win for win in result.wins} for result in (old, new))
        for key in has.keys() - had.keys():
            crossing = stream[has[key].event - 1]
            granted.append(Granted(crossing.id, member, *key, crossing.partner, crossing.occurred_at))
        revoked += [(member, *key[:3], event.occurred_at) for key in had.keys() - has.keys()]
        if event.type not in UNDOING:
            levels += [(member, level, experience) for at, level, experience in new.levels if at == event.id]
        elif old.level != new.level:
            levels.append((member, new.level, new.experience))
        before[member] = new
    return granted, revoked, levels


def modelled_result(stream: Sequence[Event], member: int) -> Result:
    rules = modelled()
    model = Model(lambda event: rules, ZONE, LEVELS, TAKEN)
    return model.result([event for event in stream if event.member == member])


@cache
def prepared(empty_schema: Path, *, keeping: bool = True) -> Path:
    """A database with a coalition of two members, and the rules; without ``keeping``, those that unwind."""
    path = Path(mkdtemp(dir=empty_schema.parent)) / "coalition.db"
    shutil.copy(empty_schema, path)
    connect(f"sqlite:///{path}")
    programmes.create_programme(Programme(time_zone=ZONE), now=NOW)
    for name in PARTNERS:
        partners.register_partner(name, 100, now=NOW)
    partners.ensure_operator(now=NOW)
    for phone in ("+79160000001", "+79160000002"):
        members.enrol_member(members.EnrolMember(phone=phone), 1, now=NOW)
    rules = [each for each in RULES if keeping or "on_reversal" not in each]
    publishing.publish(rule_text(*rules, levels=LEVELS, challenges=CHALLENGES), now=NOW)
    disconnect()
    return path


def run(template: Path, stream: list[Event], limit: int) -> Outcome:
    with TemporaryDirectory() as directory:
        shutil.copy(template, Path(directory) / "coalition.db")
        connect(f"sqlite:///{directory}/coalition.db").pragma("synchronous", "off", permanent=True)
        try:
            return _run(stream, limit)
        finally:
            disconnect()


def _run(stream: list[Event], limit: int) -> Outcome:
    with transaction():
        events.append(map(_new, stream), NOW)
    while engine.run_batch(now=NOW, limit=limit).events:
        pass
    news = events.read_after(len(stream), 10_000)
    return Outcome(
        granted=[
            Granted(*row[:7], from_column(row[7]))
            for row in _rows(
                "event_id, member_id, achievement, tier, period, repeat, partner_id, earned_at"
                " FROM achievement_grant ORDER BY id"
            )
        ],
        revoked=[
            (event.member, *(event.attributes[name] for name in ("achievement", "tier", "period")), event.occurred_at)
            for event in news
            if event.type == "achievement.revoked"
        ],
        levels=[
            (event.member, event.attributes["level"], event.attributes["experience"])
            for event in news
            if event.type == "level.changed"
        ],
        badges=_rows(
            "e.kind, e.member_id, g.achievement, g.tier, g.period, g.event_id FROM badge_entry e"
            " JOIN achievement_grant g ON g.public_id = e.grant_id ORDER BY e.id"
        ),
        state=(
            _rows(
                "member_id, achievement, tier, period, repeat FROM achievement_grant WHERE state = 'granted'"
                " ORDER BY 1, 2, 3, 4, 5"
            ),
            _rows(
                "e.member_id, b.code FROM badge_entry e JOIN badge b ON b.id = e.badge_id GROUP BY e.member_id, b.code"
                " HAVING SUM(CASE e.kind WHEN 'award' THEN 1 ELSE -1 END) = 1 ORDER BY 1, 2"
            ),
            [found for row in _rows("member_id, state FROM member_progress ORDER BY 1") if (found := _progress(*row))],
        ),
    )


def _progress(member: int, state: str) -> tuple[Any, ...]:
    """All of it but what tells how much is remembered, and nothing of members whom nothing is left of."""
    experience, peak, _, _, *rest = orjson.loads(state)
    return (member, experience, peak, *rest) if experience or any(rest) else ()


def _rows(select: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in execute(f"SELECT {select}").fetchall()]


def _new(event: Event) -> NewEvent:
    return NewEvent(
        type=event.type,
        source="test",
        source_event_id=str(event.id),
        member=event.member,
        partner=event.partner,
        attributes=event.attributes,
        occurred_at=event.occurred_at,
        public_id=event.public_id,
    )
