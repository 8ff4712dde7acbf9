"""Puts the API together: the application, without a word of how its process is run."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import orjson
from flask import Flask, Response, g, request
from flask.json.provider import JSONProvider
from werkzeug.routing import IntegerConverter

from coalition.clock import Clock
from coalition.services.sms import SmsGateway
from partner_api.context import register_context
from partner_api.metrics import register_metrics
from partner_api.openapi import Api, register_docs
from partner_api.parsing import MAX_BODY_BYTES
from partner_api.problems import register_problems
from partner_api.resources import RESOURCES, health, invitations, problems

Connection = Callable[[], AbstractContextManager[Any]]

_ASKING = ("health.ready", "invitations.show_invitation", "open badges.KeySet")
"""Besides the calls of version 1, what asks the database."""


def create_app(
    clock: Clock,
    connection: Connection = nullcontext,
    sms: SmsGateway | None = None,
    public_url: str = "http://127.0.0.1:8000",
) -> Flask:
    """The API over the database that the process is connected to.

    ``connection`` is entered around every request that may ask the database, and left after it: where connections are
    pooled it takes one and gives it back. By default threads keep theirs. Without ``sms``, which carries messages
    to members, nobody is sent a code to sign in with. ``public_url`` is where the world finds the API.
    """
    app = Flask("partner_api")
    app.json = _OrjsonProvider(app)
    # One more than is allowed: where no length is announced, reading ends there silently, and has thus seen too much.
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1
    app.url_map.strict_slashes = False
    app.url_map.converters["number"] = _Number
    register_context(app, clock, sms, public_url)
    register_metrics(app)
    register_problems(app)
    _register_connection(app, connection)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(problems.blueprint)
    app.register_blueprint(invitations.blueprint)
    api = Api(app)
    for resource in RESOURCES:
        api.register_blueprint(resource)
    register_docs(app, api)
    return app


def _register_connection(app: Flask, connection: Connection) -> None:
    @app.before_request
    def take() -> None:
        if request.url_rule and (request.path.startswith("/v1/") or request.endpoint in _ASKING):
            taken = connection()
            taken.__enter__()
            g.connection = taken

    @app.teardown_request
    def give_back(error: BaseException | None) -> None:
        if taken := g.pop("connection", None):
            taken.__exit__(None, None, None)


class _Number(IntegerConverter):
    """A whole number in an address, of no more digits than the database can keep."""

    regex = r"\d{1,18}"


class _OrjsonProvider(JSONProvider):
    """JSON by orjson: several times as fast as the standard library, and strict about what JSON is."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        return Response(orjson.dumps(self._prepare_response_obj(args, kwargs)), mimetype="application/json")
