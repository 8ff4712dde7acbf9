"""Calls that change something, made so that a client may repeat them until it has heard the answer."""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import marshmallow
import orjson
from flask import Response, request

from coalition.domain.documents import canonical_json
from coalition.errors import IdempotencyKeyRequired
from coalition.services.idempotency import Answer, run_once
from partner_api.context import now, principal
from partner_api.errors import MalformedJson
from partner_api.parsing import json_body

_KEY = re.compile(r"[\x20-\x7e]{1,255}")

PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Any text of your own that names this request. Repeated with the same body within 30 days, the call"
    " is not carried out again: the first answer comes back, with Idempotency-Replayed: true.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}


def answer_once(
    schema: marshmallow.Schema, action: Callable[[], Any], *, status: int = 201, secrets: tuple[str, ...] = ()
) -> Response:
    """Carry out the action in a transaction of its own, unless this request came before; answer with what it returns.

    Fields named in ``secrets`` are null when the answer is repeated, for they are not written down.

    :raises IdempotencyKeyRequired: the header is missing or no text that we take.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyRequired()

    def act() -> Answer:
        document = schema.dump(action())
        kept = orjson.dumps(document | dict.fromkeys(secrets)).decode() if secrets else None
        return Answer(status, orjson.dumps(document).decode(), kept)

    me = principal()
    given = run_once(me.partner_id or me.member_id or me.role, key, _request_hash(), act, now=now())
    response = Response(given.body, given.status, mimetype="application/json")
    if given.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _request_hash() -> str:
    """The same for the same call with the same content, however its JSON is written down.

    :raises MalformedJson: it can be read, but is nested more deeply than JSON can be written.
    """
    try:
        body = canonical_json(json_body()) if request.get_data() else b""
    except orjson.JSONEncodeError as error:
        raise MalformedJson(problem="nested too deeply") from error
    return sha256(b"%s %s\n%s" % (request.method.encode(), request.path.encode(), body)).hexdigest()
