"""Rule files of every kind, as a person might write them; and files that differ from them in one place."""

from typing import Any

import orjson
from hypothesis import strategies as st

from gamification.event_types import EVENT_TYPES, FieldType
from gamification.rules.predicate import OPERATORS
from gamification.rules.surroundings import Surroundings

AROUND = Surroundings(
    sponsors=["cafe", "cinema", "operator"],
    icons=["award", "coffee"],
    published={"older": []},
    draws=["summer"],
)
NUMBERS = [field for field, kind in EVENT_TYPES["purchase.recorded"].items() if kind is FieldType.INTEGER]
VALUES = {
    FieldType.TEXT: st.sampled_from(["cafe", "s-1", "книги"]),
    FieldType.INTEGER: st.integers(-5, 5000),
    FieldType.TEXTS: st.sampled_from(["bread", "tea"]),
    FieldType.BOOLEAN: st.booleans(),
}
TEXTS = {"en": "Some text", "ru": "Какой-то текст"}
SHARES = st.sampled_from([{"operator": 100}, {"partner": 30, "cafe": 70}])
BENEFIT = st.fixed_dictionaries(
    {"title": st.just(TEXTS), "valid_days": st.integers(1, 90)},
    optional={"partner": st.just("cafe"), "terms": st.just(TEXTS)},
)


@st.composite
def conditions(draw: st.DrawFn, type_: str, depth: int = 1) -> dict[str, Any]:
    fields = EVENT_TYPES[type_]
    names = draw(st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=3, unique=True))
    found: dict[str, Any] = {name: draw(_condition(fields[name])) for name in names}
    if depth:
        inner = conditions(type_, depth - 1)
        more = {"all": st.lists(inner, min_size=1, max_size=2), "any": st.lists(inner, min_size=1, max_size=2)}
        found |= draw(st.fixed_dictionaries({}, optional={**more, "not": inner}))
    return found


@st.composite
def _condition(draw: st.DrawFn, kind: FieldType) -> Any:
    value = VALUES[kind]
    operators = {
        name: st.lists(value, min_size=1, max_size=3) if name == "in" else value
        for name, operator in OPERATORS.items()
        if kind in operator.applies_to
    }
    name = draw(st.sampled_from(sorted(operators)))
    by_operator = st.fixed_dictionaries({name: operators[name]})
    return draw(by_operator if kind is FieldType.TEXTS else st.one_of(value, by_operator))


@st.composite
def _counted(draw: st.DrawFn, kinds: tuple[str, ...] = ("count", "sum", "max", "distinct", "streak")) -> dict[str, Any]:
    type_ = draw(st.sampled_from(sorted(EVENT_TYPES)))
    fields = EVENT_TYPES[type_]
    numbers = [name for name, kind in fields.items() if kind is FieldType.INTEGER]
    of_fields = {"sum": numbers, "max": numbers, "distinct": sorted(fields)}
    kind = draw(st.sampled_from([kind for kind in kinds if of_fields.get(kind, True)]))
    found: dict[str, Any] = {"on": type_, "measure": "count"}
    if kind == "streak":
        found["measure"] = {"streak": draw(st.sampled_from(["day", "week", "month"]))}
        found["measure"] |= draw(st.fixed_dictionaries({}, optional={"freezes": st.integers(0, 31)}))
    elif kind != "count":
        found["measure"] = {kind: draw(st.sampled_from(of_fields[kind]))}
    if fields and draw(st.booleans()):
        found["where"] = draw(conditions(type_))
    return found


