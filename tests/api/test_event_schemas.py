"""GET /v1/event-schemas/{type}"""

import pytest
from jsonschema import Draft202012Validator

from gamification.event_schemas import event_schemas
from tests.api.callers import refused


@pytest.mark.parametrize("type_", event_schemas())
def test_get_event_schema__is_the_published_one(stranger, coalition, type_):
    response = stranger.get(f"/v1/event-schemas/{type_}")
    schema = response.get_json(force=True)
    Draft202012Validator.check_schema(schema)
    assert schema == event_schemas()[type_]
    assert response.content_type == "application/schema+json"
    assert "max-age" in response.headers["Cache-Control"]


def test_get_event_schema__none__refused(stranger, coalition):
    refused(stranger.get("/v1/event-schemas/purchase.recorded"), 404, "unknown_event_schema")
