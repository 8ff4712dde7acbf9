"""Refusals as problem documents (RFC 9457); ``partner_api.refusals`` says what HTTP makes of each."""

from typing import Any, NamedTuple

import orjson
import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from coalition import errors
from coalition.errors import CoalitionError
from coalition.services.health import UNREACHABLE
from gamification.acts.errors import InvalidAttributes
from gamification.errors import RuleMistakes
from partner_api import errors as http
from partner_api.context import locale, request_id
from partner_api.parsing import MAX_BODY_BYTES, escaped
from partner_api.refusals import KINDS

PROBLEM_JSON = "application/problem+json"

_log = structlog.get_logger(__name__)

_HEADERS: dict[type[CoalitionError], dict[str, str]] = {
    errors.Unauthenticated: {"WWW-Authenticate": 'Bearer realm="coalition"'},
    errors.IdempotencyKeyInFlight: {"Retry-After": "1"},
    http.TemporarilyUnavailable: {"Retry-After": "5"},
}

_OF_HTTP: dict[int, CoalitionError] = {
    404: http.NotFound(),
    405: http.MethodNotAllowed(),
    413: http.BodyTooLarge(allowed_bytes=MAX_BODY_BYTES),
    415: http.UnsupportedMediaType(),
}


def register_problems(app: Flask) -> None:
    """From now on the app answers whatever goes wrong with a problem document."""
    app.register_error_handler(CoalitionError, _refused)
    app.register_error_handler(HTTPException, _http_refused)
    app.register_error_handler(Exception, _failed)
    for unreachable in UNREACHABLE:
        app.register_error_handler(unreachable, _unreachable)


def problem(refusal: CoalitionError) -> Response:
    """The refusal as a problem document; what it says in numbers and names is repeated in ``values`` for programs."""
    kind = KINDS[type(refusal)]
    language = locale()
    document: dict[str, Any] = {
        "type": f"/problems/{refusal.code}",
        "title": kind.title(language),
        "status": kind.status,
        "detail": str(refusal),
        "instance": request.path,
        "code": refusal.code,
    }
    if isinstance(refusal, http.ValidationFailed):
        document["errors"] = [error._asdict() for error in refusal.errors]
    elif refusal.values:
        document["values"] = refusal.values
    if places := _places_of(refusal):
        document["errors"] = places
    body = orjson.dumps(document, default=_as_object, option=orjson.OPT_UTC_Z)
    response = Response(body, kind.status, mimetype=PROBLEM_JSON)
    response.headers.update(_HEADERS.get(type(refusal), {}))
    if "retry_after_s" in refusal.values:
        response.headers["Retry-After"] = str(refusal.values["retry_after_s"])
    response.headers["Content-Language"] = language
    response.vary.add("Accept-Language")
    return response


def _places_of(refusal: CoalitionError) -> list[dict[str, str]]:
    """Where in the request it stands that an act or a rule is refused."""
    if isinstance(refusal, InvalidAttributes):
        return [
            {"pointer": f"/attributes/{escaped(mistake.name)}", "message": mistake.problem}
            for mistake in refusal.mistakes
        ]
    if isinstance(refusal, RuleMistakes):
        # Into text there are no pointers: there it is the line that tells.
        found = refusal.pointers or [""] * len(refusal.mistakes)
        told = [mistake.problem if refusal.pointers else str(mistake) for mistake in refusal.mistakes]
        return [{"pointer": f"/rules{place}", "message": text} for place, text in zip(found, told, strict=True)]
    return [{"pointer": refusal.pointer, "message": str(refusal)}] if refusal.pointer else []


def _as_object(value: NamedTuple) -> dict[str, Any]:
    return value._asdict()


def _refused(refusal: CoalitionError) -> Response:
    # What concerns only the operator's processes is not in the table; over HTTP it is a failure like any other.
    return problem(refusal) if type(refusal) in KINDS else _failed(refusal)


def _http_refused(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error.get_response()
    response = problem(_OF_HTTP.get(error.code, http.BadRequest()))
    if error.code == 405:
        response.headers["Allow"] = error.get_response().headers["Allow"]
    return response


def _unreachable(error: Exception) -> Response:
    _log.error("database_unreachable", request=request_id(), error=str(error))
    return problem(http.TemporarilyUnavailable())


def _failed(error: Exception) -> Response:
    _log.error("request_failed", request=request_id(), method=request.method, path=request.path, exc_info=error)
    return problem(http.InternalError(request=request_id()))
