"""However the stream is cut into batches, the engine does what a plain model does that counts anew each time."""

import shutil
from collections import defaultdict
from collections.abc import Iterator
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
from coalition.store.database import connect, disconnect, execute, from_column, to_column, transaction
from gamification import engine, publishing
from tests.integration.gamification.helpers import rule, rule_text

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ZONE = "Asia/Kolkata"
FIRST_MOMENT = datetime(2026, 1, 30, tzinfo=UTC)
PARTNERS = ("cinema", "cafe", "grocer")
BADGE = {"badge": True, "funded_by": {"cinema": 100}}
RULES = [
    rule("far", tiers=[2, 4], requires=["round"], experience=1, measure={"sum": "lines"}, reward=BADGE),
    rule("round", tiers=[2, 3], requires=["spender"], measure={"distinct": "partner"}, window="month"),
    rule("spender", tiers=[20, 50], measure={"sum": "payable_minor"}, experience=[7, 11]),
    rule("curious", tiers=[2, 3, 4], measure={"distinct": "categories"}, window="day", experience=2, reward=BADGE),
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


class Return(NamedTuple):
    """Goods of the sale of this place in the stream come back; None is ``after`` if nothing is left of it."""

    sale: int
    before: Sale
    after: Sale | None
    at: datetime


Happening = Sale | Return

moments = st.integers(0, 6 * 24).map(lambda hours: FIRST_MOMENT + timedelta(hours=hours))
sales = st.builds(
    Sale,
    member=st.integers(1, 2),
    partner=st.integers(1, 3),
    payable_minor=st.integers(0, 30),
    categories=st.lists(st.sampled_from("abcde"), max_size=3, unique=True),
    at=moments,
)


@st.composite
def streams(draw: st.DrawFn) -> list[Happening]:
    """Sales, and returns of what is left of earlier ones."""
    stream: list[Happening] = []
    left: dict[int, Sale] = {}
    for sells in draw(st.lists(st.booleans(), max_size=30)):
        if sells or not left:
            left[len(stream)] = sale = draw(sales)
            stream.append(sale)
            continue
        number = draw(st.sampled_from(sorted(left)))
        before = left.pop(number)
        after = None
        if draw(st.booleans()):
            payable_minor = draw(st.integers(0, before.payable_minor))
            categories = before.categories[: draw(st.integers(0, len(before.categories)))]
            left[number] = after = before._replace(payable_minor=payable_minor, categories=categories)
        stream.append(Return(number, before, after, draw(moments)))
    return stream


class Granted(NamedTuple):
    """``event`` is its number in the stream, from 1."""

    event: int
    member: int
    achievement: str
    tier: int
    period: str
    partner: int
    earned_at: datetime
    state: str = "granted"


class Outcome(NamedTuple):
    """``badges`` is their journal. ``state`` is what remains: the tiers and badges that members have, counters above
    zero, elements and experience."""

    granted: list[Granted]
    revoked: list[tuple[int, str, int, str, datetime]]
    levels: list[tuple[int, int, int]]
    badges: list[tuple[Any, ...]]
    state: tuple[list[tuple[Any, ...]], ...]


@given(stream=streams())
def test_engine__any_batch_size__grants_and_revokes_what_the_model_does(
    empty_schema: Path, stream: list[Happening]
) -> None:
    outcome, *others = [run(empty_schema, stream, RULES, limit) for limit in (1, 7, 5000)]
    assert others == [outcome] * 2
    granted, revoked, levels = model(stream)
    # Of what one event wins or loses, the model has its own order.
    assert sorted(outcome.granted) == sorted(granted)
    assert sorted(outcome.revoked) == sorted(revoked)
    assert outcome.levels == levels
    standing = {(member, achievement) for member, achievement, *_ in outcome.state[0]}
    assert outcome.state[1] == sorted(each for each in standing if each[1] in ("far", "curious"))


@given(stream=streams(), limit=st.sampled_from([1, 7, 5000]))
def test_engine__goods_came_back__ends_as_if_they_had_never_been_sold(
    empty_schema: Path, stream: list[Happening], limit: int
) -> None:
    rules = [{name: value for name, value in each.items() if name != "requires"} for each in RULES]
    kept: dict[int, Happening | None] = {}
    for number, each in enumerate(stream):
        kept |= {each.sale: each.after} if isinstance(each, Return) else {number: each}
    never_sold = [sale for sale in kept.values() if sale is not None]
    assert run(empty_schema, stream, rules, limit).state == run(empty_schema, never_sold, rules, limit).state


def run(empty_schema: Path, stream: list[Happening], rules: list[dict[str, Any]], limit: int) -> Outcome:
    with TemporaryDirectory() as directory:
        shutil.copy(empty_schema, Path(directory) / "coalition.db")
        connect(f"sqlite:///{directory}/coalition.db")
        try:
            return _run(stream, rules, limit)
        finally:
            disconnect()


def _run(stream: list[Happening], rules: list[dict[str, Any]], limit: int) -> Outcome:
    programmes.create_programme(Programme(time_zone=ZONE), now=NOW)
    for name in PARTNERS:
        partners.register_partner(name, 100, now=NOW)
    for phone in ("+79160000001", "+79160000002"):
        members.enrol_member(members.EnrolMember(phone=phone), 1, now=NOW)
    publishing.publish(rule_text(*rules, levels=LEVELS), now=NOW)
    with transaction():
        events.append([_event(number, each) for number, each in enumerate(stream)], NOW)
    while engine.run_batch(now=NOW, limit=limit).events:
        pass
    news = events.read_after(len(stream), 10_000)
    return Outcome(
        granted=[
            Granted(*row[:6], from_column(row[6]), row[7])
            for row in _rows(
                "event_id, member_id, achievement, tier, period, partner_id, earned_at, state"
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
                "member_id, achievement, tier, period FROM achievement_grant WHERE state = 'granted' ORDER BY 1,2,3,4"
            ),
            _rows(
                "e.member_id, b.code FROM badge_entry e JOIN badge b ON b.id = e.badge_id GROUP BY e.member_id, b.code"
                " HAVING SUM(CASE e.kind WHEN 'award' THEN 1 ELSE -1 END) = 1 ORDER BY 1, 2"
            ),
            _rows("* FROM counter WHERE reached <> 0 OR granted <> 0 ORDER BY 1, 2, 3"),
            _rows("* FROM counter_element ORDER BY 1, 2, 3, 4"),
            _rows("* FROM member_experience WHERE experience <> 0 ORDER BY 1"),
        ),
    )


def _rows(select: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in execute(f"SELECT {select}").fetchall()]


def _event(number: int, each: Happening) -> events.NewEvent:
    sale = each.before if isinstance(each, Return) else each
    attributes: dict[str, Any] = _attributes(sale)
    if isinstance(each, Return):
        attributes = {
            "purchase": str(each.sale),
            "return": str(number),
            "purchased_at": to_column(sale.at),
            "before": attributes,
            "after": each.after and _attributes(each.after),
        }
    return events.NewEvent(
        type="purchase.returned" if isinstance(each, Return) else "purchase.recorded",
        source="test",
        source_event_id=str(number),
        member=sale.member,
        partner=sale.partner,
        attributes=attributes,
        occurred_at=each.at,
    )


def _attributes(sale: Sale) -> dict[str, Any]:
    return {
        "partner": PARTNERS[sale.partner - 1],
        "payable_minor": sale.payable_minor,
        "lines": len(sale.categories),
        "categories": sale.categories,
    }


def model(stream: list[Happening]) -> tuple[list[Granted], list[Any], list[tuple[int, int, int]]]:
    """Keeps what is left of every purchase and counts anew at each event."""
    granted: list[Granted] = []
    revoked: list[Any] = []
    levels: list[tuple[int, int, int]] = []
    experience: dict[int, int] = defaultdict(int)
    left: dict[int, Sale | None] = {}
    for number, each in enumerate(stream):
        sale = each.before if isinstance(each, Return) else each
        before = experience[sale.member]
        left |= {each.sale: each.after} if isinstance(each, Return) else {number: each}
        past = [other for other in left.values() if other and other.member == sale.member]
        experience[sale.member] = sum(other.payable_minor // 10 for other in past)
        for place, grant in enumerate(granted):
            if grant.state == "granted" and grant.member == sale.member and not _deserved(grant, past):
                granted[place] = grant._replace(state="revoked")
                revoked.append((*grant[1:5], each.at))
        # Until nothing more is won: a prerequisite may come later in the list of rules.
        while won := next(_won(sale.member, past, granted), None):
            granted.append(Granted(number + 1, *won, sale.partner, each.at))
        experience[sale.member] += sum(
            _experience(grant) for grant in granted if grant.state == "granted" and grant.member == sale.member
        )
        level, previous = (sum(at <= total for at in TAKEN) for total in (experience[sale.member], before))
        if level != previous:
            levels.append((sale.member, level, experience[sale.member]))
    return granted, revoked, levels


def _deserved(grant: Granted, past: list[Sale]) -> bool:
    definition = next(each for each in RULES if each["id"] == grant.achievement)
    return _measure(definition, past, grant.period) >= definition["tiers"][grant.tier - 1]


def _won(member: int, past: list[Sale], granted: list[Granted]) -> Iterator[tuple[int, str, int, str]]:
    has = [grant for grant in granted if grant.member == member and grant.state == "granted"]
    done = {grant[1:5] for grant in has}
    for definition in RULES:
        if not {grant.achievement for grant in has}.issuperset(definition.get("requires", [])):
            continue
        for period in sorted({_period(other.at, definition.get("window")) for other in past}):
            for tier, threshold in enumerate(definition["tiers"], start=1):
                identity = (member, definition["id"], tier, period)
                if _measure(definition, past, period) >= threshold and identity not in done:
                    yield identity


def _experience(grant: Granted) -> int:
    definition = next(each for each in RULES if each["id"] == grant.achievement)
    gained = definition.get("experience", 0)
    return gained[grant.tier - 1] if isinstance(gained, list) else gained


def _period(moment: datetime, window: str | None) -> str:
    day: date = moment.astimezone(ZoneInfo(ZONE)).date()
    return {None: "", "day": str(day), "month": str(day)[:7]}[window]


def _measure(definition: dict[str, Any], past: list[Sale], period: str) -> int:
    within = [sale for sale in past if _period(sale.at, definition.get("window")) == period]
    return {
        "far": sum(len(sale.categories) for sale in within),
        "round": len({sale.partner for sale in within}),
        "spender": sum(sale.payable_minor for sale in within),
        "curious": len({category for sale in within for category in sale.categories}),
        "cafe-day": sum(sale.partner == 2 for sale in within),
    }[definition["id"]]
