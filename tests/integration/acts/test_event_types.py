"""Types of event that partners register."""

from dataclasses import replace

import pytest

from gamification import event_types
from gamification.acts import registered
from gamification.acts.errors import (
    EventTypeExists,
    EventTypeFixed,
    InvalidAttributes,
    InvalidEventType,
    UnknownEventType,
)
from gamification.acts.posting import BUILT_IN
from gamification.acts.registered import RegisterEventType
from gamification.engine import run_batch
from gamification.event_types import EVENT_TYPES, FieldType
from gamification.progress import MemberLevel, level
from gamification.publishing import publish
from tests.integration.acts.helpers import refused, streamed
from tests.integration.gamification.helpers import rule_text

TITLE = {"en": "Bottle returned", "ru": "Бутылка сдана"}
ATTRIBUTES = {"litres": "integer", "where": "text", "glass": "boolean", "brands": "texts"}


@pytest.fixture
def bottles(post, coalition, clock):
    command = RegisterEventType(coalition.cafe.number, "bottle.returned", TITLE, ATTRIBUTES, ["brands"])
    registered.register(command, now=clock.now())
    return command


def listed(partner):
    return registered.list_types(partner, BUILT_IN, limit=100, cursor=None).data


def test_registered__type__can_be_posted_and_counted_by_rules(post, bottles):
    given = {"litres": 2, "where": "Arbat", "glass": True, "brands": ["a", "b"]}
    assert post("bottle.returned", **given).state == "recorded"
    post("bottle.returned", litres=1, where="Arbat", glass=False)
    assert streamed()[0] == ("bottle.returned", {"partner": "cafe"} | given)
    assert event_types.known() == {
        **EVENT_TYPES,
        "bottle.returned": {
            "partner": FieldType.TEXT,
            "litres": FieldType.INTEGER,
            "where": FieldType.TEXT,
            "glass": FieldType.BOOLEAN,
            "brands": FieldType.TEXTS,
        },
    }


@pytest.mark.parametrize(
    "wrong", [{"litres": "2"}, {"litres": True}, {"litres": 1 << 53}, {"glass": 1}, {"brands": "a"}, {"brands": [1]}]
)
def test_registered__attributes_of_other_kinds__are_refused(post, bottles, wrong):
    with refused(InvalidAttributes) as refusal:
        post("bottle.returned", **({"litres": 2, "where": "Arbat", "glass": True} | wrong))
    assert [mistake.name for mistake in refusal.value.mistakes] == list(wrong)


def test_registered__by_another_partner__is_unknown(post, bottles, coalition):
    with refused(UnknownEventType) as refusal:
        post("bottle.returned", by=coalition.cinema, litres=2, where="Arbat", glass=True)
    assert refusal.value.nearest == ""


def test_registered__by_the_operator__is_everybodys(post, coalition, clock):
    command = RegisterEventType(coalition.operator.number, "steps.walked", TITLE, {"steps": "integer"})
    registered.register(command, now=clock.now())
    post("steps.walked", by=coalition.cinema, steps=10_000)
    assert streamed() == [("steps.walked", {"partner": "cinema", "steps": 10_000})]


def test_register__again_with_optional_attributes__extends_it(post, bottles, clock):
    more = replace(
        bottles, title=TITLE | {"en": "Deposit"}, attributes=ATTRIBUTES | {"kg": "integer"}, optional=["kg", "brands"]
    )
    assert registered.register(more, now=clock.now()).title["en"] == "Deposit"
    post("bottle.returned", litres=2, where="Arbat", glass=True, kg=1)
    post("bottle.returned", litres=2, where="Arbat", glass=True)
    assert event_types.known()["bottle.returned"]["kg"] is FieldType.INTEGER


@pytest.mark.parametrize(
    ("attributes", "optional", "fixed"),
    [
        (ATTRIBUTES | {"kg": "integer"}, ["brands"], "kg"),
        (ATTRIBUTES | {"litres": "text"}, ["brands"], "litres"),
        (ATTRIBUTES, [], "brands"),
        (ATTRIBUTES, ["brands", "where"], "where"),
        ({"litres": "integer"}, [], "where"),
    ],
)
def test_register__again_with_other_attributes__is_refused(post, bottles, clock, attributes, optional, fixed):
    with refused(EventTypeFixed) as refusal:
        registered.register(replace(bottles, attributes=attributes, optional=optional), now=clock.now())
    assert refusal.value.values == {"type": "bottle.returned", "attribute": fixed}


def test_register__somebody_elses__is_refused(bottles, coalition, clock):
    with refused(EventTypeExists):
        registered.register(replace(bottles, partner=coalition.cinema.number), now=clock.now())


@pytest.mark.parametrize(
    "type_",
    [
        "bottle",
        "bottle.returned.twice",
        "Bottle.returned",
        "bottle.",
        ".returned",
        "bottle returned",
        "бутылка.сдана",
        "a" * 32 + "." + "b" * 32,
        *(
            "purchase.made",
            "member.left",
            "review.liked",
            "visit.paid",
            "tier.reached",
            "event.withdrawn",
            "idea.voted",
        ),
    ],
)
def test_register__name_that_cannot_be_or_is_ours__is_refused(bottles, clock, type_):
    with refused(InvalidEventType):
        registered.register(replace(bottles, type=type_), now=clock.now())


