"""The published schemas of events"""

import pytest
from jsonschema import Draft202012Validator

from gamification.errors import UnknownEventSchema
from gamification.event_schemas import event_schema, event_schemas
from gamification.stream import OWN_TYPES
from tests.integration.gamification.envelopes import mistakes

SCHEMAS = event_schemas()
ENVELOPE = ["id", "type", "occurred_at", "recorded_at", "member", "partner", "data"]


def id_of(prefix):
    return f"{prefix}_{'0' * 26}"


GRANTED = {
    "id": id_of("evt"),
    "type": "achievement.granted",
    "occurred_at": "2026-03-02T09:00:00.000Z",
    "recorded_at": "2026-03-02T09:00:01.000Z",
    "member": id_of("mem"),
    "partner": None,
    "data": {
        "grant": id_of("gra"),
        "achievement": "three-doors",
        "version": 1,
        "tier": 1,
        "threshold": 3,
        "period": "",
        "points": 300,
        "state": "granted",
    },
}


def test_event_schemas__there_is_one_of_everything_that_gamification_says():
    assert set(SCHEMAS) == OWN_TYPES


@pytest.mark.parametrize("type_", SCHEMAS)
def test_event_schema__is_a_schema_of_the_same_envelope(type_):
    schema = SCHEMAS[type_]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(f"/v1/event-schemas/{type_}")
    assert schema["required"] == list(schema["properties"]) == ENVELOPE
    first = SCHEMAS["achievement.granted"]["properties"]
    for name in set(ENVELOPE) - {"type", "data"}:
        assert schema["properties"][name] == first[name]
    assert schema["properties"]["type"] == {"const": type_}
    assert schema["additionalProperties"] is False
    data = schema["properties"]["data"]
    for form in data.get("oneOf", [data]):
        assert form["additionalProperties"] is False
        assert form["required"] == list(form["properties"])
        fields = form["properties"].values()
        assert all("description" in field or "const" in field or "enum" in field for field in fields)


def test_event_schema__right__has_no_mistakes():
    assert mistakes(GRANTED) == []


@pytest.mark.parametrize("name", ENVELOPE)
def test_event_schema__without_a_part_of_the_envelope__is_a_mistake(name):
    if name != "type":
        assert mistakes({key: value for key, value in GRANTED.items() if key != name})


@pytest.mark.parametrize(
    "change",
    [
        {"id": "evt_1"},
        {"member": None},
        {"member": id_of("par")},
        {"occurred_at": "yesterday"},
        {"more": 1},
        {"data": {**GRANTED["data"], "more": 1}},
        {"data": {**GRANTED["data"], "tier": 0}},
        {"data": {**GRANTED["data"], "points": -1}},
        {"data": {**GRANTED["data"], "state": "revoked"}},
        {"data": {key: value for key, value in GRANTED["data"].items() if key != "grant"}},
    ],
)
def test_event_schema__wrong__is_a_mistake(change):
    assert mistakes({**GRANTED, **change})


def test_event_schema__none__refused():
    with pytest.raises(UnknownEventSchema):
        event_schema("purchase.recorded")
