"""The contract as OpenAPI 3.1, made from the code once per process, and a page that shows it without the internet."""

from typing import Any

import flask_smorest
import orjson
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response
from flask_swagger_ui import get_swaggerui_blueprint

from partner_api.problems import PROBLEM_JSON
from partner_api.refusals import CODES
from partner_api.schemas.problems import Problem

_DESCRIPTION = """\
Many merchants share one purse of points. Money is in integer minor units, points are integers, times are RFC 3339.

Every refusal is a problem document (RFC 9457) with a stable `code`, explained at `/problems/{code}`. Every POST that
changes something takes an `Idempotency-Key`, so that it can be sent again until an answer has come. Every answer
carries `X-Request-Id`, yours if you send one. Lists are read on by `next_cursor`.
"""

_OFFLINE = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)
"""The page can load nothing from elsewhere, whatever its script would like to."""


class Api(flask_smorest.Api):  # type: ignore[misc]
    """Collects what the blueprints declare; refusals are the business of ``partner_api.problems``."""

    DEFAULT_ERROR_RESPONSE_NAME = "Problem"

    def __init__(self, app: Flask) -> None:
        super().__init__(
            app,
            spec_kwargs={
                "title": "Coalition",
                "version": "1",
                "openapi_version": "3.1.0",
                "marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=_schema_name),
                "info": {"description": _DESCRIPTION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
                "servers": [{"url": "/"}],
            },
        )
        self.spec.components.security_scheme(
            "key", {"type": "http", "scheme": "bearer", "description": "A key: ck_partner_… or ck_operator_…"}
        )
        self.spec.components.security_scheme(
            "session",
            {"type": "http", "scheme": "bearer", "description": "The token of POST /v1/auth/sessions: cs_…"},
        )

    def _register_error_handlers(self) -> None:
        """None: the application has its own."""

    def _register_pagination_header(self) -> None:
        """None: pages carry their cursor in the body."""

    def _register_responses(self) -> None:
        self.spec.components.response(
            "Problem",
            {
                "description": f"A refusal. Codes: {', '.join(sorted(CODES))}.",
                "content": {PROBLEM_JSON: {"schema": Problem}},
            },
        )
        # A call that takes arguments refers to this one by itself; it is a problem like any other.
        self.spec.components.response(
            "UNPROCESSABLE_ENTITY",
            {
                "description": "The request is not of the form it must have.",
                "content": {PROBLEM_JSON: {"schema": Problem}},
            },
        )


def openapi_document(api: Api) -> dict[str, Any]:
    """The whole contract."""
    document: dict[str, Any] = api.spec.to_dict()
    return document


def register_docs(app: Flask, api: Api) -> None:
    """/openapi.json has the contract; /docs shows it in a browser."""
    document = orjson.dumps(openapi_document(api))
    app.add_url_rule("/openapi.json", "openapi", lambda: Response(document, mimetype="application/json"))
    config = {
        "app_name": "Coalition API",
        "layout": "BaseLayout",
        # Swagger UI would otherwise ask validator.swagger.io about us.
        "validatorUrl": None,
        "oauth2RedirectUrl": None,
    }
    pages = get_swaggerui_blueprint("/docs", "/openapi.json", config)
    pages.after_request(_keep_offline)
    app.register_blueprint(pages)


def _keep_offline(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _OFFLINE
    return response


def _schema_name(schema: Any) -> str:
    name: str = schema.__name__ if isinstance(schema, type) else type(schema).__name__
    return name