@pytest.mark.parametrize(
    "wrong",
    [
        {"attributes": {"Litres": "integer"}, "optional": []},
        {"attributes": {"partner": "text"}, "optional": []},
        {"attributes": {"any": "text"}, "optional": []},
        {"attributes": {f"a{number}": "text" for number in range(51)}, "optional": []},
        {"optional": ["colour"]},
    ],
)
def test_register__attributes_that_cannot_be__are_refused(bottles, clock, wrong):
    with refused(InvalidEventType):
        registered.register(replace(bottles, type="glass.returned", **wrong), now=clock.now())


@pytest.mark.parametrize(
    "name",
    [
        *("rating", "stars", "score", "sentiment", "nps", "satisfaction", "grade", "ratings"),
        *("my_rating", "stars_given", "sentiment_of_text", "the_nps_2026"),
    ],
)
def test_register__attribute_that_says_how_good_it_was__is_refused_saying_why(bottles, clock, name):
    liked = replace(bottles, type="bottle.liked", attributes={name: "integer"}, optional=[])
    with refused(InvalidEventType) as refusal:
        registered.register(liked, now=clock.now())
    assert "reward" in refusal.value.problem
    with refused(InvalidEventType):
        registered.register(
            replace(bottles, attributes=ATTRIBUTES | {name: "integer"}, optional=[name, "brands"]), now=clock.now()
        )


@pytest.mark.parametrize("name", ["mark", "degrade", "underscore", "started", "heart_rate"])
def test_register__attribute_that_only_sounds_like_an_opinion__is_taken(bottles, clock, name):
    assert registered.register(
        replace(bottles, type="glass.returned", attributes={name: "integer"}, optional=[]), now=clock.now()
    )


def test_registered__whole_number__is_within_its_bounds(post, bottles, clock):
    crates = replace(bottles, type="crate.returned", minimum={"litres": 1}, maximum={"litres": 20})
    kept = registered.register(crates, now=clock.now())
    assert (kept.minimum, kept.maximum) == ({"litres": 1}, {"litres": 20})
    for litres in (1, 20):
        post("crate.returned", litres=litres, where="Arbat", glass=True)
    for litres in (0, 21):
        with refused(InvalidAttributes) as refusal:
            post("crate.returned", litres=litres, where="Arbat", glass=True)
        assert [mistake.problem for mistake in refusal.value.mistakes] == ["Not from 1 to 20."]


def test_level__of_experience_below_zero__is_the_first(post, bottles, coalition, clock):
    source = {"on": "bottle.returned", "of": "litres", "per": 1, "each": 1000}
    levels = {"highest": 3, "formula": {"first_step": 10}, "experience": [source]}
    publish(rule_text(levels=levels), now=clock.now())
    post("bottle.returned", litres=-1, where="Arbat", glass=True)
    run_batch(now=clock.now())
    anna = coalition.anna.id
    assert level(anna) == MemberLevel(anna, experience=-1000, level=1, level_at=0, next_level_at=10, remaining=1010)


def test_register__again_with_other_bounds__is_refused(bottles, clock):
    crates = replace(bottles, type="crate.returned", minimum={"litres": 1})
    registered.register(crates, now=clock.now())
    assert registered.register(crates, now=clock.now()).minimum == {"litres": 1}
    for bounds in ({"minimum": {}}, {"minimum": {"litres": 2}}, {"maximum": {"litres": 20}}):
        with refused(EventTypeFixed):
            registered.register(replace(crates, **bounds), now=clock.now())


@pytest.mark.parametrize(
    "bounds",
    [{"minimum": {"where": 1}}, {"maximum": {"colour": 1}}, {"minimum": {"litres": 2}, "maximum": {"litres": 1}}],
)
def test_register__bounds_that_cannot_be__are_refused(bottles, clock, bounds):
    with refused(InvalidEventType):
        registered.register(replace(bottles, type="crate.returned", **bounds), now=clock.now())


def test_list__has_what_may_be_posted(bottles, coalition):
    cafe = listed(coalition.cafe.number)
    assert [each.type for each in cafe] == [*BUILT_IN, "bottle.returned"]
    (own,) = [each for each in cafe if each.partner]
    assert (own.partner, own.attributes, own.optional) == (coalition.cafe.id, ATTRIBUTES, ["brands"])
    reviews = cafe[0]
    assert (reviews.type, reviews.minimum, reviews.maximum) == ("review.posted", {"rating": 1}, {"rating": 5})
    assert [each.type for each in listed(coalition.cinema.number)] == [*BUILT_IN]
    assert [each.type for each in listed(None)] == [*BUILT_IN, "bottle.returned"]
    first = registered.list_types(None, BUILT_IN, limit=6, cursor=None)
    rest = registered.list_types(None, BUILT_IN, limit=6, cursor=first.next_cursor)
    assert [each.type for each in rest.data] == ["bottle.returned"]
