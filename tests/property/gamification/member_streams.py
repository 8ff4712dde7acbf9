"""Streams of all that may happen to members: in any order of days, undone in part or in whole, and far apart."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from coalition.events import Event
from coalition.store.database import to_column

START = datetime(2025, 12, 20, tzinfo=UTC)
UNDOING = ("purchase.returned", "event.withdrawn")
PARTNERS = ("cinema", "cafe", "grocer")
ZONES = ("Asia/Kolkata", "America/New_York", "Europe/Berlin", "Pacific/Kiritimati", "UTC")

_ALL = (
    "sale",
    "sale",
    "sale",
    "sale",
    "visit",
    "visit",
    "visit",
    "return",
    "return",
    "withdrawal",
    "freeze",
    "move",
    "join",
)


@st.composite
def streams(
    draw: st.DrawFn,
    *,
    days: int,
    achievements: tuple[str, ...] = ("none",),
    challenges: tuple[str, ...] = ("none",),
    most: int = 40,
    kinds: tuple[str, ...] = _ALL,
) -> list[Event]:
    """At most so many events, within so many days: mostly soon after each other, some much too late."""
    stream: list[Event] = []
    left: dict[str, Event] = {}
    visits: list[Event] = []
    hour = 0
    for place in range(1, draw(st.integers(0, most)) + 1):
        kind = draw(st.sampled_from(kinds))
        member = draw(st.integers(1, 2))
        hour = min(hour + draw(st.sampled_from((0, 1, 5, 20, 24, 30, 7 * 24, 31 * 24))), days * 24)
        late = draw(st.sampled_from((0, 0, 0, 0, 3, 24, 15 * 24, 70 * 24, 400 * 24)))
        moment = START + timedelta(hours=max(hour - late, 0), minutes=draw(st.sampled_from((0, 29, 30))))
        if kind == "return" and left:
            bought = left.pop(draw(st.sampled_from(sorted(left))))
            event = _return(place, bought, draw(_rests(bought)), moment)
            if after := event.attributes["after"]:
                left[after["purchase"]] = bought._replace(attributes=after)
        elif kind == "withdrawal" and visits:
            visit = visits.pop(draw(st.integers(0, len(visits) - 1)))
            event = _event(place, "event.withdrawn", visit.member, {"event": visit.public_id}, moment)
        elif kind in ("freeze", "move", "join"):
            event = draw(_acts(place, kind, member, moment, achievements, challenges))
        elif kind in ("visit", "withdrawal"):
            store = draw(st.sampled_from(("north", "south", None)))
            event = _event(place, "visit.checked_in", member, {"partner": "cafe", "store": store}, moment)
            visits.append(event)
        else:
            event = _event(place, "purchase.recorded", member, draw(_goods(place)), moment)
            left[event.attributes["purchase"]] = event
        stream.append(event)
    return stream


def never_undone(stream: list[Event]) -> list[Event]:
    """The stream without what was undone, and without what undid it."""
    left: dict[str, Any] = {}
    for event in stream:
        if event.type == "purchase.returned":
            left[event.attributes["purchase"]] = event.attributes["after"]
        elif event.type == "event.withdrawn":
            left[event.attributes["event"]] = None
    kept = []
    for event in stream:
        name = event.attributes.get("purchase", event.public_id)
        attributes = left.get(name, event.attributes)
        if event.type not in UNDOING and attributes is not None:
            kept.append(event._replace(attributes=attributes))
    return kept


def _event(place: int, type_: str, member: int, attributes: dict[str, Any], moment: datetime) -> Event:
    partner = PARTNERS.index(attributes["partner"]) + 1 if "partner" in attributes else 1
    return Event(place, f"evt_{place}", type_, member, partner, attributes, moment)


def _goods(place: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda partner, payable_minor, categories: {
            "purchase": f"pur_{place}",
            "partner": partner,
            "payable_minor": payable_minor,
            "lines": len(categories),
            "categories": categories,
        },
        st.sampled_from(PARTNERS),
        st.integers(0, 30),
        st.lists(st.sampled_from("abcde"), max_size=3, unique=True),
    )


@st.composite
def _rests(draw: st.DrawFn, bought: Event) -> dict[str, Any] | None:
    """What is left of a purchase."""
    if draw(st.booleans()):
        return None
    before = bought.attributes
    categories = before["categories"][: draw(st.integers(0, before["lines"]))]
    return before | {
        "payable_minor": draw(st.integers(0, before["payable_minor"])),
        "lines": len(categories),
        "categories": categories,
    }


def _return(place: int, bought: Event, after: dict[str, Any] | None, moment: datetime) -> Event:
    attributes = {
        "purchase": bought.attributes["purchase"],
        "return": f"ret_{place}",
        "purchased_at": to_column(bought.occurred_at),
        "before": bought.attributes,
        "after": after,
    }
    event = _event(place, "purchase.returned", bought.member, attributes, moment)
    return event._replace(partner=bought.partner)


@st.composite
def _acts(
    draw: st.DrawFn,
    place: int,
    kind: str,
    member: int,
    moment: datetime,
    achievements: tuple[str, ...],
    challenges: tuple[str, ...],
) -> Event:
    if kind == "move":
        return _event(place, "member.moved", member, {"time_zone": draw(st.sampled_from(ZONES))}, moment)
    if kind == "join":
        return _event(place, "challenge.joined", member, {"challenge": draw(st.sampled_from(challenges))}, moment)
    day: date = moment.date() + timedelta(days=draw(st.integers(-3, 3)))
    frozen = {"achievement": draw(st.sampled_from(achievements)), "day": str(day)}
    return _event(place, "streak.frozen", member, frozen, moment)
