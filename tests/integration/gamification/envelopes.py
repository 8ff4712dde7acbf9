"""What a consumer gets of the event stream, held against the published schemas."""

from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from coalition.store.database import execute, from_column, to_column
from gamification.event_schemas import event_schema


def news(type_: str) -> list[dict[str, Any]]:
    """Every event of this type, in the stream's order, as consumers get it."""
    rows = execute(
        "SELECT e.public_id, e.type, e.occurred_at, e.recorded_at, m.public_id, p.public_id, e.attributes FROM event e"
        " JOIN member m ON m.id = e.member_id LEFT JOIN partner p ON p.id = e.partner_id"
        " WHERE e.type = ? ORDER BY e.id",
        (type_,),
    ).fetchall()
    return [
        {
            "id": id_,
            "type": type_,
            "occurred_at": to_column(from_column(occurred_at)),
            "recorded_at": to_column(from_column(recorded_at)),
            "member": member,
            "partner": partner,
            "data": orjson.loads(data),
        }
        for id_, type_, occurred_at, recorded_at, member, partner, data in rows
    ]


def valid(event: dict[str, Any]) -> bool:
    """Always true: what is wrong with the event is raised."""
    schema = event_schema(event["type"])
    validator = validator_for(schema)
    assert validator is Draft202012Validator
    validator(schema, format_checker=validator.FORMAT_CHECKER).validate(event)
    return True


def mistakes(event: dict[str, Any]) -> list[str]:
    schema = event_schema(event["type"])
    checker = Draft202012Validator.FORMAT_CHECKER
    return [error.message for error in Draft202012Validator(schema, format_checker=checker).iter_errors(event)]