@st.composite
def _reward(draw: st.DrawFn, tiers: int) -> dict[str, Any]:
    points = st.one_of(st.integers(0, 500), st.lists(st.integers(0, 500), min_size=tiers, max_size=tiers))
    surprise = st.fixed_dictionaries(
        {
            "seed": st.just("a seed"),
            "choices": st.lists(
                st.one_of(
                    st.fixed_dictionaries({"weight": st.integers(1, 9)}, optional={"points": st.integers(0, 50)}),
                    st.fixed_dictionaries({"weight": st.just(1), "coupon": BENEFIT}),
                ),
                min_size=1,
                max_size=3,
            ),
        }
    )
    ticket = st.fixed_dictionaries({"draw": st.just("summer")}, optional={"tickets": st.integers(1, 5)})
    gifts = {"coupon": BENEFIT, "perk": BENEFIT, "draw_ticket": ticket, "surprise": surprise, "badge": st.booleans()}
    given = draw(st.fixed_dictionaries({}, optional=gifts))
    if draw(st.booleans()) or given.keys() <= {"badge"}:
        given["points"] = draw(points)
    if "points" in given or "surprise" in given:
        given["funded_by"] = draw(SHARES)
    return given


@st.composite
def _achievement(draw: st.DrawFn, id_: str, challenge: bool) -> dict[str, Any]:
    team = challenge and draw(st.booleans())
    kinds = ("count", "sum") if team else ("count", "sum", "max", "distinct") if challenge else None
    found = {"id": id_, "title": TEXTS, "description": TEXTS, **draw(_counted(*[kinds] if kinds else []))}
    found["tiers"] = sorted(draw(st.sets(st.integers(1, 9000), min_size=1, max_size=3)))
    streak = isinstance(found["measure"], dict) and "streak" in found["measure"]
    dates = st.just({"from": "2026-03-01", "until": "2026-03-31"})
    if challenge:
        found["window"] = draw(dates)
        found["join"] = True
        if team:
            found["team"] = {
                "most": draw(st.integers(2, 9)),
                "reward": draw(st.sampled_from(["equal", "proportional"])),
            }
        else:
            found |= draw(st.fixed_dictionaries({}, optional={"first": st.integers(1, 9), "owner": st.just("cafe")}))
            found["tiers"] = found["tiers"][:1] if "first" in found else found["tiers"]
    elif not streak and draw(st.booleans()):
        days = st.fixed_dictionaries({"days": st.integers(1, 366)})
        found["window"] = draw(st.one_of(st.sampled_from(["lifetime", "day", "week", "month", "year"]), days, dates))
    if not team and "first" not in found:
        found |= draw(st.fixed_dictionaries({}, optional={"repeat": _repeats(found, streak)}))
    if not team:
        found |= draw(st.fixed_dictionaries({}, optional={"requires": st.just(["older"])}))
    if draw(st.booleans()):
        found["reward"] = draw(_reward(len(found["tiers"])))
        found["budget"] = {"points": 10_000, **draw(st.fixed_dictionaries({}, optional={"per_member": st.just(9000)}))}
    others = draw(_others(len(found["tiers"])))
    if team:
        others.pop("experience", None)
    return found | others


def _others(tiers: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "icon": st.just("coffee"),
            "hidden": st.booleans(),
            "hold_s": st.integers(0, 86_400),
            "on_reversal": st.sampled_from(["keep", "revoke", "claw_back"]),
            "experience": st.one_of(st.integers(0, 9), st.lists(st.integers(0, 9), min_size=tiers, max_size=tiers)),
        },
    )


def _repeats(found: dict[str, Any], streak: bool) -> st.SearchStrategy[Any]:
    window = found.get("window", "lifetime")
    if streak or "days" in window:
        return st.sampled_from(["never", "daily", "weekly", "monthly", "yearly"])
    times = st.fixed_dictionaries({"up_to": st.integers(1, 9)})
    if window == "lifetime":
        many = len(found["tiers"]) == 1 and "max" not in found["measure"]
        return st.one_of(st.just("never"), times) if many else st.just("never")
    never = [] if isinstance(window, dict) else ["every_window"]
    return st.one_of(st.sampled_from(["never", *never]), times)


def _levels() -> st.SearchStrategy[dict[str, Any]]:
    plain = st.fixed_dictionaries({"on": st.sampled_from(sorted(EVENT_TYPES)), "each": st.integers(1, 9)})
    parts = {"of": st.sampled_from(NUMBERS), "per": st.integers(1, 900), "where": conditions("purchase.recorded")}
    divided = st.fixed_dictionaries({"on": st.just("purchase.recorded"), "each": st.integers(1, 9), **parts})
    return st.fixed_dictionaries(
        {
            "highest": st.integers(2, 30),
            "formula": st.fixed_dictionaries({"first_step": st.integers(1, 500)}, optional={"add": st.integers(0, 50)}),
            "experience": st.lists(st.one_of(plain, divided), min_size=1, max_size=3),
        },
        optional={"fall": st.booleans()},
    )


