"""The form of the events that we send, for whoever writes a receiver."""

import orjson
from flask import Response
from flask.views import MethodView

from gamification.event_schemas import event_schema
from partner_api.blueprint import Blueprint

blueprint = Blueprint("event schemas", __name__, description="What events look like")

_SCHEMA = "application/schema+json"


@blueprint.at("/v1/event-schemas/<event_type>")
class EventSchema(MethodView):
    @blueprint.public
    @blueprint.answers(200, {"type": "object"}, _SCHEMA)
    def get(self, event_type: str) -> Response:
        """Show the JSON Schema of a type of event, such as achievement.granted"""
        response = Response(orjson.dumps(event_schema(event_type)), content_type=_SCHEMA)
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response
