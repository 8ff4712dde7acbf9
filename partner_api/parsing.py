"""From a request to the arguments of a use case; whatever does not fit is refused with a pointer to it."""

import re
from typing import Any, NoReturn, cast

import marshmallow
import orjson
from flask import g, request
from webargs.flaskparser import FlaskParser

from partner_api.errors import BodyTooLarge, FieldError, MalformedJson, UnsupportedMediaType, ValidationFailed

MAX_BODY_BYTES = 8 * 1024 * 1024
_JSON = re.compile(r"application/(?:[\w.-]+\+)?json")
_ABSENT = object()


class Parser(FlaskParser):
    """Reads JSON bodies and queries, strictly: an unknown field is refused in both."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": marshmallow.RAISE, "query": marshmallow.RAISE}  # noqa: RUF012

    def load_json(self, req: Any, schema: marshmallow.Schema) -> Any:
        return json_body()

    def handle_error(
        self, error: marshmallow.ValidationError, req: Any, schema: marshmallow.Schema, **options: Any
    ) -> NoReturn:
        (messages,) = cast(dict[str, Any], error.messages).values()
        raise ValidationFailed(errors=field_errors(messages)) from error


def json_body() -> Any:
    """The body, parsed once for all who ask.

    :raises UnsupportedMediaType: it does not call itself JSON.
    :raises BodyTooLarge: it has more than ``MAX_BODY_BYTES``.
    :raises MalformedJson: it is not.
    """
    body = g.get("json_body", _ABSENT)
    if body is _ABSENT:
        if not _JSON.fullmatch(request.mimetype):
            raise UnsupportedMediaType()
        if len(request.get_data()) > MAX_BODY_BYTES:
            raise BodyTooLarge(allowed_bytes=MAX_BODY_BYTES)
        try:
            body = g.json_body = orjson.loads(request.get_data())
        except orjson.JSONDecodeError as error:
            raise MalformedJson(problem=str(error)) from error
    return body


def field_errors(messages: Any, pointer: str = "") -> list[FieldError]:
    """Marshmallow's nested messages as a flat list, each with its JSON pointer."""
    if isinstance(messages, dict):
        return [
            error
            for key, inner in messages.items()
            for error in field_errors(inner, pointer if key == "_schema" else f"{pointer}/{escaped(key)}")
        ]
    return [FieldError(pointer, str(message)) for message in messages]


def escaped(key: object) -> str:
    """The key as a part of a JSON pointer."""
    return str(key).replace("~", "~0").replace("/", "~1")
