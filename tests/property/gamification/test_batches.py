"""However the stream is cut into batches, the engine grants what a plain model grants that counts anew each time."""

import shutil
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from coalition import events
from coalition.domain.programme import Programme
from coalition.services import members, partners, programmes
from coalition.store.database import connect, disconnect, execute, from_column, transaction
from gamification import engine, publishing
from tests.integration.gamification.helpers import rule, rule_text

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ZONE = "Asia/Kolkata"
FIRST_MOMENT = datetime(2026, 1, 30, tzinfo=UTC)
PARTNERS = ("cinema", "cafe", "grocer")
RULES = [
    rule("far", tiers=[2, 4], requires=["round"], experience=1, measure={"sum": "lines"}),
    rule("round", tiers=[2, 3], requires=["spender"], measure={"distinct": "partner"}, window="month"),
    rule("spender", tiers=[40, 90], measure={"sum": "payable_minor"}, experience=[7, 11]),
    rule("curious", tiers=[2, 3, 4], measure={"distinct": "categories"}, window="day", experience=2),
    rule("cafe-day", tiers=[1, 2], where={"partner": "cafe"}, window="day", requires=["spender", "curious"]),
]
LEVELS = {
    "highest": 6,
    "formula": {"first_step": 5, "add": 2},
    "experience": [{"on": "purchase.recorded", "of": "payable_minor", "per": 10, "each": 1}],
}
TAKEN = (0, 5, 12, 21, 32, 45)


class Sale(NamedTuple):
    member: int
    partner: int
    payable_minor: int
    categories: list[str]
    at: datetime


sales = st.builds(
    Sale,
    member=st.integers(1, 2),
    partner=st.integers(1, 3),
    payable_minor=st.integers(0, 30),
    categories=st.lists(st.sampled_from("abcde"), max_size=3, unique=True),
    at=st.integers(0, 6 * 24).map(lambda hours: FIRST_MOMENT + timedelta(hours=hours)),
)


class Granted(NamedTuple):
    """``event`` is its number in the stream, from 1."""

    event: int
    member: int
    achievement: str
    tier: int
    period: str
    partner: int
    earned_at: datetime


@given(stream=st.lists(sales, max_size=25))
def test_engine__any_batch_size__grants_what_the_model_grants(empty_schema: Path, stream: list[Sale]) -> None:
    expected_grants, expected_levels = model(stream)
    outcomes = []
    for limit in (1, 7, 5000):
        with TemporaryDirectory() as directory:
            shutil.copy(empty_schema, Path(directory) / "coalition.db")
            connect(f"sqlite:///{directory}/coalition.db")
            outcomes.append(run(stream, limit))
            disconnect()
    (granted, levels), *others = outcomes
    assert others == [(granted, levels)] * 2
    # Of what one event wins, the model has its own order.
    assert sorted(granted) == sorted(expected_grants)
    assert levels == expected_levels


def run(stream: list[Sale], limit: int) -> tuple[list[Granted], list[tuple[int, int, int]]]:
    programmes.create_programme(Programme(time_zone=ZONE), now=NOW)
    for name in PARTNERS:
        partners.register_partner(name, 100, now=NOW)
    for phone in ("+79160000001", "+79160000002"):
        members.enrol_member(members.EnrolMember(phone=phone), 1, now=NOW)
    publishing.publish(rule_text(*RULES, levels=LEVELS), now=NOW)
    with transaction():
        events.append([_event(number, sale) for number, sale in enumerate(stream)], NOW)
    while engine.run_batch(now=NOW, limit=limit).events:
        pass
    rows = execute(
        "SELECT event_id, member_id, achievement, tier, period, partner_id, earned_at"
        " FROM achievement_grant ORDER BY id"
    ).fetchall()
    changes = [event for event in events.read_after(0, 10_000) if event.type == "level.changed"]
    return (
        [Granted(*row[:6], from_column(row[6])) for row in rows],
        [(event.member, event.attributes["level"], event.attributes["experience"]) for event in changes],
    )


def _event(number: int, sale: Sale) -> events.NewEvent:
    return events.NewEvent(
        type="purchase.recorded",
        source="test",
        source_event_id=str(number),
        member=sale.member,
        partner=sale.partner,
        attributes={
            "partner": PARTNERS[sale.partner - 1],
            "payable_minor": sale.payable_minor,
            "lines": len(sale.categories),
            "categories": sale.categories,
        },
        occurred_at=sale.at,
    )


def model(stream: list[Sale]) -> tuple[list[Granted], list[tuple[int, int, int]]]:
    """Keeps every event and counts anew at each."""
    granted: list[Granted] = []
    levels: list[tuple[int, int, int]] = []
    experience: dict[int, int] = defaultdict(int)
    for number, sale in enumerate(stream, start=1):
        past = [other for other in stream[:number] if other.member == sale.member]
        before = experience[sale.member]
        experience[sale.member] += sale.payable_minor // 10
        # Until nothing more is won: a prerequisite may come later in the list of rules.
        while won := next(_won(number, past, granted), None):
            given, gained = won
            granted.append(given)
            experience[sale.member] += gained
        level, previous = (sum(at <= total for at in TAKEN) for total in (experience[sale.member], before))
        if level != previous:
            levels.append((sale.member, level, experience[sale.member]))
    return granted, levels


def _won(number: int, past: list[Sale], granted: list[Granted]) -> Any:
    sale = past[-1]
    have = {grant.achievement for grant in granted if grant.member == sale.member}
    done = {grant[1:5] for grant in granted}
    for definition in RULES:
        if not have.issuperset(definition.get("requires", [])):
            continue
        window = definition.get("window")
        for period in sorted({_period(other.at, window) for other in past}):
            within = [other for other in past if _period(other.at, window) == period]
            for tier, threshold in enumerate(definition["tiers"], start=1):
                identity = (sale.member, definition["id"], tier, period)
                if _measure(definition, within) >= threshold and identity not in done:
                    gained = definition.get("experience", 0)
                    gained = gained[tier - 1] if isinstance(gained, list) else gained
                    yield Granted(number, *identity, sale.partner, sale.at), gained


def _period(moment: datetime, window: str | None) -> str:
    day: date = moment.astimezone(ZoneInfo(ZONE)).date()
    return {None: "", "day": str(day), "month": str(day)[:7]}[window]


def _measure(definition: dict[str, Any], within: list[Sale]) -> int:
    return {
        "far": sum(len(sale.categories) for sale in within),
        "round": len({sale.partner for sale in within}),
        "spender": sum(sale.payable_minor for sale in within),
        "curious": len({category for sale in within for category in sale.categories}),
        "cafe-day": sum(sale.partner == 2 for sale in within),
    }[definition["id"]]
