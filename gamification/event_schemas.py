"""The form of what gamification tells others: one JSON Schema for each type of event, ``schemas/TYPE.json``."""

from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from gamification.errors import UnknownEventSchema

_SCHEMAS = files("gamification").joinpath("schemas")


@cache
def event_schemas() -> dict[str, dict[str, Any]]:
    """Every schema, by the type of event, such as ``reward.issued``: of the whole of it, envelope and data."""
    return {
        file.name.removesuffix(".json"): orjson.loads(file.read_bytes())
        for file in sorted(_SCHEMAS.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".json")
    }


def event_schema(type_: str) -> dict[str, Any]:
    """:raises UnknownEventSchema: there is none of this type."""
    found = event_schemas().get(type_)
    if found is None:
        raise UnknownEventSchema(type=type_)
    return found
