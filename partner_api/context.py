"""What belongs to the request being answered: who asks, since when, in which language, under which id."""

import re
from datetime import datetime
from typing import Literal, cast
from uuid import uuid4

from flask import Flask, Response, current_app, g, request

from coalition.clock import Clock
from coalition.services import profiles
from coalition.services.keys import Principal
from coalition.services.sms import SmsGateway

_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_CLOCK = "coalition-clock"
_SMS = "coalition-sms"
_PUBLIC_URL = "coalition-public-url"


def register_context(app: Flask, clock: Clock, sms: SmsGateway | None, public_url: str) -> None:
    """From now on every request has an id, which its answer carries, and a time."""
    app.extensions[_CLOCK] = clock
    app.extensions[_PUBLIC_URL] = public_url
    app.extensions[_SMS] = sms
    app.after_request(_name_response)


def now() -> datetime:
    """The one moment at which this request is judged."""
    if "now" not in g:
        g.now = current_app.extensions[_CLOCK].now()
    return cast(datetime, g.now)


def sms() -> SmsGateway | None:
    """What carries messages to members; None where nothing does."""
    return cast(SmsGateway | None, current_app.extensions[_SMS])


def public_url(path: str) -> str:
    """Where the world finds what is here at this path, which begins with a slash."""
    return cast(str, current_app.extensions[_PUBLIC_URL]) + path


def request_id() -> str:
    """The id that the client gave the request, if it is a sane one, or one of ours."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _SANE_ID.fullmatch(given) else uuid4().hex
    return cast(str, g.request_id)


def locale() -> Literal["en", "ru"]:
    """The language that the client prefers, of those that we speak.

    Not by ``best_match``, which takes the "en" of "ru-RU, en;q=0.5", for it looks for regions only after all else.
    """
    for tag, quality in request.accept_languages:
        language = tag.partition("-")[0].lower()
        if quality and language in ("en", "ru"):
            return "ru" if language == "ru" else "en"
    return "en"


def language() -> Literal["en", "ru"]:
    """The same; in a member's session that asks for none, the member's own."""
    member = principal().member
    if member is None or request.accept_languages:
        return locale()
    return "ru" if profiles.profile(member).locale == "ru" else "en"


def principal() -> Principal:
    """Whose key or session this is, once ``auth`` has let it in."""
    return cast(Principal, g.principal)


def own_partner() -> int:
    """The number of the partner whose key this is, in a call that is for partners alone."""
    partner = principal().partner
    assert partner is not None
    return partner


def own_member() -> int:
    """The number of the member whose session this is, in a call that is for members alone."""
    member = principal().member
    assert member is not None
    return member


def own_member_id() -> str:
    """The id of the member whose session this is, in a call that is for members alone."""
    member_id = principal().member_id
    assert member_id is not None
    return member_id


def _name_response(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id()
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.path.startswith("/v1/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