def _referral() -> st.SearchStrategy[dict[str, Any]]:
    side = st.fixed_dictionaries({"points": st.integers(0, 500), "funded_by": SHARES})
    qualifies = st.builds(
        lambda counted, at: {**counted, "at": at}, _counted(("count", "sum", "max", "distinct")), st.integers(1, 9)
    )
    return st.fixed_dictionaries(
        {
            "qualifies": qualifies,
            "within_days": st.integers(1, 90),
            "referrer": side,
            "friend": side,
            "per_month": st.integers(1, 9),
        },
        optional={
            "burst": st.fixed_dictionaries({"referrals": st.integers(2, 9), "hours": st.integers(1, 48)}),
            "hold_s": st.integers(0, 900),
            "budget": st.just({"points": 9000}),
        },
    )


@st.composite
def _board(draw: st.DrawFn) -> dict[str, Any]:
    window = st.sampled_from(["week", "month", {"from": "2026-03-01", "until": "2026-03-31"}])
    found = {"id": "board", "title": TEXTS, "window": draw(window), **draw(_counted(("count", "sum", "distinct")))}
    if draw(st.booleans()):
        found["prizes"] = [{"ranks": [1, 1], "points": 500}, {"ranks": [2, 9], "points": draw(st.integers(1, 90))}]
        found["funded_by"] = draw(SHARES)
    return found


@st.composite
def _draw(draw: st.DrawFn) -> dict[str, Any]:
    prize = st.fixed_dictionaries(
        {"title": st.just(TEXTS), "winners": st.integers(1, 9)}, optional={"points": st.integers(1, 900)}
    )
    found = {"id": "winter", "title": TEXTS, "closes_on": "2026-12-31"}
    found["prizes"] = draw(st.lists(prize, min_size=1, max_size=2))
    if draw(st.booleans()) or any("points" in each for each in found["prizes"]):
        found["partner"] = draw(st.sampled_from(["cafe", "operator"]))
    return found


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """A file without a mistake."""
    parts = {
        "achievements": st.tuples(_achievement("first", False), _achievement("second", False)).map(list),
        "challenges": st.tuples(_achievement("race", True)).map(list),
        "levels": _levels(),
        "referral": _referral(),
        "leaderboards": st.tuples(_board()).map(list),
        "draws": st.tuples(_draw()).map(list),
    }
    keys = draw(st.lists(st.sampled_from(sorted(parts)), min_size=1, max_size=2, unique=True))
    return {key: draw(parts[key]) for key in keys}


OTHER_TEXTS = ["", "x", "day", "lifetime", "referral"]
OTHER_VALUES = [None, 0, -1, 7, 10**18, 1.5, True, False, [], {}, ["x"], [1], {"x": 1}, *OTHER_TEXTS]


@st.composite
def edited_files(draw: st.DrawFn) -> Any:
    """A file in which one value is another, one key is missing, or one is added."""
    document = orjson.loads(orjson.dumps(draw(files())))
    places = list(_places(document))
    parent, key = draw(st.sampled_from(places))
    what = draw(st.sampled_from(["replace", "remove", "add"]))
    if what == "replace":
        parent[key] = draw(st.sampled_from(OTHER_VALUES))
    elif what == "remove":
        del parent[key]
    elif isinstance(parent, dict):
        unknown = ["rating", "surprise", "payable_minor", "partner", "not", "where", "repeat", "window", "team", "days"]
        parent.setdefault(draw(st.sampled_from(unknown)), draw(st.sampled_from(OTHER_VALUES)))
    else:
        parent.append(draw(st.sampled_from(OTHER_VALUES)))
    return document


def _places(value: Any) -> Any:
    """Every value inside, as what holds it and under which key."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])
